import csv
from fractions import Fraction
from math import prod

import numpy as np
import pytest
from conftest import GOLDEN
from scipy.optimize import brentq
from scipy.special import betaln
from scipy.stats import betabinom

from moo_inference.errors import SettingError
from moo_inference.evaluation import BetaFit, beta_pass_at_k, fit_beta, mean_pass_at_k
from moo_inference.evaluation.beta import _Likelihood


def exact_error(a, b, k):
    """B(a, b + k) / B(a, b) as a fraction; a and b are doubles, and so fractions themselves."""
    a, b = Fraction(a), Fraction(b)
    one = b.denominator * a.denominator
    start, whole = int(b * one), int((a + b) * one)
    return Fraction(prod(start + j * one for j in range(k)), prod(whole + j * one for j in range(k)))


@pytest.mark.parametrize(("a", "b"), [(1, 1), (2, 3), (0.5, 0.25), (40, 3), (0.125, 8), (0.001953125, 0.5), (300, 900)])
def test_equals_products_of_fractions(a, b):
    ks = [1, 2, 3, 10, 100, 3000]
    accuracy, error = beta_pass_at_k(a, b, ks)
    for column, k in enumerate(ks):
        exact = exact_error(a, b, k)
        if exact > Fraction(10) ** -290:
            assert abs(Fraction(float(error[column])) / exact - 1) < 1e-13
        else:
            assert error[column] == 0
        assert abs(Fraction(float(accuracy[column])) / (1 - exact) - 1) < 1e-13


def test_equals_its_closed_form_at_a_million_passes():
    """For a = 1 the error is b / (b + k)."""
    k = np.array([10**6, 10, 10**5])
    for b in (0.25, 1.0, 7.5):
        np.testing.assert_allclose(beta_pass_at_k(1, b, k)[1], b / (b + k), rtol=1e-12)


def test_a_narrow_distribution_is_that_of_equally_hard_questions():
    accuracy, _ = beta_pass_at_k(3e9, 7e9, [1, 5, 20])
    np.testing.assert_allclose(accuracy, 1 - 0.7 ** np.array([1, 5, 20]), rtol=1e-7)
    assert abs(beta_pass_at_k(0.3, 0.7, 20)[0][0] - (1 - 0.7**20)) > 0.2


def test_the_value_at_k_does_not_depend_on_the_others():
    whole = beta_pass_at_k(0.3, 0.9, range(1, 2001))[1]
    assert (beta_pass_at_k(0.3, 0.9, [2000, 7, 7])[1] == whole[[1999, 6, 6]]).all()


def log_likelihood(a, b, n, c):
    return betabinom.logpmf(c, n, a, b).sum()


@pytest.fixture(scope="module")
def mixed():
    """60 questions of a Beta(0.6, 1.4) with 3 to 30 samples each."""
    rng = np.random.default_rng(8)
    n = rng.integers(3, 31, 60)
    return n, rng.binomial(n, rng.beta(0.6, 1.4, 60))


def test_the_fit_is_a_maximum_of_scipys_likelihood_and_its_information_the_curvature(mixed):
    fit = fit_beta(*mixed, unsolvable=False)
    top = log_likelihood(fit.a, fit.b, *mixed)

    def at(x, y, step):
        return log_likelihood(fit.a * np.exp(step * x), fit.b * np.exp(step * y), *mixed)

    # The slope vanishes there, and not a hundredth beside.
    for x, y in ((1, 0), (0, 1)):
        assert abs(at(x, y, 1e-4) - at(x, y, -1e-4)) / 2e-4 < 1e-3
        assert abs(at(x, y, 0.0101) - at(x, y, 0.0099)) / 2e-4 > 1e-2
    h = 1e-3
    curvature = np.array(
        [
            [at(1, 0, h) + at(-1, 0, h) - 2 * top, (at(1, 1, h) - at(1, -1, h) - at(-1, 1, h) + at(-1, -1, h)) / 4],
            [0, at(0, 1, h) + at(0, -1, h) - 2 * top],
        ]
    )
    information = np.linalg.inv(fit.covariance)
    np.testing.assert_allclose(-curvature[[0, 0, 1], [0, 1, 1]] / h**2, information[[0, 0, 1], [0, 1, 1]], rtol=1e-4)


def test_the_misfit_is_that_of_all_passes_up_to_the_fewest_samples():
    """With a single sample of one question it is that of pass@1 alone."""
    n, c = np.array([1, 8, 8, 8, 20]), np.array([1, 0, 3, 8, 19])
    fit = fit_beta(n, c, unsolvable=False)
    assert fit.n == 1
    assert fit.misfit == pytest.approx(abs(fit.a / (fit.a + fit.b) - (c / n).mean()), rel=1e-12)
    assert fit.misfit > 0.01


def test_of_two_samples_each_the_shares_of_right_ones_are_those_of_the_fit():
    """Two shares and two parameters: E p^2 is that of questions with both right, E (1 - p)^2 with none."""
    # The last three differ by hardly more than chance.
    for none, one, both in ((10, 5, 5), (1, 3, 3), (4, 11, 8), (7, 19, 13)):
        fit = fit_beta(2, np.repeat([0, 1, 2], [none, one, both]), unsolvable=False)
        m, total = none + one + both, fit.a + fit.b
        assert fit.a * (fit.a + 1) / total / (total + 1) == pytest.approx(both / m, rel=1e-5)
        assert fit.b * (fit.b + 1) / total / (total + 1) == pytest.approx(none / m, rel=1e-5)


@pytest.mark.parametrize("at", [(0.3, 1.2), (4.0, 2.5)])
def test_curvature_and_slope_are_those_of_the_likelihood_wherever_it_is_looked_at(mixed, at):
    n, c = mixed
    likelihood = _Likelihood.of(n, c)
    logs = np.log(at)
    h = 1e-5
    for axis in np.eye(2) * h:
        slope = (likelihood.value(logs + axis) - likelihood.value(logs - axis)) / (2 * h)
        assert likelihood.gradient(logs) @ axis / h == pytest.approx(slope, rel=1e-6)
        curvature = (likelihood.gradient(logs + axis) - likelihood.gradient(logs - axis)) / (2 * h)
        np.testing.assert_allclose(likelihood.hessian(logs) @ axis / h, curvature, rtol=1e-6)


def test_questions_may_come_in_any_order(mixed):
    n, c = mixed
    order = np.random.default_rng(1).permutation(len(n))
    assert fit_beta(n[order], c[order]).a == fit_beta(n, c).a


DISTRIBUTIONS = [(100, 20, 0.4, 0.8), (164, 100, 0.3, 1.0), (300, 10, 4.0, 4.0)]


@pytest.mark.parametrize(("m", "n", "a", "b"), DISTRIBUTIONS)
def test_recovers_the_distribution_within_its_standard_errors_and_bands_cover_as_often_as_they_say(m, n, a, b):
    rng = np.random.default_rng(20)
    runs, k = 400, np.array([1, 3, n, 20 * n])
    truth = beta_pass_at_k(a, b, k)[0]
    z, covered = [], {level: np.zeros(len(k)) for level in (0.95, 0.8)}
    for _ in range(runs):
        fit = fit_beta(n, rng.binomial(n, rng.beta(a, b, m)), unsolvable=False)
        z.append((np.log([fit.a, fit.b]) - np.log([a, b])) / np.sqrt(np.diag(fit.covariance)))
        # Without what is added for a distribution that may be wrong: here it is right.
        pure = BetaFit(fit.a, fit.b, fit.covariance, fit.n, 0.0)
        for level in covered:
            low, high = pure.interval(k, level)
            covered[level] += (low <= truth) & (truth <= high)
    # Squares of standard normals have mean 1 and variance 2; maximum likelihood has a bias of order 1/m besides.
    squares = np.mean(np.square(z), axis=0)
    assert (np.abs(squares - 1) < 4 * np.sqrt(2 / runs) + 10 / m).all()
    assert (np.abs(4 * squares - 1) > 4 * np.sqrt(2 / runs) + 10 / m).all()
    band = 4 * np.sqrt(0.95 * 0.05 / runs)
    assert (np.abs(covered[0.95] / runs - 0.95) < band).all()
    assert (np.abs(covered[0.8] / runs - 0.95) > band).all()
    assert (np.abs(covered[0.8] / runs - 0.8) < 4 * np.sqrt(0.8 * 0.2 / runs)).all()


def test_bands_are_wider_by_the_misfit_and_stay_within_zero_and_one(mixed):
    fit = fit_beta(*mixed, unsolvable=False)
    assert fit.n == 3
    assert 0 < fit.misfit < 0.1
    pure = BetaFit(fit.a, fit.b, fit.covariance, fit.n, 0.0)
    n, c = mixed
    k = np.array([1, 2, 3])
    assert fit.misfit == np.abs(fit.pass_at_k(k)[0] - mean_pass_at_k(n, c, k).mean).max()
    k = np.array([1, 30])
    extra = np.stack(pure.interval(k)) - np.stack(fit.interval(k))
    np.testing.assert_allclose(extra, [[fit.misfit] * 2, [-fit.misfit] * 2], atol=1e-15)
    low, high = fit.interval([1, 10, 10**5])
    accuracy = fit.pass_at_k([1, 10, 10**5])[0]
    assert (low >= 0).all()
    assert (low < accuracy).all()
    assert (accuracy < high).all()
    assert (high <= 1).all()
    sure = BetaFit(500.0, 1.0, np.eye(2) * 1e-4, 5, 0.0)
    assert np.isfinite(sure.interval([1, 10**4])).all()
    some = BetaFit(500.0, 1.0, np.eye(2) * 1e-4, 5, 0.0, unsolvable=0.25)
    np.testing.assert_allclose(some.interval([1, 7]), 0.75 * np.stack(sure.interval([1, 7])))


def test_where_the_error_vanishes_the_band_is_the_misfit_around_what_can_be_solved():
    far = BetaFit(500.0, 1.0, np.eye(2) * 1e-4, 5, 0.125, unsolvable=0.25)
    np.testing.assert_array_equal(far.interval([10**4]), [[0.625], [0.875]])
    np.testing.assert_array_equal(BetaFit(0.01, 100.0, np.eye(2) * 1e-4, 5, 0.125).interval([1])[0], [0.0])


def test_of_a_distribution_by_hand_no_interval_is_known():
    assert np.isnan(BetaFit(2.0, 1.0, np.zeros((2, 2)), 5, 0.01).interval([1, 9])).all()


def test_the_band_of_a_fit_holds_the_fit_and_is_that_of_its_samples(mixed):
    fit = fit_beta(*mixed)
    k = [1, 2, 3, 30, 10**5]
    low, high = fit.interval(k)
    assert (low <= fit.pass_at_k(k)[0]).all()
    assert (fit.pass_at_k(k)[0] <= high).all()
    written = BetaFit(fit.a, fit.b, np.zeros((2, 2)), 3, 0.0, fit.unsolvable, known_band=fit.band())
    np.testing.assert_array_equal(written.interval(k), [low, high])
    assert (fit.interval(k, 0.8)[1] <= high).all()
    with pytest.raises(SettingError, match=r"level must be 0\.95, that of the band"):
        written.interval(k, 0.8)


def human_eval():
    table = {}
    with (GOLDEN / "published_numbers.csv").open() as stream:
        for row in csv.DictReader(line for line in stream if not line.startswith("#")):
            if row["quantity"] == "pass@k":
                table.setdefault(row["model"], {})[int(row["k"])] = float(row["value"])
    return table


@pytest.mark.parametrize("model", sorted(human_eval()))
def test_a_beta_through_two_published_points_is_below_the_third(model):
    """Papers take the best temperature for each k, and difficulty is no Beta: it is too low, yet of the right size."""
    one, ten, hundred = (human_eval()[model][k] for k in (1, 10, 100))

    def foretold(log_size, k):
        return beta_pass_at_k(one * np.exp(log_size), (1 - one) * np.exp(log_size), k)[0][0]

    size = brentq(lambda x: foretold(x, 10) - ten, -12, 12)
    assert foretold(size, 1) == pytest.approx(one, abs=1e-12)
    a, b = one * np.exp(size), (1 - one) * np.exp(size)
    assert foretold(size, 100) == pytest.approx(1 - np.exp(betaln(a, b + 100) - betaln(a, b)), abs=1e-12)
    assert ten < foretold(size, 100) < hundred
    assert 0.015 < hundred - foretold(size, 100) < 0.13


@pytest.mark.parametrize(
    ("n", "c", "words"),
    [
        (5, [5, 5, 5], "some samples must be right and some wrong for a Beta distribution to be fitted, all are right"),
        (5, [0, 0], "all are wrong"),
        (1, [0, 1, 1], "some question must have 2 samples or more .* all have 1"),
        ([1, 5], [1, 0], "some question must have both right and wrong samples .* none has"),
        (6, [2, 2, 2, 2], "questions must differ by more than chance"),
        (2, [0, 1, 1, 2], "questions must differ by more than chance"),
        (10, [5, 4, 6, 5], "questions must differ by more than chance .* equally hard"),
        (3, [4], "c must be at most n"),
    ],
)
def test_data_without_a_likeliest_distribution_are_refused(n, c, words):
    with pytest.raises(SettingError, match=words):
        fit_beta(n, c)


@pytest.mark.parametrize(("a", "b"), [(0, 1), (1, -1), (float("nan"), 1), (1, float("inf"))])
def test_what_is_no_beta_is_refused(a, b):
    with pytest.raises(SettingError, match="must be positive, got"):
        beta_pass_at_k(a, b, 1)


def test_each_parameter_that_is_no_beta_s_is_named():
    with pytest.raises(SettingError) as refused:
        beta_pass_at_k(0, -1.5, 1, 2)
    assert refused.value.errors == (
        "a must be positive, got 0",
        "b must be positive, got -1.5",
        "unsolvable must be a share of the questions, in [0, 1), got 2",
    )


def test_bad_levels_are_refused(mixed):
    with pytest.raises(SettingError, match="level must lie between 0 and 1, got 95"):
        fit_beta(*mixed).interval([1], level=95)
