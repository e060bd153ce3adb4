"""More passes than a question has attempts: closed forms against twins that enumerate, and against real attempts."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT
from scipy.integrate import quad
from scipy.stats import beta

import moo_inference as mi
from moo_inference.errors import SettingError
from moo_inference.evaluation.drawn_queries import Drawing
from moo_inference.evaluation.order_statistics import expected_wave
from moo_inference.evaluation.queries import Queries
from moo_inference.evaluation.question_attempts import QuestionAttempts

EXCERPT = ROOT / "tests" / "data" / "attempts" / "epoch_gpqa_excerpt.csv.gz"
PRICES = {"usd_per_million_input_tokens": 1.25, "usd_per_million_output_tokens": 10.0}


def attempts_of(m=30, n=4, seed=0, **options):
    rng = np.random.default_rng(seed)
    question = np.repeat(np.arange(m), n)
    level = rng.normal(size=m)[question]
    seconds = 20 * np.exp(level + 0.3 * rng.normal(size=m * n))
    right = (rng.normal(size=m * n) < -level).astype(float)
    found = QuestionAttempts.of(question, right, 0.001 * seconds * (2 - right), seconds, **options)
    return replace(found, beyond="extrapolate")


def queries_of(attempts, parallel, latency="waves", draws=4000):
    return Queries([attempts], Drawing(attempts.keep, parallel, latency == "ideal", draws, 1), 64)


def waves_of(attempts, k, parallel):
    """(questions, ways, 2) cost and seconds of all ways to draw each wave anew, all alike in probability."""
    n = int(attempts.n[0])
    sizes = [parallel] * (k // parallel) + [k % parallel] * (k % parallel > 0)
    found = []
    for start in range(0, len(attempts.cost), n):
        drawn = [list(itertools.combinations(range(start, start + n), size)) for size in sizes]
        found.append(
            [
                [
                    sum(attempts.cost[list(wave)].sum() for wave in waves),
                    sum(attempts.seconds[list(wave)].max() for wave in waves),
                ]
                for waves in itertools.product(*drawn)
            ]
        )
    return np.array(found)


@pytest.mark.parametrize(("k", "parallel"), [(5, 3), (6, 3), (7, 4), (5, 1)])
def test_waves_that_fit_the_attempts_equal_enumeration(k, parallel):
    attempts = attempts_of(m=12)
    ways = waves_of(attempts, k, parallel)
    np.testing.assert_allclose(attempts.expected_cost([k])[:, 0], ways[..., 0].mean(axis=1))
    np.testing.assert_allclose(attempts.expected_seconds([k], parallel)[:, 0], ways[..., 1].mean(axis=1))
    queries = queries_of(attempts, parallel).of(k)
    right = attempts.expected_accuracy([k])[0]
    usd, most = np.quantile(ways, 0.6, axis=(0, 1))
    for cost, seconds in ((usd, None), (None, most), (usd, most)):
        within = (ways[..., 0] <= (cost or np.inf)) & (ways[..., 1] <= (seconds or np.inf))
        plain, joint = queries.share_within(cost, seconds), queries.share_within(cost, seconds, 1.0)
        assert 0 < within.mean() < 1
        assert abs(plain.value[0] - within.mean()) <= 4.5 * plain.se[0] + 1e-12
        assert abs(joint.value[0] - (within * right).mean()) <= 4.5 * joint.se[0] + 1e-12
    for mixture, exact in ((queries.spent(0), ways[..., 0]), (queries.seconds, ways[..., 1])):
        assert mixture.variance[0] == pytest.approx(exact.var(), rel=0.02)
        [[found]] = mixture.quantiles([0.9])
        assert np.mean(exact < found - 1e-9) < 0.91
        assert np.mean(exact <= found + 1e-9) > 0.89


@pytest.mark.parametrize("n", [2, 4, 5])
def test_a_wave_beyond_the_attempts_takes_as_much_longer_for_each_doubling(n):
    seconds = np.sort(np.random.default_rng(2).exponential(size=(3, n)) + 1, axis=1)
    m = np.array([1, n - 1, n, n + 1, 2 * n, 4 * n])
    found = expected_wave(seconds, m)
    half = np.array([np.mean([max(some) for some in itertools.combinations(row, n // 2)]) for row in seconds])
    step = seconds.max(axis=1) - half
    np.testing.assert_allclose(found[:, 2], seconds.max(axis=1))
    np.testing.assert_allclose(found[:, 4], seconds.max(axis=1) + step * np.log(2) / np.log(n / (n // 2)))
    np.testing.assert_allclose(found[:, 5] - found[:, 4], found[:, 4] - found[:, 2])
    assert (np.diff(found, axis=1) >= 0).all()


def test_a_wave_beyond_the_attempts_is_exact_where_times_are_exponential():
    """The expected largest of m exponential times is the harmonic number of m, which doublings nearly are."""
    rng = np.random.default_rng(3)
    seconds = np.sort(rng.exponential(size=(200_000, 8)), axis=1)
    found = expected_wave(seconds, np.array([16, 32])).mean(axis=0)
    truth = [sum(1 / i for i in range(1, m + 1)) for m in (16, 32)]
    np.testing.assert_allclose(found, truth, rtol=0.03)
    assert (seconds.max(axis=1).mean() < 0.85 * np.array(truth)).all()


@pytest.mark.parametrize("latency", ["waves", "ideal"])
@pytest.mark.parametrize("k", [6, 9])
def test_drawn_queries_have_the_expected_means(k, latency):
    attempts = attempts_of()
    queries = queries_of(attempts, 16, latency).of(k)
    [part] = queries.parts
    draws = part.seconds.shape[2]
    for drawn, exact in (
        (part.spent[0], attempts.expected_cost([k])),
        (part.seconds, attempts.expected_seconds([k], 16, latency)),
    ):
        noise = drawn[0].std(axis=1, ddof=1) / np.sqrt(draws)
        assert (np.abs(drawn[0].mean(axis=1) - exact[:, 0]) < 4.5 * noise + 1e-12 * exact[:, 0]).all()


def test_what_more_attempts_add_is_the_beta_given_those_at_hand():
    attempts = attempts_of(m=60)
    fit = attempts.difficulty
    accuracy, error = attempts.expected_accuracy([4, 5, 9, 30])
    right = attempts.worth.reshape(60, 4).sum(axis=1)
    assert 0 < (right == 0).sum() < 60
    posterior = beta(fit.a, fit.b + 4)
    for column, k in ((1, 5), (2, 9), (3, 30)):
        unseen, _ = quad(lambda p, k=k: posterior.pdf(p) * (1 - (1 - p) ** (k - 4)), 0, 1)
        np.testing.assert_allclose(accuracy[:, column], np.where(right > 0, 1.0, unseen), rtol=1e-6)
    np.testing.assert_allclose(accuracy + error, 1.0)
    assert (np.diff(accuracy.mean(axis=0)) > 0).all()


def test_all_right_mirrors_one_right():
    attempts = attempts_of()
    mirrored = replace(attempts, worth=1 - attempts.worth, keep="all")
    k = [4, 7, 20]
    for one, other in zip(attempts.expected_accuracy(k), reversed(mirrored.expected_accuracy(k)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)
    low, high = attempts.difficulty_band(np.array([7]))
    other_low, other_high = mirrored.difficulty_band(np.array([7]))
    np.testing.assert_allclose([low, high], [1 - other_high, 1 - other_low])


def test_questions_with_enough_attempts_are_still_counted():
    few, many = attempts_of(m=10, n=3, seed=1), attempts_of(m=10, n=6, seed=2)
    both = QuestionAttempts.of(
        np.concatenate([few.place, 100 + many.place]),
        np.concatenate([few.worth, many.worth]),
        np.concatenate([few.cost, many.cost]),
        np.concatenate([few.seconds, many.seconds]),
    )
    both = replace(both, beyond="extrapolate")
    np.testing.assert_allclose(both.expected_seconds([5], 2)[10:], many.expected_seconds([5], 2))
    np.testing.assert_allclose(both.expected_accuracy([5])[0][10:], many.expected_accuracy([5])[0])
    counted = queries_of(many, 2).of(5)
    assert not counted.drawn
    drawn, plain = queries_of(both, 2).of(5).parts
    assert drawn.drawn
    assert plain.within([0.1], 60.0, 1.0, False)[0] == pytest.approx(
        counted.parts[0].within([0.1], 60.0, 1.0, False)[0]
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keep": "majority", "answer": np.zeros(40)}, "beyond the 4 attempts .* needs keep 'oracle' or 'all'"),
        ({"keep": "verifier", "score": np.zeros(40)}, "got keep 'verifier'"),
        ({"worth": np.full(40, 0.5)}, "got scores"),
        ({"worth": np.ones(40)}, "some samples must be right and some wrong"),
    ],
)
def test_where_there_is_no_law_it_is_refused(change, message):
    given = {"worth": np.tile([0, 0, 0, 1.0, 0, 1, 1, 1], 5), "keep": "oracle", **change}
    attempts = QuestionAttempts.of(np.repeat(np.arange(10), 4), given.pop("worth"), np.ones(40), np.ones(40), **given)
    attempts = replace(attempts, beyond="extrapolate")
    assert attempts.expected_accuracy([4])[0].shape == (10, 1)
    with pytest.raises(SettingError, match=message):
        attempts.expected_seconds([5], 1)


def test_one_attempt_shows_no_spread():
    attempts = replace(QuestionAttempts.of([1, 2], [0, 1], [1, 1], [1, 1]), beyond="extrapolate")
    with pytest.raises(SettingError, match="needs at least 2 attempts of each, got 1"):
        attempts.expected_cost([2])


def test_four_attempts_foretell_eight():
    """Time, cost and accuracy of the eight real attempts at once, from four of them; 35 choices of the four."""
    attempts = mi.read_attempts(EXCERPT)
    bias, replaced = [], []
    for name in attempts.models:
        own = attempts.model(name, **PRICES, least_samples=8).attempts
        cost, seconds, worth = (values.reshape(-1, 8) for values in (own.cost, own.seconds, own.worth))
        truth = cost.sum(axis=1).mean(), seconds.max(axis=1).mean(), worth.max(axis=1).mean()
        for four in itertools.combinations(range(1, 8), 3):
            half = [0, *four]
            some = QuestionAttempts.of(
                np.repeat(np.arange(len(cost)), 4),
                worth[:, half].ravel(),
                cost[:, half].ravel(),
                seconds[:, half].ravel(),
            )
            some = replace(some, beyond="extrapolate")
            found = (
                some.expected_cost([8]).mean() / truth[0] - 1,
                some.expected_seconds([8], 8).mean() / truth[1] - 1,
                some.expected_accuracy([8])[0].mean() - truth[2],
            )
            bias.append(found)
            shares = (np.arange(1, 5) ** 8 - np.arange(4) ** 8.0) / 4**8
            replaced.append((np.sort(seconds[:, half], axis=1) @ shares).mean() / truth[1] - 1)
    assert (np.abs(np.mean(bias, axis=0)) < [0.03, 0.04, 0.02]).all()
    # With replacement eight passes would seem far too fast.
    assert np.mean(replaced) < -0.08


@pytest.mark.parametrize("keep", ["oracle", "all"])
def test_of_questions_that_no_attempt_settled_some_never_will_be(keep):
    """Bayes: of those without a right one of n, unsolvable ones are u / (u + (1 - u) E[(1 - p)^n])."""
    rng = np.random.default_rng(11)
    n = np.repeat([6, 8], 150)
    chance = np.where(rng.random(300) < 0.4, 0.0, rng.beta(4, 2, 300))
    question = np.repeat(np.arange(300), n)
    right = (rng.random(len(question)) < chance[question]).astype(float)
    alike = np.ones(len(question))
    attempts = QuestionAttempts.of(question, right if keep == "oracle" else 1 - right, alike, alike, keep=keep)
    attempts = replace(attempts, beyond="extrapolate")
    fit = attempts.difficulty
    assert 0.2 < fit.unsolvable < 0.5
    k = np.array([6, 7, 8, 9, 20])
    settled, not_settled = attempts.expected_accuracy(k)[:: 1 if keep == "oracle" else -1]
    found = np.bincount(question, weights=right)
    for own in (6, 8):
        rows = (n == own) & (found == 0)
        assert rows.sum() > 50
        none = (1 - fit.unsolvable) * quad(lambda p, own=own: beta(fit.a, fit.b).pdf(p) * (1 - p) ** own, 0, 1)[0]
        never = fit.unsolvable / (fit.unsolvable + none)
        posterior = beta(fit.a, fit.b + own)
        for column, most in enumerate(k):
            more = max(most - own, 0)
            some = quad(lambda p, more=more, posterior=posterior: posterior.pdf(p) * (1 - (1 - p) ** more), 0, 1)[0]
            np.testing.assert_allclose(settled[rows, column], (1 - never) * some, rtol=1e-9, atol=1e-14)
            np.testing.assert_allclose(not_settled[rows, column], 1 - (1 - never) * some, rtol=1e-9)
    # Where one of the attempts is right, more passes than attempts find it.
    assert (settled[(found > 0)[:, None] & (k >= n[:, None])] == 1).all()


def test_why_no_more_passes_than_attempts_can_be_spoken_of():
    beyond = "k beyond the 4 attempts of a question needs keep 'oracle' or 'all', and attempts that are right or wrong;"
    worth = np.tile([0, 0, 0, 0.0, 0, 1, 1, 1], 5)
    question, alike = np.repeat(np.arange(10), 4), np.ones(40)

    def why(worth=worth, **options):
        found = QuestionAttempts.of(question, worth, alike, alike, **options)
        return replace(found, beyond="extrapolate").not_extrapolated()

    assert why() == why(keep="all") == ""
    assert why(keep="verifier", score=alike) == f"{beyond} nothing is known of others there, got keep 'verifier'"
    assert why(worth / 2) == f"{beyond} nothing is known of others there, got scores"
    assert why(worth * 0).startswith("some samples must be right and some wrong")
    one = replace(QuestionAttempts.of([1, 2, 2], [0, 1, 1], [1] * 3, [1] * 3), beyond="extrapolate")
    assert one.not_extrapolated() == "k beyond the attempts of a question needs at least 2 attempts of each, got 1"
    two = one.only(np.array([False, True]))
    assert one.expected_cost([1]).tolist() == [[1.0], [1.0]]
    with pytest.raises(SettingError, match=r"^some samples must be right and some wrong"):
        two.expected_cost([3])


def test_costs_beyond_the_attempts_are_means_times_passes():
    attempts = attempts_of()
    per_pass = attempts.cost.reshape(30, 4).mean(axis=1)
    np.testing.assert_allclose(attempts.expected_cost([1, 9]), per_pass[:, None] * [1, 9], rtol=1e-12)
    low, high = attempts.difficulty_band(np.array([7]))
    assert 0 < low[0] < attempts.difficulty.pass_at_k([7])[0][0] < high[0] < 1
