"""Simulated queries: by hand where nothing varies, and equal to themselves where two amounts are made of the same."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import moo_inference as mi
from moo_inference.errors import SettingError

SPEEDS = {"seconds_per_input_token": 0.001, "seconds_per_output_token": 0.02}
JOULES = {"joules_per_input_token": 0.25, "joules_per_output_token": 2.0}
REASONING = {"reasoning_tokens": {"mean": 500, "std": 0}, "usd_per_million_reasoning_tokens": 4.0}
PROMPTS = {
    "own": ({"prompt": "per-pass"}, lambda k: k),
    "one": ({"prompt": "per-query"}, lambda k: k),
    "shared": ({"prompt": "per-query", "shared_prompt": True}, lambda k: 1),
    "cached": ({"prompt": "per-query", "usd_per_million_cached_input_tokens": 0.125}, lambda k: 1 + (k - 1) / 10),
}
ESTIMATORS = [mi.MonteCarlo(4), mi.MonteCarlo(4, draws="independent"), mi.ClosedForm()]


def varying(gpt5, **changes):
    """Everything that is read and written varies, so much that some of it is clipped."""
    return gpt5.replace(
        input_tokens={"mean": 100, "std": 80, "kind": "normal"},
        output_tokens={"mean": 60, "std": 50, "kind": "normal"},
        reasoning_tokens={"mean": 90, "std": 70, "kind": "gamma"},
        **changes,
    )


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=str)
@pytest.mark.parametrize("latency", ["ideal", "waves"])
@pytest.mark.parametrize("kind", PROMPTS)
def test_what_does_not_vary_costs_takes_and_uses_what_is_counted_by_hand(gpt5, kind, latency, estimator):
    changes, paid = PROMPTS[kind]
    model = gpt5.replace(
        input_tokens={"mean": 1000, "std": 0}, output_tokens={"mean": 2000, "std": 0},
        **SPEEDS, **JOULES, **REASONING, **changes,
    )  # fmt: skip
    k = np.array([5, 1, 3])
    curve = estimator.estimate(model, k, parallel=3, latency=latency)
    prompts = np.array([paid(own) for own in k.tolist()])
    assert_allclose(curve.cost.mean, (prompts * 1.25 * 1000 + k * (10 * 2000 + 4 * 500)) / 1e6, rtol=1e-12)
    one = 0.001 * 1000 + 0.02 * 2500
    assert_allclose(curve.time.mean, k * one / 3 if latency == "ideal" else np.array([2, 1, 1]) * one, rtol=1e-12)
    assert_allclose(curve.resource("joules").mean, k * (0.25 * 1000 + 2 * 2500), rtol=1e-12)
    assert_allclose(curve.time.high, curve.time.mean, rtol=1e-12)


@pytest.mark.parametrize("draws", ["common", "independent"])
@pytest.mark.parametrize("prompt", ["per-pass", "per-query"])
def test_amounts_that_weigh_tokens_alike_are_alike_in_every_query(gpt5, prompt, draws):
    model = varying(gpt5, prompt=prompt, seconds_per_input_token=0.125, seconds_per_output_token=1.0,
                    joules_per_input_token=12.5, joules_per_output_token=100.0)  # fmt: skip
    curve = mi.MonteCarlo(50, draws=draws).estimate(model, [1, 2, 7], parallel=4, latency="ideal")
    assert curve.cost.std.min() > 0
    assert_allclose(curve.quantities[:, 1], curve.quantities[:, 0] * 1e5 / 4, rtol=1e-12)
    assert_allclose(curve.quantities[:, 2], curve.quantities[:, 0] * 1e7, rtol=1e-12)


@pytest.mark.parametrize("draws", ["common", "independent"])
@pytest.mark.parametrize("kind", PROMPTS)
def test_waves_of_one_pass_are_passes_one_after_the_other(gpt5, kind, draws):
    model = varying(gpt5, **SPEEDS, **PROMPTS[kind][0])
    ideal, waves = (
        mi.MonteCarlo(50, draws=draws).estimate(model, [1, 2, 7], parallel=1, latency=latency)
        for latency in ("ideal", "waves")
    )
    assert_allclose(waves.table, ideal.table, rtol=1e-12)


@pytest.mark.parametrize("draws", ["common", "independent"])
@pytest.mark.parametrize("kind", PROMPTS)
def test_one_wave_of_few_passes_takes_no_longer_than_all_of_them_and_no_less_than_a_share(gpt5, kind, draws):
    model = varying(gpt5, **SPEEDS, **PROMPTS[kind][0])
    estimator = mi.MonteCarlo(50, draws=draws)
    waves = estimator.estimate(model, [1, 4], parallel=4, latency="waves").time
    after, share = (estimator.estimate(model, [1, 4], parallel=p, latency="ideal").time for p in (1, 4))
    assert waves.mean[0] == pytest.approx(after.mean[0], rel=1e-12)
    assert share.mean[1] < waves.mean[1] < after.mean[1]


def test_a_prompt_that_varies_alone_is_the_same_in_all_passes_of_a_query(gpt5):
    """Then every query of k passes costs k times what it costs with one."""
    model = varying(gpt5, prompt="per-query").replace(
        output_tokens={"mean": 60, "std": 0}, reasoning_tokens=None, **JOULES
    )
    curve = mi.MonteCarlo(50).estimate(model, [1, 3])
    assert_allclose(curve.quantities[1, [0, 2]], 3 * curve.quantities[0, [0, 2]], rtol=1e-12)
    own = mi.MonteCarlo(50).estimate(model.replace(prompt="per-pass"), [1, 3])
    assert own.cost.std[1] < 2.5 * own.cost.std[0]


def test_models_of_other_lengths_rules_and_resources_stand_beside_each_other(gpt5):
    models = [
        varying(gpt5, **JOULES),
        gpt5.replace(latency="waves", prompt="per-query", **JOULES),
        varying(gpt5, latency="waves", parallel=2, **JOULES),
    ]
    for estimator in (mi.MonteCarlo(20, 5), mi.MonteCarlo(20, 5, "independent")):
        for model, together in zip(models, estimator.estimate_many(models, [4, 1, 4]), strict=True):
            alone = estimator.estimate(model, [4, 1, 4])
            assert_array_equal(together.table, alone.table)
            assert together.k.tolist() == [4, 1, 4]
            assert_array_equal(together.table[0], together.table[2])


def test_what_cannot_be_simulated_is_refused_by_name(gpt5):
    stopped = gpt5.replace(name="Stopped", stop="first-verified")
    few = gpt5.replace(name="Few", accuracy={"kind": "outcomes", "questions": {"a": "1/2"}})
    with pytest.raises(SettingError) as refused:
        mi.MonteCarlo(3).estimate_many([gpt5, stopped], [1])
    assert refused.value.errors == (
        "Stopped: stop 'first-verified' must be estimated by Recorded or ClosedForm, got MonteCarlo",
    )
    with pytest.raises(SettingError) as refused:
        mi.MonteCarlo(3).estimate_many([gpt5, few], [1, 3, 2])
    assert refused.value.errors == ("Few: k must be at most 2, the samples per question of its evaluation, got 3",)
    with pytest.raises(SettingError) as refused:
        mi.MonteCarlo(0, -1, "x")
    assert refused.value.errors == (
        "trials must be a whole number of at least 1, got 0",
        "seed must be a whole number of at least 0, got -1",
        "draws must be one of: common, independent; got 'x'",
    )


@pytest.mark.parametrize("draws", ["common", "independent"])
def test_progress_counts_the_k_that_are_done_each_once(gpt5, draws):
    told = []
    mi.MonteCarlo(5, draws=draws).estimate_many([gpt5], [3, 1, 3], progress=lambda *step: told.append(step))
    assert told[-1] == (2, 2)
    assert [all_of_them for _, all_of_them in told] == [2] * len(told)
    assert mi.MonteCarlo(5, 6, draws).settings() == {
        "estimator": "MonteCarlo", "trials": 5, "seed": 6, "draws": draws,
    }  # fmt: skip
