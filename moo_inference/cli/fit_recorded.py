"""`fit --attempts`: an entry for every model x effort of recorded attempts."""

import sys
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from moo_inference.cli.catalog_source import AttemptOptions
from moo_inference.cli.fit_options import ByHand, Sources, pairs_of
from moo_inference.cli.joined import Joined
from moo_inference.cli.price_options import PriceOptions
from moo_inference.errors import ErrorCollector
from moo_inference.formatting.visible import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from moo_inference.catalog import Scenario
    from moo_inference.fitting.recorded_models import RecordedFit
    from moo_inference.formatting.table import Table

_COUNT = {
    Sources: ("prices", "model_key", "allow_free", "allow_expensive"),
    ByHand: ("parallel", "latency"),
}
"""The options that mean something of attempts, by group."""


def fit_recorded(
    recorded: AttemptOptions,
    sources: Sources,
    pricing: PriceOptions,
    by_hand: ByHand,
    scenarios: "Callable[[], Mapping[str, Scenario]]",
    joined: Joined,
    *,
    keep: str,
    name: str | None,
) -> None:
    """Make the entries, write them, and print what they are.

    Args:
        recorded: the attempts.
        sources: the price list.
        pricing: on which terms queries are sent.
        by_hand: how passes run.
        scenarios: gives those of the budgets, by id.
        joined: the catalog that they join.
        keep: which of k passes counts.
        name: must be None: models have the names of the attempts.

    Raises:
        SettingError: (a ValueError) an option is out of its range or means nothing here, or something lacks.
        ReaderError: (a ValueError) a file cannot be read.
    """
    errors = ErrorCollector()
    errors.add(*_refused(sources, by_hand, name))
    keys = errors.attempt(pairs_of, "--model-key", sources.model_key)
    if sources.prices is None:
        errors.attempt(pricing.refuse_without_prices)
    terms = errors.attempt(lambda: pricing.terms)
    errors.check()
    found = recorded.models(
        sources.prices,
        keys or {},
        of=None,
        keep=keep,
        terms=terms,
        parallel=by_hand.parallel,
        latency=by_hand.latency,
        free=sources.allow_free,
        expensive=sources.allow_expensive,
    )
    joined.before(list(found.models), scenarios).write(found.models)
    _print(found, sys.stderr if joined.out is None else sys.stdout)


def _refused(sources: Sources, by_hand: ByHand, name: str | None) -> list[str]:
    given = groups_given(sources, by_hand, besides=(*_COUNT[Sources], *_COUNT[ByHand]))
    given += [] if name is None else ["--name"]
    return [f"{', '.join(given)} must not be given with --attempts, which have all of it"] if given else []


def groups_given(*groups: Any, besides: Sequence[str] = ()) -> list[str]:
    """The options of some groups that have another value than their default, as typed.

    Args:
        groups: dataclasses of options.
        besides: names of those that are passed over.
    """
    return [
        f"--{option.name.replace('_', '-')}"
        for group in groups
        for option in fields(group)
        if option.name not in besides and getattr(group, option.name) != option.default
    ]


def _print(found: "RecordedFit", stream: Any) -> None:
    from moo_inference.formatting.table import first_rows, print_tables

    for sentence in (*found.warnings, *found.notes):
        stream.write(f"note: {one_line(sentence)}\n")
    print_tables([first_rows(models_table(found), "moo-inference list models --catalog FILE")], stream)


def models_table(found: "RecordedFit") -> "Table":
    """What one pass of each model does, and on how much that rests."""
    from moo_inference.formatting.amounts import seconds, usd
    from moo_inference.formatting.table import Table

    rows = []
    for name, model in found.models.items():
        attempts = model.attempts
        one = [float(values.mean()) for values in (attempts.expected_cost([1]), attempts.expected_seconds([1], 1))]
        right = f"{float(attempts.expected_accuracy([1])[0].mean()):.4f}"
        questions = f"{len(attempts.names):,}"
        rows.append((name, questions, f"{attempts.fewest:,}", right, usd(one[0]), seconds(one[1])))
    heading = ("model", "questions", "k up to", "accuracy", "cost", "time")
    return Table("Recorded attempts: one pass", heading, tuple(rows))
