"""The paper's experiment as tables, in the paper's layout, with what differs from print marked."""

from collections.abc import Mapping
from typing import Any

from moo_inference.formatting.table import Table
from moo_inference.paper.reproduce import KNOWN_DIFFERENCES, Reproduction
from moo_inference.views.study_tables import budget_text

_COLUMNS = {
    "accuracy-max": "Accuracy-Optimal",
    "max-cube": "Cube-Optimal",
    "utopia-closest": "Utopia-Closest",
    "knee-point": "Knee-Point",
}


_PRINTED = ("k", "accuracy", "cost", "time")


def paper_tables(reproduction: Reproduction) -> list[Table]:
    """Tables 4, 5 and 6, the cells that differ from print, and the claims of the text."""
    return [*_tables_4_to_6(reproduction), _differences(reproduction), _claims(reproduction)]


def _tables_4_to_6(reproduction: Reproduction) -> list[Table]:
    catalog, tables = reproduction.study.catalog, []
    for number, (key, scenario) in enumerate(catalog.scenarios.items(), start=1):
        here = reproduction.choices[reproduction.choices["scenario"] == key]
        rows = []
        for model_id, group in here.groupby("model", sort=False):
            cells = {row["decision"]: _cell(row) for row in group.to_dict(orient="records")}
            rows.append((catalog.models[str(model_id)].name, *(cells[rule] for rule in _COLUMNS)))
        tables.append(
            Table(
                f"Table {number + 3}. Scenario {number} ({scenario.name}): {budget_text(scenario)}",
                ("Model", *_COLUMNS.values()),
                tuple(rows),
                ("k / accuracy / cost ($) / time (s). * differs from print, - no knee.",),
            )
        )
    return tables


def _cell(row: Mapping[Any, Any]) -> str:
    mark = " *" if row["differs"] else ""
    if row["status"] != "ok":
        return f"-{mark}"
    return f"k={row['k']} / {row['accuracy']:.2f} / {row['cost']:.2f} / {row['time']:.1f}{mark}"


def _differences(reproduction: Reproduction) -> Table:
    choices = reproduction.choices
    rows: list[tuple[str, ...]] = []
    reasons: dict[str, str] = {}
    for row in choices[choices["differs"] != ""].to_dict(orient="records"):
        printed = _cell({name: row[f"printed_{name}"] for name in _PRINTED} | {"status": "ok", "differs": ""})
        computed = _cell({**row, "differs": ""}) if row["status"] == "ok" else "no knee"
        if row["differs"] == "cost":
            computed += f" (cost {row['cost']:.5f})"
        kind, _, reasons[kind] = row["reason"].partition(": ")
        rows.append((row["scenario"], row["model"], row["decision"], printed, computed, kind))
    total = len(choices)
    verdict = "as expected" if reproduction.holds else f"NOT as expected, which is {len(KNOWN_DIFFERENCES)} known cells"
    return Table(
        f"Of {total} cells, k is as printed in {reproduction.k_as_printed}; of these, all values as printed in "
        f"{reproduction.all_as_printed} ({verdict})",
        ("scenario", "model", "rule", "printed", "computed", "why"),
        tuple(rows),
        tuple(f"{kind}: {reason}." for kind, reason in reasons.items() if reason),
    )


def _claims(reproduction: Reproduction) -> Table:
    rows = tuple(
        (claim.where, claim.stated, claim.computed, "yes" if claim.holds else "NO") for claim in reproduction.claims
    )
    return Table(
        "What the text claims, and what its own experiment gives",
        ("section", "stated", "computed", "agrees"),
        rows,
    )
