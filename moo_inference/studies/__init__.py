"""Studies: many models x scenarios x rules in one table.

The public names are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moo_inference.studies.assessment import assess
    from moo_inference.studies.confidence import Assessment
    from moo_inference.studies.study import Study, run_study

_HOME = {"Assessment": "confidence", "Study": "study", "assess": "assessment", "run_study": "study"}

__all__ = ["Assessment", "Study", "assess", "run_study"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'moo_inference.studies' has no attribute {name!r}")
    value = getattr(import_module(f"moo_inference.studies.{_HOME[name]}"), name)
    globals()[name] = value
    return value
