"""What is to be expected of measurements before they are made."""

from collections.abc import Sequence

import numpy as np

from moo_inference.decision.base import Rule
from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.evaluation.resampling import bayesian_weights
from moo_inference.studies.confidence import AssessmentSettings, assess_known
from moo_inference.studies.evaluated_questions import with_questions
from moo_inference.studies.posterior import Posterior

MOST_NEW = 1000
"""So many further questions of a setting are simulated at most: with more, the expectation is a lower end."""


def expected_pgs(
    known: Posterior, further: Sequence[IntArray], rule: Rule, worlds: int, settings: AssessmentSettings
) -> FloatArray:
    """(worlds,) the PGS that there would be after further questions, in worlds that what is known may come from.

    A world is one draw of the Bayesian bootstrap: weights of the questions. Each further question is answered as one of
    those that the setting has answered, drawn with these weights; settings that are asked the same question are given
    the same one where both have answered it. Then the choice is made and assessed as it would be. That a question which
    other settings have answered already is hard or easy is not used, so that pairing is worth a little more than here.

    Source: preposterior analysis, H. Raiffa and R. Schlaifer, Applied Statistical Decision Theory (1961); prediction by
    the Bayesian bootstrap, a Polya urn: A. Y. Lo, Annals of Statistics 16 (1988).

    Args:
        known: with one table a setting.
        further: by table, numbers of the questions to be asked: those of `QuestionTable.units`, and from
            `known.units` on for questions that none has answered.
        rule: scaled by the budgets.
        worlds: how many.
        settings: how each choice is assessed.

    Returns:
        0 where nothing would be chosen.
    """
    rng = np.random.default_rng(settings.seed)
    asked = [own[:MOST_NEW] for own in further]
    numbers = np.unique(np.concatenate(asked)) if asked else np.empty(0, dtype=np.int64)
    found = np.empty(worlds)
    for world in range(worlds):
        # The largest of log weights with Gumbel noise is a draw by the weights, whichever questions there are to choose
        # from: one noise for all settings.
        noise = np.log(bayesian_weights(known.units, 1, rng)) + rng.gumbel(size=(len(numbers), known.units))
        answered, names = [], []
        for table, own in zip(known.tables, asked, strict=True):
            drawn = noise[np.ix_(np.searchsorted(numbers, own), table.units)].argmax(axis=1)
            answered.append(np.concatenate([np.arange(len(table.units)), drawn]))
            names.append(np.concatenate([table.units, own]))
        after = with_questions(known, answered, names)
        found[world] = assess_known(after, [rule], settings)[0].pgs
    return np.nan_to_num(found)
