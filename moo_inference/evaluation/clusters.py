"""Clusters of questions: several questions of one source, such as one text, which are right or wrong together."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moo_inference.errors import SettingError
from moo_inference.evaluation.checks import FloatArray, IntArray

_SHOWN = 5


def cluster_codes(clusters: ArrayLike, questions: int) -> IntArray:
    """(m,) number of the cluster of each of m questions, from its name; equal names are one cluster.

    Raises:
        SettingError: (a ValueError) there is not one for each question.
    """
    names = np.asarray(clusters)
    if names.shape != (questions,):
        raise SettingError(f"clusters must name one for each of {questions} questions, got shape {names.shape}")
    return np.asarray(np.unique(names, return_inverse=True)[1])


def cluster_totals(values: FloatArray, codes: IntArray) -> FloatArray:
    """(c, ...) sums over the questions of each cluster, of (m, ...) values of questions."""
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    return np.asarray(np.add.reduceat(values[order], starts, axis=0))


def cluster_shares(values: FloatArray, codes: IntArray) -> FloatArray:
    """(c, n) values with the mean of all questions, whose spread is that of clusters.

    The mean over questions is a ratio: a total over clusters by their number of questions. What stands here are its
    linear terms, so that the standard error of their mean is the one that is robust to clusters, with the correction
    c / (c - 1) for few of them: K.-Y. Liang and S. L. Zeger, Longitudinal data analysis using generalized linear
    models, Biometrika 73 (1986); E. Miller, Adding Error Bars to Evals, arXiv:2411.00640.

    Args:
        values: (m, n) of m questions.
        codes: (m,) the cluster of each.
    """
    mean = values.mean(axis=0)
    totals = cluster_totals(values - mean, codes)
    return np.asarray(mean + totals * len(totals) / len(values))


def clusters_of_questions(names: NDArray[Any], place: IntArray, cluster: ArrayLike) -> NDArray[Any]:
    """(m,) names of the clusters of m questions, from one entry a sample.

    Args:
        names: (m,) of the questions.
        place: (s,) the question of each sample.
        cluster: (s,) the cluster of its question.

    Raises:
        SettingError: (a ValueError) there is not one for each sample, or a question stands in two clusters.
    """
    given = np.asarray(cluster)
    if given.shape != place.shape:
        raise SettingError(f"cluster must name one for each of {len(place)} samples, got shape {given.shape}")
    found = np.empty(len(names), dtype=given.dtype)
    found[place] = given
    wrong = np.unique(place[found[place] != given])
    if wrong.size:
        raise SettingError(f"all samples of a question must have one cluster, got several for {_named(names, wrong)}")
    return found


def _named(names: NDArray[Any], which: IntArray) -> str:
    shown = ", ".join(repr(str(name)) for name in names[which[:_SHOWN]])
    return shown + (", ..." if len(which) > _SHOWN else "")
