"""k passes of all queries as a load on servers, and what queries come to under it."""

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.catalog import Load, Servers
from moo_inference.errors import SettingError
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.under_load import load_of_passes, seconds_of_tokens
from moo_inference.problems import InferenceScalingProblem, ModelChoiceProblem

LOADS = (1.0, 4.0, 16.0, 64.0)
A, B = 0.5, 0.02
"""Seconds of a request: A + B c."""


def by_request(**changes):
    loads = [{"concurrency": c, "request_seconds": {"mean": A + B * c, "std": 0.1}} for c in LOADS]
    return Servers(loads=loads, **changes)


def by_token(**changes):
    """Prompts of 100 tokens and answers of 50 that take A + B c together."""
    loads = [
        {"concurrency": c, "seconds_per_input_token": 0.001, "seconds_per_output_token": (A - 0.1 + B * c) / 50}
        for c in LOADS
    ]
    return Servers(loads=loads, **changes)


def model_of(servers, **changes):
    prices = {} if servers.usd_per_hour else dict.fromkeys(PRICES, 1.0)
    values = {
        "name": "own",
        "servers": servers,
        "input_tokens": {"mean": 100, "std": 0},
        "output_tokens": {"mean": 50, "std": 0},
        "accuracy": {"mean": 0.6, "std": 0.1},
        "parallel": 4,
        **prices,
    }
    return mi.Model(**{**values, **changes})


PRICES = ("usd_per_million_input_tokens", "usd_per_million_output_tokens")


def scenario_of(**load):
    return mi.Scenario(name="s", c_max=1.0, t_max=100.0, a_min=0.1, **load)


@pytest.mark.parametrize("servers", [by_request, by_token])
@pytest.mark.parametrize("replicas", [1, 3])
def test_the_load_of_queries_at_a_rate(servers, replicas):
    k = np.array([1, 2, 4, 6])
    rate = 0.9
    found = load_of_passes(model_of(servers(replicas=replicas)), k, Conditions(), Load(rate, None))
    each, together = rate * k / replicas, np.minimum(k, 4)
    np.testing.assert_allclose(found.concurrency, (together + each * A) / (1 - each * B), rtol=1e-9)
    np.testing.assert_allclose(found.requests_per_second, each)
    np.testing.assert_allclose(found.seconds, A + B * found.concurrency)


def test_the_load_of_queries_at_the_same_time():
    k = np.array([1, 2, 4, 6])
    found = load_of_passes(model_of(by_request(replicas=2)), k, Conditions(), Load(None, 10.0))
    in_flight = 10 * np.minimum(k, 4) / 2
    np.testing.assert_allclose(found.concurrency, in_flight)
    # Little's law, on each server and for the whole.
    np.testing.assert_allclose(found.requests_per_second * found.seconds, in_flight)
    np.testing.assert_allclose(found.queries_per_second, 2 * found.requests_per_second / k)


def test_one_query_alone_is_served_by_one_server():
    found = load_of_passes(model_of(by_request(replicas=8)), np.array([4]), Conditions(), Load(None, 1.0))
    assert found.concurrency[0] == 4


@pytest.mark.parametrize("servers", [by_request, by_token])
@pytest.mark.parametrize("estimator", [mi.ClosedForm(), mi.MonteCarlo(trials=2_000)])
def test_estimates_are_those_of_a_model_with_the_times_of_that_load(servers, estimator):
    model, scenario = model_of(servers()), scenario_of(queries_per_second=2.0)
    curve = estimator.estimate(model, [1, 3, 6], scenarios=[scenario])
    for row, k in enumerate([1, 3, 6]):
        found = load_of_passes(model, np.array([k]), Conditions(), scenario.load)
        if servers is by_request:
            spread = {"mean": A + B * found.concurrency[0], "std": 0.1}
            plain = model.replace(servers=None, request_seconds=spread)
        else:
            per_token = {"seconds_per_input_token": 0.001}
            per_token["seconds_per_output_token"] = (A - 0.1 + B * found.concurrency[0]) / 50
            plain = model.replace(servers=None, **per_token)
        alone = estimator.estimate(plain, [k], scenarios=[scenario])
        np.testing.assert_allclose(curve.table[row], alone.table[0], rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(
            curve.views[scenario].attainment[row], alone.views[scenario].attainment[0], rtol=1e-9
        )


def test_the_estimate_at_one_k_does_not_depend_on_the_others():
    model, scenario = model_of(by_request()), scenario_of(queries_per_second=2.0)
    whole = mi.ClosedForm().estimate(model, [1, 2, 3, 4], scenarios=[scenario])
    some = mi.ClosedForm().estimate(model, [4, 2], scenarios=[scenario])
    assert some.table.tobytes() == whole.take(np.array([3, 1])).table.tobytes()


def test_servers_by_the_hour_cost_what_the_hours_of_a_query_are():
    """Paid whether used or not: at a rate a query costs its share of the hour, whatever its passes."""
    model = model_of(by_request(usd_per_hour=7.2, replicas=2))
    scenario = scenario_of(queries_per_second=2.0)
    curve = mi.ClosedForm().estimate(model, [1, 2, 5], scenarios=[scenario])
    np.testing.assert_allclose(curve.cost.mean, 2 * 7.2 / 3600 / 2.0, rtol=1e-12)
    busy = scenario_of(concurrency=8.0)
    curve = mi.ClosedForm().estimate(model, [1, 2, 4], scenarios=[busy])
    queries = load_of_passes(model, np.array([1, 2, 4]), Conditions(), busy.load).queries_per_second
    np.testing.assert_allclose(curve.cost.mean, 2 * 7.2 / 3600 / queries, rtol=1e-12)


def test_what_is_written_bears_the_hours_with_its_reasoning():
    model = model_of(by_token(usd_per_hour=3.6), reasoning_tokens={"mean": 150, "std": 0})
    curve = mi.ClosedForm().estimate(model, [1], scenarios=[scenario_of(queries_per_second=0.1)])
    assert curve.cost.mean[0] == pytest.approx(3.6 / 3600 / 0.1)
    assert curve.time.mean[0] > 4 * (A - 0.1)


def test_prices_per_token_do_not_depend_on_the_load():
    model = model_of(by_request())
    costs = [
        mi.ClosedForm().estimate(model, [1, 2], scenarios=[scenario_of(queries_per_second=rate)]).cost.mean
        for rate in (0.1, 3.0)
    ]
    np.testing.assert_allclose(*costs)
    np.testing.assert_allclose(costs[0], np.array([1, 2]) * 150e-6)


def test_fields_that_are_written_in_vain_are_left_out_of_files(tmp_path):
    catalog = mi.Catalog(
        models={"own": model_of(by_request(usd_per_hour=2.5)), "tokens": model_of(by_token())},
        scenarios={"s": scenario_of(concurrency=2.0), "none": scenario_of()},
    )
    mi.save_catalog(catalog, tmp_path / "c.yaml")
    text = (tmp_path / "c.yaml").read_text(encoding="utf-8")
    assert mi.load_catalog(tmp_path / "c.yaml") == catalog
    assert text.count("usd_per_million_input_tokens") == 1
    assert text.count("concurrency: 2.0") == 1
    assert "queries_per_second" not in text
    paper = mi.load_catalog("paper")
    assert "servers" not in paper.models["gpt-5"].model_dump()
    assert not {"queries_per_second", "concurrency"} & next(iter(paper.scenarios.values())).model_dump().keys()


@pytest.mark.parametrize(
    ("k_max", "load", "sentence"),
    [
        (1, {}, "must state queries_per_second or concurrency; got neither"),
        (1, {"queries_per_second": 100.0}, r"own with k = 1 at 100 queries/s: 100 requests/s, and at most 35\.39 were"),
        (1, {"concurrency": 65.0}, "65 requests at the same time, and at most 64 were measured"),
    ],
)
def test_what_was_not_measured_is_refused(k_max, load, sentence):
    catalog = mi.Catalog(models={"own": model_of(by_request())}, scenarios={"s": scenario_of(**load)})
    for ask in (lambda: mi.run_study(catalog, k_max=k_max), lambda: mi.route(catalog, "s", "cheapest", k_max=k_max)):
        with pytest.raises(SettingError, match=sentence):
            ask()
    with pytest.raises(SettingError, match="must state queries_per_second"):
        mi.ClosedForm().estimate_many([model_of(by_request())], [1])


def test_curves_end_where_the_next_k_is_more_load_than_was_measured():
    scenario = scenario_of(queries_per_second=5.0)
    curve = mi.run_study(mi.Catalog(models={"own": model_of(by_request())}, scenarios={"s": scenario})).model_curves[
        "own"
    ]
    last = int(curve.k[-1])
    assert 1 < last < 128
    with pytest.raises(SettingError, match=f"k = {last + 1} at 5 queries/s"):
        mi.ClosedForm().estimate(model_of(by_request()), [last + 1], scenarios=[scenario])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"request_seconds": {"mean": 1.0, "std": 0.1}}, "request_seconds must not be given together with servers"),
        ({"seconds_per_input_token": 0.1}, "must not be given together with servers"),
        ({"passes": {"input_tokens": [1], "output_tokens": [1]}}, "passes must not be given together with servers"),
        ({"stop": "first-verified"}, "stop must not be given together with servers"),
        (
            {"usd_per_million_input_tokens": 1.0},
            "prices per token must not be given together with servers.usd_per_hour",
        ),
    ],
)
def test_what_contradicts_the_loads_is_refused(changes, sentence):
    with pytest.raises(SettingError, match=sentence):
        model_of(by_request(usd_per_hour=1.0), **changes)


@pytest.mark.parametrize(
    ("loads", "sentence"),
    [
        ([{"concurrency": 1, "request_seconds": {"mean": 1, "std": 0}}], "at least 2"),
        (
            [{"concurrency": c, "request_seconds": {"mean": 1, "std": 0}} for c in (2, 1)],
            r"ascending order of concurrency, got \[2\.0, 1\.0\]",
        ),
        ([{"concurrency": c} for c in (1, 2)], "must have either request_seconds or both of"),
        (
            [{"concurrency": c, "request_seconds": {"mean": 1, "std": 0}} for c in (0.5, 1)],
            "greater than or equal to 1",
        ),
    ],
)
def test_loads_that_are_none_are_refused(loads, sentence):
    with pytest.raises(SettingError, match=sentence):
        Servers(loads=loads)


def test_a_scenario_has_one_load():
    with pytest.raises(SettingError, match="a scenario has one load"):
        scenario_of(queries_per_second=1.0, concurrency=2.0)


def test_scenarios_of_other_loads_have_curves_of_their_own():
    plain = model_of(by_request()).replace(servers=None, request_seconds={"mean": 1.0, "std": 0.1}, name="hosted")
    models = {"own": model_of(by_request()), "hosted": plain}
    scenarios = {"light": scenario_of(queries_per_second=0.1), "heavy": scenario_of(queries_per_second=3.0)}
    study = mi.run_study(mi.Catalog(models=models, scenarios=scenarios), k_max=4, decisions=["accuracy-max"])
    assert study.loads_differ
    assert list(study.curves.columns[:3]) == ["scenario", "model", "k"]
    light, heavy = (study.curves_in[key] for key in scenarios)
    assert (heavy["own"].time.mean > light["own"].time.mean).all()
    np.testing.assert_array_equal(heavy["hosted"].time.mean, light["hosted"].time.mean)
    for key, scenario in scenarios.items():
        catalog = mi.Catalog(models=models, scenarios={key: scenario})
        alone = mi.run_study(catalog, k_max=4, decisions=["accuracy-max"])
        assert not alone.loads_differ
        assert list(alone.curves.columns[:2]) == ["model", "k"]
        assert alone.model_curves["own"].table.tobytes() == study.curves_in[key]["own"].table.tobytes()
    route = study.route("heavy", "accuracy-max")
    assert route.curves["own"].table.tobytes() == heavy["own"].table.tobytes()


def test_scenarios_share_their_curves_where_no_time_depends_on_the_load():
    catalog = mi.load_catalog("paper").select(models=["gpt-5"])
    scenarios = {"a": scenario_of(queries_per_second=1.0), "b": scenario_of(concurrency=9.0)}
    study = mi.run_study(catalog.replace(scenarios=scenarios, pipelines={}), k_max=4)
    assert not study.loads_differ
    assert study.curves_in["a"] is study.curves_in["b"]


def test_the_same_bytes_on_two_workers():
    catalog = mi.Catalog(
        models={"own": model_of(by_request())},
        scenarios={"a": scenario_of(queries_per_second=0.1), "b": scenario_of(queries_per_second=2.0)},
    )
    one, two = (mi.run_study(catalog, k_max=6, workers=workers).texts() for workers in (1, 2))
    assert one == two


def test_problems_of_pymoo_stand_under_the_load_of_their_scenario():
    model, scenario = model_of(by_request()), scenario_of(queries_per_second=2.0)
    problem = InferenceScalingProblem(model, scenario, k_max=4)
    found = problem.evaluate(np.arange(1, 5)[:, None], return_values_of=["F"])
    np.testing.assert_array_equal(found, mi.ClosedForm().estimate(model, range(1, 5), scenarios=[scenario]).F)
    both = ModelChoiceProblem({"own": model}, scenario, k_max=4)
    np.testing.assert_array_equal(both.evaluate(np.array([[0, 2]]), return_values_of=["F"])[0], found[1])


def test_a_pipeline_is_refused_where_times_depend_on_the_load():
    pipeline = mi.Pipeline(name="p", stages=[{"name": "one", "models": ["own"], "k_max": 2}])
    catalog = mi.Catalog(
        models={"own": model_of(by_request())},
        scenarios={"s": scenario_of(queries_per_second=0.5)},
        pipelines={"p": pipeline},
    )
    study = mi.run_study(catalog, k_max=2, decisions=["accuracy-max"])
    assert study.pipelines["status"].tolist() == ["refused"]


def test_simulations_under_a_load_are_not_assessed_by_other_seeds():
    catalog = mi.Catalog(models={"own": model_of(by_request())}, scenarios={"s": scenario_of(queries_per_second=0.5)})
    with pytest.raises(SettingError, match="must be estimated by ClosedForm"):
        mi.run_study(catalog, k_max=2, estimator=mi.MonteCarlo(trials=50), assess=5)


def test_seconds_of_tokens_add_up_to_a_request():
    for servers in (
        by_token(),
        Servers(loads=[{**load.model_dump(), "ttft_seconds": 0.2} for load in by_request().loads]),
    ):
        model = model_of(servers)
        first, further = seconds_of_tokens(model, 10.0)
        assert first + 49 * further == pytest.approx(A + B * 10)
        assert first == pytest.approx(0.2 if servers.by_token is False else 0.1 + (A - 0.1 + B * 10) / 50)
    assert seconds_of_tokens(model_of(by_request()), 10.0) is None
