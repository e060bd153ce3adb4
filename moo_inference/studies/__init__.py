"""Studies: many models x scenarios x rules in one table."""

from moo_inference.studies.study import Study, run_study

__all__ = ["Study", "run_study"]
