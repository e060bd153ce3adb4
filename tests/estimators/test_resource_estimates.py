"""A resource priced as tokens are must come out as the cost does, one timed as they are as the time does."""

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.catalog import Passes, TokenLength
from moo_inference.estimators import Empirical, MonteCarlo
from moo_inference.estimators.curve import COLUMNS

KS = np.array([1, 2, 3, 4, 5, 8, 13, 64])
ESTIMATORS = [
    mi.ClosedForm(),
    MonteCarlo(trials=50, seed=3),
    MonteCarlo(trials=50, seed=3, draws="independent"),
    Empirical(trials=50, seed=3),
]


def with_twins(model):
    """The model with two resources that are its cost, in millionths of a USD, and the seconds of its passes."""
    return model.replace(
        micros_per_input_token=model.usd_per_million_input_tokens,
        micros_per_output_token=model.usd_per_million_output_tokens,
        work_per_input_token=model.seconds_per_input_token,
        work_per_output_token=model.seconds_per_output_token,
    )


@pytest.fixture(scope="module", params=["plain", "clipping", "reasoning", "measured"])
def model(request, gpt5, clipping_model):
    return {
        "plain": gpt5,
        "clipping": clipping_model,
        "reasoning": gpt5.replace(reasoning_tokens=TokenLength(mean=500, std=200)),
        "measured": gpt5.replace(passes=Passes(input_tokens=(10, 20, 4000), output_tokens=(5, 700, 90))),
    }[request.param]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: "-".join(map(str, e.settings().values())))
def test_a_resource_with_the_weights_of_cost_or_time_is_cost_or_time(model, estimator):
    curve = estimator.estimate(with_twins(model), KS, parallel=1, latency="ideal")
    assert curve.resources == ("micros", "work")
    for own, twin, factor in ((curve.cost, "micros", 1e6), (curve.time, "work", 1.0)):
        for column in ("mean", "std", "low", "high", "se"):
            expected = getattr(own, column) * factor
            np.testing.assert_allclose(getattr(curve.resource(twin), column), expected, rtol=1e-11, atol=1e-11)
    np.testing.assert_array_equal(curve.F[:, 2], curve.resource("micros").mean)
    np.testing.assert_array_equal(curve.F[:, -1], curve.error)
    np.testing.assert_array_equal(curve.standard_errors[:, 3], curve.resource("work").se)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: "-".join(map(str, e.settings().values())))
@pytest.mark.parametrize("latency", ["ideal", "waves"])
def test_a_resource_leaves_the_other_columns_bit_for_bit_as_they_are(model, estimator, latency, essay):
    scenario = essay.replace(t_quantile=0.9)
    with_it = estimator.estimate(with_twins(model), KS, latency=latency, scenarios=[scenario])
    without = estimator.estimate(model, KS, latency=latency, scenarios=[scenario])
    np.testing.assert_array_equal(with_it.table[:, :15], without.table)
    np.testing.assert_array_equal(with_it.F[:, [0, 1, -1]], without.F)
    np.testing.assert_array_equal(with_it.views[scenario].values[:, [0, 1, -1]], without.views[scenario].values)
    np.testing.assert_array_equal(with_it.views[scenario].attainment, without.views[scenario].attainment)
    frame = with_it.to_frame()
    assert list(frame.columns[1:16]) == list(COLUMNS)
    assert list(frame.columns[16:21]) == ["micros", "micros_std", "micros_low", "micros_high", "micros_se"]


def test_a_budget_for_a_quantile_of_a_resource_looks_at_it(gpt5, essay):
    scenario = essay.replace(micros_max=1e5, micros_quantile=0.975)
    for estimator in ESTIMATORS:
        curve = estimator.estimate(with_twins(gpt5), KS, scenarios=[scenario])
        np.testing.assert_allclose(curve.views[scenario].values[:, 2], curve.resource("micros").high, rtol=1e-12)


ODD = {"joules_per_input_token": 3.0, "joules_per_output_token": 0.2}
"""Weighs the prompt, where cost and time weigh the answer."""


def joint(model, latency, k=6):
    """The model with energy, and budgets that each about two thirds of its queries with k passes meet."""
    model = model.replace(
        input_tokens=TokenLength(mean=1024, std=120), output_tokens=TokenLength(mean=900, std=100), **ODD
    )
    drawn = MonteCarlo(trials=100_000, seed=1)
    curve = drawn.estimate(model, [k], latency=latency)
    most = {
        name: float(quantity.mean[0] + 0.43 * quantity.std[0])
        for name, quantity in (("c_max", curve.cost), ("t_max", curve.time), ("joules_max", curve.resource("joules")))
    }
    return model, mi.Scenario(name="S", a_min=0.0, **most), k


@pytest.mark.parametrize("latency", ["ideal", "waves"])
@pytest.mark.parametrize("shared", [False, True])
def test_the_share_that_meets_three_budgets_is_that_of_simulated_queries(gpt5, latency, shared):
    model, scenario, k = joint(gpt5.replace(shared_prompt=shared, prompt="per-query"), latency)
    trials = 200_000
    simulated = MonteCarlo(trials=trials, seed=5).estimate(model, [k], latency=latency, scenarios=[scenario])
    exact = mi.ClosedForm().estimate(model, [k], latency=latency, scenarios=[scenario])
    share = simulated.views[scenario].attainment[0]
    band = 0.01 + 4 * np.sqrt(share * (1 - share) / trials)
    assert abs(exact.views[scenario].attainment[0] - share) < band
    # The control: neither independent events nor the rarest of them alone would do.
    each = [0.666**3, 0.666]
    assert all(abs(other - share) > band for other in each)


def test_the_share_is_exact_where_one_budget_binds(gpt5):
    model, scenario, k = joint(gpt5, "ideal")
    alone = scenario.replace(c_max=1e6, t_max=1e6)
    curve = mi.ClosedForm().estimate(model, [1, k, 40], scenarios=[alone])
    used = curve.resource("joules")
    from scipy.stats import norm

    expected = norm.cdf((alone.resources["joules"].max * (1 + 1e-9) - used.mean) / used.std)
    np.testing.assert_allclose(curve.views[alone].attainment, expected, atol=1e-12)


def test_two_resources_that_are_one_add_nothing(gpt5, essay):
    # Energy in joules and in kilojoules: budgets that agree, so that the second is met wherever the first is.
    model = gpt5.replace(**ODD, kj_per_input_token=0.003, kj_per_output_token=0.0002)
    one = essay.replace(joules_max=2e4)
    both = one.replace(kj_max=20.0)
    curve = mi.ClosedForm().estimate(model, np.arange(1, 60), scenarios=[one, both])
    found = curve.views[both].attainment
    np.testing.assert_allclose(found, curve.views[one].attainment, atol=2e-3)
    assert found.max() > 0.3
    assert found.min() < 1e-6
