"""What there is to choose from and by: models, scenarios, rules, readers and catalogs, from their registries."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moo_inference.catalog import Accuracy, Catalog, Model, Scenario
from moo_inference.catalog.accuracy import MeasuredAccuracy
from moo_inference.catalog.loading import BUILT_IN
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.decision.registry import DEFAULT_RULES, RULES, make_rule
from moo_inference.documents.yaml_file import read_yaml
from moo_inference.formatting.table import Table
from moo_inference.formatting.words import counted
from moo_inference.readers.format import Format
from moo_inference.readers.registry import FORMATS
from moo_inference.views.prices import dates_of_prices, sources_of_prices
from moo_inference.views.study_tables import budget_text

Records = Sequence[Mapping[str, Any]]

_TAKEN_BY = {
    "prices": "fit --prices",
    "lengths": "fit --lengths",
    "serving": "fit --serving",
    "outcomes": "fit --outcomes",
    "attempts": "fit --attempts, solve --attempts",
    "candidates": "candidates",
    "catalog": "solve --catalog",
}
"""Which command takes a file, by what it contains."""


@dataclass(frozen=True)
class Listing:
    """One kind of things.

    Attributes:
        title: what they are.
        records: of each its values by key, as files have them.
        columns: the headings of a table, and the key or the text of each.
        brief: the headings that are shown where all kinds are.
    """

    title: str
    records: Records
    columns: Mapping[str, str | Callable[[Mapping[str, Any]], str]]
    brief: Sequence[str]

    def table(self, *, brief: bool = False) -> Table:
        """As a table; with `brief` its most telling columns."""
        columns = {name: cell for name, cell in self.columns.items() if not brief or name in self.brief}
        rows = tuple(tuple(_cell(record, cell) for cell in columns.values()) for record in self.records)
        return Table(self.title, tuple(columns), rows)


def _cell(record: Mapping[str, Any], cell: str | Callable[[Mapping[str, Any]], str]) -> str:
    value = record[cell] if isinstance(cell, str) else cell(record)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, bool):
        return "yes" if value else "-"
    return "-" if value in (None, "") else f"{value:.6g}" if isinstance(value, float) else str(value)


def models_listing(catalog: Catalog, name: str) -> Listing:
    """The models of a catalog; `name` names it in the title."""
    records = [{"id": key, **_model(model)} for key, model in catalog.models.items()]
    columns: dict[str, str | Callable[[Mapping[str, Any]], str]] = {
        "model": "id",
        "name": "name",
        "family": "family",
        "effort": "effort",
        "$ per million in": "usd_per_million_input_tokens",
        "out": "usd_per_million_output_tokens",
        "$ per hour": lambda one: "-" if one.get("usd_per_hour") is None else f"{one['usd_per_hour']:.6g}",
        "loads": lambda one: str(one.get("loads", "-")),
        "prices for": "price_mode",
        "of": "price_dates",
        "accuracy": "accuracy",
        "k up to": "k_limit",
        "keep": "keep",
        "parallel": "parallel",
        "resources": "resources",
    }
    for heading in ("family", "effort", "resources", "prices for", "of"):
        if not any(one[str(columns[heading])] for one in records):
            del columns[heading]
    if not any("loads" in one for one in records):
        del columns["$ per hour"], columns["loads"]
    return Listing(f"Models of {name}", records, columns, ("model", "$ per million in", "out", "accuracy", "keep"))


def _model(model: Model) -> dict[str, Any]:
    by_hour = None if model.servers is None else model.servers.usd_per_hour
    return {
        "name": model.name,
        "family": model.family,
        "effort": model.effort,
        "usd_per_million_input_tokens": None if by_hour else model.usd_per_million_input_tokens,
        "usd_per_million_output_tokens": None if by_hour else model.usd_per_million_output_tokens,
        **({} if model.servers is None else {"usd_per_hour": by_hour, "loads": len(model.servers.loads)}),
        "price_mode": model.price_mode,
        "price_dates": dates_of_prices(model),
        "price_sources": sources_of_prices(model),
        "accuracy": rests_on(model),
        "k_limit": model.k_limit,
        "keep": model.keep,
        "parallel": model.parallel,
        "resources": list(model.resources),
    }


def rests_on(model: Model) -> str:
    """What the accuracy of a model rests on, in words."""
    if isinstance(model, RecordedModel):
        attempts = model.attempts
        return _samples("attempts at", len(attempts.names), attempts.fewest, int(attempts.n.max()))
    known = model.accuracy
    if isinstance(known, MeasuredAccuracy):
        n = known.evaluation.n
        return _samples("evaluation of", len(n), int(n.min()), int(n.max()))
    if isinstance(known, Accuracy):
        return f"assumed normal, {known.mean:g} ± {known.std:g}"
    return f"Beta distribution, mean {known.mean:.4g}, of {counted(known.samples, 'sample')} a question"


def _samples(what: str, questions: int, fewest: int, most: int) -> str:
    each = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
    return f"{what} {counted(questions, 'question')} x {each}"


def scenarios_listing(catalog: Catalog, name: str) -> Listing:
    """The scenarios of a catalog; `name` names it in the title."""
    records = [{"id": key, "name": one.name, **_limits(one)} for key, one in catalog.scenarios.items()]
    texts = {key: budget_text(one) for key, one in catalog.scenarios.items()}
    columns: dict[str, str | Callable[[Mapping[str, Any]], str]] = {
        "scenario": "id",
        "name": "name",
        "budgets, per query": lambda one: texts[one["id"]],
    }
    return Listing(f"Scenarios of {name}", records, columns, ("scenario", "budgets, per query"))


def _limits(scenario: Scenario) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for limit in scenario.limits():
        found |= {limit.budget: limit.value, f"{limit.budget.rpartition('_')[0]}_quantile": limit.quantile}
    return found


def rules_listing() -> Listing:
    """The rules."""
    rules = {key: make_rule(key) for key in RULES}
    records = [
        {
            "id": key,
            "selects": rule.picks,
            "budgets_needed": ["cost", "time", "every further resource"] if rule.needs_scale else [],
            "default": key in DEFAULT_RULES,
        }
        for key, rule in rules.items()
    ]
    columns: dict[str, str | Callable[[Mapping[str, Any]], str]] = {
        "rule": "id",
        "selects": "selects",
        "needs budgets for": "budgets_needed",
        "by default": "default",
    }
    return Listing("Rules", records, columns, ("rule", "selects"))


def readers_listing() -> Listing:
    """The formats of files that can be read."""
    records = [
        {
            "id": form.id,
            "name": form.name,
            "contains": form.kind,
            "recognised_by": recognised_by(form),
            "taken_by": _TAKEN_BY[form.kind],
        }
        for form in FORMATS.values()
    ]
    columns: dict[str, str | Callable[[Mapping[str, Any]], str]] = {
        "format": "id",
        "name": "name",
        "contains": "contains",
        "recognised by": "recognised_by",
        "taken by": "taken_by",
    }
    return Listing("Readers", records, columns, ("format", "name", "taken by"))


def recognised_by(form: Format) -> list[str]:
    """What of a file's content shows that it is of a format."""
    named = {
        "first bytes": form.magic,
        "keys of JSON": form.json,
        "columns of a table": form.header,
        "first rows of a table": form.cells,
        "beginning of the text": form.text,
    }
    return [what for what, known in named.items() if known]


def catalogs_listing() -> Listing:
    """The built-in catalogs."""
    records = []
    for name, path in BUILT_IN.items():
        what, origin = described(path)
        data = read_yaml(path).data
        counts = {section: len(data.get(section, {})) for section in ("models", "scenarios")}
        records.append({"id": name, "holds": what, **counts, "origin": origin})
    columns: dict[str, str | Callable[[Mapping[str, Any]], str]] = {
        "catalog": "id",
        "holds": "holds",
        "models": "models",
        "scenarios": "scenarios",
        "origin and licence": "origin",
    }
    return Listing("Built-in catalogs", records, columns, ("catalog", "holds"))


def described(path: str) -> tuple[str, str]:
    """What a catalog file is, and where it is from, by the first two paragraphs of its leading comment."""
    paragraphs = [""]
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        text = line.lstrip("# ").rstrip()
        paragraphs[-1:] = [f"{paragraphs[-1]} {text}".strip()] if text else [paragraphs[-1], ""]
    what, origin = (*paragraphs, "")[:2]
    return what, origin
