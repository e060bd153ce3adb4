"""The other ways to estimate k passes: independent ones, equally hard questions, and the paper's normals."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

import moo_inference as mi
from moo_inference.catalog import Accuracy
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.estimators import ScalingCurve
from moo_inference.evaluation import equal_difficulty
from validated.halves import AT_ONCE

EQUAL, POOLED, PAPER = "1 - (1 - p)^k", "independent passes", "the paper's normals"

PAPER_STD = 0.05
"""The middle one of the nine standard deviations of the paper's Table 3."""

FloatArray = NDArray[np.float64]


def one_pass(model: RecordedModel) -> float:
    """Mean accuracy of one pass."""
    return float(model.attempts.expected_accuracy([1])[0].mean())


def equally_hard(model: RecordedModel, k: Iterable[int]) -> FloatArray:
    """(n_k,) 1 - (1 - p)^k of the mean accuracy of one pass."""
    return equal_difficulty(one_pass(model), list(k))[0]


def independent_curve(
    model: RecordedModel, k: Sequence[int], parallel: int = AT_ONCE, scenarios: Sequence[mi.Scenario] = ()
) -> ScalingCurve:
    """Cost and time of passes that know nothing of the question: of one distribution with the mean and spread of all.

    Args:
        model: the model; its accuracy does not count.
        k: numbers of passes.
        parallel: how many run at the same time.
        scenarios: for which the curve gets a view.
    """
    alone = _drawn(model, Accuracy(mean=one_pass(model), std=0.0))
    return mi.ClosedForm().estimate(alone, k, parallel=parallel, scenarios=scenarios)


def papers_curve(model: RecordedModel, k: Sequence[int], std: float = PAPER_STD) -> ScalingCurve:
    """As the paper estimates: the largest of k normal accuracies (Eq. 3), and the sum of the times over P (Eq. 6).

    Args:
        model: the model; of its accuracy the mean counts.
        k: numbers of passes.
        std: of the accuracy; less where no accuracy with that mean varies so much.
    """
    p = one_pass(model)
    normal = _drawn(model, Accuracy(mean=p, std=min(std, float(np.sqrt(p * (1 - p))))))
    return mi.ClosedForm().estimate(normal, k, parallel=AT_ONCE, latency="ideal")


def _drawn(model: RecordedModel, accuracy: Accuracy) -> mi.Model:
    """The model without its attempts: passes are drawn from its distributions."""
    known = {name: getattr(model, name) for name in mi.Model.model_fields}
    return mi.Model(**{**known, "accuracy": accuracy})
