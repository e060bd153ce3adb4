"""The catalog: what is known of models and of the budgets they are chosen under."""

from moo_inference.catalog.accuracy import Accuracy, AnyAccuracy, BetaAccuracy, MeasuredAccuracy
from moo_inference.catalog.catalog import Catalog, with_quantiles
from moo_inference.catalog.loading import load_catalog, save_catalog
from moo_inference.catalog.model import Model, Passes, PriceTier, shared_resources
from moo_inference.catalog.pipeline import ParallelBranches, Pipeline, PipelineStage, SeriesBranch
from moo_inference.catalog.resource import Resource, ResourceBudget
from moo_inference.catalog.scenario import Limit, Scenario
from moo_inference.catalog.servers import Load, MeasuredLoad, Servers
from moo_inference.catalog.spread import RequestSeconds, TokenLength
from moo_inference.errors import TOLERANCE

__all__ = [
    "TOLERANCE",
    "Accuracy",
    "AnyAccuracy",
    "BetaAccuracy",
    "Catalog",
    "Limit",
    "Load",
    "MeasuredAccuracy",
    "MeasuredLoad",
    "Model",
    "ParallelBranches",
    "Passes",
    "Pipeline",
    "PipelineStage",
    "PriceTier",
    "RequestSeconds",
    "Resource",
    "ResourceBudget",
    "Scenario",
    "SeriesBranch",
    "Servers",
    "TokenLength",
    "load_catalog",
    "save_catalog",
    "shared_resources",
    "with_quantiles",
]
