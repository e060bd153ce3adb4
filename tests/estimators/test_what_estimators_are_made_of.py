"""Parts of estimators are shared between models and kept in caches, so nobody can change them."""

import numpy as np
import pytest
from fixed_fields import assert_no_field_can_be_set

import moo_inference as mi
from moo_inference.catalog.accuracy import Accuracy
from moo_inference.errors import SettingError
from moo_inference.estimators import Empirical, MonteCarlo, Recorded, ScalingCurve, Tabulated
from moo_inference.estimators.base import MOST_TRIALS, estimate_curves
from moo_inference.estimators.blocks import Block, rising
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import BudgetView, Evidence, Quantity, TailEvidence, columns_of
from moo_inference.estimators.ends import Ends
from moo_inference.estimators.known_accuracy import KnownAccuracy, NormalAccuracy
from moo_inference.estimators.lengths import Length
from moo_inference.estimators.pass_distribution import PassDistribution
from moo_inference.estimators.spectrum import Spectrum
from moo_inference.estimators.stopped_totals import StoppedTotals
from moo_inference.estimators.sum_distribution import Totals
from moo_inference.estimators.sums import Sum, cells
from moo_inference.estimators.transforms import transforms_of
from moo_inference.estimators.under_load import LoadOfPasses
from moo_inference.estimators.verified_normal import VerifiedNormal

K = np.array([1, 2])
LENGTH = Length("gamma", 1.0, 10.0, 3.0)
SUM = Sum(((1.0, LENGTH),))
TOTALS = Totals(PassDistribution(1.0, 1.0, LENGTH, LENGTH), 1, K)
ENDS = Ends.of(np.array([1, 2]), 1, np.array([1.0, 0.5]))
NORMAL = Accuracy(mean=0.7, std=0.1)
OUTCOMES = {"kind": "outcomes", "questions": {"a": "2/4", "b": "3/4"}}
PASSES = {"input_tokens": [10, 20, 400], "output_tokens": [5, 70, 900]}
EVIDENCE = Evidence(*np.full((2, 2), 0.5), *np.zeros((2, 2), dtype=bool))


def stopped_totals():
    at_looks = Totals(TOTALS.distribution, 1, ENDS.looks)
    return StoppedTotals(ENDS, at_looks, TOTALS)


def curve():
    table = np.ones((2, 15)) * 0.5
    return ScalingCurve.from_table(K, table, np.array([0.5, 0.5]))


@pytest.mark.parametrize(
    ("make", "used"),
    [
        (lambda: LENGTH, lambda length: length.cdf(np.array([1.0]))),
        (lambda: SUM, lambda own: own.cumulants),
        (lambda: cells(SUM, 0.5, 100, np.array([1.0])), lambda own: Spectrum.of(own, 0.5, np.zeros((1, 2), complex))),
        (
            lambda: Spectrum.of(cells(SUM, 0.5, 100, np.array([1.0])), 0.5, np.zeros((1, 2), complex)),
            lambda own: own.NUMBERS,
        ),
        (lambda: transforms_of(SUM, (1,)), lambda own: own.logarithm(np.zeros((1, 1)), np.array([0]))),
        (lambda: TOTALS.distribution, lambda own: own.prompt),
        (lambda: TOTALS, lambda own: own.mean),
        (lambda: ENDS, lambda own: own.passes),
        (stopped_totals, lambda own: own.se),
        (lambda: Block(np.array([0]), np.zeros(1), np.ones(1), rising(np.ones((1, 4)))), lambda own: own.cdf(0.5)),
        (lambda: NormalAccuracy(NORMAL, K), lambda own: own.mean),
        (lambda: KnownAccuracy(*np.full((3, 2), 0.5), EVIDENCE), lambda own: own.take(slice(1))),
        (lambda: VerifiedNormal(NORMAL, 0.5, 1, K), lambda own: own.ends),
        (Conditions, lambda own: own.grid),
        (mi.ClosedForm, lambda own: own.settings()),
        (MonteCarlo, lambda own: own.settings()),
        (Empirical, lambda own: own.settings()),
        (Recorded, lambda own: own.settings()),
        (lambda: EVIDENCE, lambda own: own.take(slice(1))),
        (lambda: TailEvidence.none(2, 3), lambda own: own.take(slice(1))),
        (lambda: BudgetView(np.ones((2, 3)), np.ones(2)), lambda own: own.take(slice(1))),
        (lambda: curve().cost, lambda own: columns_of(["joules"])),
        (curve, len),
    ],
)
def test_no_field_can_be_set(make, used):
    found = make()
    used(found)
    assert_no_field_can_be_set(found)


def test_what_is_made_of_a_model_cannot_be_changed(gpt5):
    curve = mi.ClosedForm().estimate(gpt5, [1, 2])
    stopped = gpt5.replace(accuracy=OUTCOMES, stop="first-verified")
    by_question = mi.ClosedForm().by_question(stopped, [1, 2], Conditions())
    assert list(by_question.names) == ["a", "b"]
    for found in (LoadOfPasses(*np.ones((5, 2))), Tabulated({gpt5: curve}), by_question):
        assert_no_field_can_be_set(found)


def test_a_curve_of_which_nothing_else_is_said():
    plain = curve()
    assert (plain.views, plain.evidence, plain.resources, plain.passes) == ({}, None, (), None)
    assert plain.mean_passes.dtype == float
    assert plain.mean_passes.tolist() == [1, 2]
    assert isinstance(plain.cost, Quantity)


def test_a_length_is_known_unless_something_else_is_said():
    assert LENGTH.known is True


def test_a_pass_writes_nothing_before_its_answer_unless_something_else_is_said():
    assert PassDistribution(1.0, 2.0, LENGTH, LENGTH).written.terms == ((2.0, LENGTH),)
    assert TOTALS.distribution.per_reasoning == 0


def test_estimators_that_draw_begin_at_the_same_seed():
    assert (MonteCarlo().trials, MonteCarlo().seed) == (300, 42)
    assert (Empirical().trials, Empirical().seed) == (1000, 42)
    assert (Recorded().trials, Recorded().seed) == (10_000, 42)


def test_as_many_queries_as_ever_are_drawn_and_no_more():
    assert MonteCarlo(trials=MOST_TRIALS).trials == 10**8
    with pytest.raises(SettingError, match=r"trials must be at most 100,000,000, got 100,000,001"):
        MonteCarlo(trials=10**8 + 1)


def test_as_much_as_a_grid_may_be():
    assert len(Conditions(k_max=10**15, k_step=10**9).grid) == 10**6
    for more in ({"k_max": 10**15 + 1, "k_step": 10**12}, {"parallel": 10**9 + 1}):
        with pytest.raises(SettingError, match=f"{next(iter(more))} must be at most 1,0"):
            Conditions(**more)


@pytest.mark.parametrize("estimate", [lambda it: mi.ClosedForm().estimate(it, [1]), lambda it: Conditions().of(it)])
def test_a_model_is_asked_for_by_that_name(estimate):
    with pytest.raises(SettingError, match=r"^model must be a Model, got 'gpt'$"):
        estimate("gpt")


def test_what_cannot_estimate_is_refused(gpt5):
    with pytest.raises(SettingError, match=r"^estimator must be an Estimator, such as ClosedForm\(\), got <object"):
        estimate_curves(object(), [gpt5], [1], Conditions())


@pytest.mark.parametrize("estimator", [MonteCarlo(trials=3), Empirical(trials=3)])
def test_estimators_that_draw_refuse_stops_and_passes_that_an_evaluation_does_not_have(gpt5, estimator):
    model = gpt5.replace(passes=PASSES, accuracy=OUTCOMES)
    with pytest.raises(SettingError, match=f"{type(estimator).__name__}"):
        estimator.estimate(model.replace(stop="first-verified"), [1])
    with pytest.raises(SettingError, match=r"\bk must be at most 4\b"):
        estimator.estimate(model, [1, 5])


@pytest.mark.parametrize(("more", "same_as"), [({}, mi.ClosedForm()), ({"passes": PASSES}, Empirical())])
@pytest.mark.parametrize("asked", [{}, {"parallel": 3}, {"parallel": 3, "latency": "waves"}])
def test_where_no_attempts_are_recorded_it_is_the_estimator_for_what_is_known(gpt5, essay, more, same_as, asked):
    model = gpt5.replace(latency="ideal", **more)
    scenario = essay.replace(c_max=1, t_max=100, t_quantile=None)
    found = Recorded().estimate(model, [1, 4, 8], scenarios=[scenario], **asked)
    other = same_as.estimate(model, [1, 4, 8], scenarios=[scenario], **asked)
    np.testing.assert_array_equal(found.quantities, other.quantities)
    np.testing.assert_array_equal(found.views[scenario].attainment, other.views[scenario].attainment)


@pytest.mark.parametrize(("prompt", "spread"), [("per-query", [10, 20, 40]), ("per-pass", [10, 200**0.5, 20])])
def test_a_resource_of_a_shared_prompt_varies_with_all_passes_at_once(gpt5, prompt, spread):
    """One prompt read k times: k times its standard deviation; a prompt for each pass: its square root."""
    model = gpt5.replace(
        prompt=prompt, input_tokens={"mean": 100, "std": 10}, joules_per_input_token=1, joules_per_output_token=0
    )
    curve = mi.ClosedForm().estimate(model, [1, 2, 4])
    np.testing.assert_allclose(curve.resource("joules").std, spread, rtol=1e-9)
