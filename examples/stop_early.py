"""Must all k passes always run? Policies that stop early answer queries, with recorded attempts in place of a server.

The attempts are those of a built-in catalog: GPQA Diamond, from Epoch AI, 'AI Benchmarking Hub', CC BY 4.0.
"""

from collections.abc import Callable

import numpy as np

import moo_inference as mi
from moo_inference.evaluation.question_attempts import QuestionAttempts

K, QUERIES, MODEL = 8, 3000, "gpt-5-nano@high"
random = np.random.default_rng(42)


def any_query(attempts: QuestionAttempts) -> Callable[[str, int], list[int]]:
    """What makes the passes of a query at some question: its attempts, in a random order."""
    question = random.integers(len(attempts.n))
    order = random.permutation(np.flatnonzero(attempts.place == question)).tolist()
    return lambda model, passes: [order.pop() for _ in range(passes)]


best = mi.load_catalog("gpqa-diamond").select(models=[MODEL])
vote = mi.with_stops(best, "vote-until-sure")
print(f"{MODEL}, at most {K} passes, one after the other; {QUERIES:,} queries, and in brackets what was expected")
for catalog, stops in ((best, ("fixed", "first-verified")), (vote, ("fixed", "vote-until-sure"))):
    fixed = 0.0
    for stop in stops:
        route = mi.route(catalog, "standard", "accuracy-max", k_min=K, k_max=K, parallel=1, stop=stop)
        choice = route.policy().choose(rule="accuracy-max")
        fixed = fixed or choice.cost
        attempts = route.models[MODEL].attempts
        if attempts.keep == "majority":
            judge = {"answer_of": [None if code < 0 else code for code in attempts.answer.tolist()].__getitem__}
        else:
            judge = {"verify": attempts.worth.__getitem__}
        runs = [choice.run(any_query(attempts), **judge) for _ in range(QUERIES)]
        passes = np.mean([run.used for run in runs])
        usd = np.mean([attempts.cost[list(run.passes)].sum() for run in runs])
        right = np.mean([run.kept is not None and attempts.worth[run.kept] for run in runs])
        less = f", {1 - choice.cost / fixed:.0%} less than all {K}" if choice.stop else ""
        print(
            f"  {attempts.keep:9} {stop:16} {passes:.2f} passes, right {right:.3f} ({choice.accuracy:.3f}), "
            f"${usd:.4f} (${choice.cost:.4f}{less})"
        )
