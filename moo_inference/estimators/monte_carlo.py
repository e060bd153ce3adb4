"""Monte Carlo estimates (paper, Eq. 7), with all models of a study sharing the same draws.

A trial of k passes enters every formula through few numbers: the sums over the passes of the standard normal
draws z behind input and output lengths, and the largest z behind accuracy. These are reduced once; a model then
costs an affine map. Where a length would fall below one token, the sum of what clipping adds is kept beside.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Literal

import numpy as np

from moo_inference.catalog import Model, TokenLength
from moo_inference.errors import SettingError
from moo_inference.estimators.base import Estimator, Progress, latency_settings, passes, whole_number
from moo_inference.estimators.curve import FloatArray, IntArray, ScalingCurve

DRAWS = ("common", "independent")

_VALUES_AT_ONCE = 1 << 17
"""Trials x k that are summarised in one go: large enough to hide Python's overhead, small enough for the cache."""

_NORMALS_AT_ONCE = 1 << 20

_PERCENTILES = (2.5, 97.5)


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
        progress: Progress | None = None,
    ) -> list[ScalingCurve]:
        """The curves of several models from the same draws. See `Estimator.estimate_many`."""
        asked = passes(k)
        distinct, position = np.unique(asked, return_inverse=True)
        sums = [_ModelSums(model, latency_settings(model, parallel, latency)[0]) for model in models]
        source = _common if self.draws == "common" else _independent
        done = 0
        for chunk in source(self, distinct, models):
            for accumulated in sums:
                accumulated.add(chunk)
            done += len(chunk.k)
            if progress is not None:
                progress(done, len(distinct))
        return [accumulated.curve(distinct).take(position) for accumulated in sums]

    def settings(self) -> dict[str, Any]:
        """See `Estimator.settings`."""
        return {"estimator": "MonteCarlo", "trials": self.trials, "seed": self.seed, "draws": self.draws}


@dataclass
class _Chunk:
    """The reduced draws of some k.

    Attributes:
        k: (n,) numbers of passes.
        z_input: (n, trials) sums over the passes of the normals behind input lengths.
        z_output: (n, trials) the same for output lengths.
        z_accuracy: (n, trials) largest normal behind accuracy.
        clipped: what clipping at one token adds to the sum of lengths, (n, trials) tokens, for each length
            distribution that was clipped at all, by its key `(which, TokenLength)`.
    """

    k: IntArray
    z_input: FloatArray
    z_output: FloatArray
    z_accuracy: FloatArray
    clipped: dict[tuple[int, TokenLength], FloatArray] = field(default_factory=dict)
    _tokens: dict[tuple[int, TokenLength], FloatArray] = field(default_factory=dict)

    def tokens(self, which: int, length: TokenLength) -> FloatArray:
        """(n, trials) tokens in all passes together; `which` is 0 for input and 1 for output."""
        key = (which, length)
        if key not in self._tokens:
            total = (self.z_input, self.z_output)[which] * length.std
            total += self.k[:, None] * length.mean
            self._tokens[key] = total + self.clipped[key] if key in self.clipped else total
        return self._tokens[key]

    @cached_property
    def z_accuracy_percentiles(self) -> list[FloatArray]:
        """The values of z_accuracy around the percentiles, which every model maps to its own accuracy."""
        below, above, _ = _places(self.z_accuracy.shape[1])
        ordered = np.sort(self.z_accuracy, axis=1)
        return [ordered[:, below], ordered[:, above]]


def _independent(settings: MonteCarlo, k: IntArray, models: Sequence[Model]) -> Iterator[_Chunk]:
    """Chunks in which each k has its own generator: all normals of a k in one call, shaped (trials, 3, k)."""
    lengths = _lengths(models)
    rows = max(1, _VALUES_AT_ONCE // settings.trials)
    most = int(k[-1])
    trials_at_once = min(settings.trials, max(1, _NORMALS_AT_ONCE // (3 * most)))
    buffer = np.empty(trials_at_once * 3 * most)
    for start in range(0, len(k), rows):
        part = k[start : start + rows]
        chunk = _Chunk(part, *_rows_for(part, settings))
        for row, passes_k in enumerate(part):
            generator = np.random.default_rng(settings.seed + int(passes_k))
            for first in range(0, settings.trials, trials_at_once):
                last = min(first + trials_at_once, settings.trials)
                shape = (last - first, 3, int(passes_k))
                z = buffer[: np.prod(shape)].reshape(shape)
                generator.standard_normal(out=z)
                here = (row, slice(first, last))
                sums = z.sum(axis=2)
                chunk.z_input[here] = sums[:, 0]
                chunk.z_output[here] = sums[:, 1]
                chunk.z_accuracy[here] = z[:, 2].max(axis=1)
                for key in _that_clip(lengths, z.min()):
                    extra = chunk.clipped.setdefault(key, np.zeros_like(chunk.z_input))
                    extra[here] = _below_one_token(z[:, key[0]], key[1]).sum(axis=1)
        yield chunk


def _common(settings: MonteCarlo, k: IntArray, models: Sequence[Model]) -> Iterator[_Chunk]:
    """Chunks from one stream of passes, each of shape (3, trials), with running sums and a running maximum."""
    lengths = _lengths(models)
    trials = settings.trials
    generator = np.random.default_rng(settings.seed)
    running = np.zeros((2, trials))
    best = np.full(trials, -np.inf)
    clipped: dict[tuple[int, TokenLength], FloatArray] = {}
    rows = max(1, _VALUES_AT_ONCE // trials)
    passes_at_once = max(1, _NORMALS_AT_ONCE // (3 * trials))
    block = np.empty((0, 3, trials))
    used = drawn = 0
    for start in range(0, len(k), rows):
        part = k[start : start + rows]
        chunk = _Chunk(part, *_rows_for(part, settings))
        for row, passes_k in enumerate(part):
            while drawn < passes_k:
                if used == len(block):
                    block = generator.standard_normal((min(passes_at_once, int(k[-1]) - drawn), 3, trials))
                    used = 0
                z = block[used]
                running += z[:2]
                np.maximum(best, z[2], out=best)
                for key in _that_clip(lengths, z.min()):
                    clipped.setdefault(key, np.zeros(trials))
                    clipped[key] += _below_one_token(z[key[0]], key[1])
                used += 1
                drawn += 1
            chunk.z_input[row], chunk.z_output[row], chunk.z_accuracy[row] = *running, best
            for key, extra in clipped.items():
                chunk.clipped.setdefault(key, np.zeros_like(chunk.z_input))[row] = extra
        yield chunk


def _rows_for(k: IntArray, settings: MonteCarlo) -> tuple[FloatArray, FloatArray, FloatArray]:
    rows = np.empty((3, len(k), settings.trials))
    return rows[0], rows[1], rows[2]


def _lengths(models: Sequence[Model]) -> list[tuple[int, TokenLength]]:
    return list(
        dict.fromkeys((which, length) for m in models for which, length in enumerate((m.input_tokens, m.output_tokens)))
    )


def _that_clip(lengths: list[tuple[int, TokenLength]], z_least: float) -> list[tuple[int, TokenLength]]:
    """The length distributions that could fall below one token at the smallest normal of a block."""
    return [key for key in lengths if key[1].mean + key[1].std * z_least < 1]


def _below_one_token(z: FloatArray, length: TokenLength) -> FloatArray:
    return np.maximum(0.0, (1 - length.mean) - length.std * z)


class _ModelSums:
    """The summaries of one model, chunk after chunk."""

    def __init__(self, model: Model, parallel: int) -> None:
        self.model = model
        self.parallel = parallel
        self.parts: list[tuple[FloatArray, ...]] = []

    def add(self, chunk: _Chunk) -> None:
        model = self.model
        tokens_in = chunk.tokens(0, model.input_tokens)
        tokens_out = chunk.tokens(1, model.output_tokens)
        cost = model.usd_per_input_token * tokens_in + model.usd_per_output_token * tokens_out
        time = model.seconds_per_input_token * tokens_in + model.seconds_per_output_token * tokens_out
        time /= self.parallel
        accuracy = self._accuracy(chunk.z_accuracy)
        around = [self._accuracy(z) for z in chunk.z_accuracy_percentiles]
        error = (1 - accuracy).mean(axis=1)
        self.parts.append(
            (
                *_summary(cost, _around(cost)),
                *_summary(time, _around(time)),
                *_summary(accuracy, around),
                error,
            )
        )

    def _accuracy(self, z: FloatArray) -> FloatArray:
        accuracy = z * self.model.accuracy.std
        accuracy += self.model.accuracy.mean
        return accuracy.clip(0.0, 1.0, out=accuracy)

    def curve(self, k: IntArray) -> ScalingCurve:
        columns = np.concatenate([np.column_stack(part) for part in self.parts])
        return ScalingCurve(k, columns[:, :-1], columns[:, -1])


def _summary(values: FloatArray, around: list[FloatArray]) -> tuple[FloatArray, ...]:
    """Mean, std, 2.5 and 97.5 percentile and standard error of each row.

    Args:
        values: (n, trials); overwritten.
        around: the order statistics on both sides of the two percentiles, (n, 2) each.
    """
    trials = values.shape[1]
    below, above = around
    low, high = (below + (above - below) * _places(trials)[2]).T
    mean = values.mean(axis=1)
    values -= mean[:, None]
    np.square(values, out=values)
    std = np.sqrt(values.mean(axis=1))
    return mean, std, low, high, std / np.sqrt(trials) if trials > 1 else np.full_like(std, np.nan)


def _around(values: FloatArray) -> list[FloatArray]:
    """The order statistics on both sides of the two percentiles of each row, (n, 2) each; rows are sorted."""
    below, above, _ = _places(values.shape[1])
    values.sort(axis=1)  # numpy sorts floats with vector instructions, which its partition lacks on many CPUs
    return [values[:, below], values[:, above]]


@cache
def _places(trials: int) -> tuple[list[int], list[int], FloatArray]:
    """Between which order statistics the percentiles lie, and where (linear, as in `numpy.percentile`)."""
    places = np.array(_PERCENTILES) / 100 * (trials - 1)
    below = places.astype(int)
    return below.tolist(), np.minimum(below + 1, trials - 1).tolist(), places - below
