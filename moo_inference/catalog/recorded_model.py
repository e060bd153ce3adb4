"""A model of which whole attempts were recorded: what each cost, how long it took, and whether it was right."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import Field, InstanceOf

from moo_inference.catalog.model import Model
from moo_inference.errors import SettingError
from moo_inference.evaluation.question_attempts import QuestionAttempts


class RecordedModel(Model):
    """A model with its recorded attempts, which the `Recorded` estimator counts.

    Its other fields describe single attempts, as for any model: estimators that know no attempts draw passes from them
    independently of each other and of the question.

    Attributes:
        attempts: cost, seconds and correctness of each attempt at each question; not written to files.
    """

    attempts: InstanceOf[QuestionAttempts] = Field(exclude=True, repr=False)

    @property
    def k_limit(self) -> int | None:
        """The largest k that the attempts allow."""
        return self.attempts.fewest


def refuse_recorded(models: Mapping[str, Model]) -> None:
    """Refuse to write models whose attempts a catalog file has no place for.

    Raises:
        SettingError: (a ValueError) every such model is named.
    """
    errors = [
        f"models.{key}: a catalog file must hold models without recorded attempts, for which it has no place; got "
        f"{len(model.attempts.cost):,} attempts: keep the file that they were read from"
        for key, model in models.items()
        if isinstance(model, RecordedModel)
    ]
    if errors:
        raise SettingError(errors)


def measured_spread(values: Any, least: float) -> dict[str, float]:
    """Mean and standard deviation as fields of a Spread, the mean at least what a Spread allows."""
    given = np.asarray(values, dtype=float)
    return {"mean": max(float(given.mean()), least), "std": float(given.std())}
