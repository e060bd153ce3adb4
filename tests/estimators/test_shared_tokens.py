"""What cost and time have in common, in closed form: the same prompt, the same answers, answers that take long."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtr, ndtri
from scipy.stats import multivariate_normal, norm

from moo_inference.estimators.attainment import _loadings, all_within, both, correlation, with_largest
from moo_inference.estimators.lengths import Length
from moo_inference.estimators.pass_distribution import PassDistribution
from moo_inference.estimators.sum_distribution import Totals

K = np.array([1, 2, 5])
READ = Length("normal", 1.0, 1000.0, 100.0)
WRITTEN = Length("normal", 1.0, 500.0, 30.0)
THOUGHT = Length("normal", 1.0, 800.0, 40.0)
CERTAIN = Length("certain", 1.0, 10.0, 0.0)


def total(per_input, per_output, wave=1, prompts=None, k=K, written=WRITTEN, **reasoning):
    distribution = PassDistribution(per_input, per_output, READ, written, **reasoning)
    return Totals(distribution, wave, k, None if prompts is None else np.array(prompts, dtype=float))


def test_each_pass_adds_the_same_to_cost_and_time_where_it_has_its_own_prompt():
    read, written = np.array([2 * 100, 3 * 30.0]), np.array([5 * 100, 7 * 30.0])
    expected = read @ written / np.sqrt((read @ read) * (written @ written))
    assert_allclose(correlation(total(2, 3), total(5, 7)), [expected] * 3, rtol=1e-12)


def test_a_prompt_that_is_paid_and_read_some_times_counts_by_both():
    paid, seen = np.array([1, 1.5, 3]), np.array([1, 2, 1.0])
    covariance = paid * seen * (2 * 100) * (5 * 100) + K * (3 * 30) * (7 * 30)
    cost = (paid * 2 * 100) ** 2 + K * (3 * 30) ** 2
    time = (seen * 5 * 100) ** 2 + K * (7 * 30) ** 2
    found = correlation(total(2, 3, prompts=paid), total(5, 7, prompts=seen))
    assert_allclose(found, covariance / np.sqrt(cost * time), rtol=1e-12)


def test_reasoning_and_answer_are_each_shared():
    weights = (3.0, 2.0), (7.0, 1.0)
    cost, time = (total(0, answer, per_reasoning=thought, reasoning_tokens=THOUGHT) for answer, thought in weights)
    spreads = np.array(weights) * [30, 40]
    expected = spreads[0] @ spreads[1] / np.sqrt((spreads[0] @ spreads[0]) * (spreads[1] @ spreads[1]))
    assert_allclose(correlation(cost, time), [expected] * 3, rtol=1e-12)
    # Of a time that knows of no reasoning the answer alone is shared.
    measured = total(0, 7)
    assert_allclose(correlation(cost, measured), [spreads[0, 0] / np.hypot(*spreads[0])] * 3, rtol=1e-12)


def test_a_time_of_its_own_goes_with_the_length_of_the_answer():
    seconds = Length("normal", 0.0, 12.0, 2.0)
    assert_allclose(correlation(total(0, 3), total(0, 1, written=seconds)), 1, rtol=1e-9)
    # Cov(Z, m exp(s Z - s^2 / 2)) = m s
    skewed = Length("lognormal", 0.0, 12.0, 9.0)
    s = np.sqrt(np.log1p((9 / 12) ** 2))
    assert_allclose(correlation(total(0, 3), total(0, 5, written=skewed)), 12 * s / 9, rtol=1e-9)
    assert_allclose(correlation(total(0, 3, written=skewed), total(0, 5)), 12 * s / 9, rtol=1e-9)


def test_correlations_are_never_above_1_and_0_of_what_does_not_vary():
    cost, time = total(2, 3, prompts=K), total(2, 3, prompts=K)
    assert (correlation(cost, time) <= 1).all()
    assert_allclose(correlation(cost, time), 1, rtol=1e-12)
    still = Totals(PassDistribution(2, 3, CERTAIN, CERTAIN), 1, K)
    assert correlation(still, time).tolist() == correlation(time, still).tolist() == [0, 0, 0]


@pytest.mark.parametrize(("wave", "expected"), [(1, [1, 2, 5]), (2, [1, 1, 3]), (3, [1, 1, 2]), (9, [1, 1, 1])])
def test_a_wave_of_normal_passes_varies_with_its_largest_as_one_pass(wave, expected):
    assert with_largest(total(2, 3, wave)).tolist() == expected


def test_the_largest_of_a_wave_of_skewed_passes_varies_with_their_sum():
    """Of exponentials the largest of n is E1 / n + ... + En, their sum E1 + ... + En (A. Renyi, 1953)."""
    exponential = Length("gamma", 0.0, 2.0, 2.0)
    k = np.array([1, 2, 3, 6, 7, 11])
    waves = total(0, 5, 3, prompts=np.zeros(6), k=k, written=exponential)
    two, three = 1 + 1 / 2, 1 + 1 / 2 + 1 / 3
    assert_allclose(with_largest(waves), [1, two, three, 2 * three, 2 * three + 1, 3 * three + two], rtol=1e-4)


def test_what_loads_on_tokens_is_their_share_of_the_spread():
    own = total(2, 3, prompts=[1, 2, 4])
    spread = np.sqrt((np.array([1, 2, 4]) * 200) ** 2 + K * 90**2)
    found = _loadings(own)
    assert_allclose(found[:, 0], np.array([1, 2, 4]) * 200 / spread, rtol=1e-12)
    assert_allclose(found[:, 1], np.sqrt(K) * 90 / spread, rtol=1e-12)
    assert found[:, 2].tolist() == [0, 0, 0]
    each = _loadings(total(2, 3))
    assert_allclose(each, [[200 / np.hypot(200, 90), 90 / np.hypot(200, 90), 0]] * 3, rtol=1e-12)


@pytest.mark.parametrize("shares", [(0.7, 0.9), (0.2, 0.6), (0.99, 0.5)])
def test_two_totals_of_one_prompt_and_one_answer_have_the_share_of_a_bivariate_normal(shares):
    totals = [total(2, 3, prompts=[1, 1, 1]), total(0.5, 9, prompts=[1, 1, 1])]
    rho = correlation(*totals)
    within = [np.full(3, share) for share in shares]
    expected = [multivariate_normal(cov=[[1, r], [r, 1]]).cdf(list(ndtri(shares))) for r in rho.tolist()]
    assert_allclose(both(*within, rho), expected, atol=1e-7)
    assert_allclose(all_within(totals, within), expected, atol=2e-3)
    three = all_within([*totals, totals[0]], [*within, within[0]])
    assert_allclose(three, expected, atol=2e-3)


def test_shares_of_a_total_in_waves_and_of_what_is_read_and_written():
    """With a rest of its own, P = int P(Z <= (z - w v) / e) dPhi(v) over the tokens written."""
    k = np.array([6])
    waves, writing = total(0, 3, 3, prompts=[0], k=k), total(0, 1, prompts=[0], k=k)
    (_, w, e), (_, firm, none) = _loadings(waves)[0], _loadings(writing)[0]
    assert (firm, none) == (1, 0)
    assert w**2 + e**2 == pytest.approx(1, abs=1e-12)
    z = ndtri([0.8, 0.6])
    v = np.linspace(-9, z[1], 20001)
    values = ndtr((z[0] - w * v) / e) * np.exp(-(v**2) / 2) / np.sqrt(2 * np.pi)
    expected = ((values[1:] + values[:-1]) / 2 * np.diff(v)).sum()
    found = all_within([waves, writing], [np.array([0.8]), np.array([0.6])])
    assert found[0] == pytest.approx(expected, abs=1e-6)
    reading = total(1, 0, prompts=[1], k=k)
    three = all_within([waves, writing, reading], [np.array([0.8]), np.array([0.6]), np.array([0.7])])
    assert three[0] == pytest.approx(0.7 * expected, abs=1e-6)


def by_a_grid(z, loadings):
    """P(read u + written v + rest e <= z for all) on a fine grid of u and v, of totals that all have a rest."""
    u, v = np.linspace(-8, 8, 401)[:, None], np.linspace(-8, 8, 401)
    share = np.exp(-(u**2 + v**2) / 2) / (2 * np.pi) * 0.04**2
    for level, (read, written, rest) in zip(z, loadings, strict=True):
        share = share * ndtr((level - read * u - written * v) / rest)
    return share.sum()


@pytest.mark.parametrize("shares", [(0.7, 0.9), (0.3, 0.6)])
def test_totals_in_waves_share_what_is_read_and_what_is_written(shares):
    k = np.array([6, 12])
    totals = [total(0.6, 3, wave, prompts=k // wave, k=k) for wave in (2, 3)]
    within = [np.full(2, share) for share in shares]
    found = all_within(totals, within)
    for row in (0, 1):
        loadings = [_loadings(own)[row] for own in totals]
        assert min(rest for _, _, rest in loadings) > 0.1
        assert min(read for read, _, _ in loadings) > 0.3
        assert found[row] == pytest.approx(by_a_grid(ndtri(shares), loadings), abs=1e-6)


def test_a_total_in_waves_beside_one_without_a_rest_shares_both_tokens():
    """The firm one bounds what is written: v <= (z - read u) / written."""
    k = np.array([6])
    waves, firm = total(0.6, 3, 3, prompts=[2], k=k), total(1.5, 4, prompts=[6], k=k)
    z, (first, second) = ndtri([0.8, 0.6]), (_loadings(own)[0] for own in (waves, firm))
    assert second[2] == 0
    u = np.linspace(-8, 8, 201)
    total_of = 0.0
    for one in u.tolist():
        top = np.clip((z[1] - second[0] * one) / second[1], -8, 8)
        v = np.linspace(-8, top, 401)
        values = norm.pdf(v) * ndtr((z[0] - first[0] * one - first[1] * v) / first[2])
        total_of += norm.pdf(one) * 0.08 * ((values[1:] + values[:-1]) / 2 * np.diff(v)).sum()
    found = all_within([waves, firm], [np.array([0.8]), np.array([0.6])])
    assert found[0] == pytest.approx(total_of, abs=1e-5)
