"""The entry of a model in a fit file: which files it is made of, and what is given by hand."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from moo_inference.catalog.accuracy import AnyAccuracy
from moo_inference.catalog.base import (
    Amount,
    Count,
    Fraction,
    Frozen,
    Name,
    PositiveAmount,
    ReadOnly,
    Real,
    TextByName,
)
from moo_inference.catalog.messages import PER_TOKEN
from moo_inference.catalog.model import PriceMode, check_price
from moo_inference.catalog.recorded_entry import OneOrSeveral
from moo_inference.catalog.resource import Resources, gathered
from moo_inference.catalog.spread import RequestSeconds, TokenLength


class PricesSource(Frozen):
    """A price list.

    Attributes:
        file: relative to the fit file, as all files are.
        key: the model's name there; with attempts None, where it has their name.
        mode: see PriceTerms, as the next four.
        factor: multiplies every price.
        off_peak_share: of queries that are sent in the hours of lower prices.
        time: when queries are sent, in UTC.
        date: the day for which prices are asked.
    """

    file: Name
    key: Name | None = None
    mode: PriceMode | None = None
    factor: PositiveAmount | None = None
    off_peak_share: Fraction | None = None
    time: Name | None = None
    date: Name | None = None


class ServingSource(Frozen):
    """A serving benchmark.

    Attributes:
        file: see PricesSource.
        run: which run, counted from 1, where there are several.
    """

    file: Name
    run: Count | None = None


class LengthsSource(Frozen):
    """Token lengths of single requests.

    Attributes:
        file: see PricesSource.
        columns: the table's own names of `input_tokens`, `output_tokens`, `seconds` and `reasoning_tokens`.
    """

    file: Name
    columns: TextByName = ReadOnly({})


class OutcomesSource(Frozen):
    """An evaluation.

    Attributes:
        file: see PricesSource.
        system: which column of 0 and 1, where a CSV has one per system.
        filter: which filter of lm-eval samples, where there are several.
        metric: which metric of these, likewise.
        columns: a table's own names of `question`, `correct`, `answer`, `score` and `cluster`.
    """

    file: Name
    system: Name | None = None
    filter: Name | None = None
    metric: Name | None = None
    columns: TextByName = ReadOnly({})

    @field_validator("columns")
    @classmethod
    def _one_column_of_what_is_right(cls, columns: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        if info.data.get("system") is not None and "correct" in columns:
            raise ValueError("must not name the column correct together with system, which names it")
        return columns


class RecordedSource(Frozen):
    """Recorded attempts.

    Attributes:
        file: one file or several, which are read as one; see PricesSource.
        of: the model's id there, `model@effort`; None where they hold only one.
        columns: a table's own names of columns, see `read_attempts`.
        threshold: the least score that is right.
        scorer: which score of a log is correctness, where it has several.
        least_samples: leave out questions with fewer whole attempts; None: none is left out.
    """

    file: OneOrSeveral[Name] = Field(min_length=1)
    of: Name | None = None
    columns: TextByName = ReadOnly({})
    threshold: Real | None = None
    scorer: Name | None = None
    least_samples: Count | None = None


class FitEntry(Frozen):
    """A model in a fit file; its keys are the options of `moo-inference fit`.

    Attributes:
        name: what people call it; None: its id.
        family: see Model.
        effort: see Model.
        prices: where its prices are.
        serving: where its latency is.
        loads: files with runs of a benchmark at several loads, in its place; one or a list.
        lengths: where its lengths are.
        outcomes: where its accuracy is.
        attempts: recorded attempts, in the place of the last three.
        keep: which of k passes is kept; `all` with attempts alone.
        distribution: `outcomes` counts the accuracy, `beta` fits a distribution.
        cached_prompt: the prompt costs what cached input costs from the second pass on.
        shared_prompt: one request asks for all k passes.
        parallel: passes at the same time.
        latency: how times add up.
        allow_free: a price of 0 is meant.
        allow_expensive: an unusual price is meant.
        input_price: USD per million tokens, by hand.
        output_price: USD per million tokens, by hand.
        input_tokens: by hand, as in a catalog.
        output_tokens: by hand.
        reasoning_tokens: by hand; on top of `output_tokens`.
        request_seconds: of one pass, by hand.
        usd_per_hour: what a server of `loads` costs, in the place of prices per token.
        replicas: how many such servers share the load.
        accuracy: by hand, as in a catalog.
        resources: in a file `joules_per_output_token`, as in a catalog.
    """

    name: Name | None = None
    family: Name | None = None
    effort: Name | None = None
    prices: PricesSource | None = None
    serving: ServingSource | None = None
    loads: OneOrSeveral[Name] = ()
    lengths: LengthsSource | None = None
    outcomes: OutcomesSource | None = None
    attempts: RecordedSource | None = None
    keep: Literal["oracle", "verifier", "majority", "all"] = "oracle"
    distribution: Literal["outcomes", "beta"] = "outcomes"
    cached_prompt: bool = False
    shared_prompt: bool = False
    parallel: Count = 1
    latency: Literal["waves", "ideal"] = "waves"
    allow_free: bool = False
    allow_expensive: bool = False
    input_price: Amount | None = None
    output_price: Amount | None = None
    input_tokens: TokenLength | None = None
    output_tokens: TokenLength | None = None
    reasoning_tokens: TokenLength | None = None
    request_seconds: RequestSeconds | None = None
    usd_per_hour: PositiveAmount | None = None
    replicas: Count = 1
    accuracy: AnyAccuracy | None = None
    resources: Resources = ReadOnly({})

    @model_validator(mode="before")
    @classmethod
    def _units_in_keys(cls, values: Any) -> Any:
        return gathered(values, PER_TOKEN)

    @field_validator("input_price", "output_price")
    @classmethod
    def _usual_price(cls, price: float | None, info: ValidationInfo) -> float | None:
        if price is not None:
            try:
                check_price(
                    price, free=bool(info.data.get("allow_free")), checked=bool(info.data.get("allow_expensive"))
                )
            except ValueError as error:
                own = str(error).replace("`free:", "`allow_free:").replace("`price_checked:", "`allow_expensive:")
                raise ValueError(own) from error
        return price


OF_ATTEMPTS = (
    *("name", "family", "effort", "prices", "attempts", "keep", "parallel", "latency"),
    *("allow_free", "allow_expensive"),
)
"""The keys that mean something with recorded attempts, which have all else."""
