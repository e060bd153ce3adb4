"""Prints the numbers that accuracy.md quotes.

Run: python tools/accuracy_numbers.py keepers | audit | variance | extrapolation
"""

import sys
from collections import Counter
from collections.abc import Mapping

import numpy as np
from scipy.optimize import brentq

import moo_inference as mi
from moo_inference.decision import DEFAULT_RULES
from moo_inference.decision.choice import decide
from moo_inference.estimators import ScalingCurve
from moo_inference.estimators.max_of_k import error_moments
from moo_inference.evaluation import accuracy_curve, audit, beta_pass_at_k, equal_difficulty, fit_beta, mean_pass_at_k

QUESTIONS, SAMPLES, SEED = 200, 64, 1


def three(value: float) -> str:
    """A number with three digits; halves, which means over hundreds of questions often are, always go up."""
    return f"{value + 1e-9:.3f}"


def evaluation() -> tuple[np.ndarray, ...]:
    """A made-up evaluation: the question, correctness, answer and score of each sample.

    A fifth of the questions have a wrong answer (code 1) that is commoner than the right one (code 0).
    """
    rng = np.random.default_rng(SEED)
    question = np.repeat(np.arange(QUESTIONS), SAMPLES)
    p = np.where(np.arange(QUESTIONS) % 5 == 0, 0.3, rng.beta(2, 1, QUESTIONS))[question]
    correct = rng.random(len(question)) < p
    astray = np.where(question % 5 == 0, 0.9, 0.3)
    answer = np.where(correct, 0, np.where(rng.random(len(question)) < astray, 1, rng.integers(2, 9, len(question))))
    return question, correct, answer, correct + rng.normal(size=len(question))


def keepers() -> None:
    """One evaluation under the three keepers."""
    question, correct, answer, score = evaluation()
    k = [1, 2, 4, 8, 16, 32, 64]
    print(f"{QUESTIONS} questions x {SAMPLES} samples; k =" + "".join(f"{each:8}" for each in k))
    for keep in ("oracle", "verifier", "majority"):
        curve = accuracy_curve(question, correct, k, keep=keep, answer=answer, score=score)
        print(f"{keep:34}" + "".join(f"{three(mean):>8}" for mean in curve.mean))
    last = accuracy_curve(question, correct, [64], keep="oracle")
    print(f"95 % interval of the oracle at k = 64: {last.ci_low[0]:.3f} to {last.ci_high[0]:.3f}")
    astray = question % 5 == 0
    curve = accuracy_curve(question[astray], correct[astray], k, keep="majority", answer=answer[astray])
    print(f"{'majority, led astray':34}" + "".join(f"{three(mean):>8}" for mean in curve.mean))


def audits() -> None:
    """The same samples, question by question and from their mean."""
    question, correct, _, _ = evaluation()
    n, c = np.bincount(question), np.bincount(question, weights=correct).astype(int)
    found = audit(n, c, [1, 4, 16])
    print("the evaluation above          k = 1    k = 4    k = 16")
    print("  pass@k, question by question " + "    ".join(map(three, found.unbiased)))
    print("  1 - (1 - p)^k from the mean  " + "    ".join(f"{x:.3f}" for x in found.equal_difficulty))
    claimed = equal_difficulty(0.2881, [10, 100])[0]
    print(f"Codex-12B on HumanEval, p = 0.2881: 1 - (1 - p)^10 = {claimed[0]:.3f}, published pass@10 = 0.468")


def variance() -> None:
    """What the paper's accuracy model rewards."""
    print("best of k normals of mean 0.90    k = 1   k = 4   k = 16  k = 64")
    for std in (0.02, 0.04, 0.07):
        error, _ = error_moments([0.90], [std], [1, 4, 16, 64])
        print(f"  std {std:.2f}" + " " * 24 + "   ".join(f"{1 - x:.3f}" for x in error[0]))
    models = mi.load_catalog("paper").models
    across("the nine models as they are", models)
    across(
        "the same with std 0.04 for all",
        {name: model.replace(accuracy={"mean": model.accuracy.mean, "std": 0.04}) for name, model in models.items()},
    )


def across(title: str, models: Mapping[str, mi.Model]) -> None:
    """How often each model is chosen, over all scenarios and the default rules."""
    curve = ScalingCurve.joined(mi.ClosedForm().estimate_many(list(models.values()), range(1, 129)))
    names = [name for name in models for _ in range(128)]
    fronts = [mi.Front.from_curve(curve, scenario, names) for scenario in mi.load_catalog("paper").scenarios.values()]
    chosen = Counter(str(decide(front, rule).model) for front in fronts for rule in DEFAULT_RULES)
    print(f"{title}: " + ", ".join(f"{name} {times}" for name, times in chosen.most_common()))


def extrapolation() -> None:
    """A Beta distribution fitted to few samples of questions that are not Beta, and one through published points."""
    rng = np.random.default_rng(SEED)
    p = np.where(rng.random(400) < 0.5, rng.beta(4, 2, 400), 10 ** rng.uniform(-4, -1, 400))
    c = rng.binomial(20, p)
    fit, k = fit_beta(20, c), [1, 20, 100, 1000]
    measured = [*map(three, mean_pass_at_k(20, c, [1, 20]).mean)] + ["  -  "] * 2
    low, high = fit.interval(k)
    print("20 samples of 400 questions: samples   Beta    95 % band         truth")
    for row, each in enumerate(k):
        truth = float(np.mean(1 - (1 - p) ** each))
        print(
            f"  k = {each:4}                   {measured[row]}    {fit.pass_at_k(each)[0][0]:.3f}   "
            f"{low[row]:.3f} to {high[row]:.3f}    {truth:.3f}"
        )

    def codex(log_size: float, k: int) -> float:
        size = float(np.exp(log_size))
        return float(beta_pass_at_k(0.2881 * size, (1 - 0.2881) * size, k)[0][0])

    found = brentq(lambda x: codex(x, 10) - 0.4681, -12, 12)
    print(f"Codex-12B, Beta through pass@1 and pass@10: pass@100 = {codex(found, 100):.3f}, published 0.723")
    print("10 samples of 200 questions, 30 sets, pass@100 of the fit less the truth, and truths in the band:")
    print("  beyond all passes    Beta alone             with unsolvable ones")
    for of_all in (0.0, 0.05, 0.15):
        alone, both = _overshoot(rng, of_all)
        print(f"  {of_all:4.0%} of the questions  {alone}   {both}")


def _overshoot(rng: np.random.Generator, of_all: float) -> tuple[str, str]:
    """How much fits exceed pass@100 with some questions never solved, the others Beta(2, 2), and what bands hold."""
    k, sets = 100, 30
    truth = (1 - of_all) * float(beta_pass_at_k(2, 2, [k])[0][0])
    more, held = np.zeros((2, sets)), np.zeros((2, sets))
    for number in range(sets):
        c = rng.binomial(10, np.where(rng.random(200) < of_all, 0.0, rng.beta(2, 2, 200)))
        for row, unsolvable in enumerate((False, True)):
            fit = fit_beta(10, c, unsolvable=unsolvable)
            more[row, number] = float(fit.pass_at_k([k])[0][0]) - truth
            low, high = (float(end[0]) for end in fit.interval([k]))
            held[row, number] = low <= truth <= high
    shown = [f"{100 * a.mean():+5.1f} points, {b.mean():4.0%}" for a, b in zip(more, held, strict=True)]
    return shown[0], shown[1]


if __name__ == "__main__":
    {"keepers": keepers, "audit": audits, "variance": variance, "extrapolation": extrapolation}[sys.argv[1]]()
