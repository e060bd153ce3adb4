"""Monte Carlo estimates (paper, Eq. 7), with all models of a study sharing the same draws."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from moo_inference.catalog import Model, Scenario
from moo_inference.errors import ErrorCollector
from moo_inference.estimators.base import (
    Estimator,
    Progress,
    passes,
    refuse_beyond_samples,
    settle_whole_numbers,
)
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray, IntArray, ScalingCurve
from moo_inference.estimators.pass_law import (
    PassLaw,
    cost_law,
    prompts_paid,
    prompts_read,
    prompts_used,
    resource_laws,
    time_law,
)
from moo_inference.estimators.random_draws import (
    INPUT,
    OUTPUT,
    REASONING,
    Chunk,
    Drawn,
    Needs,
    Wave,
    common_draws,
    independent_draws,
)
from moo_inference.estimators.trial_table import TrialTable

DRAWS = ("common", "independent")


@dataclass(frozen=True)
class MonteCarlo(Estimator):
    """Estimates by simulated queries.

    Attributes:
        trials: simulated queries for each k.
        seed: of numpy's default generator. The same seed gives the same numbers, bit for bit.
        draws: `common`: one stream in which pass after pass is drawn (common random numbers), so that A(k) is
            monotone, and the values at k depend neither on k_max nor on block sizes. `independent`: each k has
            its own generator, seeded with seed + k: the stream behind the paper's tables.
    """

    trials: int = 300
    seed: int = 42
    draws: Literal["common", "independent"] = "common"

    def __post_init__(self) -> None:
        errors = ErrorCollector()
        settle_whole_numbers(self, {"trials": 1, "seed": 0}, errors)
        if self.draws not in DRAWS:
            errors.add(f"draws must be one of: {', '.join(DRAWS)}; got {self.draws!r}")
        errors.check()

    def estimate_many(
        self,
        models: Sequence[Model],
        k: Iterable[int],
        *,
        parallel: int | None = None,
        latency: str | None = None,
        scenarios: Sequence[Scenario] = (),
        progress: Progress | None = None,
    ) -> list[ScalingCurve]:
        """The curves of several models from the same draws. See `Estimator.estimate_many`."""
        asked = passes(k)
        conditions = Conditions(parallel=parallel, latency=latency)
        refuse_beyond_samples(models, int(asked.max()), "k")
        distinct, position = np.unique(asked, return_inverse=True)
        summaries = [_Summary(model, distinct, *conditions.of(model), scenarios) for model in models]
        needs = Needs(
            tuple(dict.fromkeys(key for summary in summaries for key in summary.lengths)),
            tuple(dict.fromkeys(summary.wave for summary in summaries if summary.wave is not None)),
        )
        source = common_draws if self.draws == "common" else independent_draws
        done = 0
        for chunk in source(self.trials, self.seed, distinct, needs):
            for summary in summaries:
                summary.add(chunk)
            done += len(chunk.k)
            if progress is not None:
                progress(done, len(distinct))
        return [summary.table.curve().take(position) for summary in summaries]

    def settings(self) -> dict[str, Any]:
        """See `Estimator.settings`."""
        return {"estimator": "MonteCarlo", "trials": self.trials, "seed": self.seed, "draws": self.draws}


class _Summary:
    """The table of one model, chunk after chunk."""

    def __init__(self, model: Model, k: IntArray, parallel: int, latency: str, scenarios: Sequence[Scenario]) -> None:
        self.parallel = parallel
        self.cost, self.time, self.resources = cost_law(model), time_law(model), resource_laws(model)
        wave = parallel if latency == "waves" else 1
        self.times: list[FloatArray | None] = [
            prompts_paid(model, k),
            prompts_read(model, k, wave),
            *[prompts_used(model, k)] * len(self.resources),
        ]
        laws = (self.cost, self.time, *self.resources)
        self.table = TrialTable(model, k, scenarios, known=[law.known for law in laws])
        self.lengths: tuple[Drawn, ...] = tuple(dict.fromkeys(key for law in laws for _, key in _drawn(law)))
        self.wave = None
        if latency == "waves":
            # What is read once a query is no part of a wave.
            terms = [(weight, key) for weight, key in _drawn(self.time) if key[0] != INPUT or self.times[1] is None]
            ratio = self.time.per_output
            self.wave = Wave(tuple((weight / ratio, key) for weight, key in terms), parallel)

    def add(self, chunk: Chunk) -> None:
        rows = self.table.next_rows(len(chunk.k))

        def read(law: PassLaw, times: FloatArray | None) -> FloatArray:
            """What the prompts add to each query."""
            if times is None:
                return law.per_input * chunk.tokens((INPUT, law.input_tokens))
            return law.per_input * (times[rows, None] * chunk.first_prompt(law.input_tokens))

        def total(law: PassLaw, times: FloatArray | None) -> FloatArray:
            written = [weight * chunk.tokens(key) for weight, key in _drawn(law) if key[0] != INPUT]
            return sum(written, read(law, times))

        if self.wave is None:
            time = total(self.time, self.times[1])
            time /= self.parallel
        else:
            time = self.time.per_output * chunk.waves[self.wave]
            if self.times[1] is not None:
                time += read(self.time, self.times[1])
        cost = total(self.cost, self.times[0])
        used = [total(law, times) for law, times in zip(self.resources, self.times[2:], strict=True)]
        self.table.add([cost, time, *used], chunk.z_accuracy, chunk.sorted_z_accuracy)


def _drawn(law: PassLaw) -> list[tuple[float, Drawn]]:
    """The weights and lengths of a pass, each with the normals behind it."""
    found = [(law.per_input, (INPUT, law.input_tokens)), (law.per_output, (OUTPUT, law.output_tokens))]
    if law.reasoning_tokens is not None:
        found.append((law.per_reasoning, (REASONING, law.reasoning_tokens)))
    return found
