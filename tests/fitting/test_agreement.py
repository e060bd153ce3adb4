"""Whether the parts of a model belong together."""

from dataclasses import replace

import pytest
from conftest import ROOT
from test_fitting_parts import run_of, trace_of

from moo_inference.errors import SettingError
from moo_inference.fitting import Given, fit_model
from moo_inference.readers import Price, Spread, read_litellm_prices, read_outcomes_table, read_vllm_bench
from moo_inference.readers.registry import read_as

DATA = ROOT / "tests" / "data"


def price(key="m", **changes):
    return Price(key, 2.5, 10.0, where="p.json:3", **changes)


def given(**changes):
    known = {
        "input_tokens": (100.0, 10.0),
        "output_tokens": (50.0, 5.0),
        "request_seconds": (2, 0),
        "accuracy": (0.5, 0),
    }
    return Given(**{**known, **changes})


def notes_on(words, **parts):
    return [note for note in fit_model("m", **parts).notes if words in note]


def test_a_model_that_reasons_without_tokens_of_reasoning_is_told():
    words = "reasons before it answers, and no tokens of reasoning are given"
    (note,) = notes_on(words, price=price(reasons=True), given=given())
    assert note.startswith("p.json:3: m reasons")
    assert "--reasoning-tokens" in note
    assert not notes_on(words, price=price(), given=given())
    assert not notes_on(words, price=price(reasons=True), given=given(reasoning_tokens=(900.0, 100.0)))
    assert read_litellm_prices(DATA / "litellm_model_prices_excerpt.json").price("gpt-5-mini").reasons


def test_tokens_of_reasoning_are_paid_and_timed():
    model = fit_model("m", price=price(), given=given(reasoning_tokens=(900.0, 100.0))).model
    assert (model.reasoning_tokens.mean, model.reasoning_tokens.std) == (900.0, 100.0)
    assert model.sources["reasoning_tokens"] == "given by hand"
    assert Given(reasoning_tokens=(900.0, None)).fields().values == {"reasoning_tokens": {"mean": 900.0, "std": None}}


def test_tokens_of_reasoning_by_hand_leave_no_passes_that_lack_them():
    trace = trace_of([100, 100], [50, 60], [1.0, 2.0])
    found = fit_model("m", price=price(), lengths=trace, given=Given(accuracy=(0.5, 0), reasoning_tokens=(900.0, 1.0)))
    assert found.model.passes is None
    assert any("passes from trace.csv" in note and "reasoning_tokens" in note for note in found.notes)


def test_prompts_longer_than_the_model_takes_are_refused_or_told():
    limited = price(context_tokens=200_000)
    with pytest.raises(SettingError) as caught:
        fit_model("m", price=limited, given=given(input_tokens=(250_000.0, 0.0)))
    assert caught.value.errors == (
        "p.json:3: m takes at most 200,000 input tokens, and a prompt has 250,000 on average: choose a model that "
        "takes them, or shorter prompts",
    )
    words = "they cannot be served"
    assert not notes_on(words, price=limited, given=given(input_tokens=(200_000.0, 0.0)))
    (note,) = notes_on(words, price=limited, given=given(input_tokens=(190_000.0, 9_000.0)))
    assert "prompts of 190,000 ± 9,000 tokens have more now and then" in note
    trace = trace_of([100, 300_000, 100], [5, 5, 5], [1.0, 1.0, 1.0])
    (note,) = notes_on(words, price=limited, lengths=trace, given=Given(accuracy=(0.5, 0)))
    assert "1 of 3 prompts have more" in note
    assert not notes_on(words, price=price(), given=given(input_tokens=(250_000.0, 0.0)))


@pytest.mark.parametrize(
    ("key", "served", "apart"),
    [
        ("gpt-4o", "Qwen/Qwen3-8B", True),
        ("gpt-4o", "gpt-4o-mini", True),
        ("gpt-5", "openai/gpt-5-mini", True),
        ("together_ai/meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-70B-Instruct", True),
        ("meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo", "meta-llama/Llama-3.1-8B-Instruct", False),
        ("openai/gpt-4o-2024-08-06", "gpt-4o", False),
        ("alibaba/qwen3-8b", "Qwen/Qwen3-8B-FP8", False),
        ("anthropic.claude-3-5-sonnet-20240620-v1:0", "claude-3-5-sonnet", False),
        ("deepseek/deepseek-r1", "/models/DeepSeek-R1/", False),
    ],
)
def test_the_price_of_one_model_with_the_benchmark_of_another_is_told(key, served, apart):
    run = run_of(model=served, request_seconds=Spread(2.0, 0.5))
    found = notes_on("if these are different models", price=price(key), serving=run, given=given(request_seconds=None))
    assert bool(found) == apart
    if apart:
        assert f"the price is that of {key}, and bench.json:1 measured {served}" in found[0]


def outcomes_of(model, where="samples.csv"):
    return replace(read_outcomes_table(DATA / "outcomes_long.csv"), model=model, where=where)


def test_the_price_and_the_benchmark_of_one_model_with_the_evaluation_of_another_are_told():
    run = run_of(model="openai/gpt-4o-2024-08-06", request_seconds=Spread(2.0, 0.5))
    parts = {"price": price("gpt-4o"), "serving": run, "given": given(accuracy=None, request_seconds=None)}
    words = "if these are different models"
    assert notes_on(words, outcomes=outcomes_of("mistralai/Mixtral-8x7B-Instruct-v0.1"), **parts) == [
        "p.json:3: the price is that of gpt-4o, and samples.csv evaluated mistralai/Mixtral-8x7B-Instruct-v0.1: if "
        "these are different models, the result is that of neither",
        "bench.json:1: measured openai/gpt-4o-2024-08-06, and samples.csv evaluated "
        "mistralai/Mixtral-8x7B-Instruct-v0.1: if these are different models, the result is that of neither",
    ]
    assert not notes_on(words, outcomes=outcomes_of("azure/gpt-4o"), **parts)
    assert not notes_on(words, outcomes=outcomes_of(None), **parts)


def test_what_does_not_belong_together_is_a_warning_and_other_notes_are_none():
    found = fit_model("m", price=price("gpt-4o"), outcomes=outcomes_of("gpt-4o-mini"), given=given(accuracy=None))
    assert [note for note in found.notes if note in found.warnings] == list(found.warnings)
    assert len(found.warnings) == 1
    assert "evaluated gpt-4o-mini" in found.warnings[0]
    assert len(found.notes) > 1
    assert found.model.sources["accuracy"].endswith("of gpt-4o-mini")


def test_the_model_of_an_evaluation_is_what_its_file_calls_it(tmp_path):
    wide = DATA / "routellm_gsm8k_correctness.csv"
    assert read_as(wide, "outcomes", correct="gpt-4-1106-preview").model == "gpt-4-1106-preview"
    assert read_as(DATA / "outcomes_long.csv", "outcomes").model is None
    path = tmp_path / "o.csv"
    path.write_text("question,correct,model\nq,1,gpt-4o\nr,0,gpt-4o\n")
    assert read_as(path, "outcomes").model == "gpt-4o"
    path.write_text("question,correct,model\nq,1,gpt-4o\nr,0,gpt-4o-mini\n")
    assert read_as(path, "outcomes").model is None
    folder = tmp_path / "Qwen__Qwen3-8B"
    folder.mkdir()
    samples = folder / "samples_gsm8k.jsonl"
    samples.write_bytes((DATA / "lm_eval_samples_gsm8k.jsonl").read_bytes())
    assert read_as(samples, "outcomes", filter="score-first").model == "Qwen/Qwen3-8B"
    plain = read_as(DATA / "lm_eval_samples_gsm8k.jsonl", "outcomes", filter="score-first")
    assert plain.model is None


def test_times_that_are_stretched_far_beyond_what_was_measured_are_told():
    run = run_of(
        request_seconds=Spread(2.0, 0.5),
        ttft_seconds=Spread(0.5, 0.1),
        input_tokens=Spread(23.0, 1.0),
        output_tokens=Spread(50.0, 5.0),
    )
    words = "far from what was measured"
    (note,) = notes_on(
        words, price=price(), serving=run, given=given(input_tokens=(2_011.0, 9.0), request_seconds=None)
    )
    assert "with 23 input_tokens on average, and the model has 2,011: its times are stretched by 87.4" in note
    assert not notes_on(words, price=price(), serving=run, given=given(input_tokens=(60.0, 9.0), request_seconds=None))
    with pytest.raises(SettingError, match=r"input_tokens\.mean: must be greater than 0"):
        fit_model("m", price=price(), serving=run, given=given(input_tokens=(0.0, 1.0), request_seconds=None))
    # A time of its own does not depend on lengths.
    assert not notes_on(words, price=price(), serving=run, given=given(input_tokens=(2_011.0, 9.0)))


def test_what_is_given_by_hand_in_place_of_a_file_is_told_with_both_values():
    (note,) = notes_on("is left out, since it is given by hand", price=price(), given=given(input_price=1.0))
    assert note == (
        "usd_per_million_input_tokens from p.json:3, m is left out, since it is given by hand: 2.5 there, 1 here"
    )
    assert not notes_on("given by hand", price=price(), given=given(input_price=2.5))
    run = read_vllm_bench(DATA / "vllm_bench_runs.jsonl")[0]
    notes = notes_on("input_tokens from", serving=run, given=given(input_price=1.0, output_price=2.0))
    assert any("is left out, since it is given by hand" in note and note.endswith(" ± 10 here") for note in notes)


def test_votes_of_several_passes_are_no_accuracy_of_one(tmp_path):
    path = tmp_path / "o.csv"
    path.write_text("question,maj@64\nq,1\n")
    voted = read_outcomes_table(path, correct="maj@64")
    with pytest.raises(SettingError, match="is the vote or the best of 64 passes, which cost 64 times as much"):
        fit_model("m", price=price(), outcomes=voted, given=given(accuracy=None))


@pytest.mark.parametrize("keep", ["majority", "verifier"])
def test_the_accuracy_that_is_shown_is_that_of_the_keeper(tmp_path, keep):
    """Of four samples three say b, which is wrong, with the highest score: more passes find it ever more surely."""
    path = tmp_path / "o.csv"
    path.write_text("question,correct,answer,score\nq,1,a,1\n" + "q,0,b,2\n" * 3)
    found = fit_model("m", price=price(), outcomes=read_outcomes_table(path), given=given(accuracy=None), keep=keep)
    assert found.kept.keep == keep
    assert found.kept.k.tolist() == found.audit.k.tolist() == [1, 2, 4]
    # Of two drawn the right one ties half the time in a vote, and is never the best scored.
    assert found.kept.mean == pytest.approx([0.25, 0.25 if keep == "majority" else 0.0, 0.0])
    assert found.audit.unbiased == pytest.approx([0.25, 0.5, 1.0])
    assert fit_model("m", price=price(), outcomes=read_outcomes_table(path), given=given(accuracy=None)).kept is None
