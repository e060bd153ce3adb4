"""Views: a study as tables in a terminal or in Markdown."""

from typing import TYPE_CHECKING, Any

from moo_inference.formatting.table import Table, print_tables, to_markdown
from moo_inference.views.assessment import assessment_tables
from moo_inference.views.study_tables import study_tables

if TYPE_CHECKING:
    from moo_inference.views.comparison import comparison_tables

__all__ = [
    "Table",
    "assessment_tables",
    "comparison_tables",
    "print_tables",
    "study_tables",
    "to_markdown",
]


def __getattr__(name: str) -> Any:
    # A comparison needs pymoo's algorithms, which nobody waits for who shows a study.
    if name == "comparison_tables":
        from moo_inference.views.comparison import comparison_tables  # noqa: PLC0415

        return comparison_tables
    raise AttributeError(f"module 'moo_inference.views' has no attribute {name!r}")
