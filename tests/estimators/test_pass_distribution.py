"""What one pass costs and takes, and sums of lengths, against scipy's quadrature."""

import numpy as np
import pytest
from scipy.integrate import quad, trapezoid
from scipy.stats import norm

from moo_inference.catalog import TokenLength
from moo_inference.estimators.lengths import Length
from moo_inference.estimators.pass_distribution import (
    PassDistribution,
    cost_distribution,
    prompts_read,
    prompts_used,
    resource_distributions,
    time_distribution,
    written_price,
)
from moo_inference.estimators.sums import Sum, cells, scaled_cells


def length(mean, std, kind=None):
    return Length.of(TokenLength(mean=mean, std=std, kind=kind))


def distribution(a, b, first, second):
    return PassDistribution(a, b, length(*first), length(*second))


SUMS = {
    "clipped": Sum(((0.5, length(3, 4, "normal")), (2.0, length(2, 1.5, "normal")))),
    "gamma": Sum(((0.5, length(300, 200)), (2.0, length(60, 50)))),
    "lognormal": Sum(((0.5, length(300, 200, "lognormal")), (2.0, length(60, 10)))),
    "one of them certain": Sum(((0.5, length(3, 0)), (2.0, length(20, 15)))),
    "alone": Sum(((2.0, length(20, 15)),)),
}


def by_plain_quadrature(own, x):
    """P(sum <= x), over the scores of its last term."""
    *_, (weight, last) = own.terms
    if len(own.terms) == 1:
        return last.cdf_at(np.array([x / weight]))[0]
    other, first = own.terms[0]
    if first.std == 0:
        return last.cdf_at(np.array([(x - other * first.mean) / weight]))[0]

    def given(z):
        left = (x - weight * last.from_normal(np.array([z]))[0]) / other
        return norm.pdf(z) * first.cdf_at(np.array([left]))[0]

    ends = [z for z in (last.first_score, 0.0) if -8.5 < z < 8.5]
    return quad(given, -8.5, 8.5, points=ends, limit=400)[0]


@pytest.mark.parametrize("name", SUMS)
def test_the_distribution_function_of_a_sum(name):
    own = SUMS[name]
    assert not own.normal
    x = own.mean + np.array([-0.4, 0.0, 1.0, 3.0]) * own.std
    exact = [by_plain_quadrature(own, value) for value in x]
    # A mass on a single point is spread over a cell of the table.
    np.testing.assert_allclose(own.cdf(x), exact, atol=5e-3 if name == "clipped" else 2e-5)
    low, high = own.ends
    np.testing.assert_allclose(own.cdf(np.array([low - 1e-3, high])), [0, 1], atol=1e-9)


@pytest.mark.parametrize("name", SUMS)
def test_cumulants_of_a_sum_are_the_sums(name):
    own = SUMS[name]
    expected = sum(weight ** np.arange(1, 5) * part.cumulants for weight, part in own.terms)
    np.testing.assert_allclose(own.cumulants, expected)
    assert (own.mean, own.std) == pytest.approx((expected[0], np.sqrt(expected[1])))


@pytest.mark.parametrize("name", SUMS)
def test_the_largest_of_several_passes(name):
    """E[max] = high - integral of F^n, and its quantiles are those of F at q^(1/n)."""
    own = SUMS[name]
    low, high = own.ends
    sizes = [1, 3, 8]
    found = own.largest_cumulants(sizes)
    x = np.linspace(low, high, 400_001)
    below = own.cdf(x)
    for row, size in enumerate(sizes):
        mean = high - trapezoid(below**size, x)
        variance = trapezoid(2 * (high - x) * below**size, x) - (high - mean) ** 2
        assert found[row, 0] == pytest.approx(mean, rel=2e-3)
        assert np.sqrt(found[row, 1]) == pytest.approx(np.sqrt(variance), rel=4e-3)
    np.testing.assert_allclose(found[0], own.cumulants, rtol=1e-9)
    for q in (0.6, 0.95):
        values = own.largest_quantile(np.array(sizes, dtype=float), q)
        np.testing.assert_allclose(own.cdf_at(values) ** sizes, q, rtol=1e-4)


def test_the_largest_of_several_normal_passes():
    own = distribution(0.5, 2.0, (1000, 30), (500, 20)).whole
    assert own.normal
    assert own.std == pytest.approx(np.hypot(15, 40))
    assert own.ends == pytest.approx((own.mean - 9 * own.std, own.mean + 9 * own.std))
    values = own.largest_quantile(np.array([1.0, 4.0]), 0.9)
    np.testing.assert_allclose(norm.cdf((values - own.mean) / own.std) ** [1, 4], 0.9)
    found = own.largest_cumulants([2])[0]
    np.testing.assert_allclose(found[:2], [own.mean + own.std / np.sqrt(np.pi), own.std**2 * (1 - 1 / np.pi)])


@pytest.mark.parametrize("name", SUMS)
def test_cells_hold_all_the_mass_and_know_what_they_stand_for(name):
    own = SUMS[name]
    found = cells(own, own.std / 20, 256, np.array([1.0, 4.0]))
    np.testing.assert_allclose(found.masses.sum(axis=1), 1, rtol=1e-12)
    centres = found.low[0] + np.arange(256) * own.std / 20
    np.testing.assert_allclose(found.masses @ centres, found.mean)
    np.testing.assert_allclose(found.masses @ centres**2 - found.mean**2, found.variance)
    # Rounding adds at most a quarter of a cell's square, and moves the mean by less than half a cell.
    assert (np.abs(found.variance - found.true_variance) < (own.std / 20) ** 2).all()
    assert (np.abs(found.mean - found.true_mean) < own.std / 40).all()
    several = scaled_cells(own, np.array([1.0, 3.0]), own.std / 20, 1024)
    np.testing.assert_allclose(several.masses[0, :200], found.masses[0, :200], atol=1e-9)
    np.testing.assert_allclose(several.true_mean, own.mean * np.array([1, 3]), rtol=2e-3)
    np.testing.assert_allclose(several.mean, several.true_mean, atol=own.std / 20)


def test_what_is_cut_off_at_the_last_cell_is_known():
    """E[min(X, c)] = c - integral of F up to c."""
    own = Sum(((1.0, length(20, 60, "lognormal")),))
    step, count = own.std / 20, 64
    found = cells(own, step, count, np.ones(1))
    most = found.low[0] + (count - 1) * step
    x = np.linspace(1, most, 1_000_001)
    assert found.true_mean[0] == pytest.approx(most - trapezoid(own.cdf(x), x), rel=1e-4)
    assert found.true_mean[0] < 0.95 * own.mean


def test_a_certain_pass_jumps_from_never_to_always():
    own = distribution(0.5, 2.0, (0.5, 0), (3, 0))
    assert own.mean == 0.5 * 0.5 + 2.0 * 3
    assert own.whole.cdf(np.array([6.24, 6.25, 6.3])).tolist() == [0, 1, 1]


def test_where_a_weight_is_nothing_its_kind_is_too():
    assert distribution(0.0, 1.0, (3, 4), (1000, 10)).normal
    assert not distribution(1e-9, 1.0, (3, 4), (1000, 10)).normal
    assert distribution(1.0, 1.0, (1000, 0), (1000, 10)).normal
    assert distribution(0.0, 1.0, (3, None), (1000, 10)).known
    assert not distribution(1.0, 1.0, (3, None), (1000, 10)).known


REASONING = {"reasoning_tokens": {"mean": 400, "std": 80}, "usd_per_million_reasoning_tokens": 30.0}


def test_a_bill_with_reasoning_has_the_mean_and_the_spread_of_its_parts(gpt5):
    """Var = (p_in s_in)^2 + (p_out s_out)^2 + (p_r s_r)^2, in USD; lengths are independent."""
    model = gpt5.replace(**REASONING)
    own = cost_distribution(model)
    mean = (1.25 * 1024 + 10 * 2048 + 30 * 400) / 1e6
    spread = np.sqrt((1.25 * 64) ** 2 + (10 * 128) ** 2 + (30 * 80) ** 2) / 1e6
    assert (own.mean, own.std) == pytest.approx((mean, spread), rel=1e-12)
    assert written_price(model, 10.0, 30.0) == pytest.approx((10 * 2048 + 30 * 400) / 2448)
    same = cost_distribution(gpt5.replace(reasoning_tokens={"mean": 400, "std": 80}))
    assert same.std == pytest.approx(np.sqrt((1.25 * 64) ** 2 + (10 * np.hypot(128, 80)) ** 2) / 1e6)
    assert cost_distribution(gpt5).std == pytest.approx(np.hypot(1.25 * 64, 10 * 128) / 1e6)
    assert time_distribution(model).mean == pytest.approx(0.0005 * 1024 + 0.005 * 2448)
    [joules] = resource_distributions(model.replace(joules_per_input_token=1.0, joules_per_output_token=2.0))
    assert joules.mean == pytest.approx(1024 + 2 * 2448)
    free = model.replace(free=True, usd_per_million_output_tokens=0.0, usd_per_million_reasoning_tokens=0.0)
    assert cost_distribution(free).mean == pytest.approx(1.25 * 1024 / 1e6)


def test_a_measured_time_of_requests_is_that_of_a_pass(gpt5):
    timed = gpt5.replace(
        request_seconds={"mean": 9.0, "std": 2.0}, seconds_per_input_token=None, seconds_per_output_token=None
    )
    own = time_distribution(timed)
    assert (own.mean, own.std) == pytest.approx((9, 2), rel=1e-12)
    assert own.prompt.mean == 0
    certain = time_distribution(timed.replace(request_seconds={"mean": 9.0, "std": 0.0}))
    assert (certain.mean, certain.std) == pytest.approx((9, 0))
    wide = time_distribution(timed.replace(request_seconds={"mean": 1.0, "std": 20.0}))
    assert (wide.mean, wide.std) == pytest.approx((1, 20), rel=1e-12)


def test_prompts_are_read_in_each_wave_and_used_in_each_pass(gpt5):
    k, one = np.array([1, 2, 5]), gpt5.replace(prompt="per-query")
    assert prompts_read(gpt5, k, 4) is None
    assert prompts_used(gpt5, k) is None
    assert prompts_read(one, k, 4).tolist() == [1, 1, 2]
    assert prompts_read(one, k, 1).tolist() == prompts_used(one, k).tolist() == [1, 2, 5]
    shared = one.replace(shared_prompt=True)
    assert prompts_read(shared, k, 2).tolist() == [1, 1, 3]
