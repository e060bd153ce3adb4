"""Accuracy of k passes, from an evaluation: one entry to pass@k, best-scored, voting and the fitted Beta."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moo_inference.errors import SettingError
from moo_inference.evaluation.beta import fit_beta
from moo_inference.evaluation.checks import FloatArray, IntArray, passes
from moo_inference.evaluation.clusters import clusters_of_questions
from moo_inference.evaluation.interval import LEVEL, mean_interval
from moo_inference.evaluation.pass_at_k import mean_pass_at_k, pass_at_k
from moo_inference.evaluation.question_mean import QuestionMean
from moo_inference.evaluation.samples import Samples
from moo_inference.evaluation.verifier import best_scored_at_k
from moo_inference.evaluation.voting import EXACT_COST, vote_at_k

Keep = Literal["oracle", "verifier", "majority"]
"""Which of k passes is kept: a right one if any, the one with the highest score, or the most frequent answer."""

Distribution = Literal["outcomes", "beta"]
"""The samples themselves, for k up to their number, or a Beta distribution fitted to them, for any k."""


@dataclass(frozen=True)
class AccuracyCurve:
    """Accuracy of k passes over the questions of an evaluation, for n values of k.

    Attributes:
        keep: which pass is kept.
        k: (n,) numbers of passes, in the order given.
        mean: (n,) expected accuracy.
        error: (n,) 1 - mean, kept apart since it keeps its digits where the mean nears 1.
        std: (n,) standard deviation of one query (ddof = 0). The kept pass of one query is right or wrong, so this is
            sqrt(mean (1 - mean)), whatever is kept.
        ci_low: (n,) lower end of the interval of the mean, over questions; NaN for one question.
        ci_high: (n,) upper end.
        extrapolated: (n,) whether k exceeds the samples of some question, so that only a fitted distribution gives it.
        se: (n,) standard error of simulation; 0 where exact. The interval contains it.
        exact: whether nothing was simulated.
        simulated: questions whose vote was simulated.
    """

    keep: Keep
    k: IntArray
    mean: FloatArray
    error: FloatArray
    std: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    extrapolated: NDArray[np.bool_]
    se: FloatArray
    exact: bool
    simulated: int = 0


@dataclass(frozen=True)
class QuestionAccuracies:
    """Accuracy of k passes for each of m questions and n values of k.

    Attributes:
        names: (m,) the questions, in ascending order.
        k: (n,) numbers of passes.
        accuracy: (m, n) expected correctness of the kept pass.
        error: (m, n) 1 - accuracy, from its own sum.
        se: (m, n) standard error of simulation; 0 where exact.
        exact: (m,) whether the question was counted exactly.
        clusters: (m,) name of the cluster of each question; None where each stands for itself.
    """

    names: NDArray[Any]
    k: IntArray
    accuracy: FloatArray
    error: FloatArray
    se: FloatArray
    exact: NDArray[np.bool_]
    clusters: NDArray[Any] | None = None


def question_accuracies(
    question: ArrayLike,
    correct: ArrayLike,
    k: ArrayLike,
    *,
    keep: Keep = "oracle",
    answer: ArrayLike | None = None,
    score: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    trials: int = 1000,
    seed: int = 42,
    exact_cost: float = EXACT_COST,
) -> QuestionAccuracies:
    """Accuracy of the kept one of k passes, question by question.

    Args:
        question: (s,) the question of each sample.
        correct: (s,) 0 or 1, or booleans.
        k: (n,) numbers of passes, each at most the fewest samples of a question.
        keep: which pass is kept.
        answer: (s,) codes of answers, -1 for none; "majority" needs them.
        score: (s,) of a verifier, the higher the better; "verifier" needs them.
        cluster: (s,) of each sample's question, such as the text that it is about; None: each stands for itself.
        trials: of a simulated vote. See `vote_at_k`.
        seed: of a simulated vote.
        exact_cost: up to which a vote is exact.

    Raises:
        SettingError: (a ValueError) as `accuracy_curve`.
    """
    samples = Samples.of(question, correct)
    ks = passes(k)
    _refuse_settings(keep, "outcomes", answer is None, score is None)
    se, exact = np.zeros((len(samples.n), len(ks))), np.ones(len(samples.n), dtype=bool)
    if keep == "verifier" and score is not None:
        accuracy, error = best_scored_at_k(samples, score, ks)
    elif keep == "majority" and answer is not None:
        votes = vote_at_k(samples, answer, ks, trials=trials, seed=seed, exact_cost=exact_cost)
        accuracy, error, se, exact = votes.accuracy, votes.error, votes.se, votes.exact
    else:
        accuracy, error = pass_at_k(samples.n, samples.c, ks, names=samples.names)
    clusters = None if cluster is None else clusters_of_questions(samples.names, samples.place, cluster)
    return QuestionAccuracies(samples.names, ks, accuracy, error, se, exact, clusters)


def accuracy_curve(
    question: ArrayLike,
    correct: ArrayLike,
    k: ArrayLike,
    *,
    keep: Keep = "oracle",
    answer: ArrayLike | None = None,
    score: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    model: Distribution = "outcomes",
    level: float = LEVEL,
    trials: int = 1000,
    seed: int = 42,
    exact_cost: float = EXACT_COST,
) -> AccuracyCurve:
    """How accurate the kept one of k passes is.

    Args:
        question: (s,) the question of each sample: whole numbers or texts, in any order.
        correct: (s,) 0 or 1, or booleans.
        k: (n,) numbers of passes. With model "outcomes" each is at most the fewest samples of a question.
        keep: which pass is kept.
        answer: (s,) codes of answers, -1 for none; "majority" needs them.
        score: (s,) of a verifier, the higher the better; "verifier" needs them.
        cluster: (s,) of each sample's question, such as the text that it is about; None: each stands for itself.
        model: "beta" fits the distribution of `fit_beta` and goes beyond the samples; for "oracle" alone.
        level: of the interval, over questions or, where there are clusters, over clusters; that of "beta" knows none.
        trials: of a simulated vote; see `vote_at_k`.
        seed: of a simulated vote.
        exact_cost: up to which a vote is exact.

    Raises:
        SettingError: (a ValueError) an argument is out of its range, or what `keep` needs is missing.
    """
    samples = Samples.of(question, correct)
    ks = passes(k)
    _refuse_settings(keep, model, answer is None, score is None)
    extrapolated = ks > samples.n.min()
    se, simulated = np.zeros(len(ks)), 0
    if model == "beta":
        fit = fit_beta(samples.n, samples.c)
        mean, error = fit.pass_at_k(ks)
        low, high = fit.interval(ks, level)
    else:
        if keep == "oracle" and cluster is None:
            over = mean_pass_at_k(samples.n, samples.c, ks, names=samples.names)
        else:
            each = question_accuracies(
                question,
                correct,
                ks,
                keep=keep,
                answer=answer,
                score=score,
                cluster=cluster,
                trials=trials,
                seed=seed,
                exact_cost=exact_cost,
            )
            over = QuestionMean.of(each.accuracy, each.error, each.clusters)
            se = np.sqrt((each.se**2).sum(axis=0)) / len(each.se)
            simulated = int((~each.exact).sum())
        mean, error = over.mean, over.error
        low, high = mean_interval(over, level)
    std = np.sqrt(mean * error)
    return AccuracyCurve(keep, ks, mean, error, std, low, high, extrapolated, se, simulated == 0, simulated)


def _refuse_settings(keep: str, model: str, no_answer: bool, no_score: bool) -> None:
    errors = [
        f"{name} must be one of: {', '.join(get_args(kind))}; got {value!r}"
        for name, kind, value in (("keep", Keep, keep), ("model", Distribution, model))
        if value not in get_args(kind)
    ]
    if keep == "verifier" and no_score:
        errors.append("verifier needs a score for every sample, got none")
    if keep == "majority" and no_answer:
        errors.append("majority needs an answer for every sample, -1 where there is none; got none")
    if model == "beta" and keep in ("verifier", "majority"):
        errors.append(f"model 'beta' gives the accuracy of an oracle only: keep must be 'oracle', got {keep!r}")
    if errors:
        raise SettingError(errors)
