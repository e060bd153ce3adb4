"""What varies from pass to pass: a mean and a standard deviation of lengths and times."""

from typing import Any, ClassVar, Literal

from pydantic import SerializerFunctionWrapHandler, ValidationInfo, field_validator, model_serializer

from moo_inference.catalog.base import Amount, Frozen, PositiveAmount

Kind = Literal["normal", "gamma", "lognormal"]

_USUAL_SPREAD = 1 / 3
"""Above this share of the mean, a spread whose kind is not given is taken for gamma: what is measured is skewed."""
_WIDEST = 30.0
"""Standard deviations of more than so many times what the mean has above the least value are refused."""


class Spread(Frozen):
    """A mean and a standard deviation of what cannot be below some least value, both as they are measured.

    Attributes:
        mean: positive.
        std: zero or more, or None where it is not known: then means are estimated, and what depends on the spread is
            unknown.
        kind: `normal` (clipped at the least value), `gamma` or `lognormal` (both begin there). None means normal where
            `std` is at most a third of `mean`, and gamma beyond.
    """

    least: ClassVar[float]
    unit: ClassVar[str]

    mean: PositiveAmount
    std: Amount | None
    kind: Kind | None = None

    @field_validator("std")
    @classmethod
    def _reachable(cls, std: float | None, info: ValidationInfo) -> float | None:
        # A mean that is invalid itself is not in `data`, and is already reported.
        if std and "mean" in info.data and std > _WIDEST * (info.data["mean"] - cls.least):
            raise ValueError(
                f"must be 0, null (not known), or at most {_WIDEST:.0f} times what the mean has above {cls.unit}, the "
                f"least that there is: nothing above it with the mean {info.data['mean']:g} varies so much. What was "
                "measured can be given as `passes`, which the Empirical estimator resamples"
            )
        return std

    @model_serializer(mode="wrap")
    def _without_unsaid_kind(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value is not None or name != "kind"}

    @property
    def distribution(self) -> Kind:
        """The kind in force."""
        if self.kind is not None:
            return self.kind
        return "gamma" if (self.std or 0.0) > _USUAL_SPREAD * self.mean else "normal"


class TokenLength(Spread):
    """Tokens of one prompt, or of one pass's answer or reasoning: at least one (paper, Eq. 1).

    Mean and standard deviation are those of the lengths themselves, after clipping; see `Spread`.
    """

    least = 1.0
    unit = "one token"


class RequestSeconds(Spread):
    """Seconds of one pass as measured from end to end, at least 0; see `Spread`."""

    least = 0.0
    unit = "0 seconds"
