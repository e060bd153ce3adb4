"""Up to which load a choice holds."""

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.catalog import Load, Servers
from moo_inference.errors import SettingError
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.under_load import load_of_passes
from moo_inference.studies.load_limit import load_limit

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
