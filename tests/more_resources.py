"""Catalogs whose models use more than money and time, for the tests of whatever shows them."""

from moo_inference.catalog.resource import Resource, ResourceBudget

JOULES = {"joules": (0.02, 0.4, 1.0)}
"""By unit: a prompt token, an output token of the first model, and how much more each later model takes."""

AND_GRAMS = {**JOULES, "grams_co2": (0.0, 0.0002, 0.0001)}


def with_resources(catalog, uses=None, **budgets):
    """The catalog with further resources, and in each scenario the budgets by unit; None is none."""
    uses = JOULES if uses is None else uses
    models = {
        key: model.replace(
            resources={
                unit: Resource(per_input_token=prompt, per_output_token=first + more * place)
                for unit, (prompt, first, more) in uses.items()
            }
        )
        for place, (key, model) in enumerate(catalog.models.items())
    }
    limits = {unit: ResourceBudget(max=most) for unit, most in budgets.items() if most is not None}
    scenarios = {key: scenario.replace(resources=limits) for key, scenario in catalog.scenarios.items()}
    return catalog.replace(models=models, scenarios=scenarios)
