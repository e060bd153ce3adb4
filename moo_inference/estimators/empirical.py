"""Estimates by resampling passes that were measured, in place of normal laws fitted to them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from moo_inference.catalog import Model, Passes, Scenario
from moo_inference.errors import SettingError
from moo_inference.estimators.base import (
    Estimator,
    Progress,
    latency_settings,
    passes,
    refuse_beyond_samples,
    settle_whole_numbers,
)
from moo_inference.estimators.curve import FloatArray, IntArray, ScalingCurve
from moo_inference.estimators.monte_carlo import MonteCarlo
from moo_inference.estimators.pass_law import prompts_paid, reasoning_price, written_price
from moo_inference.estimators.trial_table import TrialTable

_VALUES_AT_ONCE = 1 << 17


@dataclass(frozen=True)
class Empirical(Estimator):
    """Simulated queries whose passes are drawn, with replacement, from the measured `passes` of the model.

    A pass keeps its prompt, answer and seconds together. Draws are common: every k sees the same luck, and the values
    at k depend neither on k_max nor on block sizes. Models without measured passes are estimated by
    `MonteCarlo(draws="common")` with the same trials and seed. Accuracies are the model's own, as in MonteCarlo.

    Attributes:
        trials: simulated queries for each k.
        seed: of numpy's default generator. The same seed gives the same numbers, bit for bit.
    """

    trials: int = 1000
    seed: int = 42

    def __post_init__(self) -> None:
        faults = settle_whole_numbers(self, {"trials": 1, "seed": 0})
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
        """The curves of several models from the same luck. See `Estimator.estimate_many`."""
        asked = passes(k)
        refuse_beyond_samples(models, int(asked.max()), "k")
        distinct, position = np.unique(asked, return_inverse=True)
        measured = {number: model for number, model in enumerate(models) if model.passes is not None}
        others = [number for number in range(len(models)) if number not in measured]
        curves: dict[int, ScalingCurve] = {}
        if others:
            normal = MonteCarlo(self.trials, self.seed, "common")
            found = normal.estimate_many(
                [models[number] for number in others],
                asked,
                parallel=parallel,
                latency=latency,
                scenarios=scenarios,
                progress=None if measured else progress,
            )
            curves.update(zip(others, found, strict=True))
        runs = {
            number: _Run(model, distinct, self.trials, *latency_settings(model, parallel, latency), scenarios)
            for number, model in measured.items()
        }
        if runs:
            self._simulate(list(runs.values()), distinct, progress)
        curves.update({number: run.table.curve().take(position) for number, run in runs.items()})
        return [curves[number] for number in range(len(models))]

    def _simulate(self, runs: list["_Run"], k: IntArray, progress: Progress | None) -> None:
        luck = self._luck(int(k[-1]))
        best = np.full(self.trials, -np.inf)
        rows = max(1, _VALUES_AT_ONCE // self.trials)
        drawn = 0
        for start in range(0, len(k), rows):
            part = k[start : start + rows]
            z = np.empty((len(part), self.trials))
            for row, passes_k in enumerate(part.tolist()):
                while drawn < passes_k:
                    uniform, normal = next(luck)
                    np.maximum(best, normal, out=best)
                    for run in runs:
                        run.draw(uniform, drawn)
                    drawn += 1
                z[row] = best
                for run in runs:
                    run.keep(row, start + row)
            sorted_z = np.sort(z, axis=1)
            for run in runs:
                run.summarise(len(part), z, sorted_z)
            if progress is not None:
                progress(start + len(part), len(k))

    def _luck(self, most: int) -> Iterator[tuple[FloatArray, FloatArray]]:
        """For each pass a uniform number a trial, that picks the measured pass, and the normal behind its accuracy."""
        picks, accuracies = np.random.default_rng(self.seed), np.random.default_rng((self.seed, 1))
        for _ in range(most):
            yield picks.random(self.trials), accuracies.standard_normal(self.trials)

    def settings(self) -> dict[str, Any]:
        """See `Estimator.settings`."""
        return {"estimator": "Empirical", "trials": self.trials, "seed": self.seed}


class _Run:
    """The simulated queries of one model."""

    def __init__(
        self, model: Model, k: IntArray, trials: int, parallel: int, latency: str, scenarios: Sequence[Scenario]
    ) -> None:
        if model.passes is None:
            raise SettingError(f"{model.name}: must have measured passes")
        self.prompt, self.answer = _costs(model, model.passes)
        self.seconds = _seconds(model, model.passes)
        self.used = _used(model, model.passes)
        self.prompts = prompts_paid(model, k)
        self.parallel = parallel
        self.wave = parallel if latency == "waves" else 1
        self.table = TrialTable(model, k, scenarios)
        rows = max(1, min(_VALUES_AT_ONCE // trials, len(k)))
        self.first_prompt, self.paid, self.finished, self.longest = np.zeros((4, trials))
        self.spent = np.zeros((len(self.used), trials))
        self.kept = np.empty((2 + len(self.used), rows, trials))

    def draw(self, uniform: FloatArray, number: int) -> None:
        """One more pass in every trial."""
        which = (uniform * len(self.seconds)).astype(np.int64)
        if number == 0:
            self.first_prompt = self.prompt[which]
        self.paid += self.answer[which] + (self.prompt[which] if self.prompts is None else 0.0)
        self.spent += self.used[:, which]
        seconds = self.seconds[which]
        if number % self.wave == 0:
            self.finished += self.longest
            self.longest = seconds
        else:
            self.longest = np.maximum(self.longest, seconds)

    def keep(self, row: int, place: int) -> None:
        """Note what the passes so far cost, take and use, as that of the k at `place`."""
        extra = 0.0 if self.prompts is None else self.prompts[place] * self.first_prompt
        np.add(self.paid, extra, out=self.kept[0, row])
        np.add(self.finished, self.longest, out=self.kept[1, row])
        if self.wave == 1:
            self.kept[1, row] /= self.parallel
        self.kept[2:, row] = self.spent

    def summarise(self, rows: int, z: FloatArray, sorted_z: FloatArray) -> None:
        """Hand the noted rows to the table."""
        self.table.add(list(self.kept[:, :rows]), z, sorted_z)


def _costs(model: Model, measured: Passes) -> tuple[FloatArray, FloatArray]:
    """(n,) USD of each measured pass for its prompt, and (n,) for what it wrote; each at the tier of its prompt.

    How much of it was reasoning was not measured; a price of its own has the share that the model's lengths say.
    """
    prompts, answers = (np.array(tokens) for tokens in (measured.input_tokens, measured.output_tokens))
    per_input = np.full(len(prompts), model.usd_per_million_input_tokens)
    per_output = np.full(
        len(prompts), written_price(model, model.usd_per_million_output_tokens, reasoning_price(model))
    )
    for tier in model.price_tiers:
        beyond = prompts > tier.from_input_tokens
        per_input[beyond] = tier.usd_per_million_input_tokens
        per_output[beyond] = written_price(model, tier.usd_per_million_output_tokens, reasoning_price(model, tier))
    return prompts * per_input / 1e6, answers * per_output / 1e6


def _used(model: Model, measured: Passes) -> FloatArray:
    """(r, n) amounts of each further resource that each measured pass used."""
    prompts, answers = (np.array(tokens) for tokens in (measured.input_tokens, measured.output_tokens))
    used = [own.per_input_token * prompts + own.per_output_token * answers for own in model.resources.values()]
    return np.reshape(used, (-1, len(prompts)))


def _seconds(model: Model, measured: Passes) -> FloatArray:
    """(n,) seconds of each measured pass.

    Where the time of a request was measured elsewhere, it is spread over the passes in the order of what they wrote:
    long answers take long, as in `time_law`.
    """
    if measured.seconds is not None:
        return np.array(measured.seconds)
    prompts, answers = (np.array(tokens) for tokens in (measured.input_tokens, measured.output_tokens))
    law = model.request_seconds
    if law is not None:
        n = len(answers)
        seconds = np.empty(n)
        seconds[np.lexsort((prompts, answers))] = law.mean + law.known_std * ndtri((np.arange(n) + 0.5) / n)
        return np.maximum(seconds, 0.0)
    return (model.seconds_per_input_token or 0.0) * prompts + (model.seconds_per_output_token or 0.0) * answers
