"""moo_inference: which language model, and how many passes a query, under budgets of money, time and accuracy.

The public names are loaded when they are first used, so that `import moo_inference` costs nothing.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from moo_inference.deprecations import MovedModules

if TYPE_CHECKING:
    from moo_inference.catalog import Catalog, Model, Pipeline, Scenario, load_catalog, save_catalog
    from moo_inference.catalog.attempts import Attempts, read_attempts
    from moo_inference.catalog.variants import with_stops
    from moo_inference.decision import Cheapest, Fastest
    from moo_inference.estimators import (
        OBJECTIVES,
        ClosedForm,
        Empirical,
        MonteCarlo,
        Recorded,
        ScalingCurve,
        Tabulated,
    )
    from moo_inference.pareto.front import Front
    from moo_inference.policy.policy import Policy
    from moo_inference.studies import Assessment, Study, assess, run_study
    from moo_inference.studies.choose import choose
    from moo_inference.studies.next_measurement import next_measurement
    from moo_inference.studies.route import route

__version__ = "0.2.0"

_HOME = {
    "Catalog": "catalog",
    "Model": "catalog",
    "Pipeline": "catalog",
    "Scenario": "catalog",
    "load_catalog": "catalog",
    "save_catalog": "catalog",
    "Cheapest": "decision",
    "Fastest": "decision",
    "OBJECTIVES": "estimators",
    "ClosedForm": "estimators",
    "Empirical": "estimators",
    "MonteCarlo": "estimators",
    "Recorded": "estimators",
    "ScalingCurve": "estimators",
    "Tabulated": "estimators",
    "Attempts": "catalog.attempts",
    "read_attempts": "catalog.attempts",
    "with_stops": "catalog.variants",
    "Front": "pareto.front",
    "Policy": "policy.policy",
    "Assessment": "studies",
    "Study": "studies",
    "assess": "studies",
    "choose": "studies.choose",
    "next_measurement": "studies.next_measurement",
    "route": "studies.route",
    "run_study": "studies",
}

__all__ = [*sorted(_HOME), "__version__"]  # noqa: PLE0604 (the names are those of _HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'moo_inference' has no attribute {name!r}")
    value = getattr(import_module(f"moo_inference.{_HOME[name]}"), name)
    if name == "Front" or _HOME[name].startswith("studies"):
        import_module("moo_inference.views.notebook")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


sys.meta_path.insert(0, MovedModules())
