"""Times over the load: monotone, exact where they are straight, nothing beyond what was measured."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moo_inference.catalog.load_curve import LoadCurve

LOADS = np.array([1.0, 2, 4, 8, 16, 32, 64])


def curve_of(seconds, loads=LOADS):
    return LoadCurve(np.asarray(loads, dtype=float), np.asarray(seconds)[:, None], np.ones(1), np.array([True]))


def test_straight_times_are_met_everywhere():
    curve = curve_of(1 + 0.05 * LOADS)
    between = np.linspace(1, 64, 97)
    np.testing.assert_allclose(curve.seconds(between), 1 + 0.05 * between, rtol=1e-12)
    np.testing.assert_allclose(curve.left_out(), 0, atol=1e-12)
    bent = curve_of(1 + 0.001 * LOADS**2)
    assert np.abs(bent.left_out()).max() > 0.005, "a curve is not met by chance"


@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=9), st.randoms(use_true_random=False))
def test_times_never_fall_with_the_load_and_lie_within_what_was_measured(seconds, random):
    loads = sorted(random.sample(range(1, 200), len(seconds)))
    curve = curve_of(seconds, loads)
    found = curve.seconds(np.linspace(loads[0], loads[-1], 101))
    assert (np.diff(found) >= -1e-9 * max(seconds)).all()
    assert min(seconds) * (1 - 1e-9) <= found.min()
    assert found.max() <= max(seconds) * (1 + 1e-9)


def test_noise_is_pooled_and_rising_times_are_left_alone():
    np.testing.assert_allclose(curve_of([1.0, 3.0, 2.0, 4.0], [1, 2, 3, 4]).seconds([1, 2, 3, 4]), [1, 2.5, 2.5, 4])
    rising = np.array([1.0, 1.1, 1.7, 4.0])
    np.testing.assert_allclose(curve_of(rising, [1, 2, 3, 4]).seconds([1, 2, 3, 4]), rising)


def test_nothing_is_known_beyond_and_the_least_load_bounds_what_is_below_it():
    curve = curve_of([2.0, 3.0], [4, 8])
    assert np.isnan(curve.seconds([8.001, 100])).all()
    np.testing.assert_array_equal(curve.seconds([1, 2, 4]), [2, 2, 2])
    assert np.isnan(curve.in_flight([curve.most_rate() * 1.01], [1])).all()
    assert np.isfinite(curve.in_flight([curve.most_rate() * 0.99], [1])).all()
    assert np.isnan(curve.in_flight([0.1], [9])).all(), "more at the same time than was measured"


@pytest.mark.parametrize("together", [1, 4, 8])
@pytest.mark.parametrize("share", [0.05, 0.4, 0.9])
def test_requests_in_flight_solve_littles_law(together, share):
    """Of T = a + b c the least root of c = m + r (a + b c) is (m + r a) / (1 - r b)."""
    a, b = 1.0, 0.05
    curve = curve_of(a + b * LOADS)
    rate = share * curve.most_rate(together)
    closed = (together + rate * a) / (1 - rate * b)
    np.testing.assert_allclose(curve.in_flight([rate], [together]), [closed], rtol=1e-9)


def test_an_unknown_spread_stays_unknown_and_counts_nothing():
    times = np.column_stack([1 + 0.1 * LOADS, np.full(7, np.nan)])
    curve = LoadCurve(LOADS, times, np.array([1.0, 0.0]), np.array([True, False]))
    assert np.isnan(curve.at(3.0)[1])
    np.testing.assert_allclose(curve.seconds(3.0), 1.3)


def shared_processor(seconds, rate, together, batches, seed):
    """Mean seconds of requests of equal length that arrive `together` at a rate, each slowed by all in flight.

    A simulation event by event: with n requests in flight, 1 / seconds(n) of each is done in a second.
    """
    generator = np.random.default_rng(seed)
    now, left, began, done = 0.0, np.empty(0), np.empty(0), []
    arrival, arrived = generator.exponential(1 / rate), 0
    while arrived < batches or left.size:
        pace = seconds(left.size) if left.size else np.inf
        finish = now + left.min() * pace if left.size else np.inf
        due = arrival if arrived < batches else np.inf
        step = min(finish, due)
        if left.size:
            left = left - (step - now) / pace
        now = step
        if due <= finish:
            left, began = np.append(left, np.ones(together)), np.append(began, np.full(together, now))
            arrived, arrival = arrived + 1, now + generator.exponential(1 / rate)
        else:
            over = left <= 1e-12
            done += (now - began[over]).tolist()
            left, began = left[~over], began[~over]
    return np.mean(done[len(done) // 10 :])


@pytest.mark.parametrize(("together", "share"), [(1, 0.3), (1, 0.7), (4, 0.5), (8, 0.3)])
def test_times_under_a_load_are_those_of_a_server_that_all_requests_share(together, share):
    def seconds(n):
        return 1 + 0.05 * n

    curve = curve_of(seconds(LOADS))
    rate = share * curve.most_rate(together) / together
    found = curve.seconds(curve.in_flight([rate * together], [together]))[0]
    simulated = shared_processor(seconds, rate, together, 4000, seed=together)
    assert found == pytest.approx(simulated, rel=0.04)
    # The control: as if passes of a query came one by one, or only queries counted.
    alone = curve.seconds(curve.in_flight([rate], [1]))[0]
    assert together == 1 or alone < 0.9 * simulated


def test_a_column_that_may_fall_is_left_as_it_was_measured():
    """Such as a spread, beside a mean that is pooled."""
    times = np.array([[2.0, 3.0], [1.0, 1.0], [4.0, 2.0]])
    curve = LoadCurve(np.array([1.0, 2, 3]), times, np.array([1.0, 0.0]), np.array([True, False]))
    np.testing.assert_allclose(curve.at([1, 2, 3]), [[1.5, 3.0], [1.5, 1.0], [4.0, 2.0]], rtol=1e-12)
    assert curve.at(2.0).shape == (2,)
    assert curve.at([[1.0, 2.0, 3.5]]).shape == (1, 3, 2)
    np.testing.assert_array_equal(curve.seconds([[1.0, 3.5]]), [[1.5, np.nan]])
    np.testing.assert_array_equal(curve.at(3.5), [np.nan, np.nan])
    assert curve.most == 3.0


def test_columns_add_up_by_their_weights():
    """Of 100 tokens read and 20 written, and of a column that does not count and is unknown."""
    times = np.column_stack([0.01 * LOADS, 0.1 + 0.02 * LOADS, np.full(7, np.nan)])
    curve = LoadCurve(LOADS, times, np.array([100.0, 20.0, 0.0]), np.array([True, True, True]))
    np.testing.assert_allclose(curve.seconds([1, 5]), [100 * 0.01 + 20 * 0.12, 100 * 0.05 + 20 * 0.2], rtol=1e-12)
    np.testing.assert_allclose(curve.left_out(), np.zeros(5), atol=1e-12)
    assert np.isfinite(curve.in_flight([0.1], [1])).all()


def test_left_out_errors_are_of_what_was_measured_at_that_load():
    """Without 2, the time at 2 is 2.5 in place of 2; the ends are never left out."""
    np.testing.assert_allclose(curve_of([1.0, 2.0, 4.0], [1, 2, 3]).left_out(), [2.5 / 2 - 1], rtol=1e-12)
    np.testing.assert_allclose(curve_of([1.0, 3.0, 4.0], [1, 2, 3]).left_out(), [2.5 / 3 - 1], rtol=1e-12)
    assert curve_of([1.0, 2.0], [1, 2]).left_out().tolist() == []


def test_of_several_loads_that_serve_a_rate_it_is_the_least():
    """Up to 2 in flight are quick, more are slow: what they serve falls, and rises again."""
    curve = curve_of([1.0, 1.0, 10.0, 10.0], [1, 2, 3, 4])
    np.testing.assert_allclose(curve.in_flight([0.0, 0.25, 0.9], [1, 1, 1]), [1, 1.25, 1.9], rtol=1e-9)
    assert ((np.array([3.6, 4.0]) - 1) / curve.seconds([3.6, 4.0]) > 0.25).all(), "loads near 4 serve that, too"
    assert np.isnan(curve.in_flight([1.2], [1])).all()
    np.testing.assert_allclose(curve.in_flight([0.0, 0.1], [3, 2]), [3, curve.in_flight([0.1], [2])[0]], rtol=1e-9)


def test_the_most_that_is_served_is_where_all_of_the_load_is_in_flight():
    curve = curve_of(1 + 0.05 * LOADS)
    assert curve.most_rate() == curve.most_rate(1.0) == pytest.approx((64 - 1) / (1 + 0.05 * 64), rel=1e-12)
    assert curve.most_rate(4.0) == pytest.approx((64 - 4) / (1 + 0.05 * 64), rel=1e-12)
    assert curve.most_rate(70.0) == 0.0
    # Beyond one and a half everything is slow; and one and a half may be all that was measured.
    for loads, seconds in (([1, 1.5, 2], [1.0, 1.0, 100.0]), ([1, 1.5], [1.0, 1.0])):
        early = curve_of(seconds, loads)
        assert early.most_rate() == pytest.approx(0.5, rel=0.01)
        np.testing.assert_allclose(early.in_flight([0.4], [1]), [1.4], rtol=1e-9)


def test_many_rates_are_found_as_each_alone():
    curve = curve_of(1 + 0.05 * LOADS)
    rates = np.linspace(0.01, 14.0, 2100)
    together = np.arange(2100) % 3 + 1.0
    found = curve.in_flight(rates, together)
    np.testing.assert_allclose(found, (together + rates) / (1 - rates * 0.05), rtol=1e-9)
    np.testing.assert_array_equal(found[[5, 1500]], curve.in_flight(rates[[5, 1500]], together[[5, 1500]]))
    np.testing.assert_array_equal(curve.in_flight(rates[:3], 2.0), curve.in_flight(rates[:3], [2.0] * 3))


def test_a_curve_cannot_be_changed_and_is_equal_to_itself_alone():
    curve = curve_of(1 + 0.05 * LOADS)
    with pytest.raises(FrozenInstanceError):
        curve.weights = np.zeros(1)
    assert len({curve, curve, replace(curve)}) == 2
    assert curve.seconds(1.0) == replace(curve).seconds(1.0)
