"""The question as pymoo asks it: one module a problem."""

from moo_inference.problems.base import EstimatedProblem, GridProblem
from moo_inference.problems.model_choice import ModelChoiceProblem
from moo_inference.problems.pipeline import PipelineProblem
from moo_inference.problems.scaling import InferenceScalingProblem

__all__ = ["EstimatedProblem", "GridProblem", "InferenceScalingProblem", "ModelChoiceProblem", "PipelineProblem"]
