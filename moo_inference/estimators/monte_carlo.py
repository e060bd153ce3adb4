"""Monte Carlo estimates (paper, Eq. 7), with all models of a study sharing the same draws."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from moo_inference.catalog import TOLERANCE, Model, Scenario
from moo_inference.errors import SettingError
from moo_inference.estimators.base import Estimator, Progress, latency_settings, passes, whole_number
from moo_inference.estimators.curve import BudgetView, FloatArray, IntArray, ScalingCurve
from moo_inference.estimators.draws import Chunk, Length, Needs, Wave, common_draws, independent_draws

DRAWS = ("common", "independent")

_SPREAD = (0.025, 0.975)


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
        faults: list[str] = []
        for name, least in (("trials", 1), ("seed", 0)):
            try:
                object.__setattr__(self, name, whole_number(name, getattr(self, name), least))
            except SettingError as error:
                faults.extend(error.faults)
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
        distinct, position = np.unique(asked, return_inverse=True)
        summaries = [_Summary(model, *latency_settings(model, parallel, latency), scenarios) for model in models]
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
        return [summary.curve(distinct).take(position) for summary in summaries]

    def settings(self) -> dict[str, Any]:
        """See `Estimator.settings`."""
        return {"estimator": "MonteCarlo", "trials": self.trials, "seed": self.seed, "draws": self.draws}


class _Summary:
    """The table of one model, chunk after chunk."""

    def __init__(self, model: Model, parallel: int, latency: str, scenarios: Sequence[Scenario]) -> None:
        self.model = model
        self.parallel = parallel
        self.scenarios = tuple(scenarios)
        self.lengths: tuple[Length, Length] = ((0, model.input_tokens), (1, model.output_tokens))
        ratio = model.seconds_per_input_token / model.seconds_per_output_token
        self.wave = Wave(model.input_tokens, model.output_tokens, ratio, parallel) if latency == "waves" else None
        self.parts: list[FloatArray] = []
        self.views: list[list[BudgetView]] = [[] for _ in self.scenarios]

    def add(self, chunk: Chunk) -> None:
        model = self.model
        tokens_in, tokens_out = map(chunk.tokens, self.lengths)
        cost = model.usd_per_input_token * tokens_in + model.usd_per_output_token * tokens_out
        if self.wave is None:
            time = model.seconds_per_input_token * tokens_in + model.seconds_per_output_token * tokens_out
            time /= self.parallel
        else:
            time = model.seconds_per_output_token * chunk.waves[self.wave]
        accuracy = self._accuracy(chunk.z_accuracy)
        met = [_share_that_meets(scenario, cost, time, accuracy) for scenario in self.scenarios]
        # numpy sorts floats with vector instructions, which its partition lacks on many CPUs
        cost.sort(axis=1)
        time.sort(axis=1)
        in_order = (cost, time, chunk.sorted_z_accuracy)
        means = [values.mean(axis=1) for values in (cost, time, accuracy)]
        plain = np.column_stack(means)
        for scenario, attainment, views in zip(self.scenarios, met, self.views, strict=True):
            if scenario.quantiles == (None, None, None):
                views.append(BudgetView(plain, attainment))
                continue
            values = [
                mean if q is None else self._at(which, rows, q)
                for which, (mean, rows, q) in enumerate(zip(means, in_order, scenario.quantiles, strict=True))
            ]
            views.append(BudgetView(np.column_stack(values), attainment))
        columns = []
        for which, rows in enumerate(in_order):
            low, high = (self._at(which, rows, q) for q in _SPREAD)
            std, error = _spread((cost, time, accuracy)[which], means[which])
            columns += [means[which], std, low, high, error]
        # `accuracy` was overwritten by its squared deviations; the error's mean is kept apart for its digits near 0.
        columns.append((1 - self._accuracy(chunk.z_accuracy)).mean(axis=1))
        self.parts.append(np.column_stack(columns))

    def _accuracy(self, z: FloatArray) -> FloatArray:
        accuracy = z * self.model.accuracy.std
        accuracy += self.model.accuracy.mean
        return accuracy.clip(0.0, 1.0, out=accuracy)

    def _at(self, which: int, rows: FloatArray, q: float) -> FloatArray:
        """The q-quantiles of sorted rows by linear interpolation, as `numpy.quantile`; accuracy comes as normals."""
        place = q * (rows.shape[1] - 1)
        below = int(place)
        around = rows[:, below : below + 2]
        if which == 2:
            around = self._accuracy(around)
        low, high = around[:, 0], around[:, -1]
        return np.asarray(low + (high - low) * (place - below))

    def curve(self, k: IntArray) -> ScalingCurve:
        columns = np.concatenate(self.parts)
        views = {
            scenario: BudgetView(
                np.concatenate([view.values for view in parts]), np.concatenate([view.attainment for view in parts])
            )
            for scenario, parts in zip(self.scenarios, self.views, strict=True)
        }
        return ScalingCurve(k, columns[:, :-1], columns[:, -1], views)


def _share_that_meets(scenario: Scenario, cost: FloatArray, time: FloatArray, accuracy: FloatArray) -> FloatArray:
    """(n,) shares of the trials in which all budgets are met."""
    met = accuracy >= scenario.a_min - TOLERANCE
    for budget, amount in ((scenario.c_max, cost), (scenario.t_max, time)):
        if budget is not None:
            met &= amount <= budget * (1 + TOLERANCE)
    return np.asarray(np.count_nonzero(met, axis=1) / met.shape[1])


def _spread(values: FloatArray, mean: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Standard deviation and standard error of the mean of each row; `values` (n, trials) is overwritten."""
    trials = values.shape[1]
    values -= mean[:, None]
    np.square(values, out=values)
    std = np.sqrt(values.mean(axis=1))
    return std, std / np.sqrt(trials) if trials > 1 else np.full_like(std, np.nan)
