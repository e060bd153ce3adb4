"""Up to which load a choice holds."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.catalog import Load, Servers
from moo_inference.errors import SettingError
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.under_load import load_of_passes
from moo_inference.studies.load_limit import LoadLimit, load_limit

A, B = 0.5, 0.02
LOADS = (1.0, 4.0, 16.0, 64.0)


def own(usd_per_hour=None, **changes):
    loads = [{"concurrency": c, "request_seconds": {"mean": A + B * c, "std": 0.0}} for c in LOADS]
    prices = {} if usd_per_hour else {"usd_per_million_input_tokens": 1.0, "usd_per_million_output_tokens": 1.0}
    values = {
        "name": "own",
        "servers": Servers(loads=loads, usd_per_hour=usd_per_hour),
        "input_tokens": {"mean": 100, "std": 0},
        "output_tokens": {"mean": 50, "std": 0},
        "accuracy": {"mean": 0.6, "std": 0.1},
        "parallel": 4,
        **prices,
    }
    return mi.Model(**{**values, **changes})


def hosted(usd_per_million=2.0, **changes):
    return own(**changes).replace(
        name="hosted",
        servers=None,
        request_seconds={"mean": 1.0, "std": 0.0},
        usd_per_million_input_tokens=usd_per_million,
        usd_per_million_output_tokens=usd_per_million,
    )


def route_of(models, **scenario):
    limits = {"name": "s", "c_max": 1.0, "t_max": 100.0, "a_min": 0.1, **scenario}
    return mi.route(mi.Catalog(models=models, scenarios={"s": mi.Scenario(**limits)}), "s", "cheapest", k_max=4)


def test_where_time_binds_the_limit_solves_littles_law():
    """One pass: c = 1 + r (A + B c) and A + B c = t give r = (c - 1) / t."""
    route = route_of({"own": own()}, t_max=1.0, queries_per_second=2.0)
    found = load_limit(route)
    c = (1.0 - A) / B
    assert found.most.queries_per_second == pytest.approx((c - 1) / 1.0, rel=0.011)
    assert found.most.queries_per_second <= (c - 1) / 1.0
    assert (found.broken, found.measured, found.then.model) == (("time",), False, None)


def test_where_nothing_binds_it_holds_as_far_as_was_measured():
    found = load_limit(route_of({"own": own()}, queries_per_second=2.0))
    assert found.measured
    assert found.most.queries_per_second == pytest.approx((64 - 1) / (A + B * 64), rel=1e-6)


def test_queries_at_the_same_time():
    found = load_limit(route_of({"own": own()}, t_max=1.0, concurrency=2.0))
    assert found.most.concurrency == pytest.approx((1.0 - A) / B, rel=0.011)
    assert found.most.queries_per_second is None


def test_servers_by_the_hour_win_from_a_load_on():
    """At r queries a second a query costs 3.6 / 3600 / r; the hosted one costs 150 tokens x 2 USD per million."""
    route = route_of({"own": own(usd_per_hour=3.6), "hosted": hosted()}, queries_per_second=1.0)
    assert route.model == "hosted"
    found = load_limit(route)
    assert found.most.queries_per_second == pytest.approx(0.001 / 300e-6, rel=0.011)
    assert (found.then.model, found.then.k, found.broken, found.passes) == ("own", 1, (), None)


def test_a_hosted_choice_that_no_load_changes_has_no_limit():
    route = route_of({"own": own(), "hosted": hosted(0.5)}, queries_per_second=1.0)
    assert route.model == "hosted"
    assert load_limit(route).most is None


def test_no_limit_where_no_load_is_stated_or_none_counts():
    paper = mi.load_catalog("paper")
    assert load_limit(mi.route(paper, "essay-feedback", "cheapest", k_max=4)) is None
    loaded = {"s": paper.scenarios["essay-feedback"].replace(queries_per_second=5.0)}
    assert load_limit(mi.route(paper.replace(scenarios=loaded), "s", "cheapest", k_max=4)) is None
    assert load_limit(route_of({"own": own()}, t_max=0.1, queries_per_second=1.0)) is None


def test_the_choice_is_the_same_up_to_the_limit_and_another_beyond():
    models = {"own": own(usd_per_hour=3.6), "hosted": hosted()}
    route = route_of(models, t_max=1.2, queries_per_second=5.0)
    found = load_limit(route)
    for factor, same in ((1.0, True), (1.02, False)):
        rate = found.most.queries_per_second * factor
        again = route_of(models, t_max=1.2, queries_per_second=rate)
        assert ((again.model, again.k) == (route.model, route.k)) == same


def test_goodput_is_the_share_that_meets_all_budgets_of_what_is_answered():
    route = route_of({"own": own()}, queries_per_second=2.0)
    attained = float(route.front.attainment[route.choice.row])
    assert load_limit(route).goodput == pytest.approx(2.0 * attained)
    closed = route_of({"own": own()}, concurrency=8.0)
    answered = load_of_passes(own(), np.array([1]), Conditions(), Load(None, 8.0)).queries_per_second[0]
    assert load_limit(closed).goodput == pytest.approx(answered * float(closed.front.attainment[closed.choice.row]))


def test_models_that_do_not_bear_the_load_are_left_out_and_named():
    route = route_of({"own": own(), "hosted": hosted()}, queries_per_second=40.0)
    assert list(route.models) == ["hosted"]
    assert any(note.startswith("Left out: own with k = 1 at 40 queries/s") for note in route.notes)
    with pytest.raises(SettingError, match="own with k = 1 at 40 queries/s"):
        route_of({"own": own()}, queries_per_second=40.0)


def at_rate(rate, together=1):
    """Requests in flight where so many arrive together: c = together + rate (A + B c)."""
    return (together + rate * A) / (1 - rate * B)


def with_replicas(count, **changes):
    model = own(**changes)
    return model.replace(servers=model.servers.replace(replicas=count))


@pytest.mark.parametrize(("replicas", "a_min", "k", "together"), [(3, 0.1, 1, 1), (1, 0.65, 2, 2), (2, 0.69, 4, 2)])
def test_what_was_measured_is_shared_by_servers_and_by_passes(replicas, a_min, k, together):
    """k passes make k requests, of which two at most arrive together; at 64 in flight that is the most there is."""
    models = {"own": with_replicas(replicas, parallel=2)}
    route = route_of(models, a_min=a_min, queries_per_second=1.0)
    assert route.k == k
    found = load_limit(route)
    most = (64 - together) / (A + B * 64) * replicas / k
    assert found.most.queries_per_second == pytest.approx(most, rel=1e-6)
    assert found.most.queries_per_second < most
    assert (found.measured, found.broken, found.then) == (True, (), None)
    np.testing.assert_allclose(found.passes.concurrency, [at_rate(k / replicas, together)], rtol=1e-9)
    np.testing.assert_allclose(found.passes.requests_per_second, [k / replicas], rtol=1e-9)
    closed = load_limit(route_of(models, a_min=a_min, concurrency=3.0))
    assert closed.most.concurrency == pytest.approx(64 * replicas / together, rel=1e-6)
    assert closed.most.concurrency < 64 * replicas / together
    assert (closed.most.queries_per_second, closed.measured) == (None, True)


def test_the_load_is_that_of_the_scenario_and_what_it_makes_of_the_servers():
    found = load_limit(route_of({"own": own()}, queries_per_second=2.0))
    assert found.load == Load(2.0, None)
    np.testing.assert_allclose(found.passes.concurrency, [at_rate(2.0)], rtol=1e-9)
    np.testing.assert_allclose(found.passes.seconds, [A + B * at_rate(2.0)], rtol=1e-9)
    assert found.passes.queries_per_second.tolist() == [2.0]


@pytest.mark.parametrize("load", [{"queries_per_second": 1.0}, {"concurrency": 2.0}])
def test_a_hosted_choice_that_holds_at_any_load(load):
    """Its queries at the same time do not say how many are answered in a second."""
    route = route_of({"own": own(), "hosted": hosted(0.5)}, **load)
    attained = float(route.front.attainment[route.choice.row])
    answered = load.get("queries_per_second")
    assert load_limit(route) == LoadLimit(
        route.scenario.load, None, None, False, (), None, None if answered is None else answered * attained
    )


def test_a_limit_is_found_to_within_a_hundredth_from_below():
    """Where it lies, from a rate just below it to one far below."""
    limit = ((1.0 - A) / B - 1) / 1.0
    for share in (0.995, 0.02):
        found = load_limit(route_of({"own": own()}, t_max=1.0, queries_per_second=share * limit))
        assert limit / 1.011 < found.most.queries_per_second <= limit
        assert (found.broken, found.measured, found.then.k) == (("time",), False, None)
        assert found.then.status == "infeasible"


def test_beyond_the_limit_of_time_another_model_is_chosen():
    """The hosted one takes a second at any load, and is dearer."""
    models = {"own": own(), "hosted": hosted(1.5)}
    route = route_of(models, t_max=1.2, queries_per_second=2.0)
    assert route.model == "own"
    found = load_limit(route)
    assert found.most.queries_per_second == pytest.approx(((1.2 - A) / B - 1) / 1.2, rel=0.011)
    assert (found.broken, found.then.model, found.then.k, found.measured) == (("time",), "hosted", 1, False)


def test_a_limit_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        load_limit(route_of({"own": own()}, queries_per_second=2.0)).most = None


def test_fewer_passes_of_the_same_model_are_another_choice():
    """Four passes at once take A + B c with c = 4 + 4 r (A + B c); at a limit t that is c = (t - A) / B."""
    limits = {"name": "s", "c_max": 1.0, "t_max": 1.2, "a_min": 0.1, "queries_per_second": 1.0}
    catalog = mi.Catalog(models={"own": own()}, scenarios={"s": mi.Scenario(**limits)})
    found = load_limit(mi.route(catalog, "s", "accuracy-max", k_max=4))
    assert found.most.queries_per_second == pytest.approx(((1.2 - A) / B - 4) / (4 * 1.2), rel=0.011)
    assert (found.then.model, found.then.k, found.broken, found.measured) == ("own", 3, ("time",), False)
