"""Pairs of recorded settings: curves, choices and files of catalogs."""

import json

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.catalog.escalation import escalating
from moo_inference.catalog.loading import catalog_to_dict, parse_catalog
from moo_inference.catalog.stopping import settings_of
from moo_inference.catalog.variants import with_stop, without_stops
from moo_inference.errors import CatalogError, SettingError
from moo_inference.estimators.conditions import Conditions
from moo_inference.evaluation.stop import Stop
from moo_inference.studies.posterior import posterior

CHEAP, STRONG = "gpt-5-mini@high", "gpt-5@high"
PAIR = f"{CHEAP}>{STRONG}+escalate/2"


@pytest.fixture(scope="module")
def catalog():
    return mi.load_catalog("otis-mock-aime").select([CHEAP, STRONG, "gpt-5-nano@high"])


@pytest.fixture(scope="module")
def pairs(catalog):
    return mi.with_stops(catalog, ["fixed", "vote-until-sure", "escalate"])


def test_each_pair_begins_with_the_cheaper_setting(catalog, pairs):
    names = [key for key, model in pairs.models.items() if model.first_setting is not None]
    assert len(names) == 3
    assert PAIR in names
    usd = {key: model.attempts.expected_cost([1]).mean() for key, model in catalog.models.items()}
    for key in names:
        first, then = settings_of(key, pairs.models[key].stop)
        assert usd[first] < usd[then]
        assert pairs.models[key].keep == pairs.models[key].first_setting.keep == "majority"
    alone = mi.with_stops(catalog, "escalate")
    assert set(alone.models) == {key.partition("+")[0] for key in names}
    assert {str(model.stop) for model in alone.models.values()} == {"escalate/1"}, "by what an oracle verifies"
    assert set(pairs.select([CHEAP, STRONG]).models) == {
        *(f"{key}{end}" for key in (CHEAP, STRONG) for end in ("", "+vote-until-sure")),
        PAIR,
    }
    with pytest.raises(LookupError, match="both settings"):
        alone.select([STRONG])
    with pytest.raises(SettingError, match="already"):
        mi.with_stops(alone, "fixed")


def test_a_curve_is_the_mean_over_questions_of_both_settings(pairs):
    model = pairs.models[PAIR]
    curve = mi.Recorded().estimate(model, [1, 2, 4], parallel=4)
    first, then = model.first_setting.attempts, model.attempts
    goes_on = np.empty(len(then.n))
    for question in range(len(then.n)):
        answers = first.answer[first.place == question]
        n = len(answers)
        same = sum(answers[i] == answers[j] >= 0 for i in range(n) for j in range(n) if i != j)
        goes_on[question] = 1 - same / (n * (n - 1))
    k = np.array([1, 2, 4])
    cost = first.expected_cost([2]) + goes_on[:, None] * then.expected_cost(k)
    seconds = first.expected_seconds([2], 4) + goes_on[:, None] * then.expected_seconds(k, 4)
    np.testing.assert_allclose(curve.cost.mean, cost.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(curve.time.mean, seconds.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(curve.mean_passes, 2 + goes_on.mean() * k, rtol=1e-9)
    assert curve.passes.shape == (3, 6)
    joined = mi.ScalingCurve.joined([curve, mi.Recorded().estimate(pairs.models[STRONG], [1])])
    np.testing.assert_allclose(joined.mean_passes, [*curve.mean_passes, 1])


def test_resampled_questions_rest_on_the_same_means(pairs):
    models = {key: model for key, model in pairs.models.items() if model.first_setting is not None}
    conditions, scenario = (
        Conditions(k_max=4),
        mi.Scenario(name="own", c_max=0.1, t_max=600.0, t_quantile=0.95, a_min=None),
    )
    curves = {key: mi.Recorded().estimate(each, conditions.grid, scenarios=[scenario]) for key, each in models.items()}
    known = posterior(models, curves, scenario, conditions)
    assert len(known.tables) == 3
    for table in known.tables:
        np.testing.assert_allclose(table.estimated, known.F[table.rows], rtol=1e-9, atol=1e-12)


def test_catalogs_with_pairs_are_written_and_read_again(pairs, tmp_path):
    path = tmp_path / "catalog.yaml"
    mi.save_catalog(pairs, path)
    text = path.read_text()
    assert text.count("escalates_from:") == 3
    assert "stop: escalate/2" in text
    again = mi.load_catalog(path)
    assert again == pairs
    assert again != mi.with_stops(again.select([CHEAP]), "fixed")
    own = mi.Recorded().estimate(again.models[PAIR], [1, 3])
    np.testing.assert_array_equal(own.F, mi.Recorded().estimate(pairs.models[PAIR], [1, 3]).F)
    # As a study records it, in JSON; and another number of passes is another catalog.
    content = json.dumps(catalog_to_dict(pairs)).encode()
    assert parse_catalog(content, "recorded", tmp_path) == pairs
    changed = text.replace("stop: escalate/2", "stop: escalate/3", 1)
    assert parse_catalog(changed.encode(), "changed", tmp_path) != pairs
    assert catalog_to_dict(again) == catalog_to_dict(pairs)
    for wrong, what in (
        (text.replace("stop: escalate/2", "stop: vote-until-sure", 1), "must come with the stop escalate"),
        (text.replace("stop: escalate/2", "stop: escalate/99", 1), "attempts of each question"),
    ):
        with pytest.raises(CatalogError, match=what):
            parse_catalog(wrong.encode(), "wrong", tmp_path)


def table(tmp_path, name, questions, right, usd):
    path = tmp_path / f"{name}.csv"
    rows = [f"{name},{q},{int(right(q, i))},{usd},{i + 1}" for q in questions for i in range(3)]
    path.write_text("\n".join(["model,question,correct,usd,seconds", *rows]) + "\n")
    return mi.read_attempts(path).model()


def test_only_questions_that_both_have_count(tmp_path):
    cheap = table(tmp_path, "cheap", range(6), lambda q, i: q < 3, 0.1)
    strong = table(tmp_path, "strong", range(2, 9), lambda q, i: True, 1.0)
    pair = escalating(cheap, strong, Stop("escalate"))
    assert pair.attempts.names.astype(str).tolist() == ["2", "3", "4", "5"]
    assert "4 of 7 questions, those that both settings were asked" in pair.sources["attempts"]
    curve = mi.Recorded().estimate(pair, [1, 2])
    # One of the four is settled by the cheap one.
    np.testing.assert_allclose(curve.cost.mean, [0.1 + 0.75, 0.1 + 0.75 * 2])
    np.testing.assert_allclose(curve.accuracy.mean, 1)
    np.testing.assert_allclose(curve.time.mean, [2 + 0.75 * 2, 2 + 0.75 * 4])
    other = table(tmp_path, "other", range(20, 22), lambda q, i: True, 2.0)
    with pytest.raises(SettingError, match="both were asked, got none"):
        escalating(cheap, other, Stop("escalate"))
    with pytest.raises(SettingError, match="at least the 4 attempts"):
        escalating(cheap, strong, Stop("escalate", None, 4))
    three = mi.Catalog(
        models={"cheap": cheap, "strong": strong, "other": other},
        scenarios={"s": mi.Scenario(name="s", c_max=9.0, t_max=99.0, a_min=0.0)},
    )
    assert set(mi.with_stops(three, "escalate").models) == {"cheap>strong"}
    [said] = without_stops(three, "escalate")
    assert "cheap>other" in said
    assert "got none" in said


def test_a_pair_that_stops_otherwise_is_its_second_setting(pairs):
    model = pairs.models[PAIR]
    alone = model.replace(stop=None)
    assert alone.first_setting is None
    assert alone.entry.escalates_from is None
    whole = mi.Recorded().estimate(pairs.models[STRONG], [2])
    np.testing.assert_array_equal(mi.Recorded(stop="fixed").estimate(model, [2]).F, whole.F)
    longer = with_stop(model, Stop.parse("escalate/3"))
    assert str(longer.entry.stop) == "escalate/3"
    assert longer.first_setting is model.first_setting
    with pytest.raises(SettingError, match="two settings"):
        with_stop(pairs.models[STRONG], Stop("escalate"))
    with pytest.raises(SettingError, match="two settings"):
        mi.Recorded(stop="escalate").estimate(pairs.models[STRONG], [2])


def test_a_choice_of_a_pair_names_both_settings(pairs):
    route = mi.choose(pairs.select([PAIR]), cost=1.0)
    assert route.model == f"{CHEAP}>{STRONG}"
    assert route.stop == "escalate/2"
    assert route.mean_passes < 2 + route.k
    assert route.unstopped.cost.mean[0] > 0
    with pytest.raises(SettingError, match="pairs of settings alone"):
        route.policy()
    [entry] = route.to_litellm()["model_list"]
    assert "n" not in entry["litellm_params"]
    assert any(f"{CHEAP}, then {STRONG}" in note for note in route.litellm_notes)
    together = mi.choose(pairs, cost=1.0)
    assert set(together.policy().models) <= {CHEAP, STRONG, "gpt-5-nano@high"}
