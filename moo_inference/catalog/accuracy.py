"""What is known of a model's accuracy: a mean and a spread, the outcomes of an evaluation, or a fitted Beta."""

import math
import warnings
from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    ValidationInfo,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from moo_inference.catalog.base import (
    Amount,
    Count,
    Fraction,
    Frozen,
    NonNegative,
    Positive,
    ReadOnly,
    Real,
    TextByName,
    WholeNumber,
)
from moo_inference.catalog.messages import ACCURACIES
from moo_inference.evaluation import BetaFit
from moo_inference.evaluation.accuracy_curve import Keep
from moo_inference.evaluation.records import Evaluation, Record

_SHOWN = 5


class Accuracy(Frozen):
    """Accuracy of one pass: normal, clipped to [0, 1] (paper, Eq. 2); the best of k passes is kept.

    The largest of k normals grows with their spread, so that of two models the noisier one wins: see docs/accuracy.md.

    Attributes:
        mean: before clipping, in [0, 1].
        std: at most the square root of mean (1 - mean): nothing in [0, 1] with that mean varies more.
        keep: `oracle`, which is no field: the best of k passes is known.
    """

    mean: Fraction
    std: Amount

    @field_validator("std")
    @classmethod
    def _reachable(cls, std: float, info: ValidationInfo) -> float:
        # A mean that is invalid itself is not in `data`, and is already reported.
        if "mean" in info.data:
            most = math.sqrt(info.data["mean"] * (1 - info.data["mean"]))
            if std > most * (1 + 1e-9):
                raise ValueError(
                    f"must be at most {math.ceil(most * 1e4) / 1e4:g}, since nothing in [0, 1] with the mean "
                    f"{info.data['mean']:g} varies more"
                )
        return std

    @property
    def keep(self) -> Keep:
        """Which of k passes is kept."""
        return "oracle"

    @model_validator(mode="before")
    @classmethod
    def _may_be_named(cls, values: Any) -> Any:
        """`kind: normal` may be written out."""
        values = _renamed(values)
        if isinstance(values, Mapping) and values.get("kind") == "normal":
            return {name: value for name, value in values.items() if name != "kind"}
        return values


def with_kind(values: Any) -> Any:
    """The values of an accuracy with `kind` in place of `law`, its name before 0.2; other values unchanged."""
    if isinstance(values, Mapping) and "law" in values and "kind" not in values:
        return {"kind" if name == "law" else name: value for name, value in values.items()}
    return values


def _renamed(values: Any) -> Any:
    renamed = with_kind(values)
    if renamed is not values:
        warnings.warn("law of an accuracy is kind now", FutureWarning, stacklevel=2)
    return renamed


def _record(text: str, info: ValidationInfo) -> str:
    # Where `keep` itself is invalid, that is reported already.
    if "keep" in info.data:
        Record.parse(text, info.data["keep"])
    return text


def _some(names: list[str]) -> str:
    return ", ".join(map(repr, names[:_SHOWN])) + (", ..." if len(names) > _SHOWN else "")


class MeasuredAccuracy(Frozen):
    """Accuracy of k passes as counted from an evaluation, for k up to its samples per question.

    Attributes:
        kind: `outcomes`.
        keep: which of k passes is kept: `oracle` (a right one if there is any), `verifier` (the one with the highest
            score) or `majority` (the most frequent answer).
        questions: for each question its samples, right/all: see `moo_inference.evaluation.records`.
        trials: of the votes that are too many to be counted, at most a million.
        seed: of the same.
        clusters: for each question the cluster in which it stands, such as the text that it is about; empty where each
            stands for itself.
    """

    _named_before = model_validator(mode="before")(_renamed)

    kind: Literal["outcomes"]
    keep: Keep = "oracle"
    questions: Mapping[str, Annotated[str, AfterValidator(_record)]]
    trials: Annotated[Count, Field(ge=2, le=1_000_000)] = 1000
    seed: WholeNumber = 42
    clusters: TextByName = ReadOnly({})

    @field_validator("questions")
    @classmethod
    def _whole(cls, questions: Mapping[str, str]) -> ReadOnly[str]:
        if not questions:
            raise ValueError("must hold at least one question")
        return ReadOnly(questions)

    @field_validator("clusters")
    @classmethod
    def _of_the_questions(cls, clusters: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        # Questions that are invalid themselves are not in `data`, and are already reported.
        if clusters and "questions" in info.data and clusters.keys() != info.data["questions"].keys():
            lacking = [name for name in info.data["questions"] if name not in clusters]
            unknown = [name for name in clusters if name not in info.data["questions"]]
            got = f"none for {_some(lacking)}" if lacking else f"some for {_some(unknown)}, which is no question"
            sentence = f"must name one for each question and nothing else, got {got}"
            raise PydanticCustomError("whole", "{sentence}", {"sentence": sentence})
        return clusters

    @model_serializer(mode="wrap")
    def _clusters_where_there_are(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if name != "clusters" or value}

    @field_serializer("questions")
    def _as_dict(self, questions: Mapping[str, str]) -> dict[str, str]:
        return dict(questions)

    @cached_property
    def evaluation(self) -> Evaluation:
        """The records, parsed."""
        return Evaluation.parse(self.questions, self.keep, self.clusters)

    @property
    def mean(self) -> float:
        """Accuracy of one pass, the mean over questions."""
        evaluation = self.evaluation
        return float((evaluation.c / evaluation.n).mean())

    def __hash__(self) -> int:
        return hash((self.keep, self.questions, self.trials, self.seed, self.clusters))


class BetaAccuracy(Frozen):
    """Accuracy of k passes where a right one is kept if there is any, difficulty being Beta(a, b) over questions.

    Attributes:
        kind: `beta`.
        a: positive; a / (a + b) is the accuracy of one pass at a question that can be solved.
        b: positive.
        samples: of each question that the distribution was fitted to; beyond them accuracies are extrapolated.
        unsolvable: share of the questions that no pass solves, in [0, 1).
        band: for some k, ascending from 1, that k and both ends of the 95 % interval of the accuracy of k passes, as
            `fit` writes it; between them it is straight in ln k, beyond the last k it goes up to 1. Empty: that of the
            covariance.
        covariance: of ln a and ln b: variance of the one, covariance, variance of the other. Zeros: not known, and so
            is the interval of the accuracy, if there is no band.
        misfit: largest difference in pass@k between distribution and samples, by which what the covariance gives is
            widened.
        keep: `oracle`, which is no field: a right pass is kept if there is any.
    """

    _named_before = model_validator(mode="before")(_renamed)

    kind: Literal["beta"]
    a: Positive
    b: Positive
    samples: Count
    unsolvable: Annotated[Fraction, Field(lt=1)] = 0.0
    band: tuple[tuple[Count, Fraction, Fraction], ...] = ()
    covariance: tuple[NonNegative, Real, NonNegative] = (0.0, 0.0, 0.0)
    misfit: Fraction = 0.0

    @field_validator("covariance", "band", mode="before")
    @classmethod
    def _as_tuple(cls, values: Any) -> Any:
        if not isinstance(values, list | tuple):
            return values
        return tuple(tuple(each) if isinstance(each, list) else each for each in values)

    @field_validator("band")
    @classmethod
    def _rising(cls, band: tuple[tuple[int, float, float], ...]) -> tuple[tuple[int, float, float], ...]:
        k, low, high = zip(*band, strict=True) if band else ((1,), (0.0,), (1.0,))
        if k[0] != 1 or any(after <= before for before, after in pairwise(k)):
            raise ValueError(f"must have ascending k from 1, got k = {', '.join(map(str, k))}")
        if any(after < before for end in (low, high) for before, after in pairwise(end)):
            raise ValueError("must have ends that do not fall where k rises, as accuracy does not")
        if any(under > over for under, over in zip(low, high, strict=True)):
            raise ValueError("must have lower ends that are at most the upper ones")
        return band

    @field_validator("covariance")
    @classmethod
    def _possible(cls, values: tuple[float, float, float]) -> tuple[float, float, float]:
        if values[1] ** 2 > values[0] * values[2] * (1 + 1e-9):
            raise ValueError("must be variance, covariance, variance, and the covariance is larger than they allow")
        return values

    @property
    def keep(self) -> Keep:
        """Which of k passes is kept."""
        return "oracle"

    @property
    def fit(self) -> BetaFit:
        """The fitted distribution of difficulty."""
        first, between, second = self.covariance
        covariance = np.array([[first, between], [between, second]])
        band = np.array(self.band) if self.band else None
        return BetaFit(self.a, self.b, covariance, self.samples, self.misfit, self.unsolvable, known_band=band)

    @property
    def mean(self) -> float:
        """Accuracy of one pass."""
        return (1 - self.unsolvable) * self.a / (self.a + self.b)


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("kind", value.get("law", "normal")))
    return str(getattr(value, "kind", "normal"))


ACCURACIES.update({"normal": Accuracy, "outcomes": MeasuredAccuracy, "beta": BetaAccuracy})

AnyAccuracy = Annotated[
    Annotated[Accuracy, Tag("normal")]
    | Annotated[MeasuredAccuracy, Tag("outcomes")]
    | Annotated[BetaAccuracy, Tag("beta")],
    Discriminator(_kind),
]
"""Any of them; in a file `kind` names which, and without it the accuracy is normal."""
