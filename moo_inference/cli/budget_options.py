"""Budgets as options, in place of a scenario or over one."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated

import typer

from moo_inference.errors import ErrorCollector, SettingError

if TYPE_CHECKING:
    from moo_inference.catalog import Catalog

_OPTIONS = ("cost", "time", "p95", "p99", "accuracy", "queries_per_second", "concurrency")
NO_BUDGET = "none stands for no budget"


def _flag(*flags: str, metavar: str, words: str) -> object:
    return typer.Option(*flags, metavar=metavar, help=words)


@dataclass(frozen=True)
class BudgetOptions:
    """Budgets per query; each may be `none`. With a scenario they go over its own, without one in place of all."""

    c_max: Annotated[str | None, _flag("--cost", "--c-max", metavar="USD", words="At most so much per query.")] = None
    t_max: Annotated[
        str | None,
        _flag("--time", "--t-max", metavar="SECONDS", words="At most so long per query, on average."),
    ] = None
    p95: Annotated[
        str | None, _flag("--p95", metavar="SECONDS", words="95 of 100 queries finish in this, in place of --time.")
    ] = None
    p99: Annotated[
        str | None, _flag("--p99", metavar="SECONDS", words="99 of 100 queries finish in this, in place of --time.")
    ] = None
    a_min: Annotated[
        str | None,
        _flag("--accuracy", "--a-min", metavar="SHARE", words="At least this accuracy, in [0, 1]."),
    ] = None
    budget: Annotated[
        list[str] | None,
        _flag("--budget", metavar="UNIT=AMOUNT", words="Of a further resource, as joules=500; may be repeated."),
    ] = None

    queries_per_second: Annotated[
        str | None,
        _flag("--queries-per-second", metavar="N", words="The load, where times depend on it; k passes count k times."),
    ] = None
    concurrency: Annotated[
        str | None, _flag("--concurrency", metavar="N", words="Queries at the same time, in place of the last.")
    ] = None

    @property
    def limits(self) -> dict[str, float | None]:
        """The budgets that are given, by the names that `with_limits` takes.

        Raises:
            SettingError: (a ValueError) one is no number; all are named.
        """
        from moo_inference.catalog.limits import check_limits
        from moo_inference.cli.fit_options import pairs_of

        errors = ErrorCollector()
        named = {"cost": self.c_max, "time": self.t_max, "p95": self.p95, "p99": self.p99, "accuracy": self.a_min}
        named |= {"queries_per_second": self.queries_per_second, "concurrency": self.concurrency}
        texts = {name: text for name, text in named.items() if text is not None}
        texts |= errors.attempt(pairs_of, "--budget", self.budget) or {}
        found = {name: errors.attempt(_number, called(name), text) for name, text in texts.items()}
        errors.attempt(check_limits, found, None, called)
        errors.check()
        return found

    @property
    def has_budgets(self) -> bool:
        """Whether something is limited; a load alone limits nothing."""
        from moo_inference.catalog.limits import LOADS

        budgets = [option.name for option in fields(BudgetOptions) if option.name not in LOADS]
        return any(getattr(self, name) is not None for name in budgets)

    def over(self, catalog: "Catalog", scenarios: Sequence[str] | None = None) -> "Catalog":
        """A catalog with these budgets: in place of its scenarios, or over those that are named.

        Args:
            catalog: of models and scenarios.
            scenarios: ids of scenarios; None: in place of all.

        Raises:
            SettingError: (a ValueError) see `with_limits`.
        """
        limits = self.limits
        if not limits:
            return catalog
        from moo_inference.catalog.limits import OWN_SCENARIO, with_limits

        named = None if scenarios == [OWN_SCENARIO] and OWN_SCENARIO not in catalog.scenarios else scenarios
        return with_limits(catalog, limits, named, called=called)


def called(name: str) -> str:
    """A limit as it is typed: --cost, --p95, --budget joules."""
    return f"--{name.replace('_', '-')}" if name in _OPTIONS else f"--budget {name}"


def _number(option: str, text: str) -> float | None:
    if text == "none":
        return None
    try:
        return float(text)
    except ValueError as error:
        unit = {"--accuracy": "a share in [0, 1]", "--cost": "a number of USD"}.get(option, "a number of seconds")
        unit = "a number" if option.startswith(("--budget", "--queries", "--concurrency")) else unit
        raise SettingError(f"{option} must be {unit}, or none; got {text!r}") from error
