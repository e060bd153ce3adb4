"""How a sum is spent on further questions: by how often top-two sampling would measure each setting."""

import numpy as np

from moo_inference.estimators.curve import FloatArray, IntArray

LEADER = 0.5
"""How often top-two sampling measures the leader, the other times its challenger: Russo's choice where nothing is known
of how hard the rivals are to tell apart."""


def top_two(selected: FloatArray) -> FloatArray:
    """(s,) how often top-two sampling measures each setting.

    A draw of the posterior names the leader; further draws are made until one names another, the challenger. One of the
    two is measured. In closed form, with a_i the probability that i is the best,
    psi_i = a_i (beta + (1 - beta) sum over j != i of a_j / (1 - a_j)).

    Source: D. Russo, Simple Bayesian Algorithms for Best-Arm Identification, Operations Research 68 (2020), section 3.

    Args:
        selected: (s + 1,) the share of draws in which a configuration of each setting is taken; at the end, those of
            the draws that take none, or one of a setting that cannot be measured.

    Returns:
        Shares that sum to 1; equal ones where no setting was ever taken.
    """
    certain = selected >= 1.0
    odds = np.where(certain, 0.0, selected / np.where(certain, 1.0, 1.0 - selected))
    # What is always taken has no challenger: all there is to tell is how good it is.
    share = selected * np.where(certain, 1.0, LEADER + (1 - LEADER) * (odds.sum() - odds))
    total = share[:-1].sum()
    return np.asarray(share[:-1] / total) if total > 0 else np.full(len(share) - 1, 1.0 / (len(share) - 1))


def whole_questions(shares: FloatArray, prices: FloatArray, left: FloatArray, spend: float) -> IntArray:
    """(s,) how many questions to buy of each setting for at most a sum.

    What is to be spent on a setting that has fewer questions left goes to the others, by their shares. What remains
    of the sum after whole questions goes to those that are farthest below theirs.

    Args:
        shares: (s,) of the sum for each.
        prices: (s,) USD a question.
        left: (s,) questions that there still are of each; infinite where there is no end.
        spend: USD.
    """
    wanted = np.zeros(len(shares))
    open_ = (shares > 0) & (left > 0)
    rest = spend
    while open_.any() and rest > 0:
        each = np.where(open_, shares, 0.0) * rest / (shares[open_].sum() * prices)
        full = open_ & (wanted + each >= left)
        if not full.any():
            wanted += each
            break
        rest -= float(((left - wanted)[full] * prices[full]).sum())
        wanted[full] = left[full]
        open_ &= ~full
    bought = np.floor(wanted * (1 + 1e-12)).astype(np.int64)
    while (bought * prices).sum() > spend:
        bought[np.argmax(bought * prices)] -= 1
    while True:
        # The very sum that is reported, question by question: rounding must not exceed what may be spent.
        totals = np.array([((bought + one) * prices).sum() for one in np.eye(len(bought), dtype=np.int64)])
        fits = (shares > 0) & (bought < left) & (totals <= spend)
        if not fits.any():
            return bought
        bought[np.argmax(np.where(fits, (wanted - bought) * prices, -np.inf))] += 1
