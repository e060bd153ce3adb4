"""Does it pay to measure where it matters? Replays on real attempts, of which most are hidden at first.

Every setting begins with a few questions, then a rule buys more of them, batch by batch, each question with all its
attempts. After 10, 25 and 50 % of what measuring everything costs, it is looked up in all attempts whether the choice
is within one accuracy point of the best within the budget.

Three rules that buy where it matters: top-two sampling (the product's own functions), OCBA with constraints, and the
knowledge gradient; beside successive elimination, and equal numbers of questions or dollars.

Run: python benchmarks/next_measurement.py [RUNS [RULE ...]]
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import moo_inference as mi
from moo_inference.decision import make_rule
from moo_inference.decision.many import choices_of
from moo_inference.estimators.base import curves_within_samples
from moo_inference.estimators.conditions import Conditions
from moo_inference.studies.allocation import whole_questions
from moo_inference.studies.confidence import Assessment, AssessmentSettings, assess_known
from moo_inference.studies.evaluated_questions import with_questions
from moo_inference.studies.posterior import Posterior, posterior
from moo_inference.studies.preposterior import expected_pgs
from moo_inference.studies.purchases import rests_on_enough, shares_of_spending

CATALOGS = ("gpqa-diamond", "otis-mock-aime")
QUANTILES = (0.25, 0.5, 0.75)
"""The budgets are these quantiles of what all configurations cost."""
TARGETS = (0.5, 0.7, 0.9)
CHECKS = (0.1, 0.25, 0.5)
WIDE = (0.1, 0.95)
"""Where PGS at the stop is looked at: quantiles between these, drawn anew for each run."""
BATCH = 0.025
"""Of the cost of measuring everything."""
FIRST = 3
"""Questions of each setting that are there before anything is bought: five would be more than a tenth of 45."""
DRAWS = 100
GOOD = 0.01
NEVER = 0.01
"""A setting that is chosen in fewer draws is out of the race."""


@dataclass(frozen=True)
class Problem:
    """All attempts, and a budget.

    Attributes:
        whole: what is known from all questions.
        ids: of the settings, in the order of its tables.
        prices: (s,) USD a question.
        questions: how many there are.
        truth: the best row.
    """

    whole: Posterior
    ids: list[str]
    prices: np.ndarray
    questions: int
    truth: int

    @property
    def rule(self):
        """The most accurate within the budget."""
        return make_rule("accuracy-max").scaled_by(self.whole.scenario)

    def known(self, stream: np.ndarray, counts: np.ndarray) -> Posterior:
        """What is known from the first questions of a stream, (s,) of each setting."""
        return with_questions(self.whole, [stream[:n] for n in counts], [np.arange(n) for n in counts])

    def good(self, row: int) -> bool:
        """Whether a row is within the budget, and within a point of the best."""
        F = self.whole.F
        return bool(row >= 0 and self.whole.met[row] and F[row, -1] <= F[self.truth, -1] + GOOD)


def problem(name: str, quantile: float) -> Problem:
    """A catalog with a budget for cost that is a quantile of what its configurations cost."""
    models = mi.load_catalog(name).models
    conditions = Conditions(k_max=8)
    curves = dict(zip(models, curves_within_samples(mi.Recorded(), list(models.values()), conditions), strict=True))
    cost = np.concatenate([curve.F[:, 0] for curve in curves.values()])
    scenario = mi.Scenario(name="s", c_max=float(np.quantile(cost, quantile)), t_max=None, a_min=None)
    whole = posterior(models, curves, scenario, conditions)
    prices = np.array([model.attempts.cost.sum() / len(model.attempts.n) for model in models.values()])
    questions = min(len(table.units) for table in whole.tables)
    best = chosen(whole, make_rule("accuracy-max").scaled_by(scenario))
    return Problem(whole, list(models), prices, questions, best)


def chosen(known: Posterior, rule: object) -> int:
    """The row that the rule takes, -1 for none."""
    return int(choices_of([rule], known.F[None], known.met[None])[0, 0])


Shares = Callable[[Problem, Posterior, np.ndarray, float, int], np.ndarray]
"""From what is known, (s,) questions so far, the sum and a seed: (s,) of the sum for each setting."""


def assessed(one: Problem, known: Posterior, seed: int, draws: int = DRAWS) -> Assessment:
    """How sure the choice is."""
    return assess_known(known, [one.rule], AssessmentSettings(draws, seed=seed))[0]


def top_two(one: Problem, known: Posterior, counts: np.ndarray, spend: float, seed: int) -> np.ndarray:
    """As the product has it."""
    places = {name: place for place, name in enumerate(one.ids)}
    return shares_of_spending(assessed(one, known, seed), places, one.prices)


def by_dollars(one: Problem, known: Posterior, counts: np.ndarray, spend: float, seed: int) -> np.ndarray:
    """Top-two sampling where dollars, and not dollars by the root of prices, are as it measures the settings."""
    shares = top_two(one, known, counts, spend, seed) / np.sqrt(one.prices)
    return shares / shares.sum()


def drawn(one: Problem, known: Posterior, seed: int) -> tuple[np.ndarray, int]:
    """(R, n, m) draws of the objectives, and the choice."""
    draws = [F for F, _ in known.drawn(DRAWS, np.random.default_rng(seed))]
    return np.concatenate(draws), chosen(known, one.rule)


def ocba(one: Problem, known: Posterior, counts: np.ndarray, spend: float, seed: int) -> np.ndarray:
    """Chen, Lin, Yucesan and Chick (2000), with constraints as Lee, Pujowidianto, Li, Chen and Yap (2012) have them.

    A rival is told apart by its accuracy or by the budget, whichever is surer: N_i as (sigma_i / delta_i)^2; the leader
    by the root of the sum of the squares of the others. Correlated, so that sigma is that of the difference.
    """
    F, leader = drawn(one, known, seed)
    if leader < 0:
        return one.prices / one.prices.sum()
    gap = F[..., -1] - F[:, [leader], -1]
    over = F[..., 0] - known.scenario.c_max
    surest = np.maximum(*(value.mean(axis=0) / (value.std(axis=0) + 1e-9) for value in (gap, over)))
    needed = 1 / np.maximum(surest, 0.05) ** 2
    needed[leader] = 0.0
    of = known.model
    numbers = np.array([counts[place] * needed[of == place].max() for place in range(len(counts))])
    others = np.arange(len(counts)) != of[leader]
    numbers[of[leader]] = np.sqrt((numbers[others] ** 2).sum())
    spent = numbers * np.sqrt(one.prices)
    return spent / spent.sum()


def knowledge_gradient(one: Problem, known: Posterior, counts: np.ndarray, spend: float, seed: int) -> np.ndarray:
    """Frazier, Powell and Dayanik (2008), per dollar: what the sum would gain in accuracy, spent on each setting alone.

    After m more questions than n the mean of a setting moves by sqrt(m / (n + m)) of its posterior deviation.
    """
    F, leader = drawn(one, known, seed)
    mean = F.mean(axis=0)
    more = np.maximum(spend / one.prices, 1.0)
    gains = np.zeros(len(counts))
    for place in range(len(counts)):
        rows = known.model == place
        after = np.repeat(mean[None], len(F), axis=0)
        after[:, rows] += np.sqrt(more[place] / (counts[place] + more[place])) * (F[:, rows] - mean[rows])
        met = after[..., 0] <= known.scenario.c_max
        best = choices_of([one.rule], after, met)[0]
        draw = np.arange(len(F))
        then = np.where(best >= 0, 1 - after[draw, best, -1], 0.0)
        now = np.where(met[:, leader], 1 - after[:, leader, -1], 0.0) if leader >= 0 else 0.0
        gains[place] = (then - now).mean()
    gains = np.maximum(gains, 0.0)
    return gains / gains.sum() if gains.any() else one.prices / one.prices.sum()


def elimination(one: Problem, known: Posterior, counts: np.ndarray, spend: float, seed: int) -> np.ndarray:
    """Racing: equal numbers of questions for all that may still be chosen."""
    found = assessed(one, known, seed)
    share = dict.fromkeys(one.ids, 0.0)
    for candidate in found.selection:
        share[candidate.model] += candidate.share
    left = one.prices * (np.array(list(share.values())) >= NEVER)
    return (left if left.any() else one.prices) / (left if left.any() else one.prices).sum()


RULES: dict[str, Shares] = {
    "top-two": top_two,
    "top-two, by dollars": by_dollars,
    "OCBA": ocba,
    "knowledge gradient": knowledge_gradient,
    "elimination": elimination,
}
FIXED = ("equal questions", "equal dollars")


def fixed(one: Problem, rule: str, spend: float) -> np.ndarray:
    """(s,) questions of each setting for a sum, without looking at any answer."""
    if rule == "equal questions":
        return np.full(len(one.prices), min(one.questions, max(FIRST, int(spend / one.prices.sum()))))
    left = np.full(len(one.prices), float(one.questions - FIRST))
    each = np.full(len(one.prices), 1 / len(one.prices))
    return FIRST + whole_questions(each, one.prices, left, spend - FIRST * one.prices.sum())


def stream_of(one: Problem, run: int, *, again: bool = False) -> np.ndarray:
    """The order of the questions; `again`: drawn with replacement, so that all attempts are the truth of a sample."""
    rng = np.random.default_rng(run)
    return rng.integers(0, one.questions, one.questions) if again else rng.permutation(one.questions)


def bought(one: Problem, rule: str, known: Posterior, counts: np.ndarray, spend: float, seed: int) -> np.ndarray:
    """(s,) further questions for a sum."""
    left = (one.questions - counts).astype(float)
    return whole_questions(RULES[rule](one, known, counts, spend, seed), one.prices, left, spend)


def shares_good(one: Problem, rule: str, runs: int) -> np.ndarray:
    """The share of runs whose choice is good at each check."""
    found = np.zeros(len(CHECKS))
    total = one.questions * one.prices.sum()
    for run in range(runs):
        stream = stream_of(one, run)
        counts = np.full(len(one.prices), FIRST)
        for place, check in enumerate(CHECKS):
            if rule in FIXED:
                counts = fixed(one, rule, check * total)
            while rule not in FIXED:
                room = check * total - (counts * one.prices).sum()
                known = one.known(stream, counts)
                more = bought(one, rule, known, counts, min(room, BATCH * total), run)
                if not more.any():
                    break
                counts = counts + more
            found[place] += one.good(chosen(one.known(stream, counts), one.rule))
    return found / runs


def at_stop(name: str, runs: int) -> list[tuple[float, float, bool, float]]:
    """(target, PGS, whether it is as good as PGS means, share of the cost) of each run that stops at a target.

    Each run has a budget of its own: with one for all the answer would be as easy, or as hard, in all of them.
    """
    found = []
    for run in range(runs):
        one = problem(name, np.random.default_rng(run).uniform(*WIDE))
        total = one.questions * one.prices.sum()
        stream = stream_of(one, run, again=True)
        counts = np.full(len(one.prices), FIRST)
        left = list(TARGETS)
        while left:
            known = one.known(stream, counts)
            now = assessed(one, known, run, 400)
            row = chosen(known, one.rule)
            enough = rests_on_enough(now, dict(zip(one.ids, counts.tolist(), strict=True)), one.questions)
            while left and now.pgs >= left[0] and enough:
                own, best = one.whole.F[row], one.whole.F[one.truth]
                margins = np.array([now.delta[1], np.inf, now.delta[0]])
                good = bool((np.abs(own - best) <= margins).all())
                found.append((left.pop(0), now.pgs, good, (counts * one.prices).sum() / total))
            more = bought(one, "top-two", known, counts, BATCH * total, run)
            if not more.any():
                break
            counts = counts + more
    return found


def foreseen(one: Problem, runs: int) -> list[tuple[float, float]]:
    """(expected, achieved) PGS after a batch of 15 % of the cost, planned at 10 %."""
    found = []
    total = one.questions * one.prices.sum()
    for run in range(runs):
        stream = stream_of(one, run, again=True)
        counts = fixed(one, "equal questions", CHECKS[0] * total)
        known = one.known(stream, counts)
        more = bought(one, "top-two", known, counts, (CHECKS[1] - CHECKS[0]) * total, run)
        further = [np.arange(n, n + m) for n, m in zip(counts, more, strict=True)]
        expected = expected_pgs(known, further, one.rule, 20, AssessmentSettings(DRAWS, seed=run)).mean()
        found.append((float(expected), assessed(one, one.known(stream, counts + more), run, 400).pgs))
    return found


def main(runs: int, rules: list[str]) -> None:
    """Print the shares, what was said at the stop, and what was foreseen."""
    problems = {(name, quantile): problem(name, quantile) for name in CATALOGS for quantile in QUANTILES}
    for name in CATALOGS if "stop" in rules else ():
        stops = np.array(at_stop(name, runs), dtype=float).reshape(-1, 4)
        for target in TARGETS:
            own = stops[stops[:, 0] == target]
            if not len(own):
                print(f"{name}, target {target}: none of {runs} stops")
                continue
            error = own[:, 2].std() / np.sqrt(len(own))
            print(
                f"{name}, target {target}: {len(own)} of {runs} stop, at {own[:, 3].mean():.2f} of the cost; "
                f"PGS {own[:, 1].mean():.3f}, good {own[:, 2].mean():.3f} (standard error {error:.3f})",
                flush=True,
            )
    for (name, quantile), one in problems.items():
        budget = one.whole.scenario.c_max
        print(f"{name}, at most ${budget:.4f} per query (quantile {quantile}), best {one.whole.places[one.truth]}")
        for rule in rules:
            if rule in RULES or rule in FIXED:
                shares = shares_good(one, rule, runs)
                print(f"  {rule:20} " + "  ".join(f"{share:.3f}" for share in shares), flush=True)
        if "foreseen" in rules:
            pairs = np.array(foreseen(one, runs))
            print(f"  expected PGS {pairs[:, 0].mean():.3f}, achieved {np.nanmean(pairs[:, 1]):.3f}", flush=True)


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 200,
        sys.argv[2:] or [*FIXED, *RULES, "foreseen", "stop"],
    )
