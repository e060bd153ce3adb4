"""Results of promptfoo as attempts: what was measured, what came from a cache, and what failed."""

import copy
import json

import numpy as np
import pytest
from conftest import ROOT

import moo_inference as mi
from moo_inference.errors import ReaderError, SettingError
from moo_inference.readers import read_promptfoo
from moo_inference.views.doctor.examination import examine

REAL = ROOT / "tests" / "data" / "promptfoo_v3.json"


def result(**changes):
    made = {
        "provider": {"id": "openai:gpt-4o-mini", "label": ""},
        "prompt": {"raw": "{{question}}", "label": "{{question}}"},
        "vars": {"question": "2 + 2?"},
        "testIdx": 0,
        "success": True,
        "failureReason": 0,
        "cost": 0.002,
        "latencyMs": 500,
        "response": {"output": "4", "tokenUsage": {"total": 30, "prompt": 20, "completion": 10}},
    }
    return {name: value for name, value in {**made, **changes}.items() if value != "-"}


def written(tmp_path, *results, version=3):
    path = tmp_path / "results.json"
    summary = {"version": version, "results": list(results), "stats": {}}
    path.write_text(json.dumps({"evalId": "e", "results": summary} if version == 3 else summary))
    return path


def test_real_results_are_attempts_with_cost_and_time():
    raw = json.loads(REAL.read_text())["results"]["results"]
    attempts = mi.read_attempts(REAL)
    assert attempts.models == ("openai:chat:gpt-4o-mini",)
    assert attempts.correct.tolist() == [float(one["success"]) for one in raw]
    assert attempts.usd.tolist() == [one["cost"] for one in raw]
    assert attempts.seconds.tolist() == [one["latencyMs"] / 1000 for one in raw]
    assert attempts.tokens_in.tolist() == [one["response"]["tokenUsage"]["prompt"] for one in raw]
    curve = mi.Recorded().estimate(attempts.model(), [1])
    assert curve.cost.mean[0] == pytest.approx(np.mean([one["cost"] for one in raw]))
    assert curve.accuracy.mean[0] == pytest.approx(2 / 3)


@pytest.mark.parametrize("version", [2, 3])
def test_repetitions_are_samples_of_one_question(tmp_path, version):
    path = written(
        tmp_path,
        result(),
        result(testIdx=1, success=False, failureReason=1, error="Expected 4"),
        result(testIdx=2, vars={"question": "3 + 3?", "sessionId": "x"}),
        result(testIdx=3, vars={"question": "3 + 3?", "sessionId": "y"}, success=False, failureReason=1),
        version=version,
    )
    attempts = mi.read_attempts(path)
    assert list(attempts.question) == ["2 + 2?", "2 + 2?", "3 + 3?", "3 + 3?"]
    assert attempts.sample.tolist() == [1, 2, 1, 2]
    assert attempts.correct.tolist() == [1, 0, 1, 0]
    assert attempts.error is None
    assert mi.Recorded().estimate(attempts.model(), [2]).accuracy.mean[0] == 1


def test_several_exports_are_several_runs(tmp_path):
    one = written(tmp_path, result(), result(testIdx=1, success=False, failureReason=1))
    (tmp_path / "other").mkdir()
    other = written(tmp_path / "other", result(), result(testIdx=1))
    other.write_text(other.read_text().replace('"evalId": "e"', '"evalId": "f"'))
    both = mi.read_attempts([one, other])
    assert mi.Recorded().estimate(both.model(), [4]).accuracy.mean[0] == 1
    assert mi.Recorded().estimate(both.model(), [1]).accuracy.mean[0] == 0.75
    with pytest.raises(ReaderError, match="the same attempts in two files"):
        mi.read_attempts([one, one])


def test_providers_and_prompts_are_models_and_questions_differ_in_what_is_asserted(tmp_path):
    other = {"raw": "Think. {{question}}", "label": "think"}
    path = written(
        tmp_path,
        result(),
        result(provider={"id": "openai:gpt-4o-mini", "label": "mini, high effort"}),
        result(prompt=other),
        result(testIdx=1, testCase={"assert": [{"type": "equals", "value": "four"}]}),
        result(testIdx=2, vars={"a": 1, "b": [2]}),
        result(testIdx=3, vars="-"),
    )
    found = read_promptfoo(path)
    assert list(found.frame["model"].unique()) == [
        "openai:gpt-4o-mini",
        "mini, high effort",
        "openai:gpt-4o-mini, prompt 2",
    ]
    assert list(found.frame["question"]) == ["2 + 2?"] * 3 + ["2 + 2? (test 1)", '{"a": 1, "b": [2]}', "3"]
    assert (
        "openai:gpt-4o-mini has 2 prompts, of which each counts as a model: '{{question}}', 'think'" in found.notes[0]
    )


def test_what_was_not_measured_is_a_gap(tmp_path):
    apart = {"output": "4", "tokenUsage": {"total": 99, "prompt": 20, "completion": 10}}
    cached = {"output": "4", "cached": True, "tokenUsage": {"total": 30, "cached": 30}}
    path = written(
        tmp_path,
        result(),
        result(testIdx=1, response=cached, cost=0, latencyMs=1),
        result(testIdx=2, response="-", success=False, failureReason=2, error="time out", cost=0, latencyMs=0),
        result(testIdx=3, cost=0),
        result(testIdx=4, cost="-", response=apart),
    )
    attempts = mi.read_attempts(path)
    assert attempts.correct.tolist() == pytest.approx([1, 1, np.nan, 1, 1], nan_ok=True)
    assert attempts.usd.tolist() == pytest.approx([0.002] + [np.nan] * 4, nan_ok=True)
    assert attempts.seconds.tolist() == pytest.approx([0.5, np.nan, np.nan, 0.5, 0.5], nan_ok=True)
    assert attempts.tokens_out.tolist() == pytest.approx([10, np.nan, np.nan, 10, np.nan], nan_ok=True)
    assert list(attempts.error)[2] == "time out"
    assert attempts.notes == (
        f"{path}: of 5 results 1 came from a cache: their cost, tokens and time are not known",
        f"{path}: of 5 results the tokens of 1 do not add up to their total: taken as not known",
    )
    assert examine(path).lacks[1] == (
        "Attempts without a value, which are gaps and left out: correct in 1, tokens_in in 3, tokens_out in 3, "
        "usd in 4, seconds in 2."
    )


def test_an_old_file_has_no_reason_and_an_error_without_a_grade_is_one(tmp_path):
    failed = result(failureReason="-", success=False, error="connection refused", response="-")
    wrong = result(failureReason="-", success=False, error="not 4", gradingResult={"pass": False})
    attempts = mi.read_attempts(written(tmp_path, failed, wrong))
    assert attempts.correct.tolist() == pytest.approx([np.nan, 0], nan_ok=True)
    with pytest.raises(
        ReaderError, match="must hold a result without an error, got 2; the first: 'connection refused'"
    ):
        read_promptfoo(written(tmp_path, failed, failed))


def test_wrong_results_are_refused_all_at_once_with_their_lines(tmp_path):
    bad = copy.deepcopy(result())
    bad["response"]["tokenUsage"]["prompt"] = "many"
    path = written(
        tmp_path,
        result(success="yes"),
        result(provider="-"),
        result(vars="-", testIdx="-"),
        result(cost=-1),
        result(latencyMs="fast"),
        bad,
        5,
    )
    with pytest.raises(ReaderError) as caught:
        read_promptfoo(path)
    words = (
        "results.results.0.success: must be true or false, got 'yes'",
        "results.results.1.provider: must name a provider, got nothing",
        "results.results.2: must have vars or a testIdx, got neither",
        "results.results.3.cost: must be a number, 0 or more, got -1",
        "results.results.4.latencyMs: must be a number, 0 or more, got 'fast'",
        "results.results.5.response.tokenUsage.prompt: must be a number, 0 or more, got 'many'",
        "results.results.6: must be a result, got 5",
    )
    assert len(caught.value.errors) == len(words)
    for error, word in zip(caught.value.errors, words, strict=True):
        assert error.startswith(f"{path}:1: {word}")
    with pytest.raises(ReaderError, match="must hold at least one result, got none"):
        read_promptfoo(written(tmp_path))
    (tmp_path / "none.json").write_text('{"results": 5}')
    with pytest.raises(ReaderError, match="must hold a list of results, got 5"):
        read_promptfoo(tmp_path / "none.json")


def test_columns_and_scorers_are_for_other_files():
    with pytest.raises(SettingError, match="is an export of promptfoo, which has names already; columns must be None"):
        mi.read_attempts(REAL, columns={"question": "vars"})
    with pytest.raises(ReaderError, match="which has no scorers; got scorer='match'"):
        mi.read_attempts(REAL, scorer="match")
    with pytest.raises(ReaderError, match="expected attempts, got a LiteLLM price map, which contains prices"):
        mi.read_attempts(REAL.with_name("litellm_model_prices_excerpt.json"))
