"""Caveats of prices that are not those of interactive requests."""

from collections.abc import Mapping

from moo_inference.catalog import Model, Scenario

_WAITS = {
    "batch": "a batch may take hours, up to a day",
    "flex": "flex requests are slower, and refused at times",
    "priority": "priority requests may be faster",
}


def mode_notes(models: Mapping[str, Model], scenarios: Mapping[str, Scenario]) -> tuple[str, ...]:
    """A caveat for each mode in which some models are priced: their times are not those of that mode.

    Args:
        models: by id.
        scenarios: by id, of which some may have budgets of time.

    Returns:
        Sentences without their full stops; none where all prices are those of interactive requests.
    """
    limits = [limit for one in scenarios.values() for limit in one.limits() if limit.quantity == "time"]
    timed = any(limit.value is not None for limit in limits)
    within = ", so that within a budget of time is said of those alone" if timed else ""
    by_mode: dict[str, list[str]] = {}
    for key, model in models.items():
        if model.price_mode is not None:
            by_mode.setdefault(model.price_mode, []).append(key)
    return tuple(
        f"prices are those of {mode} ({', '.join(keys) if len(keys) < len(models) else 'all models'}), and times those "
        f"of interactive requests{within}: {_WAITS[mode]}"
        for mode, keys in by_mode.items()
    )
