"""How much more accurate one chosen model is than another, where both were evaluated on the same questions."""

from itertools import combinations
from typing import TYPE_CHECKING

from moo_inference.catalog.accuracy import MeasuredAccuracy
from moo_inference.studies.questions import by_question, clusters_of_both, paired
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
                        known[model, k] = by_question(study.catalog.models[model], k, study.options.conditions)
                difference = paired(
                    known[one.model, first.k],
                    known[other.model, second.k],
                    clusters_of_both(measured[one.model], measured[other.model]),
                )
                if difference is not None:
                    rows.append((scenario, first.rule, one.model, first.k, other.model, second.k, *difference))
    return pd.DataFrame(rows, columns=list(COLUMNS))
