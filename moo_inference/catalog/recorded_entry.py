"""A catalog's entry of a model whose attempts are in a file: `attempts: {file: …, of: …}`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from moo_inference.catalog.base import (
    Amount,
    Count,
    Entry,
    Frozen,
    Name,
    ReadOnly,
    Real,
    Several,
    TextByName,
    WholeNumber,
)
from moo_inference.catalog.messages import PER_TOKEN
from moo_inference.catalog.model import PriceMode, PriceTier
from moo_inference.catalog.resource import Resources, gathered
from moo_inference.catalog.stopping import StopField, without_unset_stop
from moo_inference.evaluation.kept import KeepRecorded


def _as_tuple(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(value)
    return () if value is None else (value,)


def _as_written(values: tuple[Any, ...]) -> Any:
    return values[0] if len(values) == 1 else values or None


OneOrSeveral = Annotated[tuple[Entry, ...], BeforeValidator(_as_tuple), PlainSerializer(_as_written)]
"""One value or a list in a file, a tuple here."""


class AttemptsSource(Frozen):
    """Where the attempts of a model are.

    Attributes:
        file: the files, relative to the catalog; several are read as one.
        of: the model's id there, `model@effort`; None where the files hold only one.
        columns: a table's own names of columns, by ours; see `read_attempts`.
        threshold: the least score that is right, in place of scores.
        scorer: which score of a log is correctness, where it has several.
        keep: which of k passes counts.
        least_samples: attempts that a question must have to count; None: 1.
        bytes: size of each file; None where it may be any.
        sha256: of each file, in hexadecimal.
        paths: where the files were found, absolute; not written.
    """

    file: OneOrSeveral[Name] = Field(min_length=1)
    of: Name | None = None
    columns: TextByName = ReadOnly({})
    threshold: Real | None = None
    scorer: Name | None = None
    keep: KeepRecorded = "oracle"
    least_samples: Count | None = None
    bytes: OneOrSeveral[WholeNumber] = ()
    sha256: OneOrSeveral[Name] = ()
    paths: tuple[str, ...] = Field(default=(), exclude=True)

    @model_serializer(mode="wrap")
    def _that_are_set(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value is not None and value != {}}


class RecordedEntry(Frozen):
    """A model in a catalog file, whose lengths, times and accuracy are those of recorded attempts.

    Attributes:
        name: what people call it.
        attempts: where they are.
        family: see Model, as for the others.
        effort: how hard the model was told to think.
        free: a price of zero is meant.
        price_checked: an unusual price is meant.
        usd_per_million_input_tokens: price of what goes in; None where the attempts have their cost in dollars.
        usd_per_million_output_tokens: price of what comes out, reasoning included.
        usd_per_million_cached_input_tokens: price of what came from a cache; None: that of other input.
        usd_per_million_cache_write_input_tokens: price of what was written to a cache; None: that of other input.
        price_tiers: what attempts with long prompts pay.
        price_mode: how requests are sent that pay these prices, see Model.
        resources: what a pass uses besides money and time.
        parallel: P, how many passes run at the same time.
        latency: how times add up.
        stop: when passes stop before the k-th.
        escalates_from: with the stop `escalate`, the entry of the setting that runs first; else None.
        sources: where each number came from, by field.
    """

    name: Name
    family: Name | None = None
    effort: Name | None = None
    free: bool = False
    price_checked: bool = False
    usd_per_million_input_tokens: Amount | None = None
    usd_per_million_output_tokens: Amount | None = None
    usd_per_million_cached_input_tokens: Amount | None = None
    usd_per_million_cache_write_input_tokens: Amount | None = None
    price_tiers: Several[PriceTier] = ()
    price_mode: PriceMode | None = None
    resources: Resources = ReadOnly({})
    attempts: AttemptsSource
    parallel: Count = 1
    latency: Literal["ideal", "waves"] = "waves"
    stop: StopField = None
    escalates_from: "RecordedEntry | None" = None
    sources: TextByName = ReadOnly({})

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_unset_stop(handler(self))

    @model_validator(mode="after")
    def _first_where_it_escalates(self) -> "RecordedEntry":
        if (self.escalates_from is not None) != (self.stop is not None and self.stop.escalates):
            raise PydanticCustomError("stop", "escalates_from must come with the stop escalate, and that with it")
        return self

    @model_validator(mode="before")
    @classmethod
    def _units_in_keys(cls, values: Any) -> Any:
        return gathered(values, PER_TOKEN)


def is_recorded_entry(values: Any) -> bool:
    """Whether the values of a model in a file say where its attempts are."""
    return isinstance(values, Mapping) and "attempts" in values
