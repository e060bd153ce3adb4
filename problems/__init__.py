"""The question as pymoo problems: one module per problem."""

from moo_inference.problems.base import EstimatedProblem, GridProblem
from moo_inference.problems.model_choice import ModelChoiceProblem
from moo_inference.problems.pipeline import PipelineProblem
from moo_inference.problems.scaling import InferenceScalingProblem

__all__ = ["EstimatedProblem", "GridProblem", "InferenceScalingProblem", "ModelChoiceProblem", "PipelineProblem"]
