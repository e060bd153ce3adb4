"""What one pass costs or takes: a weighted sum of the length of its prompt and of the lengths that it writes."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from moo_inference.catalog import Model, PriceTier
from moo_inference.errors import SettingError
from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.estimators.lengths import NEGLIGIBLE, Length
from moo_inference.estimators.sums import Sum


@dataclass(frozen=True)
class PassDistribution:
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

    def over(self, share: int) -> "PassDistribution":
        """X / share."""
        return replace(
            self,
            per_input=self.per_input / share,
            per_output=self.per_output / share,
            per_reasoning=self.per_reasoning / share,
        )


def cost_distribution(model: Model) -> PassDistribution:
    """What one pass costs, in USD.

    Raises:
        SettingError: (a ValueError) prompts of this model fall into several price tiers.
    """
    per_input, per_output, per_reasoning = _prices(model)
    return _distribution(
        model, per_input / 1e6, per_output / 1e6, (per_output if per_reasoning is None else per_reasoning) / 1e6
    )


def time_distribution(model: Model) -> PassDistribution:
    """How long one pass takes, in seconds. A measured time goes with the output: long answers take long.

    Raises:
        SettingError: (a ValueError) that depends on the load, see `models_under_load`.
    """
    if model.servers is not None:
        raise SettingError(model.needs_load)
    if model.request_seconds is not None:
        return PassDistribution(0.0, 1.0, Length.of(model.input_tokens), Length.of(model.request_seconds))
    per_output = model.seconds_per_output_token or 0.0
    return _distribution(model, model.seconds_per_input_token or 0.0, per_output, per_output)


def resource_distributions(model: Model) -> list[PassDistribution]:
    """What one pass uses of each further resource, in its unit."""
    return [
        _distribution(model, own.per_input_token, own.per_output_token, own.per_output_token)
        for own in model.resources.values()
    ]


def _distribution(model: Model, per_input: float, per_output: float, per_reasoning: float) -> PassDistribution:
    prompt, answer = Length.of(model.input_tokens), Length.of(model.output_tokens)
    if model.reasoning_tokens is None:
        return PassDistribution(per_input, per_output, prompt, answer)
    return PassDistribution(per_input, per_output, prompt, answer, per_reasoning, Length.of(model.reasoning_tokens))


def written_price(model: Model, per_output: float, per_reasoning: float | None) -> float:
    """The mean price of all tokens that a pass writes, where an answer token costs `per_output`; reasoning may differ.

    All in USD per million. With the mean lengths of the model the mean bill is exact.

    Args:
        model: whose mean lengths weigh the two prices.
        per_output: of an answer token.
        per_reasoning: of a reasoning token; None: as an answer token.
    """
    answer, reasoning = model.output_tokens, model.reasoning_tokens
    if reasoning is None or per_reasoning is None:
        return per_output
    return (answer.mean * per_output + reasoning.mean * per_reasoning) / (answer.mean + reasoning.mean)


def prompts_paid(model: Model, k: IntArray, parallel: int = 1, batch: int | None = None) -> FloatArray | None:
    """(n,) how many times a query of k passes pays the price of its prompt; None where each pass has its own.

    A cached prompt is written by the first pass, or by each of the first wave, and read by the others. In a price tier
    both cost the same share of the price of a prompt as outside.

    Args:
        model: whose prompt it is.
        k: (n,) numbers of passes.
        parallel: P, passes at the same time.
        batch: passes that one request asks for at most, where requests share a prompt; None for all k.

    Raises:
        SettingError: (a ValueError) a cached prompt has a price where prompts have none.
    """
    if model.prompt == "per-pass":
        return None
    if model.shared_prompt:
        return np.ones(len(k)) if batch is None else -(-k // batch).astype(float)
    first, cached = model.usd_per_million_input_tokens, model.usd_per_million_cached_input_tokens
    if cached is None:
        return k.astype(float)
    if first == 0 and cached > 0:
        raise SettingError(
            f"{model.name}: usd_per_million_cached_input_tokens must be 0 where the prompt itself costs nothing, got "
            f"{cached:g}"
        )
    write = model.usd_per_million_cache_write_input_tokens
    if first == 0 and write:
        raise SettingError(
            f"{model.name}: usd_per_million_cache_write_input_tokens must be 0 where the prompt itself costs nothing, "
            f"got {write:g}"
        )
    again = cached / first if first else 0.0
    once = 1.0 if write is None or not first else write / first
    if not model.first_wave_writes_cache:
        return np.asarray(once + (k - 1) * again)
    written = np.minimum(k, parallel)
    return np.asarray(written * once + (k - written) * again)


def prompts_read(model: Model, k: IntArray, wave: int) -> FloatArray | None:
    """(n,) how many times the time of its prompt counts: in each wave once; None where each pass has its own.

    Args:
        model: whose prompt it is.
        k: (n,) numbers of passes.
        wave: passes in a full wave.
    """
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
