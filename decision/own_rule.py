"""A user's own rule: any callable, or any DecisionMaking of pymoo, behind the same call."""

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.decision.base import Rule
from moo_inference.errors import SettingError
from moo_inference.estimators.curve import FloatArray

if TYPE_CHECKING:
    from pymoo.core.decision_making import DecisionMaking


class OwnRule(Rule):
    """Wraps a callable F -> row, or a pymoo DecisionMaking. It is given F in its units, unless there is a nadir.

    It may answer a row, several rows (the cheapest is taken), a row and pseudo-weights as pymoo's PseudoWeights may, or
    None. Whatever it does to warning filters is undone.

    Attributes:
        maker: what is wrapped.
        name: the id; that of the callable or class where none is given.
    """

    needs_scale = False
    score_name = ""

    def __init__(
        self,
        maker: "Callable[[FloatArray], Any] | DecisionMaking",
        name: str | None = None,
        *,
        zero_to_one: bool | None = None,
        ideal: ArrayLike | None = None,
        nadir: ArrayLike | None = None,
    ) -> None:
        """Wrap a rule; see the class."""
        self.maker = maker
        self.name = name or getattr(maker, "id", None) or getattr(maker, "__name__", type(maker).__name__)
        super().__init__(zero_to_one=zero_to_one, ideal=ideal, nadir=nadir)

    @property
    def id(self) -> str:
        """The name."""
        return str(self.name)

    @property
    def picks(self) -> str:
        """See `Rule.picks`."""
        return "A rule of the user's own."

    def options(self) -> dict[str, Any]:
        """See `Rule.options`."""
        return {"maker": self.maker, "name": self.name}

    def score(self, N: FloatArray) -> FloatArray:
        """(n,) 1 for the rows that the maker names, NaN for the others.

        Raises:
            SettingError: (a ValueError) it answers something that is not a row of the front.
        """
        scores = np.full(len(N), np.nan)
        with warnings.catch_warnings():
            answer = (self.maker.do if isinstance(self.maker, _decision_making()) else self.maker)(N)
        if isinstance(answer, tuple) and len(answer) == 2 and np.shape(answer[1]) == N.shape:
            answer = answer[0]
        if answer is None:
            return scores
        try:
            rows = np.atleast_1d(np.asarray(answer))
        except ValueError:
            rows = np.empty(0)
        if rows.dtype.kind not in "iu" or rows.ndim != 1 or ((rows < 0) | (rows >= len(N))).any():
            raise SettingError(f"{self.id} must answer a row from 0 to {len(N) - 1}, or None; got {answer!r}")
        scores[rows] = 1.0
        return scores


def _decision_making() -> "type[DecisionMaking]":
    with warnings.catch_warnings():
        # pymoo 0.6.2 imports scipy.spatial.ckdtree, which SciPy deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        from pymoo.core.decision_making import DecisionMaking  # noqa: PLC0415 (slow to load)
    return DecisionMaking


def as_rule(rule: object) -> Rule:
    """A rule unchanged, or anything that can act as one wrapped in OwnRule; a class is called without arguments first.

    Raises:
        SettingError: (a ValueError) it is neither callable nor a DecisionMaking, or a class that needs arguments.
    """
    if isinstance(rule, type):
        try:
            made = rule()
        except TypeError as error:
            raise SettingError(
                f"a rule must be made before it is given: {rule.__name__}(...), since {error}"
            ) from error
        return as_rule(made)
    if isinstance(rule, Rule):
        return rule
    if callable(rule) or isinstance(rule, _decision_making()):
        return OwnRule(cast("Callable[[FloatArray], Any]", rule))
    raise SettingError(f"a rule must be an id, a Rule, a DecisionMaking or a callable, got {rule!r}")
