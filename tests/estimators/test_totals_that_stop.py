"""Totals, accuracies and ends of queries that may stop, where the shares that stop are given: closed forms."""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq

from moo_inference.catalog import Accuracy, TokenLength
from moo_inference.errors import SettingError
from moo_inference.estimators import stopped_totals
from moo_inference.estimators.curve import Evidence
from moo_inference.estimators.ends import Ends
from moo_inference.estimators.lengths import Length
from moo_inference.estimators.pass_distribution import PassDistribution
from moo_inference.estimators.stopped_accuracy import StoppedKnown, refuse_unknown_stops, stopped_accuracy
from moo_inference.estimators.stopped_totals import StoppedTotals, crossing
from moo_inference.estimators.sum_distribution import Totals
from moo_inference.estimators.verified_normal import VerifiedNormal
from moo_inference.evaluation.question_stops import QuestionStops

K, LOOKS = np.array([1, 3, 6]), np.array([2, 4])
STOPPED = np.array([[0.0, 0.0], [0.3, 0.0], [0.2, 0.5]])
FULL = np.array([1.0, 0.7, 0.3])
MEAN, STD = 0.5 * 100 + 2.0 * 50, np.hypot(0.5 * 10, 2.0 * 4)
"""Of one pass: half of what is read, twice what is written."""


def length(mean, std):
    return Length.of(TokenLength(mean=mean, std=std, kind=None))


def totals_of(first=(100, 10), second=(50, 4), questions=None, wave=1):
    own = PassDistribution(0.5, 2.0, length(*first), length(*second))
    return StoppedTotals(Ends(K, LOOKS, STOPPED, FULL), Totals(own, wave, LOOKS), Totals(own, wave, K), questions)


def parts_of(row):
    """How many passes run, and how often."""
    return [(n, share) for n, share in [*zip(LOOKS, STOPPED[row], strict=True), (K[row], FULL[row])] if share]


def test_a_total_is_the_mixture_of_those_of_the_passes_that_run():
    totals = totals_of()
    for row in range(3):
        counts, shares = (np.array(own, dtype=float) for own in zip(*parts_of(row), strict=True))
        mean = shares @ counts * MEAN
        assert totals.mean[row] == pytest.approx(mean)
        variance = shares @ (counts * STD**2 + (counts * MEAN) ** 2) - mean**2
        assert totals.std[row] == pytest.approx(np.sqrt(variance))

        def below(x, counts=counts, shares=shares):
            return shares @ stats.norm.cdf((x - counts * MEAN) / (np.sqrt(counts) * STD))

        for x in (280.0, 300.0, 460.0, 610.0):
            assert totals.cdf(x)[row] == pytest.approx(below(x), abs=1e-12)
        for q in (0.05, 0.25, 0.5, 0.95):
            expected = brentq(lambda x, q=q: below(x) - q, 0, 2000, xtol=1e-10)
            assert totals.quantile(q)[row] == pytest.approx(expected, rel=1e-9)
    assert totals.distribution is totals.full.distribution


def test_quantiles_do_not_depend_on_how_many_are_looked_for_at_once(monkeypatch):
    whole = totals_of().quantiles(0.05, 0.5, 0.95)
    assert whole.shape == (3, 3)
    for values in (1, 4):
        monkeypatch.setattr(stopped_totals, "_VALUES_AT_ONCE", values)
        found = totals_of().quantiles(0.05, 0.5, 0.95)
        np.testing.assert_array_equal(found, whole)
        np.testing.assert_array_equal(found[:, 2], totals_of().quantile(0.95))


def test_where_passes_do_not_vary_a_quantile_is_a_number_of_passes():
    totals = totals_of((100, 0), (50, 0))
    for q, passes in (
        (1e-9, [1, 2, 2]),
        (0.2, [1, 2, 2]),
        (0.2001, [1, 2, 4]),
        (0.3, [1, 2, 4]),
        (0.3001, [1, 3, 4]),
        (0.7, [1, 3, 4]),
        (0.7001, [1, 3, 6]),
        (1.0, [1, 3, 6]),
    ):
        np.testing.assert_allclose(totals.quantile(q), np.array(passes) * MEAN, err_msg=str(q))
    nobody_looks = Ends(K, LOOKS[:0], STOPPED[:, :0], np.ones(3))
    alone = StoppedTotals(nobody_looks, Totals(totals.distribution, 1, LOOKS[:0]), totals.full)
    np.testing.assert_allclose(alone.quantile(0.5), K * MEAN)


def test_a_mean_over_drawn_queries_has_their_standard_error():
    """Of two questions, of which the first was drawn with 50 queries and the second counted."""
    half = [np.empty((2, 0)), np.array([[0.4], [0.2]]), np.array([[0.1, 0.6], [0.3, 0.4]])]
    full = np.array([[1.0, 0.6, 0.3], [1.0, 0.8, 0.3]])
    draws = np.array([[0, 50, 50], [0, 0, 0]])
    nothing = np.zeros((2, 3))
    questions = QuestionStops(["a", "b"], half, half, full, nothing, nothing, nothing, draws)
    spread = [0.0]
    for own, counts in ((np.array([0.4, 0.6]), np.array([2, 3])), (np.array([0.1, 0.6, 0.3]), np.array([2, 4, 6]))):
        spread.append(np.sqrt((own @ counts**2 - (own @ counts) ** 2) * MEAN**2 / 50) / 2)
    np.testing.assert_allclose(totals_of(questions=questions).se, spread)
    np.testing.assert_array_equal(totals_of().se, np.zeros(3))


@pytest.mark.parametrize(
    ("f", "root"),
    [
        (lambda x: x**3 - 8, 2.0),
        (lambda x: np.exp(x) - 1e4, np.log(1e4)),
        (lambda x: np.where(x < 7.25, -1.0, 1e-3), 7.25),
        (lambda x: np.tanh(3 * (x - 9)), 9.0),
    ],
)
def test_a_crossing_is_found_in_few_steps_from_the_side_on_which_it_is_reached(f, root):
    asked = []

    def counted(x):
        asked.append(x)
        return f(x)

    [found] = crossing(counted, np.zeros(1), np.full(1, 10.0))
    assert found == pytest.approx(root, abs=2e-11)
    assert f(np.array([found]))[0] >= 0
    assert len(asked) < 60


def test_each_row_has_a_crossing_of_its_own():
    roots = np.array([0.1, 3.0, 5.0, 9.9])
    found = crossing(lambda x: (x - roots) ** 3, np.zeros(4), np.full(4, 10.0))
    np.testing.assert_allclose(found, roots, rtol=1e-9, atol=2e-11)


@pytest.mark.parametrize(
    ("mean", "level", "stopped", "full"),
    [
        (0.9, 0.8, [[0, 0], [0, 0], [1, 0], [1, 0]], [1, 1, 0, 0]),
        (0.8, 0.8, [[0, 0], [0, 0], [1, 0], [1, 0]], [1, 1, 0, 0]),
        (0.7, 0.8, [[0, 0], [0, 0], [0, 0], [0, 0]], [1, 1, 1, 1]),
    ],
)
def test_an_accuracy_that_does_not_vary_is_verified_at_once_or_never(mean, level, stopped, full):
    k = np.array([1, 2, 3, 5])
    found = VerifiedNormal(Accuracy(mean=mean, std=0.0), level, 2, k)
    looks = len(found.ends.looks)
    np.testing.assert_array_equal(found.ends.stopped, np.array(stopped)[:, :looks])
    np.testing.assert_array_equal(found.ends.full, full)
    for least in (0.0, mean - 0.01, mean):
        own = found.accurate(least)
        np.testing.assert_array_equal(own.mean(np.ones(len(own.looks)), np.ones(4)), np.ones(4))
    own = found.accurate(mean + 0.01)
    np.testing.assert_array_equal(own.mean(np.ones(len(own.looks)), np.ones(4)), np.zeros(4))
    np.testing.assert_allclose(found.mean, np.full(4, mean))
    np.testing.assert_allclose(found.error, np.full(4, 1 - mean))
    np.testing.assert_allclose(found.columns((0.1, 0.9)), np.tile([mean, 0, mean, mean, 0], (4, 1)))
    assert found.evidence is None
    assert found.questions is None


def test_what_keeps_at_least_nothing_are_all_and_else_those_that_are_right():
    ends, right = Ends(K, LOOKS, STOPPED, FULL), Ends(K, LOOKS, STOPPED / 2, FULL / 4)
    nothing = np.zeros(3)
    known = StoppedKnown(nothing, nothing, nothing, Evidence.none(3), ends, right)
    assert known.accurate(0.0) is known.accurate(-1.0) is ends
    assert known.accurate(1e-9) is known.accurate(1.0) is right
    assert known.questions is None


def test_a_model_that_does_not_stop_has_no_ends(gpt5):
    with pytest.raises(TypeError, match=r"^GPT-5 does not stop early$"):
        stopped_accuracy(gpt5.replace(name="GPT-5"), K, 1)


def test_policies_that_look_at_what_passes_do_not_have_are_refused_with_their_level(gpt5):
    ranked = {"kind": "outcomes", "keep": "verifier", "questions": {"a": "1/1 0/3"}}
    models = [
        gpt5.replace(name="a", accuracy=ranked, stop="first-verified=0.5"),
        gpt5.replace(name="b", stop="first-verified=1.5"),
        gpt5.replace(name="c", stop="first-verified=0"),
        gpt5.replace(name="d", stop="first-verified=1"),
        gpt5.replace(name="e"),
    ]
    with pytest.raises(SettingError) as refused:
        refuse_unknown_stops(models)
    level = "the level of first-verified must be above 0 and at most 1, as accuracies are; got"
    assert list(refused.value.errors) == [
        "a: stop 'first-verified=0.5' with keep 'verifier' must be estimated by Recorded, from attempts with the "
        "scores of the verifier; an evaluation only ranks its samples by them",
        f"b: {level} 1.5",
        f"c: {level} 0",
    ]
    refuse_unknown_stops(models[3:])


@pytest.mark.parametrize(
    ("f", "root"),
    [
        (lambda x: x**3 - 8, 2.0),
        (lambda x: np.exp(x) - 1e4, np.log(1e4)),
        (lambda x: np.tanh(3 * (x - 9)), 9.0),
        (lambda x: np.log(x + 0.1) - 1, np.e - 0.1),
        (lambda x: x - 3.3, 3.3),
        (lambda x: 1 / (1 + np.exp((3 - x) / 0.3)) - 0.95, 3 + 0.3 * np.log(19)),
        (lambda x: (x - 1) ** 9 - 1, 2.0),
    ],
)
def test_where_a_function_is_smooth_a_crossing_takes_a_third_of_the_steps_of_halving(f, root):
    """Halving takes 40 to 1e-12 of the larger end."""
    asked = []

    def counted(x):
        asked.append(x)
        return f(x)

    assert crossing(counted, np.zeros(1), np.full(1, 10.0))[0] == pytest.approx(root, abs=1e-11)
    assert len(asked) <= 16


def test_jumps_are_found_to_a_part_in_a_million_million_of_the_larger_end():
    jumps = np.linspace(-3.9, 9.9, 200)
    found = crossing(lambda x: np.where(x < jumps, -0.3, 0.1), np.full(200, -4.0), np.full(200, 10.0))
    assert (found >= jumps).all()
    assert (found - jumps < 1.001e-11).all()
