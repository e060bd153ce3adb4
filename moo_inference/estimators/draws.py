"""Draws, reduced at once to the few numbers through which passes enter every formula.

These are the sums over the passes of the standard normals z behind input and output lengths, and the largest z behind
accuracy; where a length would fall below one token, the sum of what clipping adds; and the sums over waves of passes of
the longest pass of each. All models of a study share them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from moo_inference.catalog import TokenLength
from moo_inference.estimators.curve import FloatArray, IntArray

_VALUES_AT_ONCE = 1 << 17
"""Trials x k that are summarised in one go: large enough to hide Python's overhead, small enough for the cache."""

_NORMALS_AT_ONCE = 1 << 20

Length = tuple[int, TokenLength]
"""Which length it is, 0 for input and 1 for output, and its law."""


class Wave(NamedTuple):
    """What the times of waves depend on, up to the factor of seconds per output token: models that agree share them."""

    input_tokens: TokenLength
    output_tokens: TokenLength
    ratio: float
    parallel: int

    def pass_times(self, z_input: FloatArray, z_output: FloatArray) -> FloatArray:
        """Times of single passes, in units of the seconds that an output token takes."""
        return self.ratio * _tokens(z_input, self.input_tokens) + _tokens(z_output, self.output_tokens)


class Needs(NamedTuple):
    """What has to be kept of the draws, beside the sums and the maximum."""

    lengths: tuple[Length, ...]
    waves: tuple[Wave, ...]


@dataclass
class Chunk:
    """The reduced draws of some k.

    Attributes:
        k: (n,) numbers of passes.
        z_input: (n, trials) sums over the passes of the normals behind input lengths.
        z_output: (n, trials) the same for output lengths.
        z_accuracy: (n, trials) largest normal behind accuracy.
        z_first: (n, trials) the normal behind the first pass's input length.
        clipped: (n, trials) tokens that clipping at one adds to the sum of lengths, for each length that was clipped.
        waves: (n, trials) sums over the waves of the longest pass of each, for each kind of wave.
    """

    k: IntArray
    z_input: FloatArray
    z_output: FloatArray
    z_accuracy: FloatArray
    z_first: FloatArray
    clipped: dict[Length, FloatArray] = field(default_factory=dict)
    waves: dict[Wave, FloatArray] = field(default_factory=dict)
    _totals: dict[Length, FloatArray] = field(default_factory=dict)

    @classmethod
    def empty(cls, k: IntArray, trials: int, needs: Needs) -> "Chunk":
        """Room for some k."""
        rows = np.empty((4 + len(needs.waves), len(k), trials))
        return cls(k, rows[0], rows[1], rows[2], rows[3], waves=dict(zip(needs.waves, rows[4:], strict=True)))

    def first_prompt(self, length: TokenLength) -> FloatArray:
        """(n, trials) tokens of the first pass's prompt."""
        return _tokens(self.z_first, length)

    def tokens(self, key: Length) -> FloatArray:
        """(n, trials) tokens in all passes together."""
        if key not in self._totals:
            which, length = key
            total = (self.z_input, self.z_output)[which] * length.known_std
            total += self.k[:, None] * length.mean
            self._totals[key] = total + self.clipped[key] if key in self.clipped else total
        return self._totals[key]

    @cached_property
    def sorted_z_accuracy(self) -> FloatArray:
        """z_accuracy with each row in order, which every model maps to its own accuracies."""
        return np.sort(self.z_accuracy)


def independent_draws(trials: int, seed: int, k: IntArray, needs: Needs) -> Iterator[Chunk]:
    """Chunks in which each k has its own generator: all normals of a k in one call, shaped (trials, 3, k)."""
    rows = max(1, _VALUES_AT_ONCE // trials)
    most = int(k[-1])
    trials_at_once = min(trials, max(1, _NORMALS_AT_ONCE // (3 * most)))
    buffer = np.empty(trials_at_once * 3 * most)
    for start in range(0, len(k), rows):
        part = k[start : start + rows]
        chunk = Chunk.empty(part, trials, needs)
        for row, passes_k in enumerate(part.tolist()):
            generator = np.random.default_rng(seed + passes_k)
            for first in range(0, trials, trials_at_once):
                last = min(first + trials_at_once, trials)
                here = (row, slice(first, last))
                shape = (last - first, 3, passes_k)
                z = buffer[: shape[0] * 3 * passes_k].reshape(shape)
                generator.standard_normal(out=z)
                sums = z.sum(axis=2)
                chunk.z_input[here] = sums[:, 0]
                chunk.z_output[here] = sums[:, 1]
                chunk.z_accuracy[here] = z[:, 2].max(axis=1)
                chunk.z_first[here] = z[:, 0, 0]
                for key in _that_clip(needs.lengths, z.min()):
                    extra = chunk.clipped.setdefault(key, np.zeros_like(chunk.z_input))
                    extra[here] = _below_one_token(z[:, key[0]], key[1]).sum(axis=1)
                for wave in needs.waves:
                    chunk.waves[wave][here] = _wave_sums(wave.pass_times(z[:, 0], z[:, 1]), wave.parallel)
        yield chunk


def common_draws(trials: int, seed: int, k: IntArray, needs: Needs) -> Iterator[Chunk]:
    """Chunks from one stream of passes, each of shape (3, trials), with running sums and a running maximum."""
    generator = np.random.default_rng(seed)
    running = np.zeros((2, trials))
    best = np.full(trials, -np.inf)
    first = np.empty(trials)
    clipped: dict[Length, FloatArray] = {}
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
                    first = z[0].copy()
                running += z[:2]
                np.maximum(best, z[2], out=best)
                for key in _that_clip(needs.lengths, z.min()):
                    clipped.setdefault(key, np.zeros(trials))
                    clipped[key] += _below_one_token(z[key[0]], key[1])
                for wave in needs.waves:
                    times = wave.pass_times(z[0], z[1])
                    if drawn % wave.parallel == 0:
                        finished[wave] += longest[wave]
                        longest[wave] = times
                    else:
                        np.maximum(longest[wave], times, out=longest[wave])
                used += 1
                drawn += 1
            chunk.z_input[row], chunk.z_output[row], chunk.z_accuracy[row] = *running, best
            chunk.z_first[row] = first
            for key, extra in clipped.items():
                chunk.clipped.setdefault(key, np.zeros_like(chunk.z_input))[row] = extra
            for wave in needs.waves:
                np.add(finished[wave], longest[wave], out=chunk.waves[wave][row])
        yield chunk


def _that_clip(lengths: tuple[Length, ...], z_least: float) -> list[Length]:
    """The length distributions that could fall below one token at the smallest normal of a block."""
    return [key for key in lengths if key[1].mean + key[1].known_std * z_least < 1]


def _below_one_token(z: FloatArray, length: TokenLength) -> FloatArray:
    return np.maximum(0.0, (1 - length.mean) - length.known_std * z)


def _tokens(z: FloatArray, length: TokenLength) -> FloatArray:
    return np.maximum(1.0, length.mean + length.known_std * z)


def _wave_sums(times: FloatArray, parallel: int) -> FloatArray:
    """(trials,) sums over waves of `parallel` passes of the longest of each, from (trials, k) times of passes."""
    trials, k = times.shape
    whole = k - k % parallel
    total: FloatArray = times[:, :whole].reshape(trials, -1, parallel).max(axis=2).sum(axis=1)
    return total if whole == k else total + times[:, whole:].max(axis=1)
