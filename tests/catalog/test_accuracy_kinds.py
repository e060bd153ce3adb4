"""What a model can say beyond the paper's normals: kinds of accuracy, measured passes, money as billed, sources."""

# ruff: noqa: E501 (a message is compared whole)
import json
import pickle

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import ids, models

import moo_inference as mi
from moo_inference.catalog.accuracy import Accuracy, BetaAccuracy, MeasuredAccuracy
from moo_inference.catalog.base import ReadOnly
from moo_inference.catalog.loading import catalog_to_yaml, parse_catalog
from moo_inference.errors import CatalogError, SettingError
from moo_inference.evaluation import accuracy_curve
from moo_inference.evaluation.records import evaluation_of

HEAD = """\
models:
  a:
    name: A
    usd_per_million_input_tokens: 1.25
    usd_per_million_output_tokens: 10
    input_tokens: {mean: 1024, std: 64}
    output_tokens: {mean: 2048, std: 0}
"""
TAIL = """\
scenarios:
  x: {name: X, c_max: 0.5, t_max: null, a_min: 0.9}
"""
TIMED = "    request_seconds: {mean: 3, std: 0}\n"
ACCURATE = "    accuracy: {mean: 0.5, std: 0}\n"


def parse(*lines):
    return parse_catalog((HEAD + "".join(lines) + TAIL).encode(), "c.yaml")


def errors(*lines):
    with pytest.raises(CatalogError) as caught:
        parse(*lines)
    return list(caught.value.errors)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(found=st.dictionaries(ids, models(), min_size=1, max_size=2))
def test_what_is_saved_is_loaded_equal(found, essay, tmp_path):
    catalog = mi.Catalog(models=found, scenarios={"s": essay})
    mi.save_catalog(catalog, tmp_path / "catalog.yaml", overwrite=True)
    again = mi.load_catalog(tmp_path / "catalog.yaml")
    assert again == catalog
    assert list(again.models) == list(found)
    for key, model in found.items():
        assert hash(again.models[key]) == hash(model)
        assert pickle.loads(pickle.dumps(model)) == model
        assert model.replace(name="other").replace(name=model.name) == model
        assert mi.Model.model_validate(model.model_dump()) == model


def test_zero_is_told_and_what_is_not_set_is_left_out():
    text = catalog_to_yaml(parse(TIMED, ACCURATE))
    assert text.count("std: 0.0") == 3
    for name in ("passes", "price_tiers", "sources", "free", "shared_prompt", "failed_share", "seconds_per"):
        assert name not in text
    assert "failed_share: 0.0" in catalog_to_yaml(parse(TIMED, ACCURATE, "    failed_share: 0\n"))
    assert parse_catalog(text.encode(), "again") == parse(TIMED, ACCURATE)


def test_measured_passes_stand_in_lines_and_not_in_columns():
    text = catalog_to_yaml(parse(TIMED, ACCURATE, "    passes: {input_tokens: [1, 2, 3], output_tokens: [4, 5, 6]}\n"))
    assert "input_tokens: [1, 2, 3]" in text


def test_kind_names_which_accuracy_it_is():
    kinds = {
        "{mean: 0.5, std: 0}": Accuracy,
        "{kind: normal, mean: 0.5, std: 0}": Accuracy,
        "{kind: outcomes, questions: {q: 1/2}}": MeasuredAccuracy,
        "{kind: beta, a: 1, b: 3, samples: 4}": BetaAccuracy,
    }
    for text, kind in kinds.items():
        assert type(parse(TIMED, f"    accuracy: {text}\n").models["a"].accuracy) is kind
    assert BetaAccuracy(kind="beta", a=1, b=3, samples=4).mean == 0.25
    assert BetaAccuracy(kind="beta", a=1, b=3, samples=4, unsolvable=0.2).mean == 0.2
    assert MeasuredAccuracy(kind="outcomes", questions={"q": "1/2", "r": "3/3"}).mean == 0.75


@pytest.mark.parametrize(
    ("accuracy", "told"),
    [
        (
            "{kind: outcomess, questions: {q: 1/2}}",
            [
                "9: models.a.accuracy.kind: must be one of: normal, outcomes, beta (did you mean 'outcomes'?), got 'outcomess'"
            ],
        ),
        (
            "{kind: 7, questions: {q: 1/2}}",
            ["9: models.a.accuracy.kind: must be one of: normal, outcomes, beta, got '7'"],
        ),
        (
            "{kind: outcomes, keap: oracle, questions: {q: 1/2}}",
            [
                "9: models.a.accuracy.keap: unknown key (did you mean 'keep'?); known are: kind, keep, questions, trials, seed, clusters"
            ],
        ),
        (
            "{mean: 0.5, sdt: 0.1}",
            [
                "9: models.a.accuracy.std: must be given",
                "9: models.a.accuracy.sdt: unknown key (did you mean 'std'?); known are: mean, std",
            ],
        ),
        ("{kind: outcomes}", ["9: models.a.accuracy.questions: must be given"]),
        (
            "{kind: beta, a: 1}",
            ["9: models.a.accuracy.b: must be given", "9: models.a.accuracy.samples: must be given"],
        ),
        (
            "{kind: outcomes, keep: best, questions: {q: 1/2}}",
            ["9: models.a.accuracy.keep: must be 'oracle', 'verifier' or 'majority', got 'best'"],
        ),
        (
            "{kind: outcomes, questions: {}}",
            ["9: models.a.accuracy.questions: must hold at least one question, got a mapping"],
        ),
        (
            "{kind: outcomes, questions: {q: 0.5}}",
            ["9: models.a.accuracy.questions.q: must be a valid string, got 0.5"],
        ),
        (
            "{kind: outcomes, trials: 1, seed: -1, questions: {q: 1/2}}",
            [
                "9: models.a.accuracy.trials: must be greater than or equal to 2, got 1",
                "9: models.a.accuracy.seed: must be greater than or equal to 0, got -1",
            ],
        ),
        ("{kind: beta, a: 1, b: 0, samples: 4}", ["9: models.a.accuracy.b: must be greater than 0, got 0"]),
        (
            "{kind: beta, a: 1, b: 1, samples: 4, covariance: [1, 2, 1]}",
            [
                "9: models.a.accuracy.covariance: must be variance, covariance, variance, and the covariance is larger than they allow, got a list"
            ],
        ),
        (
            "{kind: beta, a: 1, b: 1, samples: 4, unsolvable: 1}",
            ["9: models.a.accuracy.unsolvable: must be less than 1, got 1"],
        ),
        (
            "{kind: beta, a: 1, b: 1, samples: 4, band: [[2, 0.1, 0.2], [1, 0.1, 0.2]]}",
            ["9: models.a.accuracy.band: must have ascending k from 1, got k = 2, 1, got a list"],
        ),
        (
            "{kind: beta, a: 1, b: 1, samples: 4, band: [[1, 0.1, 0.2], [2, 0.1, 0.15]]}",
            [
                "9: models.a.accuracy.band: must have ends that do not fall where k rises, as accuracy does not, got a list"
            ],
        ),
        (
            "{kind: beta, a: 1, b: 1, samples: 4, band: [[1, 0.3, 0.2]]}",
            ["9: models.a.accuracy.band: must have lower ends that are at most the upper ones, got a list"],
        ),
        ("0.5", ["9: models.a.accuracy: must hold keys and values, got 0.5"]),
    ],
)
def test_an_error_inside_an_accuracy_has_file_line_and_key(accuracy, told):
    assert errors(TIMED, f"    accuracy: {accuracy}\n") == [f"c.yaml:{line}" for line in told]


def test_every_bad_record_is_told_with_its_own_line():
    lines = ["    accuracy:\n", "      kind: outcomes\n", "      questions:\n"]
    assert errors(TIMED, *lines, "        one: 3/2\n", "        two: 1/2\n", "        three: 1/2 none:1\n") == [
        "c.yaml:12: models.a.accuracy.questions.one: must be groups of samples as right/all, such as 3/10, got '3/2'",
        "c.yaml:14: models.a.accuracy.questions.three: must be groups of samples as right/all, such as 3/10, "
        "got '1/2 none:1'",
    ]


def test_a_question_stands_once():
    lines = [
        "    accuracy:\n",
        "      kind: outcomes\n",
        "      questions:\n",
        "        q: 1/2\n",
        '        "q": 2/2\n',
    ]
    (told,) = errors(TIMED, *lines)
    assert told.startswith("c.yaml:13: models.a.accuracy.questions.q: a key must stand once, but it stands on line 12")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            ["    passes: {input_tokens: [1], output_tokens: [2, 3]}\n"],
            "10: models.a.passes: must hold lists of the same length, one entry per pass, at least one, got a mapping",
        ),
        (
            ["    passes: {input_tokens: [], output_tokens: []}\n"],
            "10: models.a.passes: must hold lists of the same length, one entry per pass, at least one, got a mapping",
        ),
        (
            ["    passes: {input_tokens: [1], output_tokens: [2], seconds: [0]}\n"],
            "10: models.a.passes.seconds.0: must be greater than 0, got 0",
        ),
        (
            ["    passes: {input_tokens: [1], output_tokens: [2.5]}\n"],
            "10: models.a.passes.output_tokens.0: must be a valid integer, got 2.5",
        ),
        (
            ["    passes: {input_tokens: [1], output_tokens: [2], secs: [3]}\n"],
            "10: models.a.passes.secs: unknown key (did you mean 'seconds'?); known are: input_tokens, output_tokens, seconds",
        ),
        (
            ["    reasoning_tokens: {mean: 5, std: 0, sd: 1}\n"],
            "10: models.a.reasoning_tokens.sd: unknown key (did you mean 'std'?); known are: mean, std, kind",
        ),
        (["    failed_share: 1.5\n"], "10: models.a.failed_share: must be less than or equal to 1, got 1.5"),
        (
            ["    usd_per_million_cached_input_tokens: 0.1\n", "    shared_prompt: true\n"],
            "11: models.a.shared_prompt: must not be true together with usd_per_million_cached_input_tokens: a prompt that is sent once is not cached, got true",
        ),
        (
            ["    usd_per_million_cached_input_tokens: 0\n"],
            "10: models.a.usd_per_million_cached_input_tokens: must be positive, or `free: true` must confirm that 0 is meant, got 0",
        ),
        (["    sources: {accuracy: 3}\n"], "10: models.a.sources.accuracy: must be a valid string, got 3"),
        (
            ["    seconds_per_output_token: 0.1\n"],
            "10: models.a.seconds_per_output_token: must not be given together with request_seconds, which is the time of a pass, got 0.1",
        ),
    ],
)
def test_errors_of_what_was_measured_and_billed(lines, told):
    assert errors(TIMED, ACCURATE, *lines) == [f"c.yaml:{told}"]


def tier(start, price=2.0, more=""):
    return (
        f"      - {{from_input_tokens: {start}, usd_per_million_input_tokens: {price}, "
        f"usd_per_million_output_tokens: 3{more}}}\n"
    )


def test_tiers_ascend_and_have_usual_prices():
    good = parse(TIMED, ACCURATE, "    price_tiers:\n", tier(200_000), tier(400_000))
    assert [one.from_input_tokens for one in good.models["a"].price_tiers] == [200_000, 400_000]
    for starts in ((400_000, 200_000), (5, 5)):
        (told,) = errors(TIMED, ACCURATE, "    price_tiers:\n", *map(tier, starts))
        assert told.startswith("c.yaml:10: models.a.price_tiers: must stand in ascending order of from_input_tokens")
    assert "a unit slip?" in errors(TIMED, ACCURATE, "    price_tiers:\n", tier(5, 2000))[0]
    assert "must be positive, or `free: true`" in errors(TIMED, ACCURATE, "    price_tiers:\n", tier(5, 0))[0]
    (told,) = errors(TIMED, ACCURATE, "    price_tiers:\n", tier(4), tier(5, more=", x: 1"))
    assert told.startswith("c.yaml:12: models.a.price_tiers.1.x: unknown key; known are: from_input_tokens, usd_per")


def test_there_is_one_way_to_time_a_pass():
    per_token = ["    seconds_per_input_token: 1e-4\n", "    seconds_per_output_token: 0.01\n"]
    assert parse(ACCURATE, *per_token).models["a"].request_seconds is None
    assert errors(ACCURATE) == [
        f"c.yaml:2: models.a.seconds_per_{which}_token: must be given" for which in ("input", "output")
    ]
    assert errors(ACCURATE, per_token[0]) == ["c.yaml:2: models.a.seconds_per_output_token: must be given"]
    assert len(errors(ACCURATE, TIMED, *per_token)) == 2
    # An invalid time is reported once, and not also as missing.
    assert len(errors(ACCURATE, "    request_seconds: {mean: -1, std: 0}\n")) == 1


def test_replace_changes_the_kind_and_validates_it(gpt5):
    first = gpt5.replace(accuracy={"kind": "outcomes", "keep": "verifier", "questions": {"q": "1/1 0/2"}})
    assert first.k_limit == 3
    assert first.accuracy.replace(questions={"q": "0/1"}).evaluation.fewest == 1
    assert first.replace(accuracy=gpt5.accuracy) == gpt5
    assert gpt5.k_limit is None
    with pytest.raises(SettingError):
        first.accuracy.replace(keep="oracle")
    with pytest.raises(SettingError):
        first.replace(request_seconds={"mean": 1, "std": 0})
    timed = first.replace(
        request_seconds={"mean": 1, "std": 0}, seconds_per_input_token=None, seconds_per_output_token=None
    )
    assert timed.request_seconds.mean == 1


def test_equal_evaluations_are_equal_in_whatever_order_and_hash_alike():
    one = MeasuredAccuracy(kind="outcomes", questions={"a": "1/2", "b": "0/2"})
    other = MeasuredAccuracy(kind="outcomes", questions={"b": "0/2", "a": "1/2"})
    assert (one == other, hash(one) == hash(other)) == (True, True)
    assert hash(ReadOnly({"a": "1", "b": "2"})) == hash(ReadOnly({"b": "2", "a": "1"}))
    assert one != MeasuredAccuracy(kind="outcomes", questions={"a": "0/2", "b": "1/2"})


def test_a_parsed_evaluation_changes_neither_equality_nor_pickling():
    one, other = (MeasuredAccuracy(kind="outcomes", questions={"a": "1/2", "b": "0/2"}) for _ in range(2))
    assert one.evaluation is one.evaluation
    assert one == other
    assert hash(one) == hash(other)
    assert pickle.loads(pickle.dumps(one)).evaluation == other.evaluation
    with pytest.raises(TypeError):
        one.questions["a"] = "2/2"


@pytest.mark.parametrize("keep", ["oracle", "verifier", "majority"])
def test_a_catalog_tells_what_the_samples_tell(keep, gpt5, essay):
    rng = np.random.default_rng(8)
    question, correct = np.repeat(np.arange(12), 6), rng.integers(0, 2, 72)
    answer, score = rng.integers(-1, 3, 72), rng.integers(0, 4, 72)
    found = evaluation_of(question, correct, keep, answer=answer, score=score)
    questions = dict(zip(found.names, map(str, found.records), strict=True))
    model = gpt5.replace(accuracy={"kind": "outcomes", "keep": keep, "questions": questions})
    text = catalog_to_yaml(mi.Catalog(models={"m": model}, scenarios={"s": essay}))
    again = parse_catalog(text.encode(), "c").models["m"].accuracy
    theirs = accuracy_curve(question, correct, [1, 3, 6], keep=keep, answer=answer, score=score)
    np.testing.assert_allclose(again.evaluation.curve([1, 3, 6]).mean, theirs.mean, rtol=1e-12)
    assert again.mean == pytest.approx(theirs.mean[0], rel=1e-12)


def test_a_name_in_quotes_is_a_name_even_if_it_is_a_merge_key_without():
    lines = ["    accuracy:\n", "      kind: outcomes\n", "      questions:\n"]
    questions = parse(TIMED, *lines, '        "<<": 1/2\n').models["a"].accuracy.questions
    assert dict(questions) == {"<<": "1/2"}
    (told,) = errors(TIMED, *lines, "        <<: 1/2\n")
    assert told.startswith("c.yaml:12: merge keys (<<) must not be used")


def test_clusters_of_questions_are_written_where_there_are_any(gpt5, essay, tmp_path):
    questions = {"a": "1/2", "b": "2/2", "c": "0/2"}
    plain = MeasuredAccuracy(kind="outcomes", questions=questions)
    found = MeasuredAccuracy(kind="outcomes", questions=questions, clusters={"a": "x", "b": "y", "c": "x"})
    assert "clusters" not in plain.model_dump()
    assert found != plain
    assert found.evaluation.clusters == ("x", "y", "x")
    catalog = mi.Catalog(models={"m": gpt5.replace(accuracy=found)}, scenarios={"s": essay})
    mi.save_catalog(catalog, tmp_path / "c.yaml")
    again = mi.load_catalog(tmp_path / "c.yaml")
    assert again == catalog
    assert hash(again.models["m"].accuracy) == hash(found)
    assert again.models["m"].accuracy.clusters == found.clusters
    assert MeasuredAccuracy(**json.loads(found.model_dump_json())) == found


@pytest.mark.parametrize(
    ("clusters", "got"),
    [
        ({"a": "x"}, "none for 'b', 'c'"),
        ({"a": "x", "b": "x", "c": "x", "d": "y"}, "some for 'd', which is no question"),
    ],
)
def test_clusters_name_the_questions(clusters, got):
    with pytest.raises(SettingError, match=f"clusters: must name one for each question and nothing else, got {got}"):
        MeasuredAccuracy(kind="outcomes", questions={"a": "1/2", "b": "2/2", "c": "0/2"}, clusters=clusters)
