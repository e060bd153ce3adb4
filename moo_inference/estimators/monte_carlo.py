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
    refuse_beyond_samples,
    refuse_stops,
    settle_whole_numbers,
)
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray, IntArray, ScalingCurve
from moo_inference.estimators.pass_distribution import (
    PassDistribution,
    cost_distribution,
    prompts_paid,
    prompts_read,
    prompts_used,
    resource_distributions,
    time_distribution,
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
from moo_inference.evaluation.checks import passes

DRAWS = ("common", "independent")


@dataclass(frozen=True)
class MonteCarlo(Estimator):
    """Estimates by simulated queries that run all k passes; models that stop early are refused.

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
        ks = passes(k)
        conditions = Conditions(parallel=parallel, latency=latency)
        refuse_stops(models, "MonteCarlo")
        refuse_beyond_samples(models, int(ks.max()), "k")
        distinct, position = np.unique(ks, return_inverse=True)
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
        self.cost, self.time, self.resources = (
            cost_distribution(model),
            time_distribution(model),
            resource_distributions(model),
        )
        wave = parallel if latency == "waves" else 1
        self.times: list[FloatArray | None] = [
            prompts_paid(model, k, parallel),
            prompts_read(model, k, wave),
            *[prompts_used(model, k)] * len(self.resources),
        ]
        distributions = (self.cost, self.time, *self.resources)
        self.table = TrialTable(model, k, scenarios, known=[distribution.known for distribution in distributions])
        self.lengths: tuple[Drawn, ...] = tuple(
            dict.fromkeys(key for distribution in distributions for _, key in _drawn(distribution))
        )
        self.wave = None
        if latency == "waves":
            # What is read once per query is no part of a wave.
            terms = [(weight, key) for weight, key in _drawn(self.time) if key[0] != INPUT or self.times[1] is None]
            ratio = self.time.per_output
            self.wave = Wave(tuple((weight / ratio, key) for weight, key in terms), parallel)

    def add(self, chunk: Chunk) -> None:
        rows = self.table.next_rows(len(chunk.k))

        def read(distribution: PassDistribution, times: FloatArray | None) -> FloatArray:
            """What the prompts add to each query."""
            if times is None:
                return distribution.per_input * chunk.tokens((INPUT, distribution.input_tokens))
            return distribution.per_input * (times[rows, None] * chunk.first_prompt(distribution.input_tokens))

        def total(distribution: PassDistribution, times: FloatArray | None) -> FloatArray:
            written = [weight * chunk.tokens(key) for weight, key in _drawn(distribution) if key[0] != INPUT]
            return sum(written, read(distribution, times))

        if self.wave is None:
            time = total(self.time, self.times[1])
            time /= self.parallel
        else:
            time = self.time.per_output * chunk.waves[self.wave]
            if self.times[1] is not None:
                time += read(self.time, self.times[1])
        cost = total(self.cost, self.times[0])
        used = [total(distribution, times) for distribution, times in zip(self.resources, self.times[2:], strict=True)]
        self.table.add([cost, time, *used], chunk.z_accuracy, chunk.sorted_z_accuracy)


def _drawn(distribution: PassDistribution) -> list[tuple[float, Drawn]]:
    """The weights and lengths of a pass, each with the normals behind it."""
    found = [
        (distribution.per_input, (INPUT, distribution.input_tokens)),
        (distribution.per_output, (OUTPUT, distribution.output_tokens)),
    ]
    if distribution.reasoning_tokens is not None:
        found.append((distribution.per_reasoning, (REASONING, distribution.reasoning_tokens)))
    return found
