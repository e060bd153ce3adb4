"""Estimates by resampling passes that were measured, in place of distributions fitted to them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moo_inference.catalog import Model, Passes, Scenario
from moo_inference.errors import ErrorCollector, SettingError
from moo_inference.estimators.base import (
    Estimator,
    Progress,
    refuse_beyond_samples,
    refuse_stops,
    settle_whole_numbers,
)
from moo_inference.estimators.closed_form import ClosedForm
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray, IntArray, ScalingCurve
from moo_inference.estimators.lengths import Length
from moo_inference.estimators.measured_tails import of_passes, of_queries
from moo_inference.estimators.pass_distribution import (
    prompts_paid,
    prompts_read,
    prompts_used,
    reasoning_price,
    written_price,
)
from moo_inference.estimators.trial_table import TrialTable
from moo_inference.evaluation import special
from moo_inference.evaluation.checks import passes

_VALUES_AT_ONCE = 1 << 17


@dataclass(frozen=True)
class Empirical(Estimator):
    """Queries whose passes are drawn, with replacement, from the measured `passes` of the model.

    Means are exact, with a standard error of 0: costs and resources of k passes are k times those of one, and the
    longest of a wave is counted from the order of all measured. Spread, percentiles and SLO attainment come from
    simulated queries; they share common random numbers, so that the values at k depend neither on k_max nor on block
    sizes.

    A query has the prompt of the first pass that is drawn, with its price tier, and that pass's answer; further passes
    add an answer each, drawn without regard to the prompt. Measured seconds stay whole: they hold the reading of their
    own prompt, which cannot be distinguished. With `prompt: per-pass` each pass keeps its own prompt.

    Accuracies, and models without measured passes, are those of `ClosedForm`. Models with measured passes that stop
    early are refused.

    Attributes:
        trials: simulated queries for each k.
        seed: of numpy's default generator. The same seed gives the same numbers, bit for bit.
    """

    trials: int = 1000
    seed: int = 42

    def __post_init__(self) -> None:
        errors = ErrorCollector()
        settle_whole_numbers(self, {"trials": 1, "seed": 0}, errors)
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
        """The curves of several models from common random numbers. See `Estimator.estimate_many`."""
        ks = passes(k)
        conditions = Conditions(parallel=parallel, latency=latency)
        refuse_stops((model for model in models if model.passes is not None), "Empirical")
        refuse_beyond_samples(models, int(ks.max()), "k")
        runs = {
            number: _Run(model, ks, self.trials, *conditions.of(model), scenarios)
            for number, model in enumerate(models)
            if model.passes is not None
        }
        others = [number for number in range(len(models)) if number not in runs]
        curves: dict[int, ScalingCurve] = {}
        if others:
            found = ClosedForm().estimate_many(
                [models[number] for number in others],
                ks,
                parallel=parallel,
                latency=latency,
                scenarios=scenarios,
                progress=None if runs else progress,
            )
            curves.update(zip(others, found, strict=True))
        if runs:
            self._simulate(list(runs.values()), progress)
        curves.update({number: run.curve() for number, run in runs.items()})
        return [curves[number] for number in range(len(models))]

    def _simulate(self, runs: list["_Run"], progress: Progress | None) -> None:
        k = runs[0].k
        picks = np.random.default_rng(self.seed)
        rows = max(1, _VALUES_AT_ONCE // self.trials)
        drawn = 0
        for start in range(0, len(k), rows):
            part = k[start : start + rows]
            for row, passes_k in enumerate(part.tolist()):
                while drawn < passes_k:
                    uniform = picks.random(self.trials)
                    for run in runs:
                        run.draw(uniform, drawn)
                    drawn += 1
                for run in runs:
                    run.keep(row, start + row)
            for run in runs:
                run.summarise(len(part))
            if progress is not None:
                progress(start + len(part), len(k))

    def settings(self) -> dict[str, Any]:
        """See `Estimator.settings`."""
        return {"estimator": "Empirical", "trials": self.trials, "seed": self.seed}


class _Run:
    """The simulated queries of one model, and the exact means."""

    def __init__(
        self, model: Model, ks: IntArray, trials: int, parallel: int, latency: str, scenarios: Sequence[Scenario]
    ) -> None:
        if model.passes is None:
            raise SettingError(f"{model.name}: must have measured passes")
        self.k, self.position = np.unique(ks, return_inverse=True)
        self.parallel = parallel if latency == "ideal" else 1
        self.wave = parallel if latency == "waves" else 1
        measured = model.passes
        prompts, answers = (np.array(tokens, dtype=float) for tokens in (measured.input_tokens, measured.output_tokens))
        per_input, self.per_output = _prices(model, prompts)
        reading, self.seconds = _seconds(model, measured)
        used = np.reshape([[own.per_input_token, own.per_output_token] for own in model.resources.values()], (-1, 2))
        # What each measured pass adds: by reading its prompt, (q, n), and by writing, (q, n), in the order of a table.
        self.read = np.array([per_input * prompts, reading, *(own * prompts for own in used[:, 0])])
        self.written = np.array([answers, self.seconds, *(own * answers for own in used[:, 1])])
        paid, seen, needed = (
            prompts_paid(model, self.k, parallel),
            prompts_read(model, self.k, self.wave),
            prompts_used(model, self.k),
        )
        if paid is None or seen is None or needed is None:
            self.written[0] *= self.per_output
            self.written, self.read = self.written + self.read, np.zeros_like(self.read)
            self.per_output = np.ones(len(prompts))
            paid = seen = needed = np.zeros(len(self.k))
        self.times = [paid, seen, *[needed] * len(used)]
        self.table = TrialTable(model, self.k, scenarios, known=_known(model), means=self._means())
        rows = max(1, min(_VALUES_AT_ONCE // trials, len(self.k)))
        self.first = np.zeros(trials, dtype=np.int64)
        self.spent = np.zeros((len(self.written), trials))
        self.longest = np.zeros(trials)
        self.kept = np.empty((len(self.written), rows, trials))
        self.drawn: list[IntArray] | None = [] if any(scenario.has_quantiles for scenario in scenarios) else None

    def _means(self) -> FloatArray:
        """(q, n) expectations of what k passes cost, take and use."""
        once = np.array([times * own.mean() for times, own in zip(self.times, self.read, strict=True)])
        written = self.k * self.written.mean(axis=1)[:, None]
        # The first answer has the price of its own prompt's tier, the others that of a prompt that is not theirs.
        tokens, prices = self.written[0], self.per_output
        written[0] = (prices * tokens).mean() + (self.k - 1) * prices.mean() * tokens.mean()
        written[1] = _waves_of_largest(self.written[1], self.k, self.wave)
        means = once + written
        means[1] /= self.parallel
        return np.asarray(means)

    def weighted(self, weights: FloatArray) -> FloatArray:
        """(R, q, n) the means where the measured passes have other weights (R, p)."""
        once = np.stack(
            [times * (weights @ own)[:, None] for times, own in zip(self.times, self.read, strict=True)], axis=1
        )
        written = (weights @ self.written.T)[:, :, None] * self.k
        tokens, prices = self.written[0], self.per_output
        first, others = weights @ (prices * tokens), (weights @ prices) * (weights @ tokens)
        written[:, 0] = first[:, None] + others[:, None] * (self.k - 1)
        written[:, 1] = _waves_of_largest(self.written[1], self.k, self.wave, weights)
        means = once + written
        means[:, 1] /= self.parallel
        return np.asarray(means[:, :, self.position])

    def draw(self, uniform: FloatArray, number: int) -> None:
        """One more pass in every trial."""
        which = (uniform * self.written.shape[1]).astype(np.int64)
        if self.drawn is not None:
            self.drawn.append(which)
        if number == 0:
            self.first = which
        added = self.written[:, which]
        if number % self.wave == 0:
            self.spent[1] += self.longest
            self.longest = added[1].copy()
        else:
            np.maximum(self.longest, added[1], out=self.longest)
        added[1] = 0.0
        self.spent += added

    def keep(self, row: int, place: int) -> None:
        """Note what the passes so far cost, take and use, as that of the k at `place`."""
        found = self.kept[:, row]
        found[:] = self.spent
        found[0] *= self.per_output[self.first]
        found[1] += self.longest
        found += np.array([times[place] for times in self.times])[:, None] * self.read[:, self.first]
        found[1] /= self.parallel

    def summarise(self, rows: int) -> None:
        """Hand the noted rows to the table."""
        found = self.kept[:, :rows]
        if self.drawn is None:
            self.table.add(list(found))
            return
        places, queries = self.table.next_rows(rows), found.copy()
        self.table.add(list(found))
        self.table.tell_tails(lambda row, column, q: self._tail(places.start + row, queries[column, row], column, q))

    def _tail(self, place: int, queries: FloatArray, column: int, q: float) -> tuple[float, float, float]:
        """Both ends of the interval of a quantile, and how many passes it needs."""
        k, n = int(self.k[place]), self.written.shape[1]
        once = self.times[column][place] * self.read[column]
        if k == 1:
            price = self.per_output if column == 0 else np.ones(n)
            return of_passes((self.written[column] * price + once) / (self.parallel if column == 1 else 1), q, 1)
        if column == 1 and k <= self.wave and not once.any():
            return of_passes(self.written[1], q, k)
        return of_queries(queries, q, np.array((self.drawn or [])[:k]), n)

    def curve(self) -> ScalingCurve:
        """The curve over all k that were asked for."""
        return self.table.curve().take(self.position)


def resampled_means(model: Model, k: IntArray, conditions: Conditions, weights: FloatArray) -> FloatArray:
    """(R, m - 1, n) expected USD, seconds and further resources where measured passes have other weights.

    Args:
        model: with p measured passes.
        k: (n,) numbers of passes.
        conditions: P and latency.
        weights: (R, p) of the passes; those of each draw have the sum 1.
    """
    return _Run(model, k, 1, *conditions.of(model), ()).weighted(weights)


def _waves_of_largest(values: FloatArray, k: IntArray, wave: int, weights: FloatArray | None = None) -> FloatArray:
    """(n,) expectation of the sum over waves of the largest of each, of draws with replacement.

    Args:
        values: (p,) what is drawn.
        k: (n,) draws.
        wave: how many of them make a wave.
        weights: (R, p) probabilities of the values; None: all alike. With them the result is (R, n).
    """
    if weights is None:
        ordered, below = np.sort(values), np.arange(len(values) + 1) / len(values)
    else:
        order = np.argsort(values, kind="stable")
        ordered, below = values[order], np.cumsum(np.insert(weights[:, order], 0, 0.0, axis=1), axis=1)
    sizes, place = np.unique(np.append(k % wave, wave), return_inverse=True)
    largest = np.array([np.diff(below**size) @ ordered if size else below[..., 0] * 0 for size in sizes.tolist()]).T
    return np.asarray(k // wave * largest[..., place[-1:]] + largest[..., place[:-1]])


def _known(model: Model) -> tuple[bool, ...]:
    """Whether the spreads of cost, time and each resource are known: all that was measured."""
    measured = model.passes is not None and model.passes.seconds is not None
    timed = measured or model.request_seconds is None or model.request_seconds.std is not None
    return (True, timed, *[True] * len(model.resources))


def _prices(model: Model, prompts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(n,) USD per token of prompt and of what is written, at the tier of each prompt.

    How much of it was reasoning was not measured; a price of its own has the share given by the model's lengths.
    """
    per_input = np.full(len(prompts), model.usd_per_million_input_tokens)
    per_output = np.full(
        len(prompts), written_price(model, model.usd_per_million_output_tokens, reasoning_price(model))
    )
    for tier in model.price_tiers:
        beyond = prompts > tier.from_input_tokens
        per_input[beyond] = tier.usd_per_million_input_tokens
        per_output[beyond] = written_price(model, tier.usd_per_million_output_tokens, reasoning_price(model, tier))
    return per_input / 1e6, per_output / 1e6


def _seconds(model: Model, measured: Passes) -> tuple[FloatArray, FloatArray]:
    """(n,) seconds for reading the prompt of each measured pass, and (n,) for the rest of the pass.

    Where the time of a request was measured elsewhere, it is spread over the passes in the order of what they wrote:
    long answers take long, as in `time_distribution`; their mean is the measured one.
    """
    prompts, answers = (np.array(tokens, dtype=float) for tokens in (measured.input_tokens, measured.output_tokens))
    nothing = np.zeros(len(answers))
    if measured.seconds is not None:
        return nothing, np.array(measured.seconds)
    if model.request_seconds is not None:
        n, own = len(answers), Length.of(model.request_seconds)
        middles = own.from_normal(special.ndtri((np.arange(n) + 0.5) / n))
        seconds = np.empty(n)
        seconds[np.lexsort((prompts, answers))] = middles * (own.mean / middles.mean()) if middles.any() else own.mean
        return nothing, seconds
    return (model.seconds_per_input_token or 0.0) * prompts, (model.seconds_per_output_token or 0.0) * answers
