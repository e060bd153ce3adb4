"""What numbers of passes, samples and right ones must hold, in the words of the errors."""

import numpy as np
import pytest

from moo_inference.errors import SettingError
from moo_inference.evaluation.checks import counts, distinct, passes, refuse_beyond, zeros_and_ones


def sentences(call, *given):
    with pytest.raises(SettingError) as refused:
        call(*given)
    return list(refused.value.errors)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (3, [3]),
        ([2, 1, 2], [2, 1, 2]),
        ([2.0, 1.0], [2, 1]),
        (np.array([7], dtype=np.uint8), [7]),
        (2**53 - 1, [2**53 - 1]),
    ],
)
def test_whole_numbers_of_passes_are_taken_as_they_are(given, expected):
    found = passes(given)
    assert (found.tolist(), found.dtype) == (expected, np.int64)


@pytest.mark.parametrize("given", [[], [[1, 2]], ["1"], [True], None])
def test_what_is_no_list_of_numbers_of_passes_is_shown(given):
    assert sentences(passes, given) == [f"k must be a list of whole numbers of at least 1, got {given!r}"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ([1, 0, 2, -3], "0, -3"),
        ([1.5, 2.0, np.nan, np.inf], "1.5, nan, inf"),
        ([0, -1, -2, -3, -4], "0, -1, -2, -3, -4"),
        ([0, -1, -2, -3, -4, -5], "0, -1, -2, -3, -4, ..."),
        ([2**53, 1], "9007199254740992"),
    ],
)
def test_numbers_of_passes_that_are_none_are_shown_up_to_five(given, shown):
    assert sentences(passes, given) == [f"k must be whole numbers of at least 1, got {shown}"]


@pytest.mark.parametrize(
    ("n", "c", "expected"),
    [
        ([4, 1], [0, 1], ([4, 1], [0, 1])),
        (4, [0, 4, 2], ([4, 4, 4], [0, 4, 2])),
        ([4], [1, 2], ([4, 4], [1, 2])),
        (3.0, 2, ([3], [2])),
    ],
)
def test_one_number_of_samples_may_serve_all_questions(n, c, expected):
    found = counts(n, c)
    assert tuple(each.tolist() for each in found) == expected
    assert {each.dtype for each in found} == {np.dtype(np.int64)}


@pytest.mark.parametrize(
    ("n", "c", "shapes"),
    [
        ([1, 2], [1, 1, 1], "(2,) and (3,)"),
        ([], [], "(0,) and (0,)"),
        ([[1, 2]], [[1, 1]], "(1, 2) and (1, 2)"),
        (4, [[1, 1]], "() and (1, 2)"),
    ],
)
def test_samples_and_right_ones_stand_one_a_question(n, c, shapes):
    assert sentences(counts, n, c) == [
        f"n and c must be lists of the same length, one entry per question, got shapes {shapes}"
    ]


def test_all_that_is_wrong_with_counts_is_told_at_once():
    assert sentences(counts, [0, 3, 2.5], [-1, 1, 1.5]) == [
        "n must be whole numbers of at least 1, got 0, 2.5",
        "c must be whole numbers of at least 0, got -1, 1.5",
    ]
    assert sentences(counts, ["4"], [True]) == ["n must be whole numbers, got <U1", "c must be whole numbers, got bool"]
    assert sentences(counts, [1] * 7, [1, *range(2, 8)]) == [
        "c must be at most n, since no more samples than all can be correct, got c = 2 of n = 1, c = 3 of n = 1, "
        "c = 4 of n = 1, c = 5 of n = 1, c = 6 of n = 1"
    ]


@pytest.mark.parametrize(
    ("n", "names", "k", "sentence"),
    [
        ([3, 2, 2], None, [2, 4, 3, 3], "k must be at most n = 2, as question 1 has 2 samples, got 3, 4"),
        ([1, 2], ["a", "b"], [2], "k must be at most n = 1, as question 'a' has 1 sample, got 2"),
        (
            [2, 1],
            np.array([8, 9]),
            range(1, 9),
            "k must be at most n = 1, as question 9 has 1 sample, got 2, 3, 4, 5, 6, ...",
        ),
    ],
)
def test_the_first_question_with_the_fewest_samples_is_named(n, names, k, sentence):
    assert sentences(refuse_beyond, np.array(n), np.array(k), names) == [sentence]
    refuse_beyond(np.array(n), np.array([min(n), 1]), names)


@pytest.mark.parametrize("values", [[], [2], [2, 1, 2, 2, -1], [[3, 1], [1, 3]]])
def test_distinct_values_stand_once_in_ascending_order(values):
    assert distinct(np.array(values)).tolist() == sorted({*np.array(values).ravel().tolist()})


@pytest.mark.parametrize("given", [[True, False], [1, 0], [1.0, 0.0], np.array([1, 0], dtype=np.uint8)])
def test_right_and_wrong_are_one_and_zero(given):
    found = zeros_and_ones("correct", given)
    assert (found.tolist(), found.dtype) == ([1.0, 0.0], float)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "won must be a list of 0 (wrong) and 1 (right), got an array of float64 with shape (0,)"),
        ([[1]], "won must be a list of 0 (wrong) and 1 (right), got an array of int64 with shape (1, 1)"),
        (["1"], "won must be a list of 0 (wrong) and 1 (right), got an array of <U1 with shape (1,)"),
        ([1, 0.5, 2], "won must be 0 (wrong) or 1 (right) for every sample, got 0.5, 2"),
        ([2, -1, 3, 4, 5, 6, 1], "won must be 0 (wrong) or 1 (right) for every sample, got 2, -1, 3, 4, 5, ..."),
    ],
)
def test_what_is_neither_right_nor_wrong_is_shown(given, sentence):
    assert sentences(zeros_and_ones, "won", given) == [sentence]
