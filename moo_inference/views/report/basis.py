"""What a report rests on: evaluations, estimates, prices and their dates, and the credit that is due."""

from collections.abc import Iterable, Mapping

from moo_inference.catalog import Accuracy, MeasuredAccuracy, Model
from moo_inference.formatting.words import counted
from moo_inference.studies.price_modes import mode_notes
from moo_inference.studies.study import Study
from moo_inference.views.evidence import counted_notes
from moo_inference.views.prices import dates_note
from moo_inference.views.study_tables import estimator_name, estimator_text


def basis(study: Study) -> list[tuple[str, str]]:
    """What the numbers rest on, a heading and a sentence each.

    Args:
        study: the study.
    """
    models = study.catalog.models
    grid = study.options.conditions.grid
    steps = f" in steps of {grid.step}" if grid.step > 1 else ""
    last = max(int(curve.k[-1]) for curve in study.model_curves.values())
    notes = mode_notes(models, study.catalog.scenarios)
    passes = f"k from {grid[0]} to {last}{steps}"
    return [
        ("Accuracy", " ".join(_accuracies(study))),
        ("Estimated", f"by {estimator_text(study.options)}, {passes}, {counted(len(models), 'model')}."),
        ("Prices", " ".join([dates_note(models), *(f"{note[:1].upper()}{note[1:]}." for note in notes)])),
    ]


def _accuracies(study: Study) -> list[str]:
    """From what accuracies come: recorded attempts, evaluations, or numbers that were given."""
    models = study.catalog.models
    # What is left out of the attempts of each model stands where the report says how it was made.
    notes = counted_notes(models, estimator_name(study))[:2]
    given = [key for key, model in models.items() if isinstance(model.accuracy, Accuracy)]
    evaluated = {key: model.accuracy for key, model in models.items() if isinstance(model.accuracy, MeasuredAccuracy)}
    if not notes and evaluated:
        questions = sorted({len(own.questions) for own in evaluated.values()})
        span = f"{questions[0]:,}" if len(questions) == 1 else f"{questions[0]:,} to {questions[-1]:,}"
        notes.append(f"{_whose(evaluated, models)} counted in an evaluation of {span} questions.")
    fitted = [key for key in models if key not in given and key not in evaluated]
    if fitted:
        notes.append(f"{_whose(fitted, models)} a distribution that was fitted to an evaluation.")
    if given:
        notes.append(f"{_whose(given, models)} given as a mean and a spread, not measured here.")
    return notes


def _whose(some: Iterable[str], models: Mapping[str, Model]) -> str:
    keys = list(some)
    if len(keys) == len(models):
        return "All of it is" if len(models) > 1 else "It is"
    return f"That of {counted(len(keys), 'model')} is"
