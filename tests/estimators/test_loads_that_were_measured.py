"""Which loads were measured, what is said of those that were not, and what servers come to under the others.

A request takes 0.5 + 0.02 c seconds at c requests in flight, which was measured up to 64.
"""

import numpy as np
import pytest
from test_under_load import A, B, by_request, by_token, model_of, scenario_of

from moo_inference.catalog import Load, Servers
from moo_inference.errors import SettingError
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.under_load import (
    beyond_measured,
    common_load,
    groups_by_load,
    load_of_passes,
    models_under_load,
    models_within_load,
    seconds_of_tokens,
    served,
    within_load,
)

K = np.array([1, 2, 3, 6])
MOST = A + B * 64
"""Seconds of a request at the largest load."""


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_rate_beyond_what_was_measured_is_nothing_but_unknown(replicas):
    """Four passes at a time: c = together + rate (A + B c) on each server, which must be 64 at most."""
    model = model_of(by_request(replicas=replicas, usd_per_hour=7.2))
    found = load_of_passes(model, K, Conditions(), Load(12.0 * replicas, None))
    each, together = 12.0 * K, np.minimum(K, 4)
    within = together + each * MOST <= 64
    assert within.tolist() == [True, True, False, False]
    in_flight = np.where(within, (together + each * A) / np.where(within, 1 - each * B, 1), np.nan)
    np.testing.assert_allclose(found.concurrency, in_flight, rtol=1e-9)
    np.testing.assert_allclose(found.requests_per_second, np.where(within, each, np.nan))
    np.testing.assert_allclose(found.seconds, A + B * in_flight, rtol=1e-9)
    np.testing.assert_array_equal(found.queries_per_second, np.where(within, 12.0 * replicas, np.nan))
    np.testing.assert_allclose(found.usd_per_request, np.where(within, 0.002 / each, np.nan))
    assert np.isnan(load_of_passes(model_of(by_request()), K, Conditions(), Load(1.0, None)).usd_per_request).all()


def test_queries_at_the_same_time_beyond_what_was_measured_are_nothing_but_unknown():
    model = model_of(by_request(replicas=2, usd_per_hour=7.2))
    found = load_of_passes(model, K, Conditions(), Load(None, 50.0))
    together = np.minimum(K, 4)
    in_flight = np.where(K <= 2, 25.0 * together, np.nan)
    np.testing.assert_allclose(found.concurrency, in_flight)
    rate = in_flight / (A + B * in_flight)
    np.testing.assert_allclose(found.requests_per_second, rate)
    np.testing.assert_allclose(found.queries_per_second, 2 * rate / K)
    np.testing.assert_allclose(found.usd_per_request, 0.002 / rate)


def test_fewer_queries_than_servers_are_as_fast_as_one_alone():
    found = load_of_passes(model_of(by_request(replicas=8)), np.array([4]), Conditions(parallel=2), Load(None, 3.0))
    assert found.concurrency.tolist() == [2]
    assert found.seconds[0] == pytest.approx(A + 2 * B)
    assert found.requests_per_second[0] == pytest.approx(3 * 2 / 8 / (A + 2 * B))


@pytest.mark.parametrize(
    ("servers", "k", "conditions", "load", "sentence"),
    [
        (
            {},
            3,
            {},
            Load(40.0, None),
            # (64 - 3) / 1.78 = 34.2697, rounded to the side on which it holds.
            "own with k = 3 at 40 queries/s: 120 requests/s, and at most 34.26 were measured",
        ),
        (
            {"replicas": 2},
            6,
            {},
            Load(20.0, None),
            "own with k = 6 at 20 queries/s: 60 requests/s on each of 2 servers, and at most 33.7 were measured",
        ),
        (
            {"replicas": 2},
            3,
            {},
            Load(None, 50.0),
            "own with k = 3 at 50 queries at the same time: 75 requests at the same time on each of 2 servers, and at "
            "most 64 were measured",
        ),
        (
            {},
            70,
            {"parallel": 100},
            Load(None, 0.5),
            "own with k = 70 at 0.5 queries at the same time: 70 requests at the same time, and at most 64 were "
            "measured",
        ),
    ],
)
def test_a_load_that_was_not_measured_is_told_with_the_most_that_was(servers, k, conditions, load, sentence):
    model, how = model_of(by_request(**servers)), Conditions(**conditions)
    assert beyond_measured(model, k, how, load) == sentence
    with pytest.raises(SettingError) as refused:
        models_under_load(model, np.array([k, k + 1]), how, load)
    assert str(refused.value) == sentence


def test_the_first_k_beyond_what_was_measured_is_named():
    with pytest.raises(SettingError, match="own with k = 3 at 12 queries/s"):
        models_under_load(model_of(by_request()), K, Conditions(), Load(12.0, None))


@pytest.mark.parametrize(("rate", "last"), [(0.5, 6), (12.0, 2), (30.0, 1), (40.0, 0)])
def test_the_largest_k_whose_load_was_measured(rate, last):
    model, scenario = model_of(by_request()), scenario_of(queries_per_second=rate)
    assert within_load(model, K, Conditions(), [scenario]) == last
    assert within_load(model.replace(servers=None, request_seconds=SECONDS), K, Conditions(), [scenario]) is None


SECONDS = {"mean": 1.0, "std": 0.1}
FEW = Conditions(k_max=4)


def test_models_that_do_not_bear_the_fewest_passes_are_left_out_with_the_reason():
    slow = model_of(by_request())
    fast, hosted = model_of(by_request(replicas=4), name="four"), slow.replace(servers=None, request_seconds=SECONDS)
    models = {"slow": slow, "fast": fast, "hosted": hosted}
    scenario = scenario_of(queries_per_second=40.0)
    left, why = models_within_load(models, scenario, Conditions(k_min=2, k_max=6))
    assert list(left) == ["fast", "hosted"]
    assert all(left[key] is models[key] for key in left)
    assert why == {"slow": "own with k = 2 at 40 queries/s: 80 requests/s, and at most 34.83 were measured"}
    assert models_within_load({"hosted": hosted}, scenario, FEW) == ({"hosted": hosted}, {})
    assert models_within_load({}, scenario, FEW) == ({}, {})
    with pytest.raises(SettingError) as refused:
        models_within_load({"slow": slow, "four": fast}, scenario.replace(queries_per_second=200.0), FEW)
    assert list(refused.value.errors) == [
        "own with k = 1 at 200 queries/s: 200 requests/s, and at most 35.39 were measured",
        "four with k = 1 at 200 queries/s: 50 requests/s on each of 4 servers, and at most 35.39 were measured",
    ]


def test_scenarios_must_state_one_load_where_times_depend_on_it():
    plain, light, busy = scenario_of(), scenario_of(queries_per_second=2.0), scenario_of(concurrency=9.0)
    assert common_load([]) is None
    assert common_load([plain, plain]) is None
    assert common_load([light, light.replace(name="other")]) == Load(2.0, None)
    with pytest.raises(SettingError, match="same load where times depend on it, got none, 9 queries at the same time"):
        common_load([plain, busy, plain])
    with pytest.raises(SettingError) as refused:
        common_load([light, plain, light, busy])
    assert str(refused.value) == (
        "scenarios must state the same load where times depend on it, got 2 queries/s, none, 9 queries at the same time"
    )


def test_scenarios_are_grouped_by_load_where_the_times_of_some_model_depend_on_it():
    own = model_of(by_request())
    hosted = own.replace(servers=None, request_seconds=SECONDS)
    scenarios = {
        "a": scenario_of(queries_per_second=2.0),
        "b": scenario_of(),
        "c": scenario_of(queries_per_second=2.0),
        "d": scenario_of(concurrency=2.0),
    }
    assert groups_by_load([hosted, own], scenarios) == [["a", "c"], ["b"], ["d"]]
    assert groups_by_load([hosted], scenarios) == [["a", "b", "c", "d"]]
    assert groups_by_load([own], {}) == []


def test_a_model_that_nobody_serves_has_no_times_over_the_load():
    hosted = model_of(by_request()).replace(servers=None, request_seconds=SECONDS)
    with pytest.raises(SettingError) as refused:
        served(hosted)
    assert str(refused.value) == "own: must have servers, with its times over the load; got none"


@pytest.mark.parametrize("servers", [by_request, by_token])
def test_a_model_under_a_load_has_the_times_of_it_and_the_price_of_its_hours(servers):
    """At 0.9 queries a second a request costs its share of the hour, whatever its tokens: all of it is output."""
    thinking = {"reasoning_tokens": {"mean": 150.0, "std": 0.0}} if servers is by_token else {}
    model = model_of(servers(usd_per_hour=7.2), **thinking)
    load = Load(0.5, None)
    found = load_of_passes(model, K, Conditions(), load)
    for row, own in enumerate(models_under_load(model, K, Conditions(), load)):
        assert own.servers is None
        written = 200.0 if thinking else 50.0
        assert own.usd_per_million_input_tokens == 0
        assert own.usd_per_million_output_tokens == pytest.approx(0.002 / (0.5 * K[row]) * 1e6 / written)
        c = found.concurrency[row]
        if servers is by_request:
            assert own.request_seconds.mean == pytest.approx(A + B * c)
        else:
            assert own.seconds_per_input_token == pytest.approx(0.001)
            assert own.seconds_per_output_token == pytest.approx((A - 0.1 + B * c) / 50)
            assert found.seconds[row] == pytest.approx(0.1 + 200 * own.seconds_per_output_token)


def test_seconds_of_tokens_of_whole_requests_are_those_of_the_benchmark():
    """Each further token takes its share of what is left after the first; where it is the only one, all of that."""

    def told(ttft, **changes):
        loads = [{**load.model_dump(), "ttft_seconds": one} for load, one in zip(by_request().loads, ttft, strict=True)]
        return seconds_of_tokens(model_of(Servers(loads=loads), **changes), 10.0)

    assert told([0.2] * 4) == pytest.approx((0.2, 0.5 / 49))
    assert told([0.2] * 4, output_tokens={"mean": 1.0, "std": 0.0}) == pytest.approx((0.2, 0.5))
    thinking = {"reasoning_tokens": {"mean": 151.0, "std": 0.0}}
    assert told([0.2] * 4, **thinking) == pytest.approx((0.2, 0.5 / 200))
    assert told([5.0] * 4) == pytest.approx((5.0, 0.0))
    assert told([0.2, 0.2, None, 0.2]) is None
    assert told([0.01, 0.04, 0.16, 0.64]) == pytest.approx((0.1, 0.6 / 49))
