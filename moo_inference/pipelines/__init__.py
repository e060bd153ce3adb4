"""Several stages within one budget."""

from typing import Any

from moo_inference.deprecations import renamed
from moo_inference.pipelines.merging import pipeline_front

__all__ = ["pipeline_front"]


def __getattr__(name: str) -> Any:
    return renamed(__name__, name)
