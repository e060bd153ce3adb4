"""Views: a study as tables in a terminal or in Markdown."""

from moo_inference.formatting.table import Table, print_tables, to_markdown
from moo_inference.views.assessment import assessment_tables
from moo_inference.views.comparison import comparison_tables
from moo_inference.views.study_tables import study_tables

__all__ = [
    "Table",
    "assessment_tables",
    "comparison_tables",
    "print_tables",
    "study_tables",
    "to_markdown",
]
