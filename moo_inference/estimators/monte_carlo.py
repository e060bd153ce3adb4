"""Monte Carlo estimates (paper, Eq. 7), with all models of a study sharing the same draws."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from moo_inference.catalog import Model, Scenario
from moo_inference.errors import SettingError
from moo_inference.estimators.base import (
    Estimator,
    Progress,
    latency_settings,
    passes,
    refuse_beyond_samples,
    settle_whole_numbers,
)
from moo_inference.estimators.curve import IntArray, ScalingCurve
from moo_inference.estimators.draws import Chunk, Length, Needs, Wave, common_draws, independent_draws
from moo_inference.estimators.pass_law import cost_law, prompts_paid, resource_laws, time_law
from moo_inference.estimators.trial_table import TrialTable

DRAWS = ("common", "independent")


@dataclass(frozen=True)
class MonteCarlo(Estimator):
    """Estimates by simulated queries.

    Attributes:
        trials: simulated queries for each k.
        seed: of numpy's default generator. The same seed gives the same numbers, bit for bit.
        draws: `common`: one stream in which pass after pass is drawn, so that every k sees the same luck, A(k) is
            monotone, and the values at k depend neither on k_max nor on block sizes. `independent`: each k has
            its own generator, seeded with seed + k: the stream behind the paper's tables.
    """

    trials: int = 300
    seed: int = 42
    draws: Literal["common", "independent"] = "common"

    def __post_init__(self) -> None:
        faults = settle_whole_numbers(self, {"trials": 1, "seed": 0})
        if self.draws not in DRAWS:
            faults.append(f"draws must be one of: {', '.join(DRAWS)}; got {self.draws!r}")
        if faults:
            raise SettingError(faults)

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
        refuse_beyond_samples(models, int(asked.max()), "k")
        distinct, position = np.unique(asked, return_inverse=True)
        summaries = [
            _Summary(model, distinct, *latency_settings(model, parallel, latency), scenarios) for model in models
        ]
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
        self.prompts = prompts_paid(model, k)
        self.table = TrialTable(model, k, scenarios)
        self.lengths: tuple[Length, ...] = (
            (0, self.cost.input_tokens),
            (1, self.cost.output_tokens),
            (1, self.time.output_tokens),
            *((1, law.output_tokens) for law in self.resources[:1]),
        )
        self.wave = None
        if latency == "waves":
            ratio = self.time.per_input / self.time.per_output
            self.wave = Wave(self.time.input_tokens, self.time.output_tokens, ratio, parallel)

    def add(self, chunk: Chunk) -> None:
        tokens_in, tokens_out, timed_out, *written = map(chunk.tokens, self.lengths)
        paid_in = tokens_in
        if self.prompts is not None:
            prompts = self.prompts[self.table.next_rows(len(chunk.k))]
            paid_in = prompts[:, None] * chunk.first_prompt(self.cost.input_tokens)
        cost = self.cost.per_input * paid_in + self.cost.per_output * tokens_out
        if self.wave is None:
            time = self.time.per_input * tokens_in + self.time.per_output * timed_out
            time /= self.parallel
        else:
            time = self.time.per_output * chunk.waves[self.wave]
        used = [law.per_input * tokens_in + law.per_output * written[0] for law in self.resources]
        self.table.add([cost, time, *used], chunk.z_accuracy, chunk.sorted_z_accuracy)
