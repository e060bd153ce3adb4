"""A catalog: models, scenarios and pipelines by id."""

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, Self

from pydantic import (
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)

from moo_inference.catalog.attempt_files import AttemptFiles
from moo_inference.catalog.base import Frozen, ReadOnly
from moo_inference.catalog.model import Model
from moo_inference.catalog.pipeline import Pipeline, misfits
from moo_inference.catalog.recorded_entry import RecordedEntry, is_recorded_entry
from moo_inference.catalog.scenario import Scenario
from moo_inference.catalog.stopping import base_id, settings_of
from moo_inference.errors import MooInferenceError, SettingError, UnknownNameError, did_you_mean, listed, unknown_name


class Catalog(Frozen):
    """What there is to choose from, and under which budgets.

    Attributes:
        models: id to Model, read-only, in the order of the file.
        scenarios: id to Scenario, read-only, in the order of the file.
        pipelines: id to Pipeline, read-only, in the order of the file; their stages name models by id.
    """

    models: Mapping[str, Model]
    scenarios: Mapping[str, Scenario]
    pipelines: Mapping[str, Pipeline] = ReadOnly({})

    @field_validator("models", mode="before")
    @classmethod
    def _with_attempts(cls, models: Any, info: ValidationInfo) -> Any:
        if not isinstance(models, Mapping) or not any(map(is_recorded_entry, models.values())):
            return models
        read = AttemptFiles((info.context or {}).get("folders", (".",)))
        found = dict(models)
        errors: dict[str, list[str]] = {}
        for key, values in models.items():
            if is_recorded_entry(values):
                try:
                    found[key] = read.model(RecordedEntry.model_validate(values))
                except MooInferenceError as error:
                    for sentence in error.errors:
                        errors.setdefault(sentence, []).append(key)
        if errors:
            raise ValueError("; ".join(f"attempts of {', '.join(keys)}: {why}" for why, keys in errors.items()))
        return found

    @field_validator("models", "scenarios", "pipelines")
    @classmethod
    def _read_only(cls, entries: Mapping[str, Any]) -> ReadOnly[Any]:
        return ReadOnly(entries)

    @field_serializer("models", "scenarios", "pipelines")
    def _as_dict(self, entries: Mapping[str, Frozen]) -> dict[str, Any]:
        return {key: entry.model_dump() for key, entry in entries.items()}

    @model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        errors = disagreements(self.models, self.scenarios)
        if errors:
            raise ValueError("; ".join(f"{'.'.join(place)}: {sentence}" for place, sentence in errors))
        return self

    @property
    def resources(self) -> tuple[str, ...]:
        """The units of what all models use besides money and time, in the order of the objectives."""
        return next((tuple(model.resources) for model in self.models.values()), ())

    def without(self, resources: Sequence[str]) -> "Catalog":
        """The catalog without some resources and their budgets: so many objectives less.

        Raises:
            UnknownNameError: (a LookupError) the models have no such resource.
        """
        resources = listed("resources", resources)
        unknown = [
            str(unknown_name("resource", unit, self.resources)) for unit in resources if unit not in self.resources
        ]
        if unknown:
            raise UnknownNameError(unknown)

        def selected(entries: Mapping[str, Any]) -> dict[str, Any]:
            return {
                key: entry.replace(resources={u: own for u, own in entry.resources.items() if u not in resources})
                for key, entry in entries.items()
            }

        return self.replace(models=selected(self.models), scenarios=selected(self.scenarios))

    @model_serializer(mode="wrap")
    def _without_empty_pipelines(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Most catalogs have none, and read as they did before there were any.
        return {name: entries for name, entries in handler(self).items() if entries or name != "pipelines"}

    @model_validator(mode="after")
    def _pipelines_fit_the_models(self) -> Self:
        errors = [
            f"pipelines.{key}.{'.'.join(map(str, place))}: {sentence}"
            for key, pipeline in self.pipelines.items()
            for place, sentence in misfits(pipeline.model_dump(), list(self.models))
        ]
        if errors:
            raise ValueError("; ".join(errors))
        return self

    def select(
        self,
        models: Sequence[str] | None = None,
        scenarios: Sequence[str] | None = None,
        pipelines: Sequence[str] | None = None,
    ) -> "Catalog":
        """The catalog of some ids only, in the order given; None keeps all.

        A pipeline is kept whole or not at all, so that its id always means the same question: where `pipelines` is
        None, those that could use a model that was not chosen are left out. One id alone stands for a list of it.

        Args:
            models: ids of models. That of a model which also stands there with policies of stopping means all of them,
                and those of two settings also the pair of them.
            scenarios: ids of scenarios.
            pipelines: ids of pipelines.

        Raises:
            UnknownNameError: an id does not exist; every unknown one is named, with the ids that there are.
            SettingError: (a ValueError) a requested pipeline could use a model that was not chosen.
        """
        errors: list[str] = []
        selected = [
            _pick(what, known, wanted, errors)
            for what, known, wanted in (
                ("model", self.models, models),
                ("scenario", self.scenarios, scenarios),
                ("pipeline", self.pipelines, pipelines),
            )
        ]
        if errors:
            raise UnknownNameError(errors)
        lost = {key: [m for m in pipeline.models if m not in selected[0]] for key, pipeline in selected[2].items()}
        if pipelines is not None and any(lost.values()):
            raise SettingError(
                [
                    f"pipeline {key!r} may use {', '.join(gone)}, which must then be chosen too"
                    for key, gone in lost.items()
                    if gone
                ]
            )
        complete = {key: pipeline for key, pipeline in selected[2].items() if not lost[key]}
        return Catalog(models=selected[0], scenarios=selected[1], pipelines=complete)


def disagreements(models: Mapping[str, Model], scenarios: Mapping[str, Scenario]) -> list[tuple[tuple[str, ...], str]]:
    """What keeps models and scenarios from one comparison: a place and a sentence for each error.

    All models must have the same resources, and budgets be for these.
    """
    errors: list[tuple[tuple[str, ...], str]] = []
    first = {unit: key for key, model in reversed(list(models.items())) for unit in model.resources}
    for key, model in models.items():
        errors += [
            (("models", key), f"{unit}_per_output_token must be given, 0 if it uses none, as {owner} has it")
            for unit, owner in sorted(first.items())
            if unit not in model.resources
        ]
    if models:
        errors += [
            (
                ("scenarios", key, f"{unit}_max"),
                f"must be for what the models use, and none of them has "
                f"{unit}_per_output_token{did_you_mean(unit, sorted(first))}",
            )
            for key, scenario in scenarios.items()
            for unit in scenario.resources
            if unit not in first
        ]
    return errors


def with_quantiles(
    catalog: Catalog, c_quantile: float | None = None, t_quantile: float | None = None, a_quantile: float | None = None
) -> Catalog:
    """The catalog with some quantiles of all its scenarios set; None leaves each scenario's own.

    Args:
        catalog: of models and scenarios.
        c_quantile: of cost, in (0, 1); then c_max bounds this quantile in place of the mean.
        t_quantile: of time, likewise with t_max.
        a_quantile: of accuracy, likewise with a_min.

    Raises:
        SettingError: (a ValueError) a quantile is not between 0 and 1.
    """
    quantiles = (("c_quantile", c_quantile), ("t_quantile", t_quantile), ("a_quantile", a_quantile))
    given = {name: value for name, value in quantiles if value is not None}
    wrong = [
        f"{name} must be between 0 and 1, got {value!r}"
        for name, value in given.items()
        if not (isinstance(value, Real) and 0 < value < 1)
    ]
    if wrong:
        raise SettingError(wrong)
    scenarios = {key: scenario.replace(**given) for key, scenario in catalog.scenarios.items()}
    return catalog.replace(scenarios=scenarios) if given else catalog


def _pick(what: str, known: Mapping[str, Any], wanted: Sequence[str] | None, errors: list[str]) -> Mapping[str, Any]:
    if wanted is None:
        return known
    wanted = [str(key) for key in listed(f"{what}s", wanted)]
    variants: dict[str, list[str]] = {}
    named: dict[str, None] = {}
    for key, entry in known.items():
        stop = getattr(entry, "stop", None)
        settings = settings_of(key, stop)
        named |= dict.fromkeys(settings)
        # A pair stands with its second setting, where both are wanted.
        pair = len(settings) > 1 and set(settings) <= set(wanted)
        variants.setdefault(settings[-1] if pair else base_id(key, stop), []).append(key)
    if not known and wanted:
        errors.append(f"unknown {what} {wanted[0]!r}; the catalog has none")
        return {}
    unknown = [key for key in wanted if key not in {*known, *variants, *named}]
    errors.extend(str(unknown_name(what, key, list(named))) for key in unknown)
    found = {key: known[key] for name in wanted for key in variants.get(name, [name]) if key in known}
    if wanted and not found and not unknown:
        errors.append(f"{what}s must name both settings of a pair, the cheaper one too; got {', '.join(wanted)}")
    return found
