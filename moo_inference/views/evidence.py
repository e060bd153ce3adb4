"""What the numbers of a table rest on, in sentences: passes that are drawn independently, or recorded attempts."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from moo_inference.catalog import Accuracy, Model
from moo_inference.catalog.attempt_files import MEASURED
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.catalog.stopping import settings_of
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import ScalingCurve
from moo_inference.estimators.under_load import served
from moo_inference.formatting.words import counted, left_out_text

_DRAWING = ("ClosedForm", "MonteCarlo", "Empirical")
COUNTING = "Recorded"
"""Names of the estimators that draw passes, and of the one that counts recorded attempts."""

_ASSUMED = "passes are drawn independently of each other and of the question"


def drawn_note(
    shown: Mapping[str, Collection[int]],
    models: Mapping[str, Model],
    curves: Mapping[str, ScalingCurve],
    estimator: str,
    conditions: Conditions,
) -> list[str]:
    """What several passes are assumed to be, and how far that is off where recorded attempts are at hand.

    Args:
        shown: the numbers of passes in a table, by id of the model.
        models: by id.
        curves: what was estimated, by id of the model.
        estimator: name of the estimator.
        conditions: P and latency of the estimates.

    Returns:
        One sentence or two as one text; nothing where no row has several passes that are drawn.
    """
    drawn = {key: [k for k in passes if k > 1] for key, passes in shown.items() if _is_drawn(models[key], estimator)}
    kinds = {isinstance(models[key].accuracy, Accuracy) for key, passes in drawn.items() if passes}
    if not kinds:
        return []
    # What comes from an evaluation is counted question by question.
    of = "" if kinds == {True} else " of cost and time" if kinds == {False} else " of all but measured accuracies"
    return [f"Assumed{of}: {_ASSUMED}.{_largest_effect(drawn, models, curves, conditions)}"]


def counted_notes(models: Mapping[str, Model], estimator: str) -> list[str]:
    """On how many questions and attempts intervals rest, and what was left out; nothing where none are counted.

    Args:
        models: by id.
        estimator: name of the estimator.
    """
    recorded = {key: model for key, model in models.items() if isinstance(model, RecordedModel)}
    if estimator != COUNTING or not recorded:
        return []
    attempts = [model.attempts for model in _settings(recorded).values()]
    questions = _span(len(one.n) for one in attempts)
    each = _span(n for one in attempts for n in (one.fewest, int(one.n.max())))
    which = "Intervals" if len(recorded) == len(models) else f"Intervals of {', '.join(recorded)}"
    together = [len(set(one.clusters.tolist())) for one in attempts if one.clusters is not None]
    clusters = f", in {_span(together)} clusters" if together else ""
    rest = f"{which} rest on {questions} questions with {each} recorded attempts each{clusters}."
    return [rest, *sources_of_attempts(recorded)]


def interpolated(models: Mapping[str, Model]) -> list[str]:
    """How well times between the measured loads are known, a sentence for each model with servers of its own."""
    found = []
    for key, model in models.items():
        if model.servers is not None:
            first, *_, last = (f"{load.concurrency:.4g}" for load in model.servers.loads)
            measured = f"{counted(len(model.servers.loads), 'load')} measured from {first} to {last} requests"
            doubt = left_out_text(served(model)[1].left_out().tolist())
            found.append(f"{key}: times are interpolated between {measured} at the same time; {doubt}.")
    return found


def sources_of_attempts(models: Mapping[str, Model]) -> list[str]:
    """Where recorded attempts are from, with the credit that is due, and how many are left out; each text once."""
    texts = _with_owners({key: model.sources.get("attempts", "") for key, model in _settings(models).items()})
    return [f"{text}." for text in texts]


def needed_files(models: Mapping[str, Model]) -> list[str]:
    """The files of recorded attempts that a record names and does not hold; those of built-in catalogs are at hand."""
    found: dict[str, None] = {}
    for model in (own for pair in models.values() for own in (pair, pair.first_setting)):
        source = None if not isinstance(model, RecordedModel) or model.entry is None else model.entry.attempts
        for place, path in enumerate(() if source is None else source.paths):
            if source is not None and Path(path).parent != MEASURED:
                text = f"{source.file[place]} ({source.bytes[place]:,} bytes, sha256 {source.sha256[place]})"
                found[text] = None
    return list(found)


def _settings(models: Mapping[str, Model]) -> dict[str, RecordedModel]:
    """The models of recorded attempts by id, those of pairs each for itself where nothing else is said of it."""
    found: dict[str, RecordedModel] = {}
    for key, model in models.items():
        own = [one for one in (model.first_setting, model) if isinstance(one, RecordedModel)]
        names = settings_of(key, model.stop) if len(own) > 1 else (key,)
        for name, one in zip(names[-len(own) :], own, strict=False):
            if found.setdefault(name, one).sources.get("attempts") != one.sources.get("attempts"):
                found[key] = one
    return found


def _is_drawn(model: Model, estimator: str) -> bool:
    """Whether passes are drawn: what counts attempts draws those of models that have none."""
    return estimator in _DRAWING or (estimator == COUNTING and not isinstance(model, RecordedModel))


def _largest_effect(
    drawn: Mapping[str, Collection[int]],
    models: Mapping[str, Model],
    curves: Mapping[str, ScalingCurve],
    conditions: Conditions,
) -> str:
    """Of the rows whose attempts are at hand, that whose expected time is the farthest from that of its attempts."""
    found = []
    for key, passes in drawn.items():
        model, curve = models[key], curves.get(key)
        if curve is None or not isinstance(model, RecordedModel):
            continue
        at_once, latency = conditions.of(model)
        for row, k in enumerate(curve.k.tolist()):
            if k not in passes or k > model.attempts.fewest:
                continue
            time = float(model.attempts.expected_seconds([k], at_once, latency).mean())
            accuracy = float(model.attempts.expected_accuracy([k])[0].mean())
            less = 1 - time / float(curve.time.mean[row])
            found.append((abs(less), less, float(curve.accuracy.mean[row]) - accuracy, key, k))
    if not found:
        return ""
    _, less, points, key, k = max(found)
    where = f"the attempts of {key}" if len(models) > 1 else "these attempts"
    parts = [f"time of k = {k} is {_difference(less, '.0f', ' %')}"]
    if round(abs(points), 3):
        parts.append(f"accuracy {_difference(points, '.1f', ' points')}")
    return f" On {where} the expected {', '.join(parts)}."


def _difference(less: float, form: str, unit: str) -> str:
    """A difference in hundredths: 31 % lower."""
    number = f"{100 * abs(less):{form}}"
    return f"{number}{unit} {'lower' if less > 0 else 'higher'}" if float(number) else "no other"


def _with_owners(texts: Mapping[str, str]) -> list[str]:
    """The parts that all texts have, then the others with their models; parts stand between semicolons."""
    parts = {key: text.split("; ") for key, text in texts.items()}
    common = [part for part in next(iter(parts.values()), []) if all(part in others for others in parts.values())]
    owners: dict[str, list[str]] = {}
    for key, own in parts.items():
        owners.setdefault("; ".join(part for part in own if part not in common), []).append(key)
    others = "; ".join(f"{', '.join(keys)}: {text}" for text, keys in owners.items() if text)
    return [text for text in ("; ".join(common), others) if text]


def _span(numbers: Iterable[int]) -> str:
    given = sorted(set(numbers))
    return f"{given[0]:,}" if len(given) == 1 else f"{given[0]:,} to {given[-1]:,}"
