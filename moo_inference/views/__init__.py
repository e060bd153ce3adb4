"""Views: a study as tables in a terminal or in Markdown.

The names are loaded when they are first used: nobody waits for a comparison who shows a study.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Loaded at once: later the module of this name would take its place.
from moo_inference.views.study_tables import study_tables

if TYPE_CHECKING:
    from moo_inference.formatting.table import Table, print_tables, to_markdown
    from moo_inference.views.assessment import assessment_tables
    from moo_inference.views.comparison import comparison_tables

_HOME = {
    "Table": "formatting.table",
    "assessment_tables": "views.assessment",
    "comparison_tables": "views.comparison",
    "print_tables": "formatting.table",
    "to_markdown": "formatting.table",
}

__all__ = [
    "Table",
    "assessment_tables",
    "comparison_tables",
    "print_tables",
    "study_tables",
    "to_markdown",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'moo_inference.views' has no attribute {name!r}")
    value = getattr(import_module(f"moo_inference.{_HOME[name]}"), name)
    globals()[name] = value
    return value
