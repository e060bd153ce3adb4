"""Several stages within one budget."""

from moo_inference.deprecations import renamed
from moo_inference.pipelines.merging import pipeline_front

__all__ = ["pipeline_front"]

__getattr__ = renamed(
    __name__,
    {
        "PipelineChoice": "moo_inference.decision.choice.Choice",
        "PipelineFront": "moo_inference.pareto.front.Front",
        "choose": "moo_inference.decision.choice.decide",
    },
)
