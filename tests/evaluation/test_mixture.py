"""Quantiles and variances over all queries, against lists of every value with its weight."""

import numpy as np
import pytest

from moo_inference.evaluation.mixture import Mixture, Part
from moo_inference.evaluation.tail_interval import has_upper_end, lognormal_upper_end, share_ends

MODELS = 2


def values_of(seed, q, w, whole=True):
    """(MODELS, q, w) values, with ties where they are whole."""
    rng = np.random.default_rng(seed)
    return rng.integers(1, 12, (MODELS, q, w)).astype(float) if whole else rng.lognormal(size=(MODELS, q, w))


def weights_of(seed, *shape):
    found = np.random.default_rng(seed).random(shape)
    return found / found.sum(axis=-1, keepdims=True)


def mixtures():
    own = weights_of(2, MODELS, 5, 4)
    yield "one part, all alike", [Part.of(values_of(1, 6, 5))]
    yield "one part with weights", [Part.of(values_of(2, 6, 5), weights_of(1, 5))]
    yield "weights of each question", [Part.of(values_of(3, 5, 4), own)]
    yield (
        "three parts",
        [Part.of(values_of(4, 3, 2)), Part.of(values_of(5, 4, 3), weights_of(3, 3)), Part.of(values_of(6, 5, 4), own)],
    )


CASES = [pytest.param(parts, id=name) for name, parts in mixtures()]


def listed(parts, row):
    """All values of one model, ascending, and the share of queries that each is."""
    questions = sum(part.values.shape[1] for part in parts)
    values, weights = [], []
    for part in parts:
        for question, own in enumerate(part.values[row]):
            for place, value in enumerate(own):
                weight = 1 / len(own)
                if part.weights is not None:
                    weight = part.weights[place] if part.weights.ndim == 1 else part.weights[row, question, place]
                values.append(value)
                weights.append(weight / questions)
    order = np.argsort(values, kind="stable")
    return np.array(values)[order], np.array(weights)[order]


@pytest.mark.parametrize("parts", CASES)
def test_quantiles_and_variances_are_those_of_all_values(parts):
    mixture = Mixture(parts)
    shares = [0.01, 0.25, 0.5, 0.77, 0.9, 0.999]
    found = mixture.quantiles(shares)
    assert found.shape == (MODELS, len(shares))
    for row in range(MODELS):
        values, weights = listed(parts, row)
        least = values[np.minimum(np.searchsorted(np.cumsum(weights), np.array(shares) - 1e-12), len(values) - 1)]
        np.testing.assert_array_equal(found[row], least)
        assert mixture.variance[row] == pytest.approx(weights @ (values - weights @ values) ** 2, rel=1e-12)


def test_a_quantile_is_the_least_value_that_enough_queries_do_not_exceed():
    """Of two questions with values 1, 2 and 3, 4: a quarter of the queries each."""
    for weights in (None, np.array([0.5, 0.5])):
        mixture = Mixture([Part.of(np.array([[[1.0, 2.0], [3.0, 4.0]]]), weights)])
        found = mixture.quantiles([0.25, 0.2501, 0.5, 0.7499, 0.75, 0.7501, 0.9999])
        assert found.tolist() == [[1, 2, 2, 3, 3, 4, 4]]


def test_the_ends_of_each_question_may_be_off_by_rounding():
    """Sums in another order than that of the values miss these by some units in the last place."""
    values = np.array([[[5.0], [1.0], [3.0], [9.0]]])
    part = Part(values, None, values[..., 0] * (1 + 5e-13), values[..., 0] * (1 - 5e-13))
    for parts in ([part], [part, part]):
        assert Mixture(parts).quantiles([0.25, 0.5, 0.75, 0.99]).tolist() == [[1.0, 3.0, 5.0, 9.0]]


def worth_of(q, share, between, m):
    """How many observations m questions are worth, of which two more vary as much as any can."""
    beyond = m * (1 - q)
    return share * (1 - share) * m / ((beyond * between + 2 * share * (1 - share)) / (beyond + 2))


@pytest.mark.parametrize("q", [0.5, 0.9])
def test_the_interval_of_questions_that_do_not_vary_is_that_of_as_many_observations(q):
    """Each is below the quantile or not, so that their variance is m / (m - 1) s (1 - s)."""
    m = 200
    values = values_of(7, m, 1, whole=False)
    mixture = Mixture([Part.of(values[:, :80]), Part.of(values[:, 80:])])
    at = mixture.quantiles([q])[:, 0]
    low, high, needed = mixture.intervals(q, at)
    np.testing.assert_array_equal(needed, max(2, round(1 / (1 - q))))
    for row in range(MODELS):
        ordered = np.sort(values[row, :, 0])
        share = np.mean(ordered <= at[row])
        worth = worth_of(q, share, share * (1 - share) * m / (m - 1), m)
        assert m * 0.98 < worth < m
        ends = [ordered[int(np.ceil(float(end) * m * (1 - 1e-12))) - 1] for end in share_ends(q, worth)]
        np.testing.assert_array_equal([low[row], high[row]], ends)
        assert low[row] < at[row] < high[row]


def test_questions_that_are_all_alike_are_worth_more_than_their_number():
    """Nothing varies between them: only the two that are added do."""
    q, m = 0.9, 40
    values = np.repeat(values_of(8, 1, 300, whole=False), m, axis=1)
    mixture = Mixture([Part.of(values)])
    at = mixture.quantiles([q])[:, 0]
    low, high, _ = mixture.intervals(q, at)
    for row in range(MODELS):
        ordered = np.sort(values[row, 0])
        ends = share_ends(q, worth_of(q, np.mean(ordered <= at[row]), 0.0, m))
        expected = [ordered[int(np.ceil(float(end) * 300 * (1 - 1e-12))) - 1] for end in ends]
        np.testing.assert_array_equal([low[row], high[row]], expected)


@pytest.mark.parametrize("w", [1, 3])
def test_few_questions_have_the_upper_end_of_a_lognormal_where_that_is_larger(w):
    """It depends on how many observations the questions are worth, and so on how far they differ at the quantile."""
    q, m = 0.9, 20
    # Those of one value each have a long tail, so that one model's largest value is above the limit.
    values = values_of(9, m, w, whole=False) ** 0.2 if w == 1 else 0.5 + np.random.default_rng(9).random((MODELS, m, w))
    mixture = Mixture([Part.of(values[:, :7]), Part.of(values[:, 7:])])
    at = mixture.quantiles([q])[:, 0]
    _, high, _ = mixture.intervals(q, at)
    larger = []
    for row in range(MODELS):
        below = (values[row] <= at[row]).mean(axis=1)
        worth = worth_of(q, below.mean(), below.var(ddof=1), m)
        assert not has_upper_end(q, worth)
        logs, ordered = np.log(values[row]), np.sort(values[row], axis=None)
        largest = float(lognormal_upper_end(logs.mean(), logs.std() * np.sqrt(m / (m - 1)), q, worth))
        end = ordered[int(np.ceil(float(share_ends(q, worth)[1]) * m * w)) - 1]
        assert high[row] == pytest.approx(max(largest, end), rel=1e-12)
        larger.append(largest > end)
    assert any(larger)


@pytest.mark.parametrize("seconds", [0.7, 1.0, 2.0, 3.0])
def test_twenty_questions_of_equal_times_have_no_other_end(seconds):
    mixture = Mixture([Part.of(np.full((1, 20, 1), seconds))])
    low, high, _ = mixture.intervals(0.9, mixture.quantiles([0.9])[:, 0])
    np.testing.assert_allclose([low[0], high[0]], seconds, rtol=1e-12)


def test_without_an_upper_end_it_is_not_known_where_some_query_comes_to_nothing():
    values = np.arange(20, dtype=float)[None, :, None]
    for least, known in ((0.0, False), (0.5, True)):
        for parts in ([values], [values[:, :7], values[:, 7:]]):
            mixture = Mixture([Part.of(own + least) for own in parts])
            low, high, _ = mixture.intervals(0.9, mixture.quantiles([0.9])[:, 0])
            assert np.isfinite(low).all()
            assert np.isfinite(high).all() == known


@pytest.mark.parametrize(("q", "fewest"), [(0.9, 10), (0.95, 20), (0.3, 2)])
def test_too_few_questions_say_nothing_and_how_many_there_would_have_to_be(q, fewest):
    for m in (fewest - 1, fewest):
        mixture = Mixture([Part.of(values_of(10, m, 3))])
        low, high, needed = mixture.intervals(q, mixture.quantiles([q])[:, 0])
        assert needed.tolist() == [fewest] * MODELS
        assert np.isnan([low, high]).all() == (m < fewest)
        assert np.isfinite(low).all() == (m >= fewest)


@pytest.mark.parametrize("parts", CASES)
def test_an_interval_holds_its_quantile_and_is_that_of_each_model_alone(parts):
    mixture = Mixture(parts)
    at = mixture.quantiles([0.6])[:, 0]
    low, high, _ = mixture.intervals(0.6, at)
    assert (low <= at).all()
    assert (at <= high).all()
    for row in range(MODELS):
        alone = Mixture([part.only(slice(row, row + 1)) for part in parts])
        ends = alone.intervals(0.6, at[row : row + 1])
        np.testing.assert_array_equal([own[0] for own in ends[:2]], [low[row], high[row]])
