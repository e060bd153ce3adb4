"""Where prices are from and of which day, in words; what is not recorded is said."""

import re
from collections.abc import Mapping

from moo_inference.catalog import Model

_DATE = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_PRICES = "usd_per_"
_IN_A_LIST = re.compile(r"(?P<list>.*[^,\s]) (?P<key>\S+), (?P<date>\d{4}-\d{2}-\d{2})\Z")
"""A source as the measured catalogs have it: a list, the model's name there, the day."""


def sources_of_prices(model: Model) -> list[str]:
    """The texts on where the prices of a model are from, each once."""
    if model.servers is not None and model.servers.usd_per_hour is not None:
        return [f"USD {model.servers.usd_per_hour:g} an hour of a server"]
    return list(dict.fromkeys(text for name, text in model.sources.items() if name.startswith(_PRICES)))


def dates_of_prices(model: Model) -> list[str]:
    """The days that these texts name, ascending."""
    return sorted({date for text in sources_of_prices(model) for date in _DATE.findall(text)})


def dates_note(models: Mapping[str, Model]) -> str:
    """Of which days prices are, as far as their sources say, without the word prices.

    Args:
        models: by id.
    """
    known = [dates for model in models.values() if (dates := dates_of_prices(model))]
    dates = sorted({date for own in known for date in own})
    if not dates:
        return "as given; of which date is not recorded."
    span = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    others = f", for {len(known)} of {len(models)} models; of the others no date is recorded"
    return f"of {span}{'' if len(known) == len(models) else others}."


def sources_note(models: Mapping[str, Model]) -> str:
    """Where the prices of some models are from and of which day, a sentence; one list of several models stands once.

    Args:
        models: by id.
    """
    in_lists: dict[str, list[str]] = {}
    owners: dict[str, list[str]] = {}
    for key, model in models.items():
        texts = sources_of_prices(model)
        listed = _IN_A_LIST.match(texts[0]) if len(texts) == 1 else None
        if listed is not None:
            in_lists.setdefault(f"{listed['list']}, {listed['date']}", []).append(listed["key"])
        else:
            owners.setdefault("; ".join(map(_with_date, texts)), []).append(key)
    said = [f"{', '.join(dict.fromkeys(keys))} in {where}" for where, keys in in_lists.items()]
    said += [f"{', '.join(keys)}: {text or 'source and date not recorded'}" for text, keys in owners.items()]
    return f"Prices: {'; '.join(said)}."


def _with_date(text: str) -> str:
    return text if _DATE.search(text) else f"{text} (date not recorded)"


def dated_caption(models: Mapping[str, Model]) -> list[str]:
    """A sentence on the days of prices below a table; nothing where no source of a price is recorded at all."""
    if not any(map(sources_of_prices, models.values())):
        return []
    return [f"Prices {dates_note(models)}"]
