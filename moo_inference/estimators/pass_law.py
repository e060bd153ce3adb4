"""What one pass costs or takes: a weighted sum of two token lengths, each normal and clipped below at one token."""

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri, ndtri_exp

from moo_inference.catalog import Model, PriceTier, TokenLength
from moo_inference.errors import SettingError
from moo_inference.estimators.best_of import from_top, legendre, maximum_cumulants
from moo_inference.estimators.curve import FloatArray, IntArray

if TYPE_CHECKING:
    from scipy.interpolate import PchipInterpolator

_NEGLIGIBLE = 1e-12
"""Where clipping moves less than this of the mass, a length is normal."""

_FAR = 9.0
_INNER_NODES = 96
_PANELS = 40
_TABLE = 16384


@dataclass(frozen=True)
class PassLaw:
    """The law of X = a L_in + b L_out (paper, Eq. 1, 4).

    Attributes:
        per_input: a, in USD, seconds or another unit a token.
        per_output: b, likewise.
        input_tokens: law of L_in.
        output_tokens: law of L_out.
    """

    per_input: float
    per_output: float
    input_tokens: TokenLength
    output_tokens: TokenLength

    @property
    def _parts(self) -> tuple[tuple[float, TokenLength], ...]:
        return ((self.per_input, self.input_tokens), (self.per_output, self.output_tokens))

    @property
    def spreads(self) -> FloatArray:
        """(2,) what the standard deviations of L_in and of L_out add, before clipping."""
        return np.array([weight * length.known_std for weight, length in self._parts])

    @cached_property
    def normal(self) -> bool:
        """Whether X is normal (or certain), since clipping has no mass."""
        return not any(weight and _clipped_mass(length) > _NEGLIGIBLE for weight, length in self._parts)

    @cached_property
    def cumulants(self) -> FloatArray:
        """(4,) mean, variance, third and fourth cumulant of X."""
        return np.asarray(self.parts_cumulants.sum(axis=0))

    @cached_property
    def parts_cumulants(self) -> FloatArray:
        """(2, 4) the same of a L_in and of b L_out apart."""
        powers = np.arange(1, 5)
        return np.array([weight**powers * _length_cumulants(length) for weight, length in self._parts])

    @property
    def mean(self) -> float:
        """E[X]."""
        return float(self.cumulants[0])

    @property
    def std(self) -> float:
        """Standard deviation of X."""
        return float(np.sqrt(self.cumulants[1]))

    @cached_property
    def ends(self) -> tuple[float, float]:
        """Between which values X lies, but for a negligible part."""
        if self.normal:
            return self.mean - _FAR * self.std, self.mean + _FAR * self.std
        low = sum(weight * max(1.0, length.mean - _FAR * length.known_std) for weight, length in self._parts)
        high = sum(weight * max(1.0, length.mean + _FAR * length.known_std) for weight, length in self._parts)
        return low, high

    def log_cdf(self, x: FloatArray) -> FloatArray:
        """Logarithm of P(X <= x)."""
        if self.std == 0:
            return np.where(x >= self.mean, 0.0, -np.inf)
        if self.normal:
            return np.asarray(log_ndtr((x - self.mean) / self.std))
        with np.errstate(divide="ignore"):
            return np.log(self._clipped_cdf(x))

    def cdf(self, x: FloatArray) -> FloatArray:
        """P(X <= x) for many x: where each value is an integral, interpolated between 16,384 of them.

        Within 1e-8 where the law is smooth at that scale; a mass on a single point may move by one of those steps.
        """
        if self.normal or not self.spreads.all():
            return np.exp(self.log_cdf(x))
        low, high = self.ends
        inside = self._interpolated(np.clip(x, low, high))
        return np.asarray(np.where(x < low, 0.0, np.where(x > high, 1.0, inside)))

    @cached_property
    def _interpolated(self) -> "PchipInterpolator":
        from scipy.interpolate import PchipInterpolator  # noqa: PLC0415 (slow to load, and seldom needed)

        low, high = self.ends
        x = np.linspace(low, high, _TABLE)
        # Rounding must not lose the mass on the least value.
        return PchipInterpolator(x, self._clipped_cdf(x + 1e-12 * (high - low)))

    def largest_cumulants(self, sizes: list[int]) -> FloatArray:
        """(len(sizes), 4) cumulants of the largest of so many independent X."""
        if self.normal:
            scaled = maximum_cumulants(sizes) * self.std ** np.arange(1, 5)
            scaled[:, 0] += self.mean
            return scaled
        low, high = self.ends
        t, w = legendre()
        edges = np.linspace(low, high, _PANELS + 1)
        x = (edges[:-1, None] + (high - low) / _PANELS * t).ravel()
        weights = np.tile((high - low) / _PANELS * w, _PANELS)
        power = np.exp(np.asarray(sizes)[:, None] * self.log_cdf(x)) * weights
        raw = np.stack([(j * (high - x) ** (j - 1) * power).sum(axis=1) for j in range(1, 5)], axis=1)
        return from_top(raw, high)

    def largest_quantile(self, sizes: FloatArray, q: float) -> FloatArray:
        """(n,) q-quantiles of the largest of so many independent X, exactly: F^-1(q^(1/size))."""
        if self.normal:
            return self.mean + self.std * np.asarray(ndtri_exp(np.log(q) / sizes))
        target = np.log(q) / sizes
        low, high = (np.full(len(sizes), end) for end in self.ends)
        for _ in range(60):
            middle = (low + high) / 2
            reached = self.log_cdf(middle) >= target
            high = np.where(reached, middle, high)
            low = np.where(reached, low, middle)
        return high

    def _clipped_cdf(self, x: FloatArray) -> FloatArray:
        (a, inner), (b, outer) = self._parts
        if a * inner.known_std == 0:
            return _length_cdf(outer, (x - a * max(1.0, inner.mean)) / b)
        if b * outer.known_std == 0:
            return _length_cdf(inner, (x - b * max(1.0, outer.mean)) / a)
        # P(X <= x) = E[F_in((x - b L_out) / a)]: an atom at one token, and an integral over the lengths beyond it.
        shape = x.shape
        x = x.ravel()
        t, w = legendre(_INNER_NODES)
        first = max(1.0, outer.mean - _FAR * outer.known_std)
        last = np.clip((x - a) / b, first, outer.mean + _FAR * outer.known_std)
        length = first + (last - first)[:, None] * t
        density = np.exp(-(((length - outer.mean) / outer.known_std) ** 2) / 2) / (outer.known_std * np.sqrt(2 * np.pi))
        inside = _length_cdf(inner, (x[:, None] - b * length) / a)
        spread = (density * inside * w).sum(axis=1) * (last - first)
        atom = float(ndtr((1 - outer.mean) / outer.known_std)) * _length_cdf(inner, (x - b) / a)
        return np.asarray(np.minimum(spread + atom, 1.0).reshape(shape))


def cost_law(model: Model) -> PassLaw:
    """What one pass costs, in USD.

    Raises:
        SettingError: (a ValueError) prompts of this model fall into several price tiers.
    """
    per_input, per_output, per_reasoning = _prices(model)
    per_written = written_price(model, per_output, per_reasoning)
    billed = _billed(model, per_output, per_reasoning, per_written)
    return PassLaw(per_input / 1e6, per_written / 1e6, model.input_tokens, billed)


def time_law(model: Model) -> PassLaw:
    """How long one pass takes, in seconds. A measured time goes with the output: long answers take long."""
    if model.request_seconds is not None:
        measured = model.request_seconds
        # Counted in units so small that clipping at one of them is clipping at 0.
        unit = 1e-8 * max(measured.mean, measured.known_std)
        length = _derived(measured.mean / unit, measured.known_std / unit)
        return PassLaw(0.0, unit, model.input_tokens, length)
    per_input, per_output = model.seconds_per_input_token, model.seconds_per_output_token
    return PassLaw(per_input or 0.0, per_output or 0.0, model.input_tokens, generated(model))


def resource_laws(model: Model) -> list[PassLaw]:
    """What one pass uses of each further resource, in its unit."""
    return [
        PassLaw(own.per_input_token, own.per_output_token, model.input_tokens, generated(model))
        for own in model.resources.values()
    ]


def _derived(mean: float, std: float) -> TokenLength:
    """A length that is worked out of others, and so not bound by what a catalog may hold."""
    return TokenLength.model_construct(mean=mean, std=std)


def generated(model: Model) -> TokenLength:
    """The length of all that a pass writes: reasoning, which varies on its own, and answer."""
    if model.reasoning_tokens is None:
        return model.output_tokens
    answer, reasoning = model.output_tokens, model.reasoning_tokens
    return _derived(answer.mean + reasoning.mean, math.hypot(answer.known_std, reasoning.known_std))


def written_price(model: Model, per_output: float, per_reasoning: float | None) -> float:
    """The mean price of all tokens that a pass writes, where an answer token costs `per_output`; reasoning may differ.

    All in USD per million. With the mean lengths of the model the mean bill is exact.
    """
    answer, reasoning = model.output_tokens, model.reasoning_tokens
    if reasoning is None or per_reasoning is None:
        return per_output
    return (answer.mean * per_output + reasoning.mean * per_reasoning) / (answer.mean + reasoning.mean)


def _billed(model: Model, per_output: float, per_reasoning: float | None, per_written: float) -> TokenLength:
    """All that a pass writes, with the spread of its bill: each price weighs the spread of what it is paid for."""
    written, reasoning = generated(model), model.reasoning_tokens
    if reasoning is None or per_reasoning is None or per_written == 0:
        return written
    spread = math.hypot(per_output * model.output_tokens.known_std, per_reasoning * reasoning.known_std)
    return _derived(written.mean, spread / per_written)


def prompts_paid(model: Model, k: IntArray) -> FloatArray | None:
    """(n,) how many times the price of its first prompt a query of k passes pays; None where each pass has its own.

    In a price tier a cached prompt is cheaper by the same share as outside.

    Raises:
        SettingError: (a ValueError) a cached prompt has a price where prompts have none.
    """
    if model.shared_prompt:
        return np.ones(len(k))
    if model.usd_per_million_cached_input_tokens is None:
        return None
    first, cached = model.usd_per_million_input_tokens, model.usd_per_million_cached_input_tokens
    if first == 0 and cached > 0:
        raise SettingError(
            f"{model.name}: usd_per_million_cached_input_tokens must be 0 where the prompt itself costs nothing, got "
            f"{cached:g}"
        )
    again = cached / first if first else 0.0
    return np.asarray(1.0 + (k - 1) * again)


def reasoning_price(model: Model, tier: PriceTier | None = None) -> float | None:
    """USD per million tokens of reasoning, in a tier or outside; None where it costs what an answer costs."""
    if tier is None or tier.usd_per_million_reasoning_tokens is None:
        return model.usd_per_million_reasoning_tokens
    return tier.usd_per_million_reasoning_tokens


def _prices(model: Model) -> tuple[float, float, float | None]:
    """USD per million tokens of prompt, answer and reasoning, at the tier in which all prompts fall."""
    per_input, per_output = model.usd_per_million_input_tokens, model.usd_per_million_output_tokens
    per_reasoning = reasoning_price(model)
    length = model.input_tokens
    for tier in model.price_tiers:
        beyond = float(ndtr((length.mean - tier.from_input_tokens) / length.known_std)) if length.known_std else 0.0
        if not length.known_std and length.mean > tier.from_input_tokens:
            beyond = 1.0
        if beyond > 1 - _NEGLIGIBLE:
            per_input, per_output = tier.usd_per_million_input_tokens, tier.usd_per_million_output_tokens
            per_reasoning = reasoning_price(model, tier)
        elif beyond > _NEGLIGIBLE:
            raise SettingError(
                f"{model.name}: a share of {beyond:.2g} of the prompts has more than {tier.from_input_tokens:,} tokens "
                "and so another price: for that, give the model measured `passes` and use the Empirical estimator"
            )
    return per_input, per_output, per_reasoning


def _length_cdf(length: TokenLength, tokens: FloatArray) -> FloatArray:
    """P(L <= tokens) of a clipped length that is not certain."""
    return np.where(tokens >= 1.0, ndtr((tokens - length.mean) / length.known_std), 0.0)


@cache
def _clipped_mass(length: TokenLength) -> float:
    return float(ndtr((1 - length.mean) / length.known_std)) if length.known_std > 0 else 0.0


@cache
def _length_cumulants(length: TokenLength) -> FloatArray:
    """(4,) cumulants of a clipped length, in tokens."""
    mass = _clipped_mass(length)
    if length.known_std == 0:
        return np.array([max(1.0, length.mean), 0.0, 0.0, 0.0])
    if mass <= _NEGLIGIBLE:
        return np.array([length.mean, length.known_std**2, 0.0, 0.0])
    # Raw moments of what exceeds one token, by quadrature over the part that is not clipped.
    t, w = legendre(_INNER_NODES)
    low = float(ndtri(mass)) if mass < 1 else _FAR
    low = max(low, -_FAR)
    z = low + (max(_FAR, low + _FAR) - low) * t
    weights = w * (max(_FAR, low + _FAR) - low) * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    beyond = length.mean - 1 + length.known_std * z
    raw = np.array([[(weights * beyond**j).sum() for j in range(1, 5)]])
    # from_top is written for top - M; with top = 0 and M = -beyond the odd cumulants change their sign.
    cumulants = from_top(raw, 0.0)[0] * [-1, 1, -1, 1]
    cumulants[0] += 1.0
    return np.asarray(cumulants)
