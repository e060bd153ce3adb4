"""One choice of a study as plain values: what choices.json holds, and what records of studies are compared by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from moo_inference.studies.baselines import named_now

Plain = str | int | float | None


class ChoiceKey(NamedTuple):
    """What a choice is about.

    Attributes:
        scenario: id of the scenario.
        subject: id of the model, or `pipeline` and the id of one.
        decision: the rule or baseline, by today's name.
    """

    scenario: str
    subject: str
    decision: str


@dataclass(frozen=True)
class ChoiceRecord:
    """One choice, of a model and k or of a pipeline and its stages.

    Attributes:
        scenario: id of the scenario.
        subject: id of the model or the pipeline.
        decision: the rule or baseline, as it was called.
        status: what became of the question.
        chosen: k, or for a pipeline its stages in words; None where nothing was chosen.
        of_pipeline: whether it is of a pipeline.
        others: the other columns of `Study.choices` or `Study.pipelines` by name; None where a value is missing.
    """

    scenario: str
    subject: str
    decision: str
    status: str
    chosen: int | str | None
    of_pipeline: bool = False
    others: Mapping[str, Plain] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "ChoiceRecord":
        """The record of a choices.json."""
        of_pipeline = "pipeline" in record
        names = _names(of_pipeline=of_pipeline)
        scenario, subject, decision, status, chosen = (record.get(name) for name in names)
        others = {name: value for name, value in record.items() if name not in names}
        return cls(scenario, subject, decision, status, chosen, of_pipeline, others)  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, Plain]:
        """The record as choices.json holds it."""
        values = (self.scenario, self.subject, self.decision, self.status, self.chosen)
        return {**dict(zip(_names(of_pipeline=self.of_pipeline), values, strict=True)), **self.others}

    @property
    def key(self) -> ChoiceKey:
        """What it is about: the same in all records of the same question."""
        subject = f"pipeline {self.subject}" if self.of_pipeline else self.subject
        return ChoiceKey(self.scenario, subject, named_now(self.decision or ""))


def _names(*, of_pipeline: bool) -> tuple[str, ...]:
    subject, chosen = ("pipeline", "stages") if of_pipeline else ("model", "k")
    return ("scenario", subject, "decision", "status", chosen)
