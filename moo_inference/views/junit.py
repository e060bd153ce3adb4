"""The verdicts of a gate as JUnit XML, which build servers read."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from moo_inference.records.gate import Verdict
from moo_inference.views.changes import failure_text


def to_junit(results: Sequence[Verdict], causes: Sequence[str]) -> str:
    """The verdicts as JUnit XML: a test case for each choice and cause.

    Args:
        results: from `verdicts` or `route_verdict`.
        causes: of CAUSES, those that count.
    """
    failed = sum(cause in verdict.causes for verdict in results for cause in causes)
    suite = ET.Element(
        "testsuite", name="moo-inference check", tests=str(len(results) * len(causes)), failures=str(failed)
    )
    for verdict in results:
        for cause in causes:
            name = f"{_legal(verdict.decision)}: not {cause}"
            where = f"{_legal(verdict.scenario)}.{_legal(verdict.model)}"
            case = ET.SubElement(suite, "testcase", classname=where, name=name)
            if cause in verdict.causes:
                ET.SubElement(case, "failure", type=cause, message=_legal(failure_text(verdict, cause)))
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _legal(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return "".join(
        letter if letter in "\t\n\r" or (letter >= " " and not "\ud800" <= letter <= "\udfff") else "?"
        for letter in text
        if letter not in "\ufffe\uffff"
    )
