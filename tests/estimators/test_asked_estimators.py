"""What reaches an estimator, and what is refused before it is asked."""

import re
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from test_under_load import by_request, model_of, scenario_of

import moo_inference as mi
from moo_inference.catalog import Load
from moo_inference.errors import ErrorCollector, SettingError
from moo_inference.estimators.base import (
    Estimator,
    attainment_known,
    curves_within_samples,
    estimate_curves,
    groups_within_samples,
    k_limit,
    refuse_beyond_samples,
    refuse_stops,
    refuse_unknown_quantiles,
    settle_whole_numbers,
)
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.under_load import models_under_load


class Limited(Estimator):
    """Knows no k above two, whatever the model."""

    def estimate_many(self, models, k, **options):
        return [(model.name, list(k), options) for model in models]

    def k_limit(self, model):
        return 2

    def settings(self):
        return {}


def test_what_one_model_is_asked_for_is_asked_of_several(gpt5, essay):
    name, k, options = Limited().estimate(gpt5, [1, 2], parallel=7, latency="waves", scenarios=[essay])
    assert (name, k) == ("GPT-5", [1, 2])
    assert options == {"parallel": 7, "latency": "waves", "scenarios": [essay], "progress": None}


@pytest.mark.parametrize("ask", [lambda own: mi.ClosedForm().estimate(own, [1]), Conditions().of])
def test_what_is_no_model_is_refused(ask):
    with pytest.raises(SettingError, match=r"^model must be a Model, got 'gpt-5'$"):
        ask("gpt-5")


@pytest.mark.parametrize("estimator", [5, "closed-form", type("Own", (), {"estimate": 3})])
def test_what_cannot_estimate_is_refused(gpt5, estimator):
    shown = repr(estimator)[:60]
    with pytest.raises(SettingError) as refused:
        estimate_curves(estimator, [gpt5], [1], Conditions())
    assert refused.value.errors == (f"estimator must be an Estimator, such as ClosedForm(), got {shown}",)


def test_a_model_on_servers_is_estimated_at_each_k_under_its_own_load(gpt5):
    served, scenario = model_of(by_request()), scenario_of(concurrency=3.0)
    conditions = Conditions(parallel=2, latency="waves")
    plain = gpt5.replace(latency="ideal", parallel=4)
    ours, theirs = estimate_curves(mi.ClosedForm(), [served, plain], [4, 1], conditions, scenarios=[scenario])
    assert ours.k.tolist() == [4, 1]
    models = models_under_load(served, np.array([4, 1]), conditions, Load(None, 3.0))
    for row, (model, k) in enumerate(zip(models, (4, 1), strict=True)):
        alone = mi.ClosedForm().estimate(model, [k], parallel=2, latency="waves", scenarios=[scenario])
        assert_array_equal(ours.table[row], alone.table[0])
        assert_array_equal(ours.views[scenario].attainment[row], alone.views[scenario].attainment[0])
    beside = mi.ClosedForm().estimate(plain, [4, 1], parallel=2, latency="waves", scenarios=[scenario])
    assert_array_equal(theirs.table, beside.table)
    assert list(theirs.views) == [scenario]
    with pytest.raises(SettingError, match=r"^k must be whole numbers of at least 1, got 0$"):
        estimate_curves(mi.ClosedForm(), [served], [0], conditions, scenarios=[scenario])
    with pytest.raises(SettingError, match=r"must state queries_per_second or concurrency; got neither"):
        estimate_curves(mi.ClosedForm(), [served], [1], conditions)


def test_a_grid_ends_where_the_load_was_not_measured(gpt5):
    served, scenario = model_of(by_request()), scenario_of(concurrency=30.0)
    narrow, wide = Conditions(k_max=6, parallel=2), Conditions(k_max=6)
    groups = groups_within_samples([served, gpt5], np.arange(1, 7), None, wide, [scenario])
    assert [(k.tolist(), members) for k, members in groups] == [([1, 2], [0]), ([1, 2, 3, 4, 5, 6], [1])]
    [(k, members)] = groups_within_samples([served, gpt5], np.arange(1, 7), None, narrow, [scenario])
    assert (k.tolist(), members) == ([1, 2, 3, 4, 5, 6], [0, 1])
    assert groups_within_samples([served], np.arange(1, 7), scenarios=[scenario])[0][0].tolist() == [1, 2]
    curves = curves_within_samples(mi.ClosedForm(), [served, gpt5], wide, scenarios=[scenario])
    assert [curve.k.tolist() for curve in curves] == [[1, 2], [1, 2, 3, 4, 5, 6]]
    [curve] = curves_within_samples(mi.ClosedForm(), [served], narrow, scenarios=[scenario])
    assert curve.k.tolist() == [1, 2, 3, 4, 5, 6]
    with pytest.raises(SettingError) as refused:
        groups_within_samples([served, gpt5], np.array([4, 3]), None, wide, [scenario])
    assert refused.value.errors == (
        "own with k = 3 at 30 queries at the same time: 90 requests at the same time, and at most 64 were measured",
    )


def test_an_estimator_may_know_less_than_the_evaluations(gpt5):
    assert (k_limit(gpt5, Limited()), k_limit(gpt5, None), k_limit(gpt5, mi.ClosedForm())) == (2, None, None)
    [(k, _)] = groups_within_samples([gpt5], np.array([1, 2, 3]), Limited())
    assert k.tolist() == [1, 2]
    [(_, asked, _)] = curves_within_samples(Limited(), [gpt5], Conditions(k_max=3))
    assert asked == [1, 2]
    with pytest.raises(SettingError) as refused:
        refuse_beyond_samples([gpt5], 3, "k", Limited())
    assert refused.value.errors == ("GPT-5: k must be at most 2, the samples per question of its evaluation, got 3",)


def test_models_that_stop_early_are_named_where_no_one_can_estimate_them(gpt5):
    stopped = gpt5.replace(name="Stopped", stop="first-verified=0.9/2")
    with pytest.raises(SettingError) as refused:
        refuse_stops([gpt5, stopped], "MonteCarlo")
    assert refused.value.errors == (
        f"Stopped: stop '{stopped.stop}' must be estimated by Recorded or ClosedForm, got MonteCarlo",
    )
    refuse_stops([gpt5, gpt5], "MonteCarlo")


@pytest.mark.parametrize("spread", [(True, True, True), (True, False, True), (False, True, True), (True, True, False)])
@pytest.mark.parametrize("bound", [(), ("c_max",), ("t_max",), ("joules_max",), ("c_max", "t_max", "joules_max")])
def test_a_share_within_budgets_is_known_where_the_spread_of_each_bounded_amount_is(spread, bound):
    budgets = {name: 3.0 if name in bound else None for name in ("c_max", "t_max", "joules_max")}
    scenario = mi.Scenario(name="S", a_min=0.5, **budgets)
    names = ("c_max", "t_max", "joules_max")
    unknown = [name for name, known in zip(names, spread, strict=True) if not known and name in bound]
    assert attainment_known(scenario.limits(("joules",)), spread) == (not unknown)


def test_budgets_for_quantiles_of_an_unknown_spread_are_named(gpt5):
    model = gpt5.replace(joules_per_input_token=1.0, joules_per_output_token=2.0)
    tail = mi.Scenario(
        name="S", c_max=1, t_max=2, a_min=0.5, c_quantile=0.9, t_quantile=0.95, joules_max=9, joules_quantile=0.5
    )
    means, free = (
        mi.Scenario(name="M", c_max=1, t_max=2, a_min=0.5),
        mi.Scenario(name="F", c_max=None, t_max=None, a_min=0.5),
    )
    refuse_unknown_quantiles(model, [tail, means, free], [True, True, True])
    refuse_unknown_quantiles(model, [means, free], [False, False, False])
    with pytest.raises(SettingError) as refused:
        refuse_unknown_quantiles(model, [means, tail], [True, False, False])
    assert refused.value.errors == tuple(
        f"GPT-5: {budget} of scenario 'S' must be for the mean, since the spread of its {quantity} is not known (std: "
        f"null), got the quantile {quantile}; measure the spread, or give measured `passes`"
        for budget, quantity, quantile in (("t_max", "time", "0.95"), ("joules_max", "joules", "0.5"))
    )


def test_whole_numbers_of_an_estimator_are_settled_or_gathered():
    class Own:
        trials, seed = np.int64(3), np.int8(0)

    own, errors = Own(), ErrorCollector()
    settle_whole_numbers(own, {"trials": 2, "seed": 0}, errors)
    assert (own.trials, own.seed, type(own.trials), type(own.seed)) == (3, 0, int, int)
    settle_whole_numbers(own, {"trials": 4, "seed": 1}, errors)
    assert [str(error) for error in errors.errors] == [
        "trials must be a whole number of at least 4, got 3",
        "seed must be a whole number of at least 1, got 0",
    ]
    for kind in (mi.MonteCarlo, mi.Empirical):
        assert kind(trials=100_000_000).trials == 100_000_000
        with pytest.raises(SettingError, match=r"^trials must be at most 100,000,000, got 100,000,001$"):
            kind(trials=100_000_001)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"k_min": 5, "k_max": 2}, "k_min <= k_max must hold, got k_min=5, k_max=2"),
        (
            {"k_step": 4, "k_max": 3},
            "k_min <= k_max must hold, got k_min=4, k_max=3 (k_min is k_step unless it is given)",
        ),
        ({"k_max": 10**6 + 1}, "the grid of k must have at most 1,000,000 points, got 1,000,001: raise k_step"),
        (
            {"k_max": 10**15 + 1, "k_step": 10**15},
            "k_max must be at most 1,000,000,000,000,000, got 1,000,000,000,000,001",
        ),
        ({"latency": "fast"}, "latency must be one of: ideal, waves; got 'fast'"),
    ],
)
def test_conditions_that_cannot_be_are_told_in_full(options, sentence):
    with pytest.raises(SettingError, match=f"^{re.escape(sentence)}$"):
        Conditions(**options)


def test_the_largest_grid_and_the_largest_k_are_possible():
    assert len(Conditions(k_max=10**6).grid) == 10**6
    assert list(Conditions(k_max=10**15, k_step=10**15).grid) == [10**15]
    grid = Conditions(k_min=2, k_max=11, k_step=3).grid
    assert all(b - a == 3 for a, b in pairwise(grid))
    assert (grid[0], grid[-1]) == (2, 11)


@pytest.mark.parametrize(
    ("stop", "asked", "together"),
    [
        (None, None, 4),
        (None, 9, 9),
        ("first-verified", None, 4),
        ("first-verified/2", None, 2),
        ("first-verified/6", 9, 6),
    ],
)
def test_no_more_passes_run_at_the_same_time_than_a_stop_looks_at(gpt5, stop, asked, together):
    model = gpt5.replace(stop=stop, latency="waves", parallel=4)
    assert Conditions(parallel=asked).parallel_of(model) == together
    assert Conditions(parallel=asked).of(model) == (together, "waves")
    assert Conditions(parallel=asked, latency="ideal").of(model) == (together, "ideal")
