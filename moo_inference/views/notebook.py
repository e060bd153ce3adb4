"""Studies as a notebook shows them: importing this module gives them their HTML."""

from moo_inference.formatting.table import to_html
from moo_inference.studies.study import Study
from moo_inference.views.study_tables import study_tables


def _study_html(study: Study) -> str:
    return to_html(study_tables(study))


Study._repr_html_ = _study_html  # type: ignore[attr-defined]
