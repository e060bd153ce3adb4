"""A configuration is chosen on half of the questions; the other half shows what it is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from choice_confidence import budgets, drawn
from numpy.typing import NDArray

import moo_inference as mi
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.decision import make_rule
from moo_inference.decision.many import choices_of
from moo_inference.estimators.conditions import Conditions
from moo_inference.formatting.amounts import usd
from moo_inference.pareto.budgets import constraints, values_of
from moo_inference.studies.confidence import Assessment, AssessmentSettings, assess_choices
from validated.halves import CATALOGS, Setting, settings, shared_questions, split_questions
from validated.lines import NOTHING, Bar, Line, mean, shown
from validated.other_ways import PAPER, equally_hard, independent_curve, papers_curve

PART = "choices"
K = tuple(range(1, 8))
"""Every question of GPQA Diamond has seven whole attempts of each setting; eight it has not."""

RULES = ("accuracy-max", "cheapest")
SCENARIOS = 6
"""Budgets for each half."""

ASSESSED = 4
"""Of these budgets, those with which choices are assessed too, which takes longer."""

RESAMPLES = 200
OURS = "ours"
SURER = "ours, only what meets all budgets with 90 %"
"""The choice of a rule, or where that is less sure, what `choose` names as surer."""

KNOWING = "knowing all questions"
INDEPENDENT = "independent passes"
"""Their accuracy is 1 - (1 - p)^k."""

ONE = "one pass alone"
"""The most accurate of all with k = 1, or the cheapest."""

OTHER_HALF, WHOLE = "the other half", "all questions"

FloatArray = NDArray[np.float64]
Models = Mapping[str, RecordedModel]


@dataclass(frozen=True)
class Outcome:
    """What one way of choosing came to, over many choices.

    Attributes:
        regret: points of accuracy (accuracy-max), or share of the dollars in percent (cheapest), that the best choice
            by the other half would have gained; 0 where the choice is better, as it can be where it breaks a budget.
        usd: the same in dollars per query.
        over: by how much budgets are broken on the other half: of dollars and seconds in percent, 0 where none is.
        short: by how many points the accuracy falls short of its floor.
        overstated: estimated less achieved accuracy, in points.
        nothing: how often nothing was chosen although something meets the budgets on the other half.
        split: of which split each choice is.
    """

    regret: list[float] = field(default_factory=list)
    usd: list[float] = field(default_factory=list)
    over: list[float] = field(default_factory=list)
    short: list[float] = field(default_factory=list)
    overstated: list[float] = field(default_factory=list)
    nothing: list[bool] = field(default_factory=list)
    split: list[int] = field(default_factory=list)

    @property
    def breaks(self) -> NDArray[np.bool_]:
        """(n,) whether a choice breaks a budget on the other half."""
        return np.asarray((np.array(self.over) > 0) | (np.array(self.short) > 0))

    @property
    def standard_error(self) -> float:
        """Of the mean regret: choices of one split hang together, so it is that of the means of the splits."""
        values, place = np.array(self.regret), np.unique(self.split, return_inverse=True)[1]
        off = np.bincount(place, weights=values - mean(values))
        groups = len(off)
        return float(np.sqrt((off**2).sum() * groups / (groups - 1)) / len(values)) if groups > 1 else np.nan


Outcomes = dict[str, dict[str, Outcome]]
"""By rule and by way."""


def objectives(models: Models) -> FloatArray:
    """(models x K, 3) dollars, seconds and error, as the attempts give them."""
    return np.concatenate([curve.F for curve in mi.Recorded().estimate_many(list(models.values()), K)])


def as_independent(models: Models) -> FloatArray:
    """The same of passes that are independent of each other and of the question."""
    found = []
    for model in models.values():
        F = independent_curve(model, K).F.copy()
        F[:, -1] = 1 - equally_hard(model, K)
        found.append(F)
    return np.concatenate(found)


def as_the_paper(models: Models) -> FloatArray:
    """The same as the paper estimates it."""
    return np.concatenate([papers_curve(model, K).F for model in models.values()])


def of_one_pass(F: FloatArray) -> FloatArray:
    """The rows of F with k = 1; the others cost more than any budget."""
    alone = F.copy()
    alone[np.tile(np.array(K) > 1, len(F) // len(K)), 0] = np.inf
    return alone


def chosen(F: FloatArray, scenario: mi.Scenario) -> dict[str, int]:
    """By rule the row that is taken, -1 for none."""
    rules = [make_rule(rule).scaled_by(scenario) for rule in RULES]
    feasible = feasible_rows(F, scenario)
    finite = np.where(np.isfinite(F), F, 1e9)
    return dict(zip(RULES, choices_of(rules, finite[None], feasible[None])[:, 0].tolist(), strict=True))


def feasible_rows(F: FloatArray, scenario: mi.Scenario) -> NDArray[np.bool_]:
    """(n,) which configurations meet all budgets."""
    return np.asarray((constraints(values_of(F), scenario) <= 0).all(axis=1))


def judge(
    outcomes: Outcomes, way: str, split: int, estimated: FloatArray, there: FloatArray, scenario: mi.Scenario
) -> None:
    """Choose by what is estimated, and note what the choices are worth there.

    Args:
        outcomes: what is added to.
        way: the way of choosing.
        split: its number.
        estimated: (n, 3) objectives from the half at hand.
        there: (n, 3) objectives of the other half.
        scenario: the budgets.
    """
    note(outcomes, way, split, chosen(estimated, scenario), estimated, there, scenario)


def note(
    outcomes: Outcomes,
    way: str,
    split: int,
    rows: Mapping[str, int],
    estimated: FloatArray,
    there: FloatArray,
    scenario: mi.Scenario,
) -> None:
    """Note what some choices are worth there.

    Args:
        outcomes: what is added to.
        way: the way of choosing.
        split: its number.
        rows: by rule what is taken, -1 for nothing.
        estimated: (n, 3) objectives from the half at hand.
        there: (n, 3) objectives of the other half.
        scenario: the budgets.
    """
    best = chosen(there, scenario)
    for rule, row in rows.items():
        if best[rule] < 0:
            continue
        own = outcomes.setdefault(rule, {}).setdefault(way, Outcome())
        own.nothing.append(row < 0)
        if row < 0:
            continue
        less, more = there[row, 2] - there[best[rule], 2], there[row, 0] - there[best[rule], 0]
        own.split.append(split)
        own.usd.append(max(more, 0.0))
        own.regret.append(100 * max(less if rule == "accuracy-max" else more / there[best[rule], 0], 0.0))
        G = constraints(values_of(there[[row]]), scenario)[0]
        own.over.append(100 * max(float(G[:2].max()), 0.0))
        own.short.append(100 * max(float(G[2]), 0.0))
        own.overstated.append(100 * (there[row, 2] - estimated[row, 2]))


@dataclass(frozen=True)
class Corrected:
    """How much an accuracy was overstated, in points, as estimated and as corrected for having been chosen.

    Attributes:
        as_estimated: of each choice.
        corrected: of each choice.
    """

    as_estimated: list[float] = field(default_factory=list)
    corrected: list[float] = field(default_factory=list)


def assessed(models: Models, scenario: mi.Scenario, seed: int) -> dict[str, Assessment]:
    """How sure the choice of each rule is."""
    rules = [make_rule(rule).scaled_by(scenario) for rule in RULES]
    curves = dict(zip(models, mi.Recorded().estimate_many(list(models.values()), K, scenarios=[scenario]), strict=True))
    conditions, how = Conditions(k_max=max(K)), AssessmentSettings(RESAMPLES, seed=seed)
    return dict(zip(RULES, assess_choices(models, curves, scenario, rules, conditions, how), strict=True))


def row_of(models: Models, model: str | None, k: int | None) -> int:
    """The row of a configuration; -1 where there is none."""
    return -1 if model is None or k is None else list(models).index(model) * len(K) + K.index(k)


def surely(models: Models, found: Mapping[str, Assessment]) -> dict[str, int]:
    """By rule the row of its choice, or of what is surer; -1 where nothing is sure enough."""
    return {rule: row_of(models, *(own.surer or (own.model, own.k))[:2]) for rule, own in found.items()}


def note_correction(noted: Corrected, own: Assessment, row: int, there: FloatArray) -> None:
    """Note by how much the accuracy of a choice is overstated."""
    if row >= 0:
        achieved = 1 - there[row, 2]
        noted.as_estimated.append(100 * (own.accuracy - achieved))
        noted.corrected.append(100 * (own.accuracy_corrected - achieved))


def on_halves(own: Sequence[Setting], splits: int, seed: int = 7) -> tuple[Outcomes, Corrected]:
    """Choices on one half of the questions, judged by the other half; each half is each."""
    rng = np.random.default_rng(seed)
    outcomes: Outcomes = {}
    questions, noted = shared_questions(own), Corrected()
    whole = objectives({setting.key: setting.at(questions) for setting in own})
    for split in range(splits):
        halves = [{one.key: one.at(part) for one in own} for part in split_questions(questions, rng)]
        known = [objectives(half) for half in halves]
        for here, there in ((0, 1), (1, 0)):
            ways = {OURS: known[here], INDEPENDENT: as_independent(halves[here]), PAPER: as_the_paper(halves[here])}
            ways |= {ONE: of_one_pass(known[here]), KNOWING: whole}
            for number in range(SCENARIOS):
                scenario = budgets(rng, whole[:, 0], whole[:, 1], 1 - whole[:, 2])
                for way, F in ways.items():
                    judge(outcomes, way, split, F, known[there], scenario)
                if number < ASSESSED:
                    models = halves[here]
                    found = assessed(models, scenario, split)
                    note(outcomes, SURER, split, surely(models, found), known[here], known[there], scenario)
                    own_choice = found["accuracy-max"]
                    note_correction(noted, own_choice, row_of(models, own_choice.model, own_choice.k), known[there])
    return outcomes, noted


def against_the_whole(own: Sequence[Setting], size: int, repeats: int, seed: int = 8) -> Outcomes:
    """Choices from evaluations of some questions, drawn with replacement, judged by all of them."""
    rng = np.random.default_rng(seed)
    outcomes: Outcomes = {}
    questions = shared_questions(own)
    models = {setting.key: setting.at(questions) for setting in own}
    whole = objectives(models)
    for repeat in range(repeats):
        rows = rng.integers(0, len(questions), size)
        own_models = {key: drawn(model, rows) for key, model in models.items()}
        F = objectives(own_models)
        for number in range(SCENARIOS):
            scenario = budgets(rng, whole[:, 0], whole[:, 1], 1 - whole[:, 2])
            judge(outcomes, OURS, repeat, F, whole, scenario)
            if number < ASSESSED:
                rows_taken = surely(own_models, assessed(own_models, scenario, repeat))
                note(outcomes, SURER, repeat, rows_taken, F, whole, scenario)
    return outcomes


def lines(splits: int, most: int | None = None) -> tuple[list[Line], dict[str, dict[str, Outcomes]]]:
    """The lines of both catalogs, and the outcomes they are made of: by what judges them, and by catalog.

    Args:
        splits: of the questions.
        most: settings of each catalog; None: all.
    """
    made: list[Line] = []
    all_of: dict[str, dict[str, Outcomes]] = {OTHER_HALF: {}, WHOLE: {}}
    for catalog, title in CATALOGS.items():
        own = settings(catalog, max(K))[:most]
        half = len(shared_questions(own)) // 2
        outcomes, noted = on_halves(own, splits)
        wholes = against_the_whole(own, half, splits)
        all_of[OTHER_HALF][title], all_of[WHOLE][title] = outcomes, wholes
        bar = Bar("mean", most=1.0) if catalog == "gpqa-diamond" else None
        for rule, unit in zip(RULES, ("points", "%"), strict=True):
            lost = "accuracy" if rule == "accuracy-max" else "dollars"
            limit = bar if rule == "accuracy-max" else None
            made.append(
                _line(
                    title,
                    f"{lost} lost by {rule}, chosen on {half} questions, against the best of the others",
                    outcomes[rule],
                    unit,
                    limit,
                )
            )
            made.append(
                _line(
                    title,
                    f"{lost} lost by {rule}, chosen on {half} drawn questions, against the best of all",
                    wholes[rule],
                    unit,
                    limit,
                )
            )
        for what, values in (("estimated", noted.as_estimated), ("corrected for having been chosen", noted.corrected)):
            words = f"accuracy of the choice of accuracy-max on the other half, as {what}"
            made.append(Line(PART, title, words, len(values), np.abs(values), bias=mean(values)))
    return made, all_of


def _line(title: str, what: str, of: Mapping[str, Outcome], unit: str, bar: Bar | None) -> Line:
    ours = of[OURS]
    others = {way: (mean(own.regret),) for way, own in of.items() if way != OURS}
    return Line(PART, title, what, len(ours.regret), ours.regret, unit, se=ours.standard_error, others=others, bar=bar)


BROKEN = (
    "Data",
    "Judged by",
    "Rule",
    "Way of choosing",
    "Choices",
    "Nothing chosen",
    "Lost, mean",
    "Break a budget",
    "by (medians)",
    "Lost where none is broken",
    "Accuracy overstated",
)


def broken(all_of: Mapping[str, Mapping[str, Outcomes]]) -> list[tuple[str, ...]]:
    """Rows of the table of what each way of choosing loses, and which budgets it breaks."""
    return [
        (title, judged_by, *_way(rule, way, own))
        for judged_by, by_title in all_of.items()
        for title, outcomes in by_title.items()
        for rule, ways in outcomes.items()
        for way, own in ways.items()
    ]


def _way(rule: str, way: str, own: Outcome) -> tuple[str, ...]:
    regret, over, short = (np.array(values) for values in (own.regret, own.over, own.short))
    unit = "points" if rule == "accuracy-max" else "%"
    by = []
    if (over > 0).any():
        by.append(f"{np.median(over[over > 0]):.0f} % of dollars or seconds")
    if (short > 0).any():
        by.append(f"{np.median(short[short > 0]):.1f} points")
    kept = regret[~own.breaks]
    return (
        rule,
        way,
        f"{len(regret):,}",
        f"{100 * mean(own.nothing):.0f} %",
        shown((mean(regret),), unit, own.standard_error) + ("" if unit == "points" else f" ({usd(mean(own.usd))})"),
        f"{100 * mean(own.breaks):.0f} %",
        ", ".join(by) or NOTHING,
        shown((mean(kept),), unit),
        f"{mean(own.overstated):+.1f} points",
    )
