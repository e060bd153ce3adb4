"""Accuracy of a model from an evaluation."""

from typing import Literal

from moo_inference.errors import SettingError
from moo_inference.evaluation import Audit, BetaFit, audit, fit_beta
from moo_inference.evaluation.accuracy_curve import Keep
from moo_inference.evaluation.records import evaluation_of
from moo_inference.fitting.model_fields import ModelFields
from moo_inference.readers import Outcomes

_AUDITED = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


def outcome_fields(
    found: Outcomes, keep: Keep = "oracle", distribution: Literal["outcomes", "beta"] = "outcomes"
) -> ModelFields:
    """The accuracy that an evaluation has measured.

    Args:
        found: its samples.
        keep: which of k passes is kept.
        distribution: `outcomes` counts, for k up to the samples of a question; `beta` fits a Beta distribution of
            difficulty, for any k, with `keep="oracle"` only.

    Raises:
        SettingError: (a ValueError) a sample is the outcome of several passes; the samples have no answers or scores
            where `keep` needs them; or no distribution fits them.
    """
    if found.passes > 1:
        raise SettingError(
            f"{found.where}: each sample must be the outcome of one pass, and is the vote or the best of "
            f"{found.passes:,} passes, which cost {found.passes:,} times as much: take a filter, metric or column of "
            "single passes, as --filter score-first, or a CSV of question, correct and answer with one row per pass"
        )
    if distribution == "beta" and keep != "oracle":
        raise SettingError(
            f"{found.where}: the beta distribution describes an oracle only: keep must be 'oracle', got {keep!r}"
        )
    try:
        return _fields(found, keep, distribution)
    except SettingError as error:
        raise SettingError([f"{found.where}: {message}" for message in error.errors]) from error


def _fields(found: Outcomes, keep: Keep, distribution: str) -> ModelFields:
    if distribution == "beta":
        fitted = fit_beta(*found.counts())
        accuracy: dict[str, object] = {
            "kind": "beta",
            "a": fitted.a,
            "b": fitted.b,
            "samples": fitted.n,
            **({"unsolvable": fitted.unsolvable} if fitted.unsolvable else {}),
            "band": _written(fitted),
        }
        fewest = fitted.n
        unused = [f"{found.where}: the band of the beta distribution does not count clusters"] if found.clusters else []
        notes = [
            *unused,
            f"{found.where}: accuracies beyond k = {fewest} are extrapolated, by a distribution of difficulty",
        ]
        if fitted.unsolvable:
            notes.append(
                f"{found.where}: by these samples {fitted.unsolvable:.1%} of the questions are solved by no pass, "
                "however many there are"
            )
    else:
        evaluation = evaluation_of(found.question, found.correct, keep, answer=found.answer, score=found.score)
        clusters = {} if found.clusters is None else dict(zip(found.questions, found.clusters, strict=True))
        fewest = evaluation.fewest
        if len(set(found.questions)) < len(found.questions):
            raise SettingError("every question must have a name of its own, also as it is printed")
        accuracy = {
            "kind": "outcomes",
            "keep": keep,
            "questions": {
                found.questions[int(place)]: str(record)
                for place, record in zip(evaluation.names, evaluation.records, strict=True)
            },
            **({"clusters": clusters} if clusters else {}),
        }
        samples = "one sample" if fewest == 1 else f"{fewest} samples"
        notes = [f"{found.where}: some question has {samples}, so nothing is known of k beyond {fewest}"]
    source = f"{found.where}, {len(found):,} samples of {len(found.questions):,} questions"
    source += f", of {found.model}" if found.model else ""
    return ModelFields.of({"accuracy": accuracy}, source, *(f"{found.where}: {note}" for note in found.notes), *notes)


def _written(fitted: BetaFit) -> list[list[float]]:
    """The 95 % band of a fit as a catalog has it."""
    band = fitted.band()
    return [] if band is None else [[int(k), round(low, 4), round(high, 4)] for k, low, high in band.tolist()]


def audit_of(found: Outcomes) -> Audit:
    """pass@k of the samples next to what one mean accuracy would give if all questions were equally hard."""
    n, c = found.counts()
    return audit(n, c, [k for k in _AUDITED if k <= n.min()])
