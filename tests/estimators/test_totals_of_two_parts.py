"""Totals of two independent parts, a prompt and a wave or two waves, by integration of one over the other."""

import numpy as np
import pytest
from scipy import stats

from moo_inference.catalog import TokenLength
from moo_inference.estimators.lengths import Length
from moo_inference.estimators.pass_distribution import PassDistribution
from moo_inference.estimators.sum_distribution import Totals

MIDDLES = (np.arange(5_000) + 0.5) / 5_000
QS = (0.05, 0.3, 0.5, 0.9, 0.975)


def gamma_of(mean, std, factor):
    """A length that begins at 1, times a factor."""
    return stats.gamma(((mean - 1) / std) ** 2, factor, factor * std**2 / (mean - 1))


def length(mean, std, kind="gamma"):
    return Length.of(TokenLength(mean=mean, std=std, kind=kind))


def largest(own, n):
    """Even shares of the largest of n, from the least on."""
    return own.ppf(MIDDLES ** (1 / n))


def assert_share(totals, row, share, slack):
    """At each quantile the share of queries below it, by integration, is that of the quantile."""
    for q in QS:
        value = float(totals.quantile(q)[row])
        near = [share(value + way * slack * totals.std[row]) for way in (-1, 1)]
        assert near[0] <= q <= near[1], (row, q)
        assert share(value - slack * totals.std[row]) <= totals.cdf(value)[row] + 1e-3
        assert share(value + slack * totals.std[row]) >= totals.cdf(value)[row] - 1e-3


@pytest.mark.parametrize(("answer", "slack"), [((101, 60), 2e-3), ((101, 150), 1e-2), ((101, 300), 5e-2)])
def test_two_waves_are_a_sum_of_the_largest_of_each(answer, slack):
    """Of four passes, two at a time, and of three, of which the last runs alone."""
    own = gamma_of(*answer, 2.0)
    totals = Totals(PassDistribution(0.5, 2.0, length(5, 0), length(*answer)), 2, np.array([3, 4]), np.zeros(2))
    first = largest(own, 2)
    for row, passes in enumerate((1, 2)):
        means = [first.mean(), largest(own, passes).mean()]
        assert totals.mean[row] == pytest.approx(sum(means), rel=4e-3)
        variance = first.var() + largest(own, passes).var()
        assert totals.std[row] == pytest.approx(np.sqrt(variance), rel=2e-2)
        assert_share(totals, row, lambda x, n=passes: (own.cdf(x - first) ** n).mean(), slack)


@pytest.mark.parametrize(
    ("prompt", "answer", "slack"),
    [((101, 60), (101, 60), 2e-3), ((101, 300), (101, 60), 5e-2), ((101, 60), (101, 300), 5e-2)],
)
def test_a_prompt_and_a_wave_are_the_sum_of_both(prompt, answer, slack):
    """The prompt counts once, half and three times; three passes run at a time."""
    times = np.array([1.0, 0.5, 3.0])
    totals = Totals(PassDistribution(1.5, 2.0, length(*prompt), length(*answer)), 3, np.array([3, 3, 2]), prompts=times)
    own = gamma_of(*answer, 2.0)
    for row, passes in enumerate((3, 3, 2)):
        read = gamma_of(*prompt, 1.5 * times[row]).ppf(MIDDLES)
        wave = largest(own, passes)
        assert totals.mean[row] == pytest.approx(read.mean() + wave.mean(), rel=4e-3)
        assert totals.std[row] == pytest.approx(np.sqrt(read.var() + wave.var()), rel=2e-2)
        assert_share(totals, row, lambda x, n=passes, read=read: (own.cdf(x - read) ** n).mean(), slack)


@pytest.mark.parametrize("k", [1, 4, 15, 16, 40, 100, 256, 257])
def test_however_many_narrow_answers_stand_beside_a_prompt_that_is_often_empty(k):
    """The prompt is the shortest one in a quarter of the queries, and 40 times as heavy as the narrow answers."""
    prompt = length(10, 14, "normal")
    totals = Totals(PassDistribution(40.0, 2.0, prompt, length(40, 3, "normal")), 1, np.array([k]), np.array([1.0]))
    mean, std = prompt.before_clipping
    read = 40 * np.maximum(1, stats.norm(mean, std).ppf(MIDDLES))
    for q in QS:
        value, cell = totals.quantile(q)[0], 0.06 * totals.std[0]
        below, above = (stats.norm.cdf(value + way * cell - read, 80 * k, 6 * k**0.5).mean() for way in (-1, 1))
        assert below <= q <= above, q


def test_a_prompt_narrower_than_a_cell_leaves_the_tail_of_steep_answers_as_it_is():
    totals = Totals(PassDistribution(0.5, 2.0, length(50, 30), length(101, 300)), 1, np.array([1]), np.array([1.0]))
    read, own = gamma_of(50, 30, 0.5).ppf(MIDDLES), gamma_of(101, 300, 2.0)
    assert_share(totals, 0, lambda x: own.cdf(x - read).mean(), 5e-2)
    for far in (3, 5, 7):
        x = totals.mean[0] + far * totals.std[0]
        assert 1 - totals.cdf(x)[0] == pytest.approx(own.sf(x - read).mean(), rel=0.05)


@pytest.mark.parametrize(("wave", "count"), [(1, 5), (4, 2)])
def test_a_prompt_beside_answers_that_do_not_vary_is_alone(wave, count):
    """Each wave takes what one answer takes."""
    totals = Totals(PassDistribution(0.5, 2.0, length(101, 300), length(7, 0)), wave, np.array([5]), np.array([3.0]))
    own = gamma_of(101, 300, 1.5)
    for q in QS:
        assert totals.quantile(q)[0] == pytest.approx(14 * count + own.ppf(q), rel=1e-9)
        value = 14 * count + own.ppf(q)
        assert totals.cdf(value)[0] == pytest.approx(q, rel=1e-6)
    assert totals.cdf(14 * count)[0] == 0


def test_nothing_is_below_the_least_that_a_total_can_be():
    totals = Totals(PassDistribution(0.5, 2.0, length(101, 60), length(101, 60)), 2, np.array([4]), np.array([2.0]))
    least = 2 * 0.5 + 2 * 2.0
    assert totals.cdf(least - 1e-6)[0] == 0
    assert totals.quantile(1e-12)[0] >= least - 1e-6
    assert totals.cdf(np.array([[least - 1.0], [1e6]])).tolist() == [[0.0], [1.0]]
