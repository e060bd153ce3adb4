"""Models of recorded attempts, each with its price: every model x effort of the attempts at once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moo_inference.catalog.attempts import Attempts
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.errors import (
    ReaderError,
    SettingError,
    UnknownNameError,
    did_you_mean,
    unknown_name,
)
from moo_inference.evaluation.kept import KeepRecorded
from moo_inference.fitting.price_terms import PriceTerms
from moo_inference.fitting.prices import price_fields
from moo_inference.readers import Price
from moo_inference.readers.prices.price import PriceList

_DATE = re.compile(r"-(20\d\d-\d\d-\d\d|20\d{6})$")
"""Of a snapshot, at the end of its name."""

_ASSUMED_OF_CACHES = ("no price for cached input", "requests of a batch reach the cache")

_PRICES = (
    "usd_per_million_input_tokens",
    "usd_per_million_output_tokens",
    "usd_per_million_cached_input_tokens",
    "usd_per_million_cache_write_input_tokens",
    "price_tiers",
)


@dataclass(frozen=True)
class Priced:
    """What the models of some attempts cost.

    Attributes:
        prices: of a list; None where the attempts have their cost in dollars.
        keys: the name in the list, by id (`model@effort`) or by model; others are looked for under the model's own
            name, with and without what stands before a slash, and then without the date of a snapshot.
        terms: on which queries are sent.
    """

    prices: PriceList | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    terms: PriceTerms = field(default_factory=PriceTerms)

    def price(self, name: str) -> Price | None:
        """The price of a model; None without a list.

        Args:
            name: its id, `model@effort` or the model alone.

        Raises:
            ReaderError: (a ValueError) the list has no price for it, or none on these terms.
            SettingError: (a ValueError) the time needs its day.
        """
        return None if self.prices is None else self.terms.of(self._listed(name, self.prices))

    def _listed(self, name: str, prices: PriceList) -> Price:
        """The price of a model as the list has it."""
        family = _family(name)
        given = self.keys.get(name, self.keys.get(family))
        if given is not None:
            return prices.price(given)
        own = _names_of(family)
        for key in own:
            if key in prices.priced:
                return prices.priced[key]
        for key in own:
            if key in prices.unpriced:
                raise ReaderError(prices.unpriced[key])
        near = did_you_mean(own[0].rpartition("/")[2], list(prices.priced))
        raise ReaderError(f"{prices.path}: has no model {family!r}{near}: give --model-key {family}=KEY")


def _family(name: str) -> str:
    """The model of an id, without its effort."""
    return name.rpartition("@")[0] or name


def _names_of(family: str) -> list[str]:
    """How a price list may call a model, the most exact name first."""
    undated = _DATE.sub("", family)
    names = []
    for name in dict.fromkeys((family, undated)):
        parts = name.split("/")
        names += ["/".join(parts[start:]) for start in range(len(parts))]
    return names


@dataclass(frozen=True)
class RecordedFit:
    """Models that were made of attempts.

    Attributes:
        models: by id, in the order of the attempts.
        warnings: which models are left out for lack of a price, and which have the price of another name.
        notes: what else has to be known of prices and attempts, in sentences.
    """

    models: Mapping[str, RecordedModel]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def fit_attempts(
    attempts: Attempts,
    priced: Priced | None = None,
    *,
    of: Sequence[str] | None = None,
    keep: KeepRecorded = "oracle",
    parallel: int = 1,
    latency: str = "waves",
    least_samples: int | None = None,
) -> RecordedFit:
    """Make a model of every model x effort of some attempts.

    One whose price the list does not have is left out, and noted, unless it is among those that are asked for.

    Args:
        attempts: as `read_attempts` gives them.
        priced: their prices; None takes the cost that was recorded, in the column `usd`.
        of: ids of the models; None: all.
        keep: which of k passes counts.
        parallel: P, how many passes run at the same time.
        latency: `waves` or `ideal`.
        least_samples: leave out questions with fewer whole attempts; None: none is left out.

    Raises:
        SettingError: (a ValueError) the price of a model that is asked for is not to be found, or of all; or the
            attempts of a model lack what is needed; all that is wrong is named, each thing once.
        UnknownNameError: (a LookupError) a model is not there.
    """
    prices = Priced() if priced is None else priced
    chosen = attempts.models if of is None else tuple(dict.fromkeys(of))
    known = sorted({*attempts.models, *map(_family, attempts.models)})
    unknown = [str(unknown_name("model", name, attempts.models)) for name in chosen if name not in attempts.models]
    unknown += [str(unknown_name("model", name, known)) for name in prices.keys if name not in known]
    if unknown:
        raise UnknownNameError(unknown)
    unpriced: dict[str, list[str]] = {}
    warnings: dict[str, list[str]] = {}
    errors: dict[str, list[str]] = {}
    models: dict[str, RecordedModel] = {}
    notes: list[str] = list(attempts.notes)
    for name in chosen:
        try:
            price = prices.price(name)
        except ReaderError as error:
            unpriced.setdefault(error.errors[0], []).append(name)
            continue
        if price is not None and _DATE.search(_family(name)) and not _DATE.search(price.key):
            warnings.setdefault(f"priced as {price.key} ({price.where}), whose name has no date", []).append(name)
        try:
            models[name] = attempts.model(
                name,
                keep=keep,
                parallel=parallel,
                latency=latency,
                least_samples=least_samples,
                **_options(price, notes),
            )
        except SettingError as error:
            for sentence in error.errors:
                errors.setdefault(sentence, []).append(name)
            continue
        too_long = _beyond_mode(models[name], price)
        if too_long:
            del models[name]
            unpriced.setdefault(too_long, []).append(name)
    if of is not None or not (models or errors):
        errors |= unpriced
    if errors:
        raise SettingError([f"{', '.join(names)}: {sentence}" for sentence, names in errors.items()])
    warnings |= {f"left out, since {sentence}": names for sentence, names in unpriced.items()}
    warned = tuple(f"{', '.join(names)}: {sentence}" for sentence, names in warnings.items())
    return RecordedFit(models, warned, tuple(dict.fromkeys(notes)))


def _beyond_mode(model: RecordedModel, price: Price | None) -> str:
    """Why attempts have no price of a mode: some prompt is longer than those that it is for; empty where all have."""
    tokens = model.attempts.tokens
    if price is None or price.mode is None or price.context_tokens is None or tokens is None:
        return ""
    longest, limit = int(tokens[0].max()), price.context_tokens
    if longest <= limit:
        return ""
    return (
        f"{price.where}: {price.key} has a price for {price.mode} of at most {limit:,} input tokens, and an attempt "
        f"has {longest:,}"
    )


def _options(price: Price | None, notes: list[str]) -> dict[str, Any]:
    """The price of a model as `Attempts.model` takes it; what is not counted is added to the notes."""
    if price is None:
        return {}
    found = price_fields(price, cached_prompt=True)
    flags = ("free", "price_checked", "price_mode")
    values = {name: value for name, value in found.values.items() if name in (*_PRICES, *flags)}
    # What attempts read from a cache was recorded, and is no assumption.
    notes += [note for note in found.notes if not any(words in note for words in _ASSUMED_OF_CACHES)]
    source = next(iter(found.sources.values()))
    return {**values, "sources": {name: source for name in values if name in _PRICES}}
