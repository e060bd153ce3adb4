"""Rows of simulated queries, against numpy's own summaries of the same numbers."""

import numpy as np
import pytest

from moo_inference.catalog import TOLERANCE
from moo_inference.estimators.trial_table import TrialTable, row_quantile

TRIALS = 60
KS = np.array([1, 2, 3, 5])


@pytest.fixture
def model(gpt5):
    return gpt5.replace(accuracy={"mean": 0.8, "std": 0.1}, joules_per_input_token=1.0, joules_per_output_token=2.0)


def drawn(seed=0):
    """Cost, time and joules, and the largest normals, of four k."""
    generator = np.random.default_rng(seed)
    return generator.uniform(1, 2, (3, 4, TRIALS)), generator.normal(1, 1, (4, TRIALS))


def table_of(model, scenarios, parts=((0, 4),)):
    spent, z = drawn()
    table = TrialTable(model, KS, scenarios, known=[True] * 3)
    for first, last in parts:
        assert table.next_rows(last - first) == slice(first, last)
        table.add([own[first:last].copy() for own in spent], z[first:last], np.sort(z[first:last]))
    return table.curve()


def test_columns_are_numpy_s_summaries(model):
    spent, z = drawn()
    curve = table_of(model, [])
    accuracy = np.clip(0.8 + 0.1 * z, 0, 1)
    quantities = (curve.cost, curve.time, curve.resource("joules"), curve.accuracy)
    for found, values in zip(quantities, (*spent, accuracy), strict=True):
        np.testing.assert_allclose(found.mean, values.mean(axis=1), rtol=1e-13)
        np.testing.assert_allclose(found.std, values.std(axis=1), rtol=1e-12)
        np.testing.assert_allclose(found.low, np.quantile(values, 0.025, axis=1), rtol=1e-13)
        np.testing.assert_allclose(found.high, np.quantile(values, 0.975, axis=1), rtol=1e-13)
        np.testing.assert_allclose(found.se, values.std(axis=1) / np.sqrt(TRIALS), rtol=1e-12)
    np.testing.assert_allclose(curve.error, (1 - accuracy).mean(axis=1), rtol=1e-13)
    assert curve.k.tolist() == KS.tolist()
    assert curve.evidence is None


def test_rows_may_come_in_parts(model, essay):
    scenario = essay.replace(c_max=1.5, t_max=1.8, a_min=0.85, joules_max=1.9, t_quantile=0.9)
    whole, parts = table_of(model, [scenario]), table_of(model, [scenario], ((0, 1), (1, 3), (3, 4)))
    assert whole.table.tobytes() == parts.table.tobytes()
    assert whole.error.tobytes() == parts.error.tobytes()
    for name in ("values", "attainment"):
        assert getattr(whole.views[scenario], name).tobytes() == getattr(parts.views[scenario], name).tobytes()


def test_views_hold_quantiles_where_asked_for_and_attainment_counts_queries(model, essay):
    spent, z = drawn()
    accuracy = np.clip(0.8 + 0.1 * z, 0, 1)
    budgets = {"c_max": 1.5, "t_max": 1.8, "joules_max": 1.9, "a_min": 0.85}
    means = essay.replace(**budgets)
    tails = means.replace(c_quantile=0.7, a_quantile=0.3, joules_quantile=0.5)
    curve = table_of(model, [means, tails])
    np.testing.assert_array_equal(curve.views[means].values, curve.means)
    expected = [
        np.quantile(spent[0], 0.7, axis=1),
        spent[1].mean(axis=1),
        np.quantile(spent[2], 0.5, axis=1),
        np.quantile(accuracy, 0.3, axis=1),
    ]
    np.testing.assert_allclose(curve.views[tails].values, np.column_stack(expected), rtol=1e-13)
    met = (spent[0] <= 1.5) & (spent[1] <= 1.8) & (spent[2] <= 1.9) & (accuracy >= 0.85)
    for scenario in (means, tails):
        np.testing.assert_array_equal(curve.views[scenario].attainment, met.mean(axis=1))
    assert 0 < met.mean() < 1
    for missing, column in (("c_max", 0), ("t_max", 1)):
        others = [own <= most for place, (own, most) in enumerate(zip(spent, (1.5, 1.8, 1.9), strict=True)) if place != column]  # fmt: skip  # noqa: E501
        freed = means.replace(**{missing: None})
        found = table_of(model, [freed]).views[freed].attainment
        np.testing.assert_array_equal(found, (np.all(others, axis=0) & (accuracy >= 0.85)).mean(axis=1))


def test_a_known_accuracy_is_right_or_wrong_whatever_a_query_costs(model, essay):
    counted = model.replace(accuracy={"kind": "outcomes", "questions": {"a": "3/6"}})
    scenario = essay.replace(c_max=1.5, t_max=None, a_min=0.5, a_quantile=0.4)
    curve = table_of(counted, [scenario], ((0, 3), (3, 4)))
    mean = np.array([1 / 2, 1 - 3 / 15, 1 - 1 / 20, 1])
    np.testing.assert_allclose(curve.accuracy.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(curve.accuracy.std, np.sqrt(mean * (1 - mean)), atol=1e-9)
    assert curve.accuracy.low.tolist() == [0, 0, 0, 1]
    assert curve.accuracy.high.tolist() == [1, 1, 1, 1]
    view = curve.views[scenario]
    assert view.values[:, -1].tolist() == [0, 1, 1, 1]
    spent, _ = drawn()
    np.testing.assert_allclose(view.attainment, (spent[0] <= 1.5).mean(axis=1) * mean)
    assert curve.evidence.last.tolist() == [False] * 4


def test_bounds_of_queries_are_inclusive_within_the_tolerance(model, essay):
    spent, z = np.ones((3, 4, TRIALS)), np.full((4, TRIALS), 0.5)
    for part, met in ((TOLERANCE / 2, 1), (3 * TOLERANCE, 0)):
        for budgets in ({"c_max": 1 - part}, {"t_max": 1 - part}, {"joules_max": 1 - part}, {"a_min": 0.85 + part}):
            scenario = essay.replace(**{"c_max": 2.0, "t_max": 2.0, "a_min": 0.0, **budgets})
            table = TrialTable(model, KS, [scenario], known=[True] * 3)
            table.add([own.copy() for own in spent], z, z)
            assert table.curve().views[scenario].attainment.tolist() == [met] * 4


@pytest.mark.parametrize("q", [0.0, 0.025, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("trials", [1, 2, 5, 41])
def test_quantiles_of_sorted_rows_are_numpy_s(q, trials):
    rows = np.sort(np.random.default_rng(2).normal(size=(3, trials)))
    np.testing.assert_allclose(row_quantile(rows, q), np.quantile(rows, q, axis=1), rtol=1e-14)
    np.testing.assert_allclose(row_quantile(rows, q, np.exp), np.quantile(np.exp(rows), q, axis=1), rtol=1e-14)


def test_two_trials_have_a_standard_error_and_one_has_none(model):
    for trials, expected in ((1, np.nan), (2, 0.5 / np.sqrt(2))):
        spent = np.tile(np.arange(trials, dtype=float), (3, 4, 1))
        table = TrialTable(model, KS, [], known=[True] * 3)
        table.add(list(spent), np.zeros((4, trials)), np.zeros((4, trials)))
        np.testing.assert_allclose(table.curve().cost.se, expected)
