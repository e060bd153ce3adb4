"""A prompt that is written to a cache and read from it: what k passes pay, pass by pass."""

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.errors import SettingError
from moo_inference.estimators.pass_distribution import prompts_paid

KS = [1, 2, 3, 4, 5, 9, 16]
INPUT, READ, WRITE = 3.0, 0.3, 3.75
CACHED = {
    "usd_per_million_input_tokens": INPUT,
    "usd_per_million_cached_input_tokens": READ,
    "usd_per_million_cache_write_input_tokens": WRITE,
    "prompt": "per-query",
}


def prices_of_passes(k, parallel, *, first_wave):
    """USD per million tokens of prompt that each of k passes pays, in the order in which they are sent."""
    begun = parallel if first_wave else 1
    return [WRITE if number < begun else READ for number in range(k)]


@pytest.mark.parametrize("parallel", [1, 4, 32])
@pytest.mark.parametrize("first_wave", [False, True])
@pytest.mark.parametrize("latency", ["waves", "ideal"])
def test_each_estimator_bills_each_pass(gpt5, parallel, first_wave, latency):
    model = gpt5.replace(
        **CACHED, first_wave_writes_cache=first_wave, passes={"input_tokens": [900, 1500], "output_tokens": [40, 70]}
    )
    conditions = {"parallel": parallel, "latency": latency}
    prompts = np.array([sum(prices_of_passes(k, parallel, first_wave=first_wave)) for k in KS])
    out = model.usd_per_million_output_tokens
    # Of the measured passes a query has the mean prompt of 1,200 tokens, and answers of 55.
    mean = (1200 * prompts + 55 * out * np.array(KS)) / 1e6
    np.testing.assert_allclose(mi.Empirical(trials=10).estimate(model, KS, **conditions).cost.mean, mean, rtol=1e-12)
    plain = model.replace(passes=None)
    mean = (1024 * prompts + 2048 * out * np.array(KS)) / 1e6
    exact = mi.ClosedForm().estimate(plain, KS, **conditions).cost
    np.testing.assert_allclose(exact.mean, mean, rtol=1e-12)
    std = np.sqrt((64 * prompts) ** 2 + np.array(KS) * (128 * out) ** 2) / 1e6
    np.testing.assert_allclose(exact.std, std, rtol=1e-9)
    drawn = mi.MonteCarlo(trials=4000).estimate(plain, KS, **conditions).cost
    error = std / np.sqrt(4000)
    assert (abs(drawn.mean - mean) < 4 * error).all()
    # What the first pass pays for writing is well beyond the band of one pass.
    without = mi.MonteCarlo(trials=4000).estimate(
        plain.replace(usd_per_million_cache_write_input_tokens=None, first_wave_writes_cache=False), [1], **conditions
    )
    assert abs(without.cost.mean[0] - mean[0]) > 4 * error[0]


def test_a_price_of_writing_that_is_that_of_input_is_none_to_the_last_bit(gpt5):
    one = gpt5.replace(**{**CACHED, "usd_per_million_cache_write_input_tokens": None})
    same = one.replace(usd_per_million_cache_write_input_tokens=INPUT)
    for estimator in (mi.ClosedForm(), mi.MonteCarlo(trials=50), mi.MonteCarlo(trials=50, draws="independent")):
        np.testing.assert_array_equal(estimator.estimate(one, KS).table, estimator.estimate(same, KS).table)


def test_a_first_wave_of_one_pass_is_the_first_pass(gpt5):
    k = np.array(KS)
    first, wave = (gpt5.replace(**CACHED, first_wave_writes_cache=flag) for flag in (False, True))
    np.testing.assert_array_equal(prompts_paid(first, k, 1), prompts_paid(wave, k, 1))
    # All at once: no pass reads what another one writes.
    np.testing.assert_allclose(prompts_paid(wave, k, 99), k * WRITE / INPUT)
    # Each wider first wave costs more.
    widths = [prompts_paid(wave, k, parallel)[-1] for parallel in (1, 2, 4, 8)]
    assert widths == sorted(set(widths))


def test_in_a_tier_both_cost_the_same_share(gpt5):
    tier = {"from_input_tokens": 200, "usd_per_million_input_tokens": 6.0, "usd_per_million_output_tokens": 20.0}
    model = gpt5.replace(**CACHED, price_tiers=[tier])
    cost = mi.ClosedForm().estimate(model, [3]).cost.mean[0]
    assert cost == pytest.approx((1024 * (2 * WRITE + 2 * 2 * READ) + 3 * 2048 * 20) / 1e6)


def test_passes_that_stop_early_write_once_too(gpt5):
    questions = {f"q{place}": f"{right}/6" for place, right in enumerate((0, 1, 3, 6))}
    evaluation = {"kind": "outcomes", "keep": "oracle", "questions": questions}
    model = gpt5.replace(**CACHED, accuracy=evaluation, stop="first-verified", parallel=1)
    curve = mi.ClosedForm().estimate(model, [1, 2, 6])
    ran = curve.mean_passes
    out = model.usd_per_million_output_tokens
    mean = (1024 * (WRITE + (ran - 1) * READ) + ran * 2048 * out) / 1e6
    np.testing.assert_allclose(curve.cost.mean, mean, rtol=1e-12)
    assert (ran[1:] < [2, 6]).all()


def test_what_does_not_go_together_is_refused(gpt5):
    shared = {"prompt": "per-query"}
    with pytest.raises(ValueError, match="must come with usd_per_million_cached_input_tokens"):
        gpt5.replace(**shared, usd_per_million_cache_write_input_tokens=2.0)
    with pytest.raises(ValueError, match="must come with usd_per_million_cached_input_tokens"):
        gpt5.replace(**shared, first_wave_writes_cache=True)
    with pytest.raises(ValueError, match="must be USD per million tokens, at most"):
        gpt5.replace(**{**CACHED, "usd_per_million_cache_write_input_tokens": 5000.0})
    with pytest.raises(ValueError, match="must be positive where input has a price"):
        gpt5.replace(**{**CACHED, "usd_per_million_cache_write_input_tokens": 0.0}, free=True)
    free = gpt5.replace(**{**CACHED, "usd_per_million_input_tokens": 0.0, "free": True})
    free = free.replace(usd_per_million_cached_input_tokens=0.0)
    with pytest.raises(SettingError, match="usd_per_million_cache_write_input_tokens must be 0 where the prompt"):
        mi.ClosedForm().estimate(free, [1])
