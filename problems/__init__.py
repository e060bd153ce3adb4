"""The question as pymoo asks it: one module a problem."""

from moo_inference.problems.scaling import InferenceScalingProblem

__all__ = ["InferenceScalingProblem"]
