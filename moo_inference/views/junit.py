"""The verdicts of a gate as JUnit XML, which build servers read."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from moo_inference.records.gate import Verdict
from moo_inference.records.price_changes import OtherPrices
from moo_inference.views.changes import failure_text, prices_texts


def to_junit(results: Sequence[Verdict], causes: Sequence[str], prices: OtherPrices | None = None) -> str:
    """The verdicts as JUnit XML: a test case for each choice and cause, and what else is said as output of the suite.

    Args:
        results: from `verdicts` or `route_verdict`.
        causes: of CAUSES, those that count.
        prices: those that are others than in the baseline.
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
    notes = [] if prices is None else prices_texts(prices)
    if notes:
        ET.SubElement(suite, "system-out").text = "\n".join(map(_legal, notes))
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _legal(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return "".join(
        letter if letter in "\t\n\r" or (letter >= " " and not "\ud800" <= letter <= "\udfff") else "?"
        for letter in text
        if letter not in "\ufffe\uffff"
    )
