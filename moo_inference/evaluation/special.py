"""scipy.special, loaded when one of its functions is first used: it takes longer to load than most choices to make.

Write `special.ndtri(q)`: importing a name from this module loads it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scipy.special import (
        betaincinv,
        betaln,
        expit,
        gammainc,
        gammaincc,
        gammainccinv,
        gammaincinv,
        gammaln,
        log_ndtr,
        nctdtrit,
        ndtr,
        ndtri,
        ndtri_exp,
        owens_t,
        psi,
        stdtrit,
        xlog1py,
        xlogy,
    )

__all__ = [
    "betaincinv",
    "betaln",
    "expit",
    "gammainc",
    "gammaincc",
    "gammainccinv",
    "gammaincinv",
    "gammaln",
    "log_ndtr",
    "nctdtrit",
    "ndtr",
    "ndtri",
    "ndtri_exp",
    "normal_quantile",
    "owens_t",
    "psi",
    "stdtrit",
    "xlog1py",
    "xlogy",
]

_OF_95_PERCENT = 1.959963984540054
"""What `ndtri(0.975)` gives."""


def normal_quantile(q: float) -> float:
    """The q-quantile of the standard normal distribution; that of an interval at 95 % is known without scipy.special.

    Args:
        q: in (0, 1).
    """
    return _OF_95_PERCENT if q == 0.975 else float(import_module("scipy.special").ndtri(q))


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'moo_inference.evaluation.special' has no attribute {name!r}")
    function = getattr(import_module("scipy.special"), name)
    globals()[name] = function
    return function
