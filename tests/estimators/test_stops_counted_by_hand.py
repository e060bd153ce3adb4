"""Queries that stop early, at numbers that are counted by hand: two questions, and passes that all cost the same."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import gamma

import moo_inference as mi
from moo_inference.errors import SettingError
from moo_inference.estimators.conditions import Conditions

ONE = 1000 * 1.25e-6 + 2000 * 10e-6
"""USD of a pass."""


@pytest.fixture
def stopped(gpt5):
    """Of question a one of two samples is right, of b both are; a query stops after the first that is."""
    return gpt5.replace(
        input_tokens={"mean": 1000, "std": 0},
        output_tokens={"mean": 2000, "std": 0},
        accuracy={"kind": "outcomes", "questions": {"b": "2/2", "a": "1/2"}},
        stop="first-verified",
        parallel=1,
        latency="ideal",
    )


def test_half_of_one_question_s_queries_need_a_second_pass(stopped, essay):
    scenario = essay.replace(c_max=1.5 * ONE, t_max=None, a_min=None)
    curve = mi.ClosedForm().estimate(stopped, [1, 2], scenarios=[scenario])
    assert_allclose(curve.passes, [[1, 0], [0.75, 0.25]])
    assert_allclose(curve.accuracy.mean, [0.75, 1])
    assert_allclose(curve.cost.mean, [ONE, 1.25 * ONE])
    assert_allclose(curve.cost.std, [0, ONE * np.sqrt(0.75 * 0.25)], atol=1e-15)
    assert_allclose(curve.cost.low, [ONE, ONE])
    assert_allclose(curve.cost.high, [ONE, 2 * ONE])
    assert curve.cost.se.tolist() == [0, 0]
    assert_allclose(curve.views[scenario].attainment, [1, 0.75])
    assert curve.evidence.last.tolist() == [False, True]
    plain = mi.ClosedForm().estimate(stopped.replace(stop=None), [1, 2])
    assert plain.passes is None
    assert_allclose(plain.cost.mean, [ONE, 2 * ONE])
    assert_array_equal(curve.evidence.ci_low, plain.evidence.ci_low)


def test_two_passes_at_the_same_time_are_looked_at_together(stopped):
    curve = mi.ClosedForm().estimate(stopped, [1, 2], parallel=2)
    assert_allclose(curve.passes, [[1, 0], [0, 1]])
    assert_allclose(curve.cost.mean, [ONE, 2 * ONE])


def test_each_question_has_its_own_passes_and_shares(stopped):
    found = mi.ClosedForm().by_question(stopped, [1, 2], Conditions())
    assert list(found.names) == ["a", "b"]
    assert_allclose(found.accuracy, [[0.5, 1], [1, 1]])
    assert_allclose(found.means[:, :, 0], [[ONE, 1.5 * ONE], [ONE, ONE]])
    assert_allclose(found.means[:, :, 1], found.means[:, :, 0] / ONE * found.means[0, 0, 1])
    assert_allclose(found.means[:, :, 2], [[0.5, 0], [0, 0]], atol=1e-15)
    assert_allclose(found.shares([1.5 * ONE, None]), [[1, 0.5], [1, 1]])
    assert_allclose(found.shares([None, 0.5 * found.means[0, 0, 1]]), np.zeros((2, 2)), atol=1e-15)
    together = mi.ClosedForm().by_question(stopped, [1, 2], Conditions(parallel=2))
    assert_allclose(together.means[:, :, 0], [[ONE, 2 * ONE], [ONE, 2 * ONE]])


@pytest.mark.parametrize(
    "changes",
    [
        {"stop": None},
        {"accuracy": {"mean": 0.7, "std": 0.1}},
        {"accuracy": {"kind": "beta", "a": 0.5, "b": 0.8, "samples": 10}},
    ],
)
def test_without_an_evaluation_and_a_stop_there_are_no_questions(stopped, changes):
    with pytest.raises(SettingError, match=r"^GPT-5: must have an evaluation and a stop, got none$"):
        mi.ClosedForm().by_question(stopped.replace(**changes), [1, 2], Conditions())


def test_votes_that_are_drawn_have_the_standard_error_of_their_passes(stopped):
    """Four equal questions of 40 drawn queries each: the variance of passes over 4 times 40."""
    model = stopped.replace(
        accuracy={
            "kind": "outcomes",
            "keep": "majority",
            "trials": 40,
            "questions": {f"q{number}": "9/9 0/7 0/6" for number in range(4)},
        },
        stop="vote-until-sure=0.9",
    )
    curve = mi.ClosedForm().estimate(model, [1, 12])
    stops = mi.ClosedForm().by_question(model, [1, 12], Conditions()).stops
    assert stops.draws[:, 1].tolist() == [40] * 4
    counts = np.arange(1, 13)
    shares = np.column_stack([stops.stopped[1], stops.full[:, 1]])
    variance = shares @ counts**2 - (shares @ counts) ** 2
    assert curve.cost.se[1] == pytest.approx(ONE * np.sqrt(variance.sum() / 40) / 4, rel=1e-9)
    assert curve.cost.se[0] == 0


def test_only_models_that_stop_keep_shares_of_passes(gpt5):
    many = 10**6 - np.arange(17)
    assert mi.ClosedForm().estimate(gpt5, many).passes is None
    with pytest.raises(SettingError, match="at most 16,777,216, got 17 times 1,000,000: raise k_step"):
        mi.ClosedForm().estimate_many([gpt5, gpt5.replace(stop="first-verified")], many)


def test_a_pass_of_a_skewed_length_has_that_length_s_percentiles(gpt5, paper):
    skewed = gpt5.replace(
        input_tokens={"mean": 1000, "std": 0}, output_tokens={"mean": 1001, "std": 500, "kind": "gamma"}
    )
    other, curve = mi.ClosedForm().estimate_many([paper.models["qwen3-max"], skewed], [1])
    shape = gamma(4, 1, 250)
    for found, q in ((curve.cost.low[0], 0.025), (curve.cost.high[0], 0.975)):
        assert found == pytest.approx(1000 * 1.25e-6 + 10e-6 * shape.ppf(q), rel=1e-3)
    assert_array_equal(other.table, mi.ClosedForm().estimate(paper.models["qwen3-max"], [1]).table)
