"""A gate for pipelines: whether the choices of a study are still those of a baseline, feasible and sure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from moo_inference.studies.choice_record import ChoiceRecord
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


def verdicts(study: Study, baseline: Sequence[ChoiceRecord], causes: Sequence[str]) -> list[Verdict]:
    """Every choice of a study, and of its baseline, with what fails of it.

    Args:
        study: as it is now.
        baseline: its choices as they were before.
        causes: of CAUSES, those that count.
    """
    before = {record.key: record for record in baseline}
    results = []
    for record in study.records():
        failures = {}
        old = before.pop(record.key, None)
        if "changed" in causes:
            if old is None:
                failures["changed"] = "is not in the baseline"
            elif (old.status, old.chosen) != (record.status, record.chosen):
                failures["changed"] = f"was {_chosen(old)}, is {_chosen(record)}"
        if "infeasible" in causes and record.status == "infeasible":
            failures["infeasible"] = str(record.others["warning"])
        sure = record.others.get("pgs")
        if "unsure" in causes and isinstance(sure, float) and sure < SURE_ENOUGH:
            failures["unsure"] = f"with other seeds only {sure:.0%} of the choices are as good as the exact one"
        results.append(Verdict(*record.key, failures))
    if "changed" in causes:
        gone = {"changed": "is gone, and was in the baseline"}
        results += [Verdict(str(key.scenario), str(key.subject), key.decision, gone) for key in before]
    return results


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


def to_junit(results: Sequence[Verdict], causes: Sequence[str]) -> str:
    """The verdicts as JUnit XML: a test case for each choice and cause.

    Args:
        results: from `verdicts` or `route_verdict`.
        causes: of CAUSES, those that count.
    """
    failed = sum(cause in verdict.failures for verdict in results for cause in causes)
    suite = ET.Element(
        "testsuite", name="moo-inference check", tests=str(len(results) * len(causes)), failures=str(failed)
    )
    for verdict in results:
        for cause in causes:
            name = f"{_legal(verdict.decision)}: not {cause}"
            where = f"{_legal(verdict.scenario)}.{_legal(verdict.model)}"
            case = ET.SubElement(suite, "testcase", classname=where, name=name)
            if cause in verdict.failures:
                ET.SubElement(case, "failure", type=cause, message=_legal(verdict.failures[cause]))
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _chosen(record: ChoiceRecord) -> str:
    """What was chosen, or the status."""
    if record.chosen is None:
        return str(record.status)
    return str(record.chosen) if record.of_pipeline else f"k = {record.chosen}"


def _legal(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return "".join(
        letter if letter in "\t\n\r" or (letter >= " " and not "\ud800" <= letter <= "\udfff") else "?"
        for letter in text
        if letter not in "\ufffe\uffff"
    )
