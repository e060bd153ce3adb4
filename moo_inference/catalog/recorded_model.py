"""A model of which whole attempts were recorded: what each cost, how long it took, and whether it was right."""

from typing import Any, Self

import numpy as np
from pydantic import Field, InstanceOf, SerializerFunctionWrapHandler, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from moo_inference.catalog.model import Model
from moo_inference.catalog.recorded_entry import RecordedEntry
from moo_inference.catalog.stopping import without_unset_stop
from moo_inference.errors import SettingError
from moo_inference.evaluation.checks import FloatArray
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.stop import Stop

_SHAPING = (
    "usd_per_million_input_tokens",
    "usd_per_million_output_tokens",
    "usd_per_million_cached_input_tokens",
    "usd_per_million_cache_write_input_tokens",
    "price_tiers",
)
"""What the cost of the attempts was computed with."""


class RecordedModel(Model):
    """A model with its recorded attempts, which the `Recorded` estimator counts.

    Its other fields describe single attempts, as for any model: estimators that know no attempts draw passes from them
    independently of each other and of the question.

    Attributes:
        attempts: cost, seconds and correctness of each attempt at each question; not written to files.
        entry: as a catalog file has the model, with the file of its attempts; this is what is written. None for
            attempts that came from no file.
        escalates_from: with the stop `escalate`, the setting that runs first, at the same questions; else None.
    """

    attempts: InstanceOf[QuestionAttempts] = Field(repr=False)
    entry: RecordedEntry | None = Field(default=None, repr=False)
    escalates_from: "RecordedModel | None" = Field(default=None, repr=False)

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        if self.entry is not None:
            return self.entry.model_dump()
        values = {name: value for name, value in handler(self).items() if name not in ("attempts", "entry")}
        return without_unset_stop(values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RecordedModel):
            return NotImplemented
        # The same file may be in two places: what it holds is in its digest.
        same = self.entry is not None or self.attempts is other.attempts
        same &= self.escalates_from == other.escalates_from
        return same and self.model_dump() == other.model_dump()

    def __hash__(self) -> int:
        return hash((self.name, self.parallel, self.latency))

    @property
    def keep(self) -> str:
        """See Model."""
        return self.attempts.keep

    @property
    def first_setting(self) -> "RecordedModel | None":
        """See Model."""
        return self.escalates_from

    @property
    def k_limit(self) -> int | None:
        """The largest k that the attempts allow."""
        return self.attempts.fewest

    @model_validator(mode="after")
    def _tokens_of_resources(self) -> "RecordedModel":
        if self.resources and self.attempts.tokens is None:
            raise ValueError(
                f"{', '.join(self.resources)} by the token needs the tokens of every attempt, in the columns tokens_in "
                "and tokens_out; got attempts without them"
            )
        return self

    @model_validator(mode="after")
    def _first_at_the_same_questions(self) -> "RecordedModel":
        first, stop = self.escalates_from, self.stop
        if first is None or stop is None:
            return self
        why = ""
        if first.attempts.names.astype(str).tolist() != self.attempts.names.astype(str).tolist():
            why = "the first setting must have been asked the same questions"
        elif (first.keep, tuple(first.resources)) != (self.keep, tuple(self.resources)):
            why = f"the first setting must have keep {self.keep!r} and the same resources, got keep {first.keep!r}"
        elif (stop.batch or 1) > first.attempts.fewest:
            why = (
                f"the first setting must have at least the {stop.batch} attempts of each question that {stop} runs, "
                f"got {first.attempts.fewest}"
            )
        if why:
            raise PydanticCustomError("stop", "{why}", {"why": why})
        return self

    @property
    def spent(self) -> list[FloatArray]:
        """What adds up over passes, (s,) of each attempt: USD, and each resource in its unit."""
        return self.attempts.spent([(own.per_input_token, own.per_output_token) for own in self.resources.values()])

    def replace(self, **changes: Any) -> Self:
        """See Frozen. The prices are in the cost of each attempt already, and cannot be replaced.

        With another `stop` than `escalate` no setting runs first.

        Raises:
            SettingError: (a ValueError) as in Frozen, or a price is to be replaced.
        """
        refused = [name for name in changes if name in _SHAPING and changes[name] != getattr(self, name)]
        if refused:
            raise SettingError(
                f"{', '.join(refused)} of {self.name} must be given where its attempts are read, which have their cost "
                "already: Attempts.model, or the catalog"
            )
        if "stop" in changes and "escalates_from" not in changes and self.escalates_from is not None:
            stop = Stop.parse(changes["stop"])
            if stop is None or not stop.escalates:
                changes["escalates_from"] = None
        own = {name: value for name, value in changes.items() if name in RecordedEntry.model_fields}
        if self.entry is not None and own and "entry" not in changes:
            if isinstance(own.get("escalates_from"), RecordedModel):
                own["escalates_from"] = own["escalates_from"].entry
            changes["entry"] = self.entry.replace(**own)
        return super().replace(**changes)


def measured_spread(values: Any, least: float) -> dict[str, float]:
    """Mean and standard deviation as fields of a Spread, the mean at least what a Spread allows."""
    given = np.asarray(values, dtype=float)
    return {"mean": max(float(given.mean()), least), "std": float(given.std())}
