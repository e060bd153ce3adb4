"""The law of one pass, against scipy's quadrature over the two normals behind its lengths."""

from dataclasses import FrozenInstanceError
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import trapezoid
from scipy.stats import norm

from moo_inference.catalog import TokenLength
from moo_inference.errors import SettingError
from moo_inference.estimators.pass_law import (
    PassLaw,
    cost_law,
    generated,
    prompts_paid,
    resource_laws,
    time_law,
    written_price,
)


def law(a, b, first, second):
    return PassLaw(a, b, TokenLength(mean=first[0], std=first[1]), TokenLength(mean=second[0], std=second[1]))


CLIPPED = {
    "both": law(0.5, 2.0, (3, 4), (2, 1.5)),
    "prompt": law(0.5, 2.0, (2, 3), (60, 2)),
    "answer": law(0.5, 2.0, (60, 2), (2, 3)),
    "certain prompt": law(0.5, 2.0, (0.5, 0), (2, 3)),
    "certain answer": law(0.5, 2.0, (2, 3), (0.5, 0)),
    "certain answer of three tokens": law(0.5, 2.0, (2, 3), (3, 0)),
    "prompt alone": law(0.5, 0.0, (2, 3), (7, 3)),
    "answer alone": law(0.0, 2.0, (7, 3), (2, 3)),
}


def tokens(length, z):
    return max(1.0, length.mean + length.std * z)


def pieces(length):
    """Ends of the pieces on which a clipped length is smooth in its normal."""
    edge = (1 - length.mean) / length.std if length.std else 0.0
    return [-9.0, *[e for e in (edge,) if -9 < e < 9], 9.0]


def over(f, ends):
    """Integral of f over pieces on which it is smooth, each by 200 nodes."""
    x, weights = np.polynomial.legendre.leggauss(200)
    total = 0.0
    for low, high in pairwise(ends):
        z = low + (high - low) * (x + 1) / 2
        total += (high - low) / 2 * (weights @ np.array([f(value) for value in z]))
    return total


def expected(length, f):
    """E[f(L)]."""
    return over(lambda z: norm.pdf(z) * f(tokens(length, z)), pieces(length))


def plain_cdf(own, x):
    """P(a L_in + b L_out <= x), over the answers one by one."""
    a, b = own.per_input, own.per_output

    def within(length, left, weight):
        if weight == 0 or length.std == 0:
            return float(weight * max(1.0, length.mean) <= left)
        return norm.cdf((left / weight - length.mean) / length.std) if left / weight >= 1 else 0.0

    if b == 0 or own.output_tokens.std == 0:
        return within(own.input_tokens, x - b * max(1.0, own.output_tokens.mean), a)
    if a == 0 or own.input_tokens.std == 0:
        return within(own.output_tokens, x - a * max(1.0, own.input_tokens.mean), b)
    out = own.output_tokens
    # Beyond this answer even the shortest prompt is too much.
    last = ((x - a) / b - out.mean) / out.std
    ends = sorted({-9.0, *[e for e in ((1 - out.mean) / out.std, last) if -9 < e < 9], 9.0})
    return over(lambda z: norm.pdf(z) * within(own.input_tokens, x - b * tokens(out, z), a), ends)


@pytest.mark.parametrize("name", CLIPPED)
def test_the_distribution_function_of_clipped_lengths(name):
    own = CLIPPED[name]
    assert not own.normal
    low, high = own.ends
    x = np.array([[low - 1e-6, low + 1e-9, low + 0.7], [own.mean, own.mean + own.std, own.mean + 3 * own.std]])
    found = np.exp(own.log_cdf(x))
    assert found.shape == (2, 3)
    np.testing.assert_allclose(found, np.vectorize(lambda v: plain_cdf(own, v))(x), atol=2e-9)
    assert own.log_cdf(np.array([low - 1e-6]))[0] < -40  # nine standard deviations away
    assert (own.log_cdf(np.array([high, 2 * high])) <= 0).all()
    np.testing.assert_allclose(own.log_cdf(np.array([high, 2 * high])), 0, atol=1e-12)


@pytest.mark.parametrize("name", CLIPPED)
def test_cumulants_of_clipped_lengths(name):
    own = CLIPPED[name]
    for weight, length, found in zip((own.per_input, own.per_output), (own.input_tokens, own.output_tokens), own.parts_cumulants, strict=True):  # fmt: skip  # noqa: E501
        mean = expected(length, lambda t: t)
        central = [expected(length, lambda t, j=j, mean=mean: (t - mean) ** j) for j in (2, 3, 4)]
        plain = [mean, central[0], central[1], central[2] - 3 * central[0] ** 2]
        np.testing.assert_allclose(found, plain * weight ** np.arange(1, 5), rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(own.cumulants, own.parts_cumulants.sum(axis=0))
    assert own.mean == pytest.approx(own.cumulants[0])
    assert own.std == pytest.approx(np.sqrt(own.cumulants[1]))


def test_a_length_that_is_nearly_always_clipped():
    """With one token in all but a share p, cumulants are those of the rare excess: all about p E[excess^j]."""
    rare = TokenLength(mean=1, std=1e-3)
    own = PassLaw(1.0, 0.0, rare, rare)
    # max(1, 1 + s Z): mean 1 + s / sqrt(2 pi), variance s^2 (1/2 - 1 / (2 pi))
    assert own.mean == pytest.approx(1 + 1e-3 / np.sqrt(2 * np.pi), rel=1e-12)
    assert own.std == pytest.approx(1e-3 * np.sqrt(0.5 - 0.5 / np.pi), rel=1e-9)


@pytest.mark.parametrize("name", ["both", "prompt", "answer"])
def test_the_largest_of_several_clipped_passes(name):
    """E[max] = high - integral of F^n, and its quantiles are those of F at q^(1/n)."""
    own = CLIPPED[name]
    low, high = own.ends
    sizes = [1, 3, 8]
    found = own.largest_cumulants(sizes)
    x = np.linspace(low, high, 200_001)
    log_cdf = own.log_cdf(x)
    for row, size in enumerate(sizes):
        power = np.exp(size * log_cdf)
        mean = high - trapezoid(power, x)
        variance = trapezoid(2 * (high - x) * power, x) - (high - mean) ** 2
        assert found[row, 0] == pytest.approx(mean, rel=1e-5)
        assert found[row, 1] == pytest.approx(variance, rel=1e-4)
    np.testing.assert_allclose(found[0], own.cumulants, rtol=1e-3, atol=1e-3)
    for q in (0.6, 0.95):
        values = own.largest_quantile(np.array(sizes, dtype=float), q)
        np.testing.assert_allclose(np.exp(sizes * own.log_cdf(values)), q, rtol=1e-9)


def test_the_largest_of_several_normal_passes():
    own = law(0.5, 2.0, (1000, 30), (500, 20))
    assert own.normal
    assert own.std == pytest.approx(np.hypot(15, 40))
    assert own.ends == pytest.approx((own.mean - 9 * own.std, own.mean + 9 * own.std))
    np.testing.assert_allclose(own.spreads, [15, 40])
    assert np.exp(own.log_cdf(np.array([own.mean + own.std])))[0] == pytest.approx(norm.cdf(1))
    values = own.largest_quantile(np.array([1.0, 4.0]), 0.9)
    np.testing.assert_allclose(norm.cdf((values - own.mean) / own.std) ** [1, 4], 0.9)
    found = own.largest_cumulants([2])[0]
    np.testing.assert_allclose(found[:2], [own.mean + own.std / np.sqrt(np.pi), own.std**2 * (1 - 1 / np.pi)])


def test_a_certain_pass_jumps_from_never_to_always():
    own = law(0.5, 2.0, (0.5, 0), (3, 0))
    assert own.mean == 0.5 * 1 + 2.0 * 3
    with pytest.raises(FrozenInstanceError):
        own.per_input = 1.0
    assert np.exp(own.log_cdf(np.array([6.49, 6.5, 6.6]))).tolist() == [0, 1, 1]
    unit = law(1.0, 0.0, (100, 1), (3, 0))
    assert unit.std == 1
    assert np.exp(unit.log_cdf(np.array([100.0])))[0] == pytest.approx(0.5)


def test_where_a_weight_is_nothing_its_clipping_is_too():
    assert law(0.0, 1.0, (3, 4), (1000, 10)).normal
    assert not law(1e-9, 1.0, (3, 4), (1000, 10)).normal
    assert law(1.0, 1.0, (1000, 0), (1000, 10)).normal


REASONING = {"reasoning_tokens": {"mean": 400, "std": 80}, "usd_per_million_reasoning_tokens": 30.0}


def test_a_bill_with_reasoning_has_the_mean_and_the_spread_of_its_parts(gpt5):
    """Var = (p_in s_in)^2 + (p_out s_out)^2 + (p_r s_r)^2, in USD; lengths are independent."""
    model = gpt5.replace(**REASONING)
    own = cost_law(model)
    mean = (1.25 * 1024 + 10 * 2048 + 30 * 400) / 1e6
    spread = np.sqrt((1.25 * 64) ** 2 + (10 * 128) ** 2 + (30 * 80) ** 2) / 1e6
    assert (own.mean, own.std) == pytest.approx((mean, spread), rel=1e-12)
    assert (generated(model).mean, generated(model).std) == pytest.approx((2448, np.hypot(128, 80)))
    assert written_price(model, 10.0, 30.0) == pytest.approx((10 * 2048 + 30 * 400) / 2448)
    same = cost_law(gpt5.replace(reasoning_tokens={"mean": 400, "std": 80}))
    assert same.std == pytest.approx(np.sqrt((1.25 * 64) ** 2 + (10 * np.hypot(128, 80)) ** 2) / 1e6)
    assert cost_law(gpt5).std == pytest.approx(np.hypot(1.25 * 64, 10 * 128) / 1e6)
    assert time_law(model).mean == pytest.approx(0.0005 * 1024 + 0.005 * 2448)
    [joules] = resource_laws(model.replace(joules_per_input_token=1.0, joules_per_output_token=2.0))
    assert joules.mean == pytest.approx(1024 + 2 * 2448)
    free = model.replace(free=True, usd_per_million_output_tokens=0.0, usd_per_million_reasoning_tokens=0.0)
    assert cost_law(free).mean == pytest.approx(1.25 * 1024 / 1e6)


def test_a_measured_time_of_requests_is_the_law_of_a_pass(gpt5):
    timed = gpt5.replace(
        request_seconds={"mean": 9.0, "std": 2.0}, seconds_per_input_token=None, seconds_per_output_token=None
    )
    own = time_law(timed)
    assert (own.mean, own.std) == pytest.approx((9, 2), rel=1e-5)
    certain = time_law(timed.replace(request_seconds={"mean": 9.0, "std": 0.0}))
    assert (certain.mean, certain.std) == pytest.approx((9, 0))
    # Clipped at 0 where the normal law would be negative: max(0, 2 Z) of mean 2 / sqrt(2 pi)
    wide = time_law(timed.replace(request_seconds={"mean": 1e-9, "std": 2.0}))
    assert wide.mean == pytest.approx(2 / np.sqrt(2 * np.pi), rel=1e-6)


def test_prompts_are_paid_once_or_at_a_share(gpt5):
    k = np.array([1, 2, 5])
    assert prompts_paid(gpt5, k) is None
    assert prompts_paid(gpt5.replace(shared_prompt=True), k).tolist() == [1, 1, 1]
    cached = gpt5.replace(usd_per_million_cached_input_tokens=0.125)
    assert prompts_paid(cached, k) == pytest.approx([1, 1.1, 1.4])
    free = gpt5.replace(free=True, usd_per_million_input_tokens=0.0, usd_per_million_cached_input_tokens=0.0)
    assert prompts_paid(free, k).tolist() == [1, 1, 1]


def test_price_tiers_hold_for_all_prompts_or_need_measured_ones(gpt5):
    tier = {"from_input_tokens": 1000, "usd_per_million_input_tokens": 2.5, "usd_per_million_output_tokens": 15.0}

    def priced(mean, std):
        own = cost_law(gpt5.replace(price_tiers=[tier], input_tokens={"mean": mean, "std": std}))
        return own.per_input * 1e6, own.per_output * 1e6

    assert priced(500, 10) == priced(1000, 0) == pytest.approx((1.25, 10))
    assert priced(5000, 10) == priced(1000.5, 0) == pytest.approx((2.5, 15))
    with pytest.raises(SettingError) as refused:
        priced(1000, 10)
    assert str(refused.value) == (
        "GPT-5: a share of 0.5 of the prompts has more than 1,000 tokens and so another price: for that, give the "
        "model measured `passes` and use the Empirical estimator"
    )
