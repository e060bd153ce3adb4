"""What one pass costs or takes: a weighted sum of the length of its prompt and of the lengths that it writes."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import ndtr, ndtri, ndtri_exp

from moo_inference.catalog import Model, PriceTier
from moo_inference.errors import SettingError
from moo_inference.estimators.best_of import from_top, maximum_cumulants
from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.estimators.lengths import FAR, NEGLIGIBLE, Length, score_nodes, weights_of_largest

_CELLS = 65536
_MUCH = 0.01
_NOTHING_BEYOND = 40.0
"""Cells on which the distribution of a sum of lengths is worked out."""


@dataclass(frozen=True)
class Sum:
    """A sum of independent lengths, each times a weight: what one pass adds.

    A sum of normals and a single length are exact; the distribution function of any other sum is good to 1e-6.

    Attributes:
        terms: weights, in USD, seconds or another unit a token, and lengths.
    """

    terms: tuple[tuple[float, Length], ...]

    @cached_property
    def _varying(self) -> list[tuple[float, Length]]:
        return [(weight, length) for weight, length in self.terms if weight and length.std]

    @cached_property
    def normal(self) -> bool:
        """Whether it is normal (or certain)."""
        return all(length.plain for _, length in self._varying)

    @cached_property
    def rough(self) -> bool:
        """Whether much of the mass lies on a single point or close to one."""
        return any(
            length.clipped_mass > _MUCH or length.std > length.mean - length.least for _, length in self._varying
        )

    @cached_property
    def cumulants(self) -> FloatArray:
        """(4,) mean, variance, third and fourth cumulant."""
        powers = np.arange(1, 5)
        return np.asarray(np.reshape([w**powers * length.cumulants for w, length in self.terms], (-1, 4)).sum(axis=0))

    @cached_property
    def mean(self) -> float:
        """Expectation."""
        return float(self.cumulants[0])

    @cached_property
    def std(self) -> float:
        """Standard deviation."""
        return float(np.sqrt(self.cumulants[1]))

    @cached_property
    def ends(self) -> tuple[float, float]:
        """Between which values it lies, but for a negligible part."""
        if self.normal:
            return self.mean - FAR * self.std, self.mean + FAR * self.std
        scores = np.array([-FAR, FAR])
        low, high = np.sum([weight * length.from_normal(scores) for weight, length in self.terms], axis=0)
        return float(low), float(high)

    @property
    def unscaled(self) -> "Sum":
        """The same but for a factor and an offset, which many models have alike; itself where it is of several."""
        varying = self._varying
        return Sum(((1.0, varying[0][1]),)) if len(varying) == 1 else self

    def from_normal(self, z: FloatArray) -> FloatArray:
        """The value whose share of all values below it is that of the standard score z."""
        if self.normal:
            return np.asarray(self.mean + self.std * z)
        if len(self._varying) == 1:
            [(weight, length)] = self._varying
            return self._fixed + weight * length.from_normal(z)
        x, _, scores = self._table
        return np.interp(z, scores, x)

    def cdf(self, x: FloatArray) -> FloatArray:
        """P(X <= x) for many x: interpolated where that is the faster, within 1e-5."""
        if self.std == 0:
            return np.asarray((x >= self.mean * (1 - 1e-12)).astype(float))
        if self.normal:
            return np.asarray(ndtr((x - self.mean) / self.std))
        if len(self._varying) == 1:
            [(weight, length)] = self._varying
            return length.cdf((x - self._fixed) / weight)
        values, below, _ = self._table
        return np.interp(x, values, below, left=0.0, right=1.0)

    def cdf_at(self, x: FloatArray) -> FloatArray:
        """P(X <= x) for a few x: exactly for a single length."""
        if not self.normal and len(self._varying) == 1:
            [(weight, length)] = self._varying
            return length.cdf_at((x - self._fixed) / weight)
        return self.cdf(x)

    @cached_property
    def _fixed(self) -> float:
        return sum(weight * length.mean for weight, length in self.terms if not length.std)

    @cached_property
    def _table(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Values in ascending order, their distribution function, and their standard scores, by Fourier transform."""
        low, high = self.ends
        step = min(high - low, 400 * self.std) / (_CELLS - 4)
        parts = [cells(Sum((term,)), step, _CELLS, np.ones(1)) for term in self._varying]
        spectrum = np.prod([np.fft.rfft(part.masses[0]) for part in parts], axis=0)
        masses = np.maximum(np.fft.irfft(spectrum, _CELLS), 0.0)
        found, true = sum(part.mean[0] for part in parts), sum(part.true_mean[0] for part in parts)
        wider = np.sqrt(sum(part.variance[0] for part in parts) / sum(part.true_variance[0] for part in parts))
        places = low - self._fixed + (np.arange(_CELLS) + 0.5) * step
        edges = self._fixed + true + (places - found) / wider
        below = np.cumsum(masses) / masses.sum()
        with np.errstate(divide="ignore"):
            scores = ndtri(np.minimum(below, 1.0))
        # Where rounding decides, there is nothing to be read.
        some = np.abs(scores) < 7.5
        some &= np.append(True, np.diff(below) > 0)
        return edges[some], below[some], scores[some]

    def largest_cumulants(self, sizes: list[int]) -> FloatArray:
        """(len(sizes), 4) cumulants of the largest of so many independent X."""
        if self.normal:
            scaled = maximum_cumulants(sizes) * self.std ** np.arange(1, 5)
            scaled[:, 0] += self.mean
            return scaled
        return self.largest_up_to(np.asarray(sizes, dtype=float), np.inf)

    def negligible_beyond(self, x: float) -> bool:
        """Whether what lies beyond counts for nothing in mean and variance."""
        return x >= self.ends[1] or (not self.rough and x > self.mean + _NOTHING_BEYOND * self.std)

    def largest_up_to(self, sizes: FloatArray, most: float) -> FloatArray:
        """(len(sizes), 4) the same where what is beyond `most` counts as `most`."""
        varying = self._varying
        if len(varying) == 1 and not self.normal:
            [(weight, length)] = varying
            start, values = length.first_score, self._fixed + weight * length.at_nodes()
            clipped = length.clipped_mass
        else:
            start, clipped = -FAR, 0.0
            values = self.from_normal(score_nodes(start)[0])
        powers = weights_of_largest(tuple(sizes.tolist()), start)
        # Moments about the mean of one keep their digits; what is clipped is a mass on the least value.
        centre = self.mean
        below = np.minimum(values, most) - centre
        atom = clipped ** sizes[:, None]
        least = self.ends[0] - centre
        # einsum without BLAS, as in `_cells`.
        raw = np.stack(
            [np.einsum("ij,j->i", powers, below**j) for j in range(1, 5)], axis=1
        ) + atom * least ** np.arange(1, 5)
        found = from_top(raw, 0.0) * [-1, 1, -1, 1]
        found[:, 0] += centre
        if np.isinf(most):
            found[sizes == 1] = self.cumulants
        return np.asarray(found)

    def largest_quantile(self, sizes: FloatArray, q: float) -> FloatArray:
        """(n,) q-quantiles of the largest of so many independent X: F^-1(q^(1/size))."""
        return self.from_normal(np.asarray(ndtri_exp(np.log(q) / sizes)))


@dataclass(frozen=True)
class Cells:
    """Masses of n distributions in cells of one width; all that is beyond the last cell lies in it.

    Attributes:
        low: (n,) centres of the first cells.
        masses: (n, cells) probabilities.
        mean: (n,) mean of the masses, each put on the centre of its cell.
        variance: (n,) variance of the same.
        true_mean: (n,) mean of the distributions, cut off at the last cell.
        true_variance: (n,) variance of the same.
    """

    low: FloatArray
    masses: FloatArray
    mean: FloatArray
    variance: FloatArray
    true_mean: FloatArray
    true_variance: FloatArray


def cells(own: Sum, step: float, count: int, sizes: FloatArray) -> Cells:
    """The largest of so many independent X, for several sizes, in cells from the least that it can be."""
    low, high = own.ends
    used = min(int((high - low) / step) + 2, count)
    most = low + (used - 1) * step
    edges = np.asarray(low + (np.arange(used) + 0.5) * step)
    below = np.exp(sizes[:, None] * _logarithm(own.cdf(edges)))
    true = (
        own.largest_cumulants(sizes.astype(int).tolist())
        if own.negligible_beyond(most)
        else own.largest_up_to(sizes, most)
    )
    return _cells(np.full(len(sizes), low), below, step, count, true[:, 0], true[:, 1])


def scaled_cells(own: Sum, times: FloatArray, step: float, count: int) -> Cells:
    """X times some factors, each in cells from the least that it can be."""
    low = own.ends[0]
    below = own.cdf(low + (np.arange(count) + 0.5) * step / times[:, None])
    most = (count - 1) * step / times
    mean, variance = np.full(len(times), own.mean), np.full(len(times), own.cumulants[1])
    cut = np.flatnonzero([not own.negligible_beyond(x) for x in low + most])
    if cut.size:
        mean[cut], variance[cut] = np.array([own.largest_up_to(np.ones(1), low + most[row])[0, :2] for row in cut]).T
    return _cells(times * low, below, step, count, times * mean, times**2 * variance)


def _cells(
    low: FloatArray, below: FloatArray, step: float, count: int, true_mean: FloatArray, true_variance: FloatArray
) -> Cells:
    """From the distribution functions at the upper edges of the cells, (n, some of them)."""
    used = below.shape[1]
    below[:, -1] = 1.0
    masses = np.zeros((len(below), count))
    masses[:, 0] = below[:, 0]
    np.subtract(below[:, 1:], below[:, :-1], out=masses[:, 1:used])
    places = np.arange(used) * step
    # einsum without BLAS: what holds for one k must not depend, in any bit, on how many others are asked for.
    first = np.einsum("ij,j->i", masses[:, :used], places)
    second = np.einsum("ij,j->i", masses[:, :used], places**2)
    return Cells(low, masses, low + first, np.maximum(second - first**2, 0.0), true_mean, true_variance)


def _logarithm(x: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        return np.log(x)


@dataclass(frozen=True)
class PassLaw:
    """The distribution of X = a L_in + b L_out + c L_reasoning (paper, Eq. 1, 4).

    Attributes:
        per_input: a, in USD, seconds or another unit a token.
        per_output: b, likewise.
        input_tokens: length of the prompt.
        output_tokens: length of the answer.
        per_reasoning: c, likewise.
        reasoning_tokens: length of what comes before the answer.
    """

    per_input: float
    per_output: float
    input_tokens: Length
    output_tokens: Length
    per_reasoning: float = 0.0
    reasoning_tokens: Length | None = None

    @cached_property
    def prompt(self) -> Sum:
        """A L_in."""
        return Sum(((self.per_input, self.input_tokens),))

    @cached_property
    def written(self) -> Sum:
        """B L_out + c L_reasoning."""
        answer = (self.per_output, self.output_tokens)
        return Sum(
            (answer,) if self.reasoning_tokens is None else (answer, (self.per_reasoning, self.reasoning_tokens))
        )

    @cached_property
    def whole(self) -> Sum:
        """X itself."""
        return Sum(self.prompt.terms + self.written.terms)

    @property
    def prompt_spread(self) -> float:
        """What the standard deviation of L_in adds."""
        return self.per_input * self.input_tokens.std

    @property
    def mean(self) -> float:
        """E[X]."""
        return self.whole.mean

    @property
    def std(self) -> float:
        """Standard deviation of X."""
        return self.whole.std

    @property
    def normal(self) -> bool:
        """Whether X is normal (or certain)."""
        return self.whole.normal

    @property
    def known(self) -> bool:
        """Whether the spread of each length that counts is known."""
        return all(length.known for weight, length in self.whole.terms if weight)

    def over(self, share: int) -> "PassLaw":
        """X / share."""
        return replace(
            self,
            per_input=self.per_input / share,
            per_output=self.per_output / share,
            per_reasoning=self.per_reasoning / share,
        )


def cost_law(model: Model) -> PassLaw:
    """What one pass costs, in USD.

    Raises:
        SettingError: (a ValueError) prompts of this model fall into several price tiers.
    """
    per_input, per_output, per_reasoning = _prices(model)
    return _law(
        model, per_input / 1e6, per_output / 1e6, (per_output if per_reasoning is None else per_reasoning) / 1e6
    )


def time_law(model: Model) -> PassLaw:
    """How long one pass takes, in seconds. A measured time goes with the output: long answers take long."""
    if model.request_seconds is not None:
        return PassLaw(0.0, 1.0, Length.of(model.input_tokens), Length.of(model.request_seconds))
    per_output = model.seconds_per_output_token or 0.0
    return _law(model, model.seconds_per_input_token or 0.0, per_output, per_output)


def resource_laws(model: Model) -> list[PassLaw]:
    """What one pass uses of each further resource, in its unit."""
    return [
        _law(model, own.per_input_token, own.per_output_token, own.per_output_token) for own in model.resources.values()
    ]


def _law(model: Model, per_input: float, per_output: float, per_reasoning: float) -> PassLaw:
    prompt, answer = Length.of(model.input_tokens), Length.of(model.output_tokens)
    if model.reasoning_tokens is None:
        return PassLaw(per_input, per_output, prompt, answer)
    return PassLaw(per_input, per_output, prompt, answer, per_reasoning, Length.of(model.reasoning_tokens))


def written_price(model: Model, per_output: float, per_reasoning: float | None) -> float:
    """The mean price of all tokens that a pass writes, where an answer token costs `per_output`; reasoning may differ.

    All in USD per million. With the mean lengths of the model the mean bill is exact.
    """
    answer, reasoning = model.output_tokens, model.reasoning_tokens
    if reasoning is None or per_reasoning is None:
        return per_output
    return (answer.mean * per_output + reasoning.mean * per_reasoning) / (answer.mean + reasoning.mean)


def prompts_paid(model: Model, k: IntArray) -> FloatArray | None:
    """(n,) how many times a query of k passes pays the price of its prompt; None where each pass has its own.

    In a price tier a cached prompt is cheaper by the same share as outside.

    Raises:
        SettingError: (a ValueError) a cached prompt has a price where prompts have none.
    """
    if model.prompt == "per-pass":
        return None
    if model.shared_prompt:
        return np.ones(len(k))
    first, cached = model.usd_per_million_input_tokens, model.usd_per_million_cached_input_tokens
    if cached is None:
        return k.astype(float)
    if first == 0 and cached > 0:
        raise SettingError(
            f"{model.name}: usd_per_million_cached_input_tokens must be 0 where the prompt itself costs nothing, got "
            f"{cached:g}"
        )
    again = cached / first if first else 0.0
    return np.asarray(1.0 + (k - 1) * again)


def prompts_read(model: Model, k: IntArray, wave: int) -> FloatArray | None:
    """(n,) how many times the time of its prompt counts: in each wave once; None where each pass has its own."""
    return None if model.prompt == "per-pass" else -(-k // wave).astype(float)


def prompts_used(model: Model, k: IntArray) -> FloatArray | None:
    """(n,) how many times the prompt counts for a further resource: in each pass; None where each has its own."""
    return None if model.prompt == "per-pass" else k.astype(float)


def reasoning_price(model: Model, tier: PriceTier | None = None) -> float | None:
    """USD per million tokens of reasoning, in a tier or outside; None where it costs what an answer costs."""
    if tier is None or tier.usd_per_million_reasoning_tokens is None:
        return model.usd_per_million_reasoning_tokens
    return tier.usd_per_million_reasoning_tokens


def _prices(model: Model) -> tuple[float, float, float | None]:
    """USD per million tokens of prompt, answer and reasoning, at the tier in which all prompts fall."""
    per_input, per_output = model.usd_per_million_input_tokens, model.usd_per_million_output_tokens
    per_reasoning = reasoning_price(model)
    length = Length.of(model.input_tokens)
    if model.price_tiers and not length.known:
        raise SettingError(
            f"{model.name}: the std of input_tokens must be known where there are price_tiers, got null: it decides "
            "how many prompts have which price"
        )
    for tier in model.price_tiers:
        beyond = length.share_beyond(tier.from_input_tokens)
        if beyond > 1 - NEGLIGIBLE:
            per_input, per_output = tier.usd_per_million_input_tokens, tier.usd_per_million_output_tokens
            per_reasoning = reasoning_price(model, tier)
        elif beyond > NEGLIGIBLE:
            raise SettingError(
                f"{model.name}: a share of {beyond:.2g} of the prompts has more than {tier.from_input_tokens:,} tokens "
                "and so another price: for that, give the model measured `passes` and use the Empirical estimator"
            )
    return per_input, per_output, per_reasoning
