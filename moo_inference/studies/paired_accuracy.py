"""How much more accurate one chosen model is than another, where both were evaluated on the same questions."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from moo_inference.catalog.accuracy import MeasuredAccuracy
from moo_inference.estimators.curve import FloatArray
from moo_inference.evaluation import paired_difference, question_accuracies
from moo_inference.studies.study import Study

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "scenario",
    "decision",
    "model",
    "k",
    "other_model",
    "other_k",
    "difference",
    "difference_ci_low",
    "difference_ci_high",
    "questions",
)


def accuracy_differences(study: Study) -> "pd.DataFrame":
    """For each two models that share questions, each at its own choice, their paired difference in accuracy.

    Questions that are hard for one model are mostly hard for another, so the interval of the difference is narrower
    than those of the two accuracies suggest. Only questions that both answered count.

    Returns:
        One row per scenario, rule and pair of models that share questions: COLUMNS; the interval is at 95 %, over
        questions, or over their clusters where an evaluation names any.
    """
    import pandas as pd  # noqa: PLC0415 (slow to load)

    measured = {
        key: model.accuracy
        for key, model in study.catalog.models.items()
        if isinstance(model.accuracy, MeasuredAccuracy)
    }
    known: dict[tuple[str, int], dict[str, float]] = {}
    rows = []
    for scenario in study.catalog.scenarios:
        cells = {cell.model: cell for cell in study.cells if cell.scenario == scenario and cell.model in measured}
        for one, other in combinations(cells.values(), 2):
            for first, second in zip(one.choices, other.choices, strict=True):
                if first.k is None or second.k is None:
                    continue
                for model, k in ((one.model, first.k), (other.model, second.k)):
                    if (model, k) not in known:
                        known[model, k] = by_question(measured[model], k)
                difference = paired(
                    known[one.model, first.k],
                    known[other.model, second.k],
                    clusters_of_both(measured[one.model], measured[other.model]),
                )
                if difference is not None:
                    rows.append((scenario, first.rule, one.model, first.k, other.model, second.k, *difference))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def by_question(accuracy: MeasuredAccuracy, k: int) -> dict[str, float]:
    """Expected correctness of the kept one of k passes, by question."""
    names, values = question_table(accuracy, [k])
    return dict(zip(names, values[:, 0].tolist(), strict=True))


def question_table(accuracy: MeasuredAccuracy, k: Sequence[int]) -> tuple[list[str], FloatArray]:
    """The questions of an evaluation, and (m, n) expected correctness of the kept one of k (n,) passes at each."""
    question, correct, code = accuracy.evaluation.samples()
    answer, score = (code, None) if accuracy.keep == "majority" else (None, -code)
    found = question_accuracies(
        question,
        correct,
        k,
        keep=accuracy.keep,
        answer=answer,
        score=score,
        trials=accuracy.trials,
        seed=accuracy.seed,
    )
    return sorted(accuracy.evaluation.names), found.accuracy


def clusters_of_both(one: MeasuredAccuracy, other: MeasuredAccuracy) -> dict[str, str]:
    """The cluster of each question; where the two evaluations name different ones, that of the first."""
    return {**other.clusters, **one.clusters}


def paired(
    ours: Mapping[str, float], theirs: Mapping[str, float], clusters: Mapping[str, str]
) -> tuple[float, float, float, int] | None:
    """Mean difference over the questions of both, its 95 % interval, and how many they are; None without any.

    Args:
        ours: accuracy of the one model, by question.
        theirs: of the other.
        clusters: of the questions, by name; empty where each stands for itself.
    """
    shared = sorted(ours.keys() & theirs.keys())
    if not shared:
        return None
    names = [clusters.get(name, name) for name in shared] if clusters else None
    mean, low, high = paired_difference(_column(ours, shared), _column(theirs, shared), clusters=names)
    return float(mean[0]), float(low[0]), float(high[0]), len(shared)


def _column(values: Mapping[str, float], names: list[str]) -> FloatArray:
    return np.array([[values[name]] for name in names])
