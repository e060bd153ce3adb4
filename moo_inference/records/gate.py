"""A gate for pipelines: whether the choices of a study are still those of a baseline, feasible and sure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from moo_inference.records.replay import key_of
from moo_inference.studies.frames import SURE_ENOUGH
from moo_inference.studies.study import Study

CAUSES = ("changed", "infeasible", "unsure")
"""Why a choice can fail: another k or status than in the baseline, no feasible k, a probability of good selection under
0.9."""


@dataclass(frozen=True)
class Verdict:
    """One choice at the gate.

    Attributes:
        scenario: id of the scenario.
        model: id of the model, or `pipeline` and the id of one.
        decision: id of the rule.
        failures: by cause, a sentence.
    """

    scenario: str
    model: str
    decision: str
    failures: Mapping[str, str]


def verdicts(study: Study, baseline: Sequence[Mapping[str, Any]], causes: Sequence[str]) -> list[Verdict]:
    """Every choice of a study, and of its baseline, with what fails of it.

    Args:
        study: as it is now.
        baseline: the records of a `Study.to_json` of before.
        causes: of CAUSES, those that count.
    """
    before = {key_of(row): row for row in baseline}
    found = []
    for row in json.loads(study.to_json()):
        key = key_of(row)
        failures = {}
        old = before.pop(key, None)
        if "changed" in causes:
            if old is None:
                failures["changed"] = "is not in the baseline"
            elif any(old[name] != row[name] for name in ("status", "stages" if "pipeline" in row else "k")):
                failures["changed"] = f"was {_said(old)}, is {_said(row)}"
        if "infeasible" in causes and row["status"] == "infeasible":
            failures["infeasible"] = str(row["warning"])
        sure = row.get("pgs")
        if "unsure" in causes and sure is not None and sure < SURE_ENOUGH:
            failures["unsure"] = f"with other seeds only {sure:.0%} of the choices are as good as the exact one"
        found.append(Verdict(key[0], key[1], key[2], failures))
    if "changed" in causes:
        gone = {"changed": "is gone, and was in the baseline"}
        found += [Verdict(str(key[0]), str(key[1]), str(key[2]), gone) for key in before]
    return found


def route_verdict(route: Mapping[str, Any], baseline: Mapping[str, Any], causes: Sequence[str]) -> Verdict:
    """A route at the gate.

    Args:
        route: `Route.to_dict` as it is now.
        baseline: as it was.
        causes: of CAUSES, those that count.
    """
    failures = {}
    if "changed" in causes and any(baseline[name] != route[name] for name in ("status", "model", "k")):
        failures["changed"] = f"was {_routed(baseline)}, is {_routed(route)}"
    if "infeasible" in causes and route["status"] == "infeasible":
        failures["infeasible"] = str(route["reason"])
    return Verdict(route["scenario"], "across models", route["decision"], failures)


def _routed(route: Mapping[str, Any]) -> str:
    return str(route["status"]) if route["k"] is None else f"{route['model']} with k = {route['k']}"


def to_junit(found: Sequence[Verdict], causes: Sequence[str]) -> str:
    """The verdicts as JUnit XML: a test case for each choice and cause."""
    failed = sum(cause in verdict.failures for verdict in found for cause in causes)
    suite = ET.Element(
        "testsuite", name="moo-inference check", tests=str(len(found) * len(causes)), failures=str(failed)
    )
    for verdict in found:
        for cause in causes:
            name = f"{_legal(verdict.decision)}: not {cause}"
            where = f"{_legal(verdict.scenario)}.{_legal(verdict.model)}"
            case = ET.SubElement(suite, "testcase", classname=where, name=name)
            if cause in verdict.failures:
                ET.SubElement(case, "failure", type=cause, message=_legal(verdict.failures[cause]))
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _said(row: Mapping[str, Any]) -> str:
    """What was chosen, or the status."""
    chosen = row["stages"] if "pipeline" in row else None if row["k"] is None else f"k = {row['k']}"
    return str(row["status"] if chosen is None else chosen)


def _legal(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return "".join(
        letter if letter in "\t\n\r" or (letter >= " " and not "\ud800" <= letter <= "\udfff") else "?"
        for letter in text
        if letter not in "\ufffe\uffff"
    )
