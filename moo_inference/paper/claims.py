"""What the paper's text states, and what its own experiment gives at full precision."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from moo_inference.decision.registry import RULES
from moo_inference.estimators.curve import FloatArray
from moo_inference.studies.study import Study

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Claim:
    """One statement.

    Attributes:
        where: the section of the paper.
        stated: the sentence of the paper.
        computed: what comes out.
        holds: whether the two agree.
    """

    where: str
    stated: str
    computed: str
    holds: bool


def examine_claims(study: Study, printed: "pd.DataFrame") -> tuple[Claim, ...]:
    """Check the paper's statements against a study run with its settings.

    Args:
        study: of the four rules of the paper's tables, with the knee of its code.
        printed: the paper's tables.
    """
    seen = _Seen(study, printed)
    return (
        *_knee_against_accuracy(seen),
        _scenario_3_range(seen),
        *_small_against_large(seen),
        _qwen_max(seen),
        *_standard_deviations(seen),
        _usual_k(seen),
        _null_case(seen),
    )


class _Seen:
    """Look-ups in a study: one row of a curve at a k, and the k of a choice."""

    def __init__(self, study: Study, printed: "pd.DataFrame") -> None:
        self.study = study
        knees = printed[(printed["decision"] == "knee-point") & printed["k"].notna()]
        self.printed_knees = {(row["scenario"], row["model"]): int(row["k"]) for row in knees.to_dict(orient="records")}

    def at(self, model: str, k: int) -> Mapping[str, float]:
        curve = self.study.model_curves[model]
        row = int(np.flatnonzero(curve.k == k)[0])
        return {
            "accuracy": float(curve.accuracy.mean[row]),
            "accuracy_std": float(curve.accuracy.std[row]),
            "cost": float(curve.cost.mean[row]),
            "time": float(curve.time.mean[row]),
        }

    def k_of(self, scenario: str, model: str, rule: str) -> int | None:
        """The k that a rule chooses, None where no k meets the budgets.

        Args:
            scenario: id of the scenario.
            model: id of the model.
            rule: id of the rule.
        """
        for cell in self.study.cells:
            if (cell.scenario, cell.model) == (scenario, model):
                return next(choice.k for choice in cell.choices if choice.rule == rule)
        raise KeyError((scenario, model))

    def savings(self, knee: Callable[[str, str], int | None]) -> tuple[FloatArray, FloatArray, list[str]]:
        """Cost, time and accuracy at the knee and at the accuracy maximum, (cells, 3) each, and the scenarios."""
        at_knee: list[list[float]] = []
        at_most: list[list[float]] = []
        scenarios = []
        for cell in self.study.cells:
            k, k_most = knee(cell.scenario, cell.model), self.k_of(cell.scenario, cell.model, "accuracy-max")
            if k is not None and k_most is not None:
                for rows, passes in ((at_knee, k), (at_most, k_most)):
                    values = self.at(cell.model, passes)
                    rows.append([values["cost"], values["time"], values["accuracy"]])
                scenarios.append(cell.scenario)
        return np.array(at_knee), np.array(at_most), scenarios

    def printed_knee(self, scenario: str, model: str) -> int | None:
        """The knee in print, which stands in for the three that have no meaning."""
        return self.printed_knees.get((scenario, model))

    def chord_knee(self, scenario: str, model: str) -> int | None:
        front = self.study.front(scenario, model)
        row = RULES["knee-chord"]().do(front.F)
        return None if row is None else int(front.k[row])


def _knee_against_accuracy(seen: _Seen) -> list[Claim]:
    where = "Aggregate Trends"
    claims = []
    knee, most, _ = seen.savings(seen.printed_knee)
    chord, chord_most, _ = seen.savings(seen.chord_knee)
    for column, what, stated in ((1, "latency", 0.63), (0, "cost", 0.58)):
        mean, of_means = _savings(knee[:, column], most[:, column])
        better, _ = _savings(chord[:, column], chord_most[:, column])
        claims.append(
            Claim(
                where,
                f"the knee takes {stated:.0%} less {what} than accuracy-max",
                f"{mean:.1%} less on average over the {len(knee)} cells with a printed knee, {of_means:.1%} as a "
                f"ratio of means (knee-chord on the same curves: {better:.1%} on average)",
                abs(mean - stated) < 0.01 or abs(of_means - stated) < 0.01,
            )
        )
    lost = most[:, 2] - knee[:, 2]
    claims.append(
        Claim(
            where,
            "the knee keeps accuracy within 1-2%",
            f"{lost.mean():.1%} lost on average, {lost.max():.1%} at most",
            bool(lost.max() <= 0.02),
        )
    )
    return claims


def _savings(part: FloatArray, total: FloatArray) -> tuple[float, float]:
    return float((1 - part / total).mean()), float(1 - part.mean() / total.mean())


def _scenario_3_range(seen: _Seen) -> Claim:
    knee, most, scenarios = seen.savings(seen.printed_knee)
    rows = np.array(scenarios) == "proposal-writing"
    saved = 1 - knee[rows, :2] / most[rows, :2]
    return Claim(
        "Scenario 3",
        "the knee reduces cost and latency by up to 40-70%",
        f"by {saved.min():.0%} to {saved.max():.0%}, {saved.mean():.0%} on average",
        bool(0.4 <= saved.max() <= 0.7),
    )


def _small_against_large(seen: _Seen) -> list[Claim]:
    nano, large, later = seen.at("gpt-5-nano", 56), seen.at("gpt-5", 16), seen.at("gpt-5", 24)
    small, ultra = seen.at("nemotron-nano-9b-v2", 52), seen.at("nemotron-ultra-253b", 72)
    return [
        Claim(
            "Results, GPT-5 Family",
            "GPT-5 Nano at its knee k=56 (0.99, $0.05, 30.1 s) beats GPT-5 at accuracy-max k=16 (0.98, $0.35, 43.1 s) "
            "at about 1/7 of the cost",
            f"{_point(nano)} against {_point(large)}: 1/{large['cost'] / nano['cost']:.1f} of the cost",
            seen.k_of("essay-feedback", "gpt-5-nano", "knee-published") == 56
            and seen.k_of("essay-feedback", "gpt-5", "accuracy-max") == 16
            and nano["accuracy"] > large["accuracy"]
            and 6.5 <= large["cost"] / nano["cost"] < 7.5
            and nano["time"] < large["time"],
        ),
        Claim(
            "Discussion",
            "in scenario 3, GPT-5 Nano at k=56 (0.99, $0.05, 30.1 s) beats GPT-5 at k=24 (0.98, $0.52, 64.5 s), both "
            "at their knee",
            f"{_point(nano)} against {_point(later)}",
            seen.k_of("proposal-writing", "gpt-5-nano", "knee-published") == 56
            and seen.k_of("proposal-writing", "gpt-5", "knee-published") == 24
            and nano["accuracy"] > later["accuracy"],
        ),
        Claim(
            "Results, NVIDIA Nemotron Family",
            "Nemotron Nano 9B reaches perfect accuracy at k=52 ($0.117, 33.5 s), Ultra 253B at k=72 ($0.479, 386.9 s): "
            "four-fold cost, ten-fold latency",
            f"{_point(small)} against {_point(ultra)}: {ultra['cost'] / small['cost']:.1f}-fold cost, "
            f"{ultra['time'] / small['time']:.1f}-fold latency",
            seen.k_of("medical-ai", "nemotron-nano-9b-v2", "accuracy-max") == 52
            and seen.k_of("medical-ai", "nemotron-ultra-253b", "accuracy-max") == 72
            and small["accuracy"] > 0.9999
            and ultra["accuracy"] > 0.9999
            and round(ultra["cost"] / small["cost"]) == 4
            and ultra["time"] / small["time"] > 9.5,
        ),
    ]


def _qwen_max(seen: _Seen) -> Claim:
    most, knee = seen.at("qwen3-max", 108), seen.at("qwen3-max", 56)
    return Claim(
        "Results, Qwen3 Family",
        "in scenario 3, Qwen3-Max is perfect at k=108 ($0.63, 464.6 s); its knee k=56 (0.99, $0.33, 240.8 s) halves "
        "cost and latency for 1% of accuracy",
        f"{_point(most)} against {_point(knee)}: {1 - knee['cost'] / most['cost']:.0%} less cost, "
        f"{1 - knee['time'] / most['time']:.0%} less latency, {most['accuracy'] - knee['accuracy']:.1%} lost; the "
        "printed 1.00 is rounded",
        seen.k_of("proposal-writing", "qwen3-max", "accuracy-max") == 108
        and seen.k_of("proposal-writing", "qwen3-max", "knee-published") == 56
        and 0.45 < 1 - knee["cost"] / most["cost"] < 0.55
        and most["accuracy"] - knee["accuracy"] < 0.015,
    )


def _standard_deviations(seen: _Seen) -> list[Claim]:
    printed = {16: 1.1, 4: 1.4, 8: 1.2, 36: 0.9, 32: 1.0, 28: 1.0}
    values = {k: 100 * seen.at("gpt-5", k)["accuracy_std"] for k in printed}
    widest = max(
        (float(cell.front.curve.accuracy.std[choice.row]), cell.model, choice.k)
        for cell in seen.study.cells
        for choice in cell.choices
        if choice.row is not None
    )
    return [
        Claim(
            "Results, Scenarios 1 and 2",
            "standard deviations of GPT-5's accuracy: " + ", ".join(f"{v}% (k={k})" for k, v in printed.items()),
            ", ".join(f"{value:.2f}%" for value in values.values()),
            all(f"{values[k]:.1f}" == f"{value:.1f}" for k, value in printed.items()),
        ),
        Claim(
            "note under Tables 4-6",
            "standard deviations are all within about 0.01",
            f"up to {widest[0]:.3f} ({widest[1]} at k={widest[2]})",
            widest[0] <= 0.015,
        ),
    ]


def _usual_k(seen: _Seen) -> Claim:
    chosen = [
        choice.k
        for cell in seen.study.cells
        if cell.scenario == "essay-feedback"
        for choice in cell.choices
        if choice.k is not None
    ]
    usual = sum(10 <= k <= 20 for k in chosen)
    return Claim(
        "Model Configuration",
        "under C_max = $0.50 and T_max = 60 s, k typically falls between about 10 and 20",
        f"{usual} of {len(chosen)} choices do; the median is {np.median(chosen):.0f}, the range {min(chosen)} to "
        f"{max(chosen)}",
        usual > len(chosen) / 2,
    )


def _null_case(seen: _Seen) -> Claim:
    place = ("essay-feedback", "nemotron-ultra-253b")
    front = seen.study.front(*place)
    fallback = {rule: seen.k_of(*place, rule) for rule in ("utopia-closest", "max-cube")}
    return Claim(
        "One Null Case for Knee Detection",
        "one cell of scenario 1 has no knee, for its front has at most two points; utopia-closest or the cube can "
        "stand in",
        f"{place[1]} has {len(front)} points (k = {', '.join(map(str, front.k))}); utopia-closest gives "
        f"k={fallback['utopia-closest']}, max-cube k={fallback['max-cube']}",
        len(front) <= 2 and seen.k_of(*place, "knee-published") is None,
    )


def _point(row: Mapping[str, float]) -> str:
    return f"{row['accuracy']:.4f}, ${row['cost']:.3f}, {row['time']:.1f} s"
