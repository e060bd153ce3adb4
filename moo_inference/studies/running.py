"""The models of a catalog as a study runs their passes."""

from collections.abc import Sequence

from moo_inference.catalog import Catalog
from moo_inference.catalog.variants import with_stops
from moo_inference.estimators.base import Estimator, OneModelEstimator


def running(
    catalog: Catalog, stop: str | Sequence[str] | None, estimator: Estimator | OneModelEstimator | None
) -> Catalog:
    """The catalog with the policies of stopping that were asked for, and with that of the estimator, if it has one.

    Args:
        catalog: the models.
        stop: see `with_stops`; None: each model's own.
        estimator: what will estimate; None: the default.

    Raises:
        SettingError: (a ValueError) no model can have some policy.
        UnknownNameError: (a LookupError) there is no such policy.
    """
    asked = catalog if stop is None else with_stops(catalog, stop)
    if not isinstance(estimator, Estimator):
        return asked
    models = {key: estimator.as_run(model) for key, model in asked.models.items()}
    changed = any(models[key] is not model for key, model in asked.models.items())
    return asked.replace(models=models) if changed else asked
