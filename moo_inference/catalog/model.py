"""A language model as a decision needs it: what a pass costs, how long it takes, how good it is."""

from typing import Literal

from pydantic import ValidationInfo, field_validator

from moo_inference.catalog.frozen import Count, Fraction, Frozen, Name, NonNegative, Positive

HIGHEST_USUAL_PRICE = 1_000.0
LOWEST_USUAL_PRICE = 0.001
"""USD per million tokens. Below it, a price is more likely one per token than a bargain."""


class TokenLength(Frozen):
    """Tokens of one pass: normal, clipped below at one token (paper, Eq. 1).

    Attributes:
        mean: before clipping, in tokens, positive.
        std: in tokens, zero or more.
    """

    mean: Positive
    std: NonNegative


class Accuracy(Frozen):
    """Accuracy of one pass: normal, clipped to [0, 1] (paper, Eq. 2).

    Attributes:
        mean: before clipping, in [0, 1].
        std: zero or more.
    """

    mean: Fraction
    std: NonNegative


class Model(Frozen):
    """A model, with its units in its field names.

    Attributes:
        name: what people call it. Its id is its key in the catalog.
        free: a price of zero is meant.
        price_checked: an unusual price (below 0.001 or above 1,000 USD per million tokens) is meant.
        usd_per_million_input_tokens: price of what goes in, USD.
        usd_per_million_output_tokens: price of what comes out, USD.
        seconds_per_input_token: time to read one token, in one pass alone.
        seconds_per_output_token: time to write one token, in one pass alone.
        input_tokens: length of the prompt.
        output_tokens: length of the answer of one pass.
        accuracy: of one pass.
        parallel: P, how many passes run at the same time.
        latency: how the times of k passes add up. `ideal` divides their sum by P (paper, Eq. 6), even for k < P.
            `waves` runs ceil(k / P) batches of at most P passes, each as long as its slowest pass.
    """

    name: Name
    free: bool = False
    price_checked: bool = False
    usd_per_million_input_tokens: NonNegative
    usd_per_million_output_tokens: NonNegative
    seconds_per_input_token: Positive
    seconds_per_output_token: Positive
    input_tokens: TokenLength
    output_tokens: TokenLength
    accuracy: Accuracy
    parallel: Count = 1
    latency: Literal["ideal", "waves"] = "waves"

    @field_validator("usd_per_million_input_tokens", "usd_per_million_output_tokens")
    @classmethod
    def _usual_price(cls, price: float, info: ValidationInfo) -> float:
        if price == 0 and not info.data.get("free"):
            raise ValueError("must be positive, or `free: true` must say that 0 is meant")
        if price > 0 and not info.data.get("price_checked"):
            if price > HIGHEST_USUAL_PRICE:
                raise ValueError(
                    f"must be USD per million tokens, at most {HIGHEST_USUAL_PRICE:,.0f}; {price:,.10g} is more "
                    "than any usual price (a unit slip?). If it is meant, set `price_checked: true`"
                )
            if price < LOWEST_USUAL_PRICE:
                raise ValueError(
                    f"must be USD per million tokens, at least {LOWEST_USUAL_PRICE}; {price:.10g} looks like USD "
                    f"per token, which would be {price * 1e6:.10g} per million. If it is meant, set "
                    "`price_checked: true`"
                )
        return price

    @property
    def usd_per_input_token(self) -> float:
        """c_in of the paper, USD."""
        return self.usd_per_million_input_tokens / 1e6

    @property
    def usd_per_output_token(self) -> float:
        """c_out of the paper, USD."""
        return self.usd_per_million_output_tokens / 1e6
