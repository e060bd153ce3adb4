"""Tables of trials whose spreads are not known, whose means are, or whose quantiles come with intervals."""

import numpy as np
import pytest
from scipy.stats import norm

from moo_inference.errors import SettingError
from moo_inference.estimators.known_accuracy import NormalAccuracy
from moo_inference.estimators.trial_table import TrialTable

TRIALS = 40
KS = np.array([1, 2, 4])


@pytest.fixture
def model(gpt5):
    return gpt5.replace(accuracy={"mean": 0.5, "std": 0.1}, joules_per_input_token=1.0, joules_per_output_token=2.0)


@pytest.fixture
def scenario(essay):
    return essay.replace(c_max=1.5, t_max=1.8, a_min=0.55, joules_max=1.7)


def drawn():
    rng = np.random.default_rng(3)
    return rng.uniform(1, 2, (3, 3, TRIALS)), rng.normal(1, 1, (3, TRIALS))


def table_of(model, scenarios, known=(True, True, True), means=None, parts=((0, 3),)):
    spent, z = drawn()
    table = TrialTable(model, KS, scenarios, known=known, means=means)
    for first, last in parts:
        table.add([own[first:last].copy() for own in spent], z[first:last], np.sort(z[first:last]))
    return table


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_spread_that_is_not_known_stays_so_and_leaves_mean_and_error_of_it(model, scenario, lost):
    known = [place != lost for place in range(3)]
    curve, whole = table_of(model, [scenario], known).curve(), table_of(model, [scenario]).curve()
    expected = whole.quantities.copy()
    expected[:, lost, 1:4] = np.nan
    np.testing.assert_array_equal(curve.quantities, expected)
    np.testing.assert_array_equal(curve.views[scenario].values, whole.views[scenario].values)
    assert np.isnan(curve.views[scenario].attainment).all()
    budget = ("c_max", "t_max", "joules_max")[lost]
    freed = scenario.replace(**{budget: None})
    found, free = (table_of(model, [freed], flags).curve().views[freed] for flags in (known, (True,) * 3))
    np.testing.assert_array_equal(found.attainment, free.attainment)
    quantile = scenario.replace(**{f"{('c', 't', 'joules')[lost]}_quantile": 0.9})
    with pytest.raises(SettingError) as refused:
        table_of(model.replace(name="M"), [quantile], known)
    assert str(refused.value) == (
        f"M: {budget} of scenario {quantile.name!r} must be for the mean, since the spread of its "
        f"{('cost', 'time', 'joules')[lost]} is not known (std: null), got the quantile 0.9; measure the spread, or "
        "give measured `passes`"
    )


@pytest.mark.parametrize("parts", [((0, 3),), ((0, 1), (1, 3))])
def test_means_that_are_exact_take_the_place_of_those_of_the_trials(model, scenario, parts):
    """They have no error, and the accuracy is that of the formula; spreads and quantiles stay those of the trials."""
    means = np.arange(9.0).reshape(3, 3)
    tails = scenario.replace(c_quantile=0.8, a_quantile=0.25)
    curve = table_of(model, [scenario, tails], means=means, parts=parts).curve()
    plain = table_of(model, [scenario, tails]).curve()
    accuracy = NormalAccuracy(model.accuracy, KS)
    np.testing.assert_array_equal(curve.quantities[:, :3, 0], means.T)
    np.testing.assert_array_equal(curve.quantities[:, :3, 4], np.zeros((3, 3)))
    np.testing.assert_array_equal(curve.quantities[:, :3, 1:4], plain.quantities[:, :3, 1:4])
    np.testing.assert_allclose(curve.accuracy.mean, accuracy.mean)
    np.testing.assert_allclose(curve.error, accuracy.error)
    np.testing.assert_array_equal(curve.accuracy.se, np.zeros(3))
    np.testing.assert_array_equal(curve.views[scenario].values, np.column_stack([*means, accuracy.mean]))
    spent, _ = drawn()
    expected = [np.quantile(spent[0], 0.8, axis=1), *means[1:], 0.5 + 0.1 * norm.ppf(0.25 ** (1 / KS))]
    np.testing.assert_allclose(curve.views[tails].values, np.column_stack(expected), rtol=1e-9)
    met = (spent <= np.array([1.5, 1.8, 1.7])[:, None, None]).all(axis=0).mean(axis=1)
    reached = 1 - norm.cdf((0.55 - 0.5) / 0.1) ** KS
    np.testing.assert_allclose(curve.views[scenario].attainment, met * reached, rtol=1e-6)


def test_a_scenario_without_a_floor_is_met_whatever_the_accuracy(model, scenario):
    free = scenario.replace(a_min=None)
    spent, _ = drawn()
    met = (spent <= np.array([1.5, 1.8, 1.7])[:, None, None]).all(axis=0).mean(axis=1)
    assert ((met > 0) & (met < 1)).all()
    np.testing.assert_array_equal(table_of(model, [free]).curve().views[free].attainment, met)


def test_intervals_of_quantiles_are_asked_for_where_a_budget_is_for_one_and_hold_it(model, scenario):
    plain = scenario
    some = scenario.replace(t_quantile=0.9, a_quantile=0.5)
    all_of_them = scenario.replace(c_quantile=0.6, t_quantile=0.7, joules_quantile=0.8)
    spent, z = drawn()
    table = TrialTable(model, KS, [plain, some, all_of_them], known=[True] * 3)
    asked = []
    for first, last in ((0, 2), (2, 3)):
        table.add([own[first:last].copy() for own in spent], z[first:last], np.sort(z[first:last]))
        own = []

        def interval(row, column, q, own=own):
            own.append((row, column, q))
            return (1.2, 1.3, 10 * column + row) if row == 0 else (-5.0, 5.0, 7)

        table.tell_tails(interval)
        asked.append(own)
    columns = [(1, 0.9), (0, 0.6), (1, 0.7), (2, 0.8)]
    assert asked == [[(row, *own) for own in columns for row in range(count)] for count in (2, 1)]
    views = table.curve().views
    assert views[plain].tails is None
    for scenario_of, told in ((some, [1]), (all_of_them, [0, 1, 2])):
        values, tails = views[scenario_of].values, views[scenario_of].tails
        for column in range(4):
            low, high, needed = tails.ci_low[:, column], tails.ci_high[:, column], tails.needed[:, column]
            if column not in told:
                assert np.isnan([low, high, needed]).all()
                continue
            own = values[:, column]
            np.testing.assert_array_equal(low, [min(1.2, own[0]), -5, min(1.2, own[2])])
            np.testing.assert_array_equal(high, [max(1.3, own[0]), 5, max(1.3, own[2])])
            np.testing.assert_array_equal(needed, [10 * column, 7, 10 * column])


def test_all_budgets_may_be_for_quantiles(model, scenario):
    quantiles = {"c_quantile": 0.6, "t_quantile": 0.7, "joules_quantile": 0.8, "a_quantile": 0.9}
    own = scenario.replace(**quantiles)
    spent, z = drawn()
    accuracy = np.clip(0.5 + 0.1 * z, 0, 1)
    every = zip((*spent, accuracy), quantiles.values(), strict=True)
    expected = np.column_stack([np.quantile(values, q, axis=1) for values, q in every])
    np.testing.assert_allclose(table_of(model, [own]).curve().views[own].values, expected, rtol=1e-12)


def test_resources_and_k_of_a_table_are_those_of_its_curve(model):
    curve = table_of(model, []).curve()
    assert curve.resources == ("joules",)
    np.testing.assert_array_equal(curve.k, KS)
    assert curve.views == {}
