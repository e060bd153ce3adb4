import csv
import itertools
import re
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from conftest import GOLDEN
from hypothesis import given
from hypothesis import strategies as st

from moo_inference.errors import SettingError
from moo_inference.evaluation import mean_pass_at_k, pass_at_k, urn


def exact_error(n, c, k):
    return Fraction(comb(n - c, k), comb(n, k))


def off_by(value, exact):
    """Relative difference from a fraction; absolute where the fraction is below what a product can hold."""
    if exact < Fraction(10) ** -290:
        return abs(float(value))
    return abs(float((Fraction(float(value)) - exact) / exact))


def formula_rows():
    with (GOLDEN / "published_numbers.csv").open() as stream:
        for row in csv.DictReader(line for line in stream if not line.startswith("#")):
            found = re.fullmatch(r"pass@k unbiased \(n=(\d+);c=(\d+)\)", row["quantity"])
            if found:
                yield int(found[1]), int(found[2]), int(row["k"]), row["value"]


@pytest.mark.parametrize(("n", "c", "k", "printed"), list(formula_rows()))
def test_equals_published_values_to_their_last_digit(n, c, k, printed):
    digits = len(printed.partition(".")[2])
    value = pass_at_k(n, [c], k)[0][0, 0]
    assert abs(value - float(printed)) <= 0.5 * 10.0**-digits + 1e-15


def test_all_formula_rows_are_read():
    assert len(list(formula_rows())) == 6


@pytest.mark.parametrize("c", [0, 1, 2, 37, 500, 5000, 9000, 9990, 9999, 10_000])
def test_equals_exact_fractions_at_ten_thousand_samples(c):
    n = 10_000
    k = np.unique(np.append(np.geomspace(1, n, 23).astype(int), [n - c or 1, min(n - c + 1, n)]))
    accuracy, error = pass_at_k(n, [c], k)
    for column, each in enumerate(k.tolist()):
        exact = exact_error(n, c, each)
        assert off_by(error[0, column], exact) < 1e-13
        assert off_by(accuracy[0, column], 1 - exact) < 1e-13
    # The control: one less the other loses digits at one end, which is why both are kept.
    if c == 1:
        assert off_by(1 - error[0, 0], 1 - exact_error(n, c, 1)) > 1e-13


def test_error_keeps_its_digits_where_pass_at_k_is_one():
    n, c, k = 400, 200, 150
    accuracy, error = pass_at_k(n, [c], k)
    exact = exact_error(n, c, k)
    assert exact < 1e-17
    assert accuracy[0, 0] == 1
    assert off_by(error[0, 0], exact) < 1e-13


@given(st.integers(1, 9), st.data())
def test_equals_counting_all_draws(n, data):
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    outcomes = [1] * c + [0] * (n - c)
    draws = list(itertools.combinations(outcomes, k))
    accuracy, error = pass_at_k(n, [c], k)
    assert accuracy[0, 0] == pytest.approx(sum(map(max, draws)) / len(draws), abs=1e-15)
    assert error[0, 0] == pytest.approx(1 - sum(map(max, draws)) / len(draws), abs=1e-15)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=12), st.data())
def test_the_mean_is_that_of_the_questions_however_they_are_ordered(pairs, data):
    n = np.array([right + wrong + 1 for right, wrong in pairs])
    c = np.array([right for right, _ in pairs])
    k = data.draw(st.lists(st.integers(1, int(n.min())), min_size=1, max_size=6))
    over = mean_pass_at_k(n, c, k)
    accuracy, error = pass_at_k(n, c, k)
    np.testing.assert_allclose(over.mean, accuracy.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(over.error, error.mean(axis=0), rtol=1e-13)
    if len(n) > 1:
        np.testing.assert_allclose(np.sqrt(over.variance), accuracy.std(axis=0, ddof=1), rtol=1e-9, atol=1e-14)
    else:
        assert np.isnan(over.variance).all()
    shuffled = np.array(data.draw(st.permutations(range(len(n)))))
    again = mean_pass_at_k(n[shuffled], c[shuffled], k)
    assert (again.mean == over.mean).all()
    assert (again.error == over.error).all()
    assert (pass_at_k(n[shuffled], c[shuffled], k)[0] == accuracy[shuffled]).all()


@pytest.mark.parametrize("mixed", [False, True])
def test_the_value_at_k_depends_neither_on_the_other_k_nor_on_the_block(mixed):
    rng = np.random.default_rng(1)
    n = rng.integers(900, 950, 40) if mixed else np.full(40, 900)
    c = rng.integers(0, 30, 40)
    whole = mean_pass_at_k(n, c, range(1, 901))
    assert (np.diff(whole.error) <= 0).all()
    for k in (1, 127, 128, 129, 900):
        alone = mean_pass_at_k(n, c, k)
        assert alone.error[0] == whole.error[k - 1]
        assert alone.mean[0] == whole.mean[k - 1]
        assert alone.variance[0] == whole.variance[k - 1]
    asked = [900, 3, 3, 128]
    assert (mean_pass_at_k(n, c, asked).error == whole.error[np.array(asked) - 1]).all()


def test_the_mean_over_many_questions_equals_the_fractions():
    rng = np.random.default_rng(2)
    n, c = rng.integers(300, 320, 50), rng.integers(0, 6, 50)
    over = mean_pass_at_k(n, c, [1, 7, 150, 300])
    for column, k in enumerate((1, 7, 150, 300)):
        exact = sum(exact_error(*pair, k) for pair in zip(n.tolist(), c.tolist(), strict=True)) / 50
        assert off_by(over.error[column], exact) < 1e-13
        assert off_by(over.mean[column], 1 - exact) < 1e-13


def test_a_small_mean_keeps_its_digits():
    """One right sample of 10,000, in one question of a thousand: at k = 7 the mean is 7e-7 exactly."""
    c = np.zeros(1000, dtype=int)
    c[17] = 1
    over = mean_pass_at_k(10_000, c, [1, 7])
    np.testing.assert_allclose(over.mean, [1e-7, 7e-7], rtol=1e-14)
    assert abs((1 - over.error[1]) / 7e-7 - 1) > 1e-12


def test_many_blocks_of_draws_give_what_one_gives(monkeypatch):
    """Questions whose error has vanished drop out of the sums, and still count in the variance."""
    n, c, k = 3000, np.array([0, 3, 1500, 2900, 3000]), np.arange(1, 3001)
    accuracy, error = pass_at_k(n, c, k)
    over = mean_pass_at_k(n, c, k)
    monkeypatch.setattr(urn, "_VALUES_AT_ONCE", 1)
    assert (pass_at_k(n, c, k)[1] == error).all()
    again = mean_pass_at_k(n, c, k)
    assert (again.error == over.error).all()
    np.testing.assert_allclose(again.variance, accuracy.var(axis=0, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(over.variance, accuracy.var(axis=0, ddof=1), rtol=1e-12)
    assert not ((error > 0) & (error < 1e-290)).any()


def test_at_one_pass_it_is_the_mean_accuracy_and_at_n_whether_any_is_right():
    c = np.array([0, 1, 4, 10])
    assert pass_at_k(10, c, [1, 10])[0].tolist() == [[0, 0], [0.1, 1], [0.4, 1], [1, 1]]


def test_a_benchmark_of_single_samples_knows_pass_at_one_alone():
    """164 problems, one sample each, 50 solved: not n = 164, c = 50."""
    solved = np.repeat([1, 0], [50, 114])
    assert mean_pass_at_k(1, solved, 1).mean[0] == pytest.approx(50 / 164, abs=1e-15)
    with pytest.raises(SettingError, match="k must be at most n = 1, as question 0 has 1 sample, got 10"):
        mean_pass_at_k(1, solved, 10)


@pytest.mark.parametrize(("n", "c", "k"), [(2, 0, 5), (5, 5, 10), (99, 0, 100)])
def test_k_beyond_the_samples_is_refused_and_never_one(n, c, k):
    for function in (pass_at_k, mean_pass_at_k):
        with pytest.raises(SettingError, match=f"k must be at most n = {n}, as question 0 has {n} samples, got {k}"):
            function(n, [c], [1, k])


def test_the_question_with_too_few_samples_is_named():
    words = "k must be at most n = 10, as question 'x' has 10 samples, got 11, 20"
    with pytest.raises(SettingError, match=words):
        pass_at_k([30, 10], [1, 2], [20, 11, 3], names=["y", "x"])


@pytest.mark.parametrize(
    ("n", "c", "words"),
    [
        ([0], [0], "n must be whole numbers of at least 1, got 0"),
        ([2.5], [1], "n must be whole numbers of at least 1, got 2.5"),
        ([2], [-1], "c must be whole numbers of at least 0, got -1"),
        ([2], [float("nan")], "c must be whole numbers of at least 0, got nan"),
        ([4, 2], [1, 3], "c must be at most n, .* got c = 3 of n = 2"),
        ([4, 2], [1, 1, 1], "n and c must be lists of the same length"),
        ([], [], "n and c must be lists of the same length"),
        (["4"], [1], "n must be whole numbers, got <U1"),
        ([True], [1], "n must be whole numbers, got bool"),
    ],
)
def test_bad_counts_are_refused(n, c, words):
    with pytest.raises(SettingError, match=words):
        pass_at_k(n, c, 1)


def test_all_bad_counts_are_told_at_once():
    with pytest.raises(SettingError) as caught:
        pass_at_k([0, 1], [-1, 0], 1)
    assert len(caught.value.errors) == 2


@pytest.mark.parametrize("k", [[], [0], [-3], [1.5], [float("nan")], ["a"], [[1, 2]], [True]])
def test_bad_k_is_refused(k):
    with pytest.raises(SettingError, match="k must be"):
        pass_at_k(10, [1], k)
