"""Draws, reduced at once to the few numbers through which passes enter every formula.

These are the sums over the passes of the standard normals z behind input, output and reasoning lengths, and the
largest z behind accuracy; where a length is not just mean + std z, the sum of what exceeds that; and the sums over
waves of passes of the longest pass of each. All models of a study share them.

Normals behind reasoning have a generator of their own, so that the others are the same with and without it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.estimators.lengths import Length

_VALUES_AT_ONCE = 1 << 17
"""Trials x k that are summarised in one go: large enough to hide Python's overhead, small enough for the cache."""

_NORMALS_AT_ONCE = 1 << 20

INPUT, OUTPUT, REASONING = 0, 1, 2

Drawn = tuple[int, Length]
"""Behind which normals it is, and the length or time."""


class Wave(NamedTuple):
    """What the times of waves depend on, up to a factor: models that agree share them."""

    terms: tuple[tuple[float, Drawn], ...]
    parallel: int

    def pass_times(self, z: Sequence[FloatArray]) -> FloatArray:
        """Times of single passes, from the normals of each kind."""
        return sum((weight * own.drawn(z[which]) for weight, (which, own) in self.terms), np.zeros(z[0].shape))


class Needs(NamedTuple):
    """What has to be recorded of the draws, besides the sums and the maximum."""

    lengths: tuple[Drawn, ...]
    waves: tuple[Wave, ...]

    @property
    def reasoning(self) -> bool:
        """Whether normals behind reasoning are needed."""
        return any(which == REASONING for which, _ in self.lengths)


@dataclass
class Chunk:
    """The reduced draws of some k.

    Attributes:
        k: (n,) numbers of passes.
        sums: three of (n, trials): sums over the passes of the normals behind input, output and reasoning lengths.
        z_accuracy: (n, trials) largest normal behind accuracy.
        z_first: (n, trials) the normal behind the first pass's input length.
        nonlinear: (n, trials) by what the sum of lengths exceeds mean + std z, for each length that does.
        waves: (n, trials) sums over the waves of the longest pass of each, for each kind of wave.
    """

    k: IntArray
    sums: tuple[FloatArray, FloatArray, FloatArray]
    z_accuracy: FloatArray
    z_first: FloatArray
    nonlinear: dict[Drawn, FloatArray] = field(default_factory=dict)
    waves: dict[Wave, FloatArray] = field(default_factory=dict)
    _totals: dict[Drawn, FloatArray] = field(default_factory=dict)

    @classmethod
    def empty(cls, k: IntArray, trials: int, needs: Needs) -> "Chunk":
        """Buffers for some k.

        Args:
            k: (n,) numbers of passes.
            trials: simulated queries.
            needs: what the models need of the draws.
        """
        rows = np.empty((4 + needs.reasoning + len(needs.waves), len(k), trials))
        waves = dict(zip(needs.waves, rows[4 + needs.reasoning :], strict=True))
        return cls(k, (rows[0], rows[1], rows[4] if needs.reasoning else rows[0]), rows[2], rows[3], waves=waves)

    def first_prompt(self, length: Length) -> FloatArray:
        """(n, trials) tokens of the first pass's prompt."""
        return length.drawn(self.z_first)

    def tokens(self, key: Drawn) -> FloatArray:
        """(n, trials) tokens in all passes together."""
        if key not in self._totals:
            which, length = key
            mean, std = length.line
            total = self.sums[which] * std
            total += self.k[:, None] * mean
            self._totals[key] = total + self.nonlinear[key] if key in self.nonlinear else total
        return self._totals[key]

    @cached_property
    def sorted_z_accuracy(self) -> FloatArray:
        """z_accuracy with each row in order, which every model maps to its own accuracies."""
        return np.sort(self.z_accuracy)


def independent_draws(trials: int, seed: int, k: IntArray, needs: Needs) -> Iterator[Chunk]:
    """Chunks in which each k has its own generator: all normals of a k in one call, shaped (trials, 3, k).

    Args:
        trials: simulated queries per k.
        seed: of k passes it is seed + k.
        k: (n,) numbers of passes in ascending order.
        needs: what the models need of the draws.
    """
    rows = max(1, _VALUES_AT_ONCE // trials)
    most = int(k[-1])
    trials_at_once = min(trials, max(1, _NORMALS_AT_ONCE // (3 * most)))
    buffer = np.empty(trials_at_once * 3 * most)
    for start in range(0, len(k), rows):
        part = k[start : start + rows]
        chunk = Chunk.empty(part, trials, needs)
        for row, passes_k in enumerate(part.tolist()):
            # By k alone, so that an estimate does not depend on which other k are requested. Reasoning has a stream
            # of its own: a model without it keeps the draws that it has next to models with it.
            generator = np.random.default_rng(seed + passes_k)
            apart = np.random.default_rng((seed + passes_k, 1)) if needs.reasoning else None
            for first in range(0, trials, trials_at_once):
                last = min(first + trials_at_once, trials)
                here = (row, slice(first, last))
                shape = (last - first, 3, passes_k)
                z = buffer[: shape[0] * 3 * passes_k].reshape(shape)
                generator.standard_normal(out=z)
                sums = z.sum(axis=2)
                chunk.sums[INPUT][here] = sums[:, 0]
                chunk.sums[OUTPUT][here] = sums[:, 1]
                behind = [z[:, INPUT], z[:, OUTPUT]]
                if apart is not None:
                    behind.append(apart.standard_normal((last - first, passes_k)))
                    chunk.sums[REASONING][here] = behind[REASONING].sum(axis=1)
                chunk.z_accuracy[here] = z[:, 2].max(axis=1)
                chunk.z_first[here] = z[:, 0, 0]
                for key in _nonlinear_parts(needs.lengths, behind):
                    extra = chunk.nonlinear.setdefault(key, np.zeros_like(chunk.z_first))
                    extra[here] = key[1].nonlinear_part(behind[key[0]]).sum(axis=1)
                for wave in needs.waves:
                    chunk.waves[wave][here] = _wave_sums(wave.pass_times(behind), wave.parallel)
        yield chunk


def common_draws(trials: int, seed: int, k: IntArray, needs: Needs) -> Iterator[Chunk]:
    """Chunks from one stream of passes, each of shape (3, trials), with running sums and a running maximum.

    Args:
        trials: simulated queries, the same ones for every k (common random numbers).
        seed: of the stream.
        k: (n,) numbers of passes in ascending order.
        needs: what the models need of the draws.
    """
    generator = np.random.default_rng(seed)
    apart = np.random.default_rng((seed, 1)) if needs.reasoning else None
    running = np.zeros((2, trials))
    reasoning = np.zeros(trials)
    best = np.full(trials, -np.inf)
    first = np.empty(trials)
    nonlinear: dict[Drawn, FloatArray] = {}
    finished = {wave: np.zeros(trials) for wave in needs.waves}
    longest = {wave: np.zeros(trials) for wave in needs.waves}
    rows = max(1, _VALUES_AT_ONCE // trials)
    passes_at_once = max(1, _NORMALS_AT_ONCE // (3 * trials))
    block = np.empty((0, 3, trials))
    used = drawn = 0
    for start in range(0, len(k), rows):
        part = k[start : start + rows]
        chunk = Chunk.empty(part, trials, needs)
        for row, passes_k in enumerate(part.tolist()):
            while drawn < passes_k:
                if used == len(block):
                    block = generator.standard_normal((min(passes_at_once, int(k[-1]) - drawn), 3, trials))
                    used = 0
                z = block[used]
                if drawn == 0:
                    # A copy, since a view would hold the whole block in memory.
                    first = z[0].copy()
                running += z[:2]
                np.maximum(best, z[2], out=best)
                extra = [] if apart is None else [apart.standard_normal(trials)]
                behind = [z[INPUT], z[OUTPUT], *extra]
                reasoning += sum(extra)
                for key in _nonlinear_parts(needs.lengths, behind):
                    nonlinear[key] = nonlinear.get(key, 0.0) + key[1].nonlinear_part(behind[key[0]])
                for wave in needs.waves:
                    times = wave.pass_times(behind)
                    if drawn % wave.parallel == 0:
                        # The wave before is complete; the sum of a k that ends within a wave is added below.
                        finished[wave] += longest[wave]
                        longest[wave] = times
                    else:
                        np.maximum(longest[wave], times, out=longest[wave])
                used += 1
                drawn += 1
            chunk.sums[INPUT][row], chunk.sums[OUTPUT][row], chunk.z_accuracy[row] = *running, best
            if apart is not None:
                chunk.sums[REASONING][row] = reasoning
            chunk.z_first[row] = first
            for key, more in nonlinear.items():
                chunk.nonlinear.setdefault(key, np.zeros_like(chunk.z_first))[row] = more
            for wave in needs.waves:
                np.add(finished[wave], longest[wave], out=chunk.waves[wave][row])
        yield chunk


def _nonlinear_parts(lengths: tuple[Drawn, ...], z: Sequence[FloatArray]) -> list[Drawn]:
    """The lengths that are not just mean + std z at the normals of a block."""
    least = [float(own.min()) for own in z]
    return [key for key in lengths if key[1].bends_below > least[key[0]]]


def _wave_sums(times: FloatArray, parallel: int) -> FloatArray:
    """(trials,) sums over waves of `parallel` passes of the longest of each, from (trials, k) times of passes."""
    trials, k = times.shape
    whole = k - k % parallel
    total: FloatArray = times[:, :whole].reshape(trials, -1, parallel).max(axis=2).sum(axis=1)
    return total if whole == k else total + times[:, whole:].max(axis=1)
