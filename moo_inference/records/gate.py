"""A gate for pipelines: whether the choices of a study are still those of a baseline, feasible and sure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moo_inference.deprecations import renamed
from moo_inference.studies.choice_record import ChoiceRecord
from moo_inference.studies.confidence import Assessment
from moo_inference.studies.frames import SURE_ENOUGH
from moo_inference.studies.study import Study

CAUSES = ("changed", "infeasible", "unsure")
"""Why a choice can fail: another k or status than in the baseline, no feasible k, a probability of good selection under
0.9."""


@dataclass(frozen=True)
class Chosen:
    """What a rule took, or the status where it took nothing.

    Attributes:
        status: what became of the question.
        what: k, or for a pipeline its stages in words; None where nothing was chosen.
        model: id of the model where it was chosen as well.
    """

    status: str
    what: int | str | None
    model: str | None = None

    @classmethod
    def of_record(cls, record: ChoiceRecord) -> "Chosen":
        """The choice of a study."""
        return cls(record.status, record.chosen)

    @classmethod
    def of_route(cls, route: Mapping[str, Any]) -> "Chosen":
        """The choice across models of a `Route.to_dict`."""
        return cls(route["status"], route["k"], route["model"])


@dataclass(frozen=True)
class Verdict:
    """One choice at the gate.

    Attributes:
        scenario: id of the scenario.
        model: id of the model, or `pipeline` and the id of one.
        decision: id of the rule.
        causes: of CAUSES, those for which it fails.
        before: what was chosen; None where the baseline has no such choice.
        after: what is chosen now; None where there is no such choice any more.
        reason: what the study says of the choice: budgets and shortfalls where nothing is feasible.
        assessment: how sure the choice is, where it was assessed.
    """

    scenario: str
    model: str
    decision: str
    causes: tuple[str, ...]
    before: Chosen | None
    after: Chosen | None
    reason: str = ""
    assessment: Assessment | None = None

    @property
    def pgs(self) -> float | None:
        """The probability of good selection, where it is known."""
        return None if self.assessment is None or math.isnan(self.assessment.pgs) else self.assessment.pgs


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
        old = before.pop(record.key, None)
        was, now = None if old is None else Chosen.of_record(old), Chosen.of_record(record)
        found = (
            None if record.of_pipeline else study.assessments.get((record.scenario, record.subject, record.decision))
        )
        fails = (was != now, record.status == "infeasible", found is not None and found.pgs < SURE_ENOUGH)
        results.append(
            Verdict(*record.key, _counted(fails, causes), was, now, str(record.others.get("warning", "")), found)
        )
    if "changed" in causes:
        results += [
            Verdict(str(key.scenario), str(key.subject), key.decision, ("changed",), Chosen.of_record(gone), None)
            for key, gone in before.items()
        ]
    return results


def route_verdict(
    route: Mapping[str, Any],
    baseline: Mapping[str, Any],
    causes: Sequence[str],
    assessment: Assessment | None = None,
) -> Verdict:
    """A route at the gate.

    Args:
        route: `Route.to_dict` as it is now.
        baseline: as it was.
        causes: of CAUSES, those that count.
        assessment: how sure the choice is now, where that is known.
    """
    was, now = Chosen.of_route(baseline), Chosen.of_route(route)
    unsure = assessment is not None and assessment.pgs < SURE_ENOUGH
    failed = _counted((was != now, now.status == "infeasible", unsure), causes)
    where = (route["scenario"], "across models", route["decision"])
    return Verdict(*where, failed, was, now, str(route["reason"]), assessment)


def _counted(fails: Sequence[bool], causes: Sequence[str]) -> tuple[str, ...]:
    """Those of CAUSES for which a choice fails, and which count."""
    return tuple(cause for cause, failed in zip(CAUSES, fails, strict=True) if failed and cause in causes)


__getattr__ = renamed(__name__, {"to_junit": "moo_inference.views.junit.to_junit"})
