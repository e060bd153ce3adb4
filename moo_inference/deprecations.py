"""Names of before: old modules still import, with a warning that names the new one.

What changed its name keeps working for one minor release after the one that renamed it (0.3 for what 0.2 renamed).
"""

import functools
import importlib
import importlib.machinery
import sys
import types
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar, cast

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

MODULES = {
    "moo_inference.budgets": "moo_inference.pareto.budgets",
    "moo_inference.files": "moo_inference.documents.files",
    "moo_inference.fronts": "moo_inference.pareto.front",
    "moo_inference.grid": "moo_inference.estimators.conditions",
    "moo_inference.infeasibility": "moo_inference.pareto.infeasibility",
    "moo_inference.merging": "moo_inference.pipelines.merging",
    "moo_inference.scores": "moo_inference.policy.scores",
    "moo_inference.stages": "moo_inference.pipelines.plan",
    "moo_inference.estimators.best_of": "moo_inference.estimators.max_of_k",
    "moo_inference.studies.claims": "moo_inference.paper.claims",
    "moo_inference.studies.difference": "moo_inference.records.diff",
    "moo_inference.studies.differences": "moo_inference.studies.paired_accuracy",
    "moo_inference.studies.gate": "moo_inference.records.gate",
    "moo_inference.studies.kept": "moo_inference.execution.checkpoint",
    "moo_inference.studies.pipeline_cells": "moo_inference.studies.cells",
    "moo_inference.studies.quality": "moo_inference.pareto.quality",
    "moo_inference.studies.replay": "moo_inference.records.replay",
    "moo_inference.studies.reproduce": "moo_inference.paper.reproduce",
    "moo_inference.formatting.markers": "moo_inference.views.markers",
    "moo_inference.views.paper": "moo_inference.paper.tables",
}
"""Where each module that pages and examples named stands now."""

PACKAGES = {"moo_inference.outcomes": "moo_inference.evaluation", "moo_inference.texts": "moo_inference.formatting"}
"""Of these every module moved, by its own name."""


def new_name(old: str) -> str | None:
    """What a module is called now; None where it has not moved."""
    package = ".".join(old.split(".", 2)[:2])
    if package in PACKAGES:
        return PACKAGES[package] + old.removeprefix(package)
    return MODULES.get(old)


def renamed(module: str, names: Mapping[str, str]) -> Callable[[str], Any]:
    """A `__getattr__` for a module: names of before give what they have become, with a warning.

    Args:
        module: its `__name__`.
        names: what each name of before has become; with its module where that is another one.
    """

    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        warnings.warn(f"{module}.{name} is {names[name]} now", DeprecationWarning, stacklevel=2)
        home, _, now = names[name].rpartition(".")
        return getattr(importlib.import_module(home or module), now)

    return find


def renamed_keyword(old: str, new: str) -> Callable[[Callable[_Arguments, _Result]], Callable[_Arguments, _Result]]:
    """A decorator: a function still takes a keyword by its name of before, with a warning."""

    def decorate(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
        @functools.wraps(function)
        def call(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
            if old in kwargs:
                if new in kwargs:
                    raise TypeError(f"{function.__name__}: {old} and {new} are the same: give {new} alone")
                warnings.warn(f"{function.__name__}: {old}= is {new}= now", DeprecationWarning, stacklevel=2)
                kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return call

    return decorate


class MovedModules:
    """Finds a module by its old name, and gives the one that it has become."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of a module that has moved, else None.

        Args:
            fullname: its name with dots.
            path: of the package, as importlib gives it; it is not looked at.
            target: the module that is loaded again, which is not looked at either.
        """
        # It is a loader by what it does: the class for one, in importlib.abc, is slow to load.
        return importlib.machinery.ModuleSpec(fullname, cast("Any", self)) if new_name(fullname) else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """Leave it to the import system to make the module."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Put the module that it has become in its place."""
        old = module.__name__
        new = new_name(old) or old
        warnings.warn(f"{old} is {new} now", DeprecationWarning, stacklevel=2)
        sys.modules[old] = importlib.import_module(new)
