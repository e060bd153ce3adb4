"""Accuracy of k passes from the outcomes of an evaluation: pure functions on arrays.

`accuracy_curve` is the entry; the others are its parts.
"""

from moo_inference.evaluation.accuracy_curve import (
    AccuracyCurve,
    QuestionAccuracies,
    accuracy_curve,
    question_accuracies,
)
from moo_inference.evaluation.beta import BetaFit, beta_pass_at_k, fit_beta
from moo_inference.evaluation.comparison import AccuracyDifference, compare_accuracies
from moo_inference.evaluation.equal_difficulty import ASSUMPTION, Audit, audit, equal_difficulty
from moo_inference.evaluation.interval import mean_interval, paired_difference
from moo_inference.evaluation.majority import win_probabilities, win_probabilities_of
from moo_inference.evaluation.pass_at_k import mean_pass_at_k, pass_at_k
from moo_inference.evaluation.question_mean import QuestionMean
from moo_inference.evaluation.samples import Samples
from moo_inference.evaluation.verifier import best_scored_at_k, top_weights
from moo_inference.evaluation.voting import Votes, vote_at_k

__all__ = [
    "ASSUMPTION",
    "AccuracyCurve",
    "AccuracyDifference",
    "Audit",
    "BetaFit",
    "QuestionAccuracies",
    "QuestionMean",
    "Samples",
    "Votes",
    "accuracy_curve",
    "audit",
    "best_scored_at_k",
    "beta_pass_at_k",
    "compare_accuracies",
    "equal_difficulty",
    "fit_beta",
    "mean_interval",
    "mean_pass_at_k",
    "paired_difference",
    "pass_at_k",
    "question_accuracies",
    "top_weights",
    "vote_at_k",
    "win_probabilities",
    "win_probabilities_of",
]
