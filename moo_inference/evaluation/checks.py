"""What outcomes of an evaluation must hold, and the words for what they do not."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moo_inference.errors import SettingError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_SHOWN = 5


def passes(k: ArrayLike | Iterable[int]) -> IntArray:
    """Validated numbers of passes, as an (n,) array.

    Raises:
        SettingError: (a ValueError) one of them is not a whole number of at least 1.
    """
    values = np.atleast_1d(np.asarray(k))
    if values.ndim != 1 or values.size == 0 or values.dtype.kind not in "iuf":
        raise SettingError(f"k must be a list of whole numbers of at least 1, got {k!r}")
    wrong = values[~(_whole(values) & (values >= 1))]
    if wrong.size:
        raise SettingError(f"k must be whole numbers of at least 1, got {_some(wrong)}")
    return values.astype(np.int64)


def counts(n: ArrayLike, c: ArrayLike) -> tuple[IntArray, IntArray]:
    """Validated numbers of samples and of correct ones, as two (m,) arrays; one n may serve all questions.

    Raises:
        SettingError: (a ValueError) they are not whole, n < 1, or c is not in 0 ... n; all errors at once.
    """
    samples, correct = np.atleast_1d(np.asarray(n)), np.atleast_1d(np.asarray(c))
    if samples.size == 1:
        samples = np.broadcast_to(samples.ravel(), correct.shape)
    if samples.ndim != 1 or samples.shape != correct.shape or samples.size == 0:
        raise SettingError(
            "n and c must be lists of the same length, one entry per question, "
            f"got shapes {np.shape(n)} and {np.shape(c)}"
        )
    errors = []
    for name, values, least in (("n", samples, 1), ("c", correct, 0)):
        if values.dtype.kind not in "iuf":
            errors.append(f"{name} must be whole numbers, got {values.dtype}")
        elif not (good := _whole(values) & (values >= least)).all():
            errors.append(f"{name} must be whole numbers of at least {least}, got {_some(values[~good])}")
    if not errors and (correct > samples).any():
        which = np.flatnonzero(correct > samples)[:_SHOWN]
        errors.append(
            "c must be at most n, since no more samples than all can be correct, got "
            + ", ".join(f"c = {correct[i]} of n = {samples[i]}" for i in which)
        )
    if errors:
        raise SettingError(errors)
    return samples.astype(np.int64), correct.astype(np.int64)


def refuse_beyond(n: IntArray, k: IntArray, names: ArrayLike | None = None) -> None:
    """Refuse a k that some question has too few samples for.

    Args:
        n: (m,) samples of each question.
        k: numbers of passes.
        names: of the questions, for the message; None for their numbers from 0.

    Raises:
        SettingError: (a ValueError) a k exceeds the smallest n: without replacement there is no such draw.
    """
    fewest = int(np.argmin(n))
    beyond = distinct(k[k > n[fewest]])
    if beyond.size:
        name = fewest if names is None else np.asarray(names).tolist()[fewest]
        samples = "1 sample" if n[fewest] == 1 else f"{n[fewest]} samples"
        raise SettingError(
            f"k must be at most n = {n[fewest]}, as question {name!r} has {samples}, got {_some(beyond)}"
        )


def distinct(values: NDArray[Any]) -> NDArray[Any]:
    """The values that there are, ascending, each once: what np.unique gives, which loads numpy.ma for it.

    Args:
        values: an array without NaN.
    """
    ordered = np.sort(values, axis=None)
    return np.asarray(ordered[np.append(ordered[:1] == ordered[:1], ordered[1:] != ordered[:-1])])


def zeros_and_ones(name: str, values: ArrayLike) -> FloatArray:
    """Validated outcomes, 1.0 for correct and 0.0 for wrong, as an (s,) array.

    Raises:
        SettingError: (a ValueError) one of them is neither, or there are none.
    """
    given = np.asarray(values)
    if given.ndim != 1 or given.size == 0 or given.dtype.kind not in "biuf":
        raise SettingError(f"{name} must be a list of 0 (wrong) and 1 (right), got {_brief(given)}")
    wrong = given[~((given == 0) | (given == 1))]
    if wrong.size:
        raise SettingError(f"{name} must be 0 (wrong) or 1 (right) for every sample, got {_some(wrong)}")
    return given.astype(float)


def _whole(values: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(values) & (values == np.floor(values)) & (np.abs(values) < 2**53))


def _some(values: NDArray[Any]) -> str:
    shown = ", ".join(f"{value:g}" if values.dtype.kind == "f" else str(value) for value in values[:_SHOWN])
    return shown + (", ..." if len(values) > _SHOWN else "")


def _brief(values: NDArray[Any]) -> str:
    return f"an array of {values.dtype} with shape {values.shape}"
