"""Studies: many models x scenarios x rules in one table."""

from moo_inference.studies.assessment import assess
from moo_inference.studies.confidence import Assessment
from moo_inference.studies.study import Study, run_study

__all__ = ["Assessment", "Study", "assess", "run_study"]
