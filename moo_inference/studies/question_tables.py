"""What every configuration of several models comes to at each question of the evaluation that it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from moo_inference.catalog import MeasuredAccuracy, Model
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray, IntArray, ScalingCurve
from moo_inference.studies.paired_accuracy import question_table


@dataclass(frozen=True)
class QuestionTable:
    """What n configurations of one model come to at m questions.

    Attributes:
        rows: (n,) places of the configurations among all.
        questions: (m,) places of the questions among all.
        columns: (c,) the objectives that are known question by question; others are taken as certain.
        values: (m, n, c) these objectives.
    """

    rows: IntArray
    questions: IntArray
    columns: IntArray
    values: FloatArray


@dataclass(frozen=True)
class QuestionTables:
    """The tables of all models that rest on an evaluation.

    Attributes:
        F: (n, m) objectives of all configurations, as estimated.
        questions: how many different ones there are.
        models: one table a model.
    """

    F: FloatArray
    questions: int
    models: tuple[QuestionTable, ...]

    def weighted(self, weights: FloatArray) -> FloatArray:
        """(R, n, m) the objectives where the questions have other weights.

        Args:
            weights: (R, questions) at least 0. Where all questions of a model have none, it is as estimated.
        """
        F = np.repeat(self.F[None], len(weights), axis=0)
        for table in self.models:
            own = weights[:, table.questions]
            total = own.sum(axis=1)
            some = total > 0
            m, n, c = table.values.shape
            means = (own[some] @ table.values.reshape(m, n * c)) / total[some, None]
            F[np.ix_(np.flatnonzero(some), table.rows, table.columns)] = means.reshape(-1, n, c)
        return F


def question_tables(
    models: Mapping[str, Model], curves: Mapping[str, ScalingCurve], conditions: Conditions
) -> QuestionTables:
    """The tables of some models. Questions of one name are one question, whichever model answered them.

    Args:
        models: by id.
        curves: as estimated, by id.
        conditions: P and latency of the estimates.
    """
    known: dict[str, tuple[list[str], IntArray, FloatArray]] = {}
    for key, model in models.items():
        k, objectives = curves[key].k, np.arange(curves[key].F.shape[1])
        if isinstance(model, RecordedModel):
            names = [str(name) for name in model.attempts.names]
            known[key] = (names, objectives, _recorded(model, k, conditions))
        elif isinstance(model.accuracy, MeasuredAccuracy):
            names, right = question_table(model.accuracy, k.tolist())
            known[key] = (names, objectives[-1:], 1 - right[..., None])
    place = {
        name: number for number, name in enumerate(sorted({name for names, *_ in known.values() for name in names}))
    }
    starts = dict(zip(curves, np.cumsum([0, *map(len, curves.values())]).tolist(), strict=False))
    found = tuple(
        QuestionTable(
            np.arange(starts[key], starts[key] + len(curves[key])),
            np.array([place[name] for name in names], dtype=np.int64),
            columns,
            values,
        )
        for key, (names, columns, values) in known.items()
    )
    return QuestionTables(np.concatenate([curve.F for curve in curves.values()]), len(place), found)


def _recorded(model: RecordedModel, k: IntArray, conditions: Conditions) -> FloatArray:
    """(m, n, objectives) of recorded attempts, in the order of the objectives, error last."""
    parallel, latency = conditions.of(model)
    attempts = model.attempts
    spent = [
        np.bincount(attempts.place, weights=amount)[:, None] / attempts.n[:, None] * k.astype(float)
        for amount in model.spent
    ]
    seconds = attempts.expected_seconds(k, parallel, latency)
    return np.stack([spent[0], seconds, *spent[1:], attempts.expected_accuracy(k)[1]], axis=2)
