"""A pipeline in a catalog: its stages in the order they run, each with the models that it may use."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Union

from pydantic import (
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    ValidationInfo,
    field_validator,
    model_serializer,
)
from pydantic_core import PydanticCustomError

from moo_inference.catalog.base import Count, Frozen, Name, Several
from moo_inference.catalog.messages import KINDS
from moo_inference.errors import did_you_mean

Place = tuple[str | int, ...]


class _Terse(Frozen):
    """Serialises only what is set."""

    @model_serializer(mode="wrap")
    def _set_fields(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value is not None and value != ()}


class PipelineStage(_Terse):
    """One step of a pipeline.

    Attributes:
        name: what people call it; no two stages of a pipeline share one.
        model: id of the model, where there is no choice of one.
        models: or the ids of several, of which one is chosen.
        k_min: the smallest k of this stage, like the next two in place of what holds for the whole study.
        k_max: the largest k of this stage: 1 where it runs once.
        k_step: the distance of its grid.
    """

    name: Name
    model: str | None = None
    models: Several[str] = Field(default=(), validate_default=True)
    k_min: Count | None = None
    k_max: Count | None = None
    k_step: Count | None = None

    @field_validator("models")
    @classmethod
    def _one_way_to_name_them(cls, models: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        # A model that is invalid itself is not in `data`, and is already reported.
        if "model" in info.data and not models and info.data["model"] is None:
            raise PydanticCustomError("whole", "must name at least one model, or `model` must name one")
        if models and info.data.get("model") is not None:
            raise PydanticCustomError("whole", "must not be given together with `model`, which names the only one")
        twice = sorted({model for model in models if models.count(model) > 1})
        if twice:
            message = f"must name each model once, got {', '.join(twice)} twice"
            raise PydanticCustomError("whole", "{message}", {"message": message})
        return models

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the models that it may use."""
        return self.models if self.model is None else (self.model,)


class ParallelBranches(_Terse):
    """Branches that run at the same time, all of which must succeed.

    Attributes:
        parallel: two or more, each a stage or a series of them.
    """

    parallel: "Several[PipelinePart]"

    @field_validator("parallel")
    @classmethod
    def _several(cls, branches: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(branches) < 2:
            raise PydanticCustomError("whole", f"must hold at least two branches, got {len(branches)}")
        return branches


class SeriesBranch(_Terse):
    """Parts that run one after the other inside a branch.

    Attributes:
        series: stages, and groups of parallel branches.
    """

    series: "Several[PipelinePart]"

    @field_validator("series")
    @classmethod
    def _some(cls, parts: tuple[Any, ...]) -> tuple[Any, ...]:
        return _at_least_one(parts)


def _kind(value: Any) -> str:
    """Which kind of part a value is: a group is recognised by its only key."""
    for group in ("parallel", "series"):
        if group in value if isinstance(value, Mapping) else hasattr(value, group):
            return group
    return "stage"


KINDS.update({"stage": PipelineStage, "parallel": ParallelBranches, "series": SeriesBranch})
"""The kinds of parts by the name that pydantic puts into the place of a finding."""

PipelinePart = Annotated[
    Union[  # noqa: UP007 (the names are not known yet in what stands above)
        Annotated[PipelineStage, Tag("stage")],
        Annotated[ParallelBranches, Tag("parallel")],
        Annotated[SeriesBranch, Tag("series")],
    ],
    Discriminator(_kind),
]

ParallelBranches.model_rebuild()
SeriesBranch.model_rebuild()


class Pipeline(_Terse):
    """A query that goes through several stages, under one budget for the whole.

    Attributes:
        name: what people call it. Its id is its key in the catalog.
        stages: stages and groups of parallel branches, in the order they run.
    """

    name: Name
    stages: Several[PipelinePart]

    @field_validator("stages")
    @classmethod
    def _some(cls, parts: tuple[Any, ...]) -> tuple[Any, ...]:
        return _at_least_one(parts)

    @property
    def models(self) -> tuple[str, ...]:
        """The ids of all models that a stage may use, each once."""
        return tuple(dict.fromkeys(model for _, stage in stages_in(self.model_dump()) for model in _ids(stage)))


def _at_least_one(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    if not parts:
        raise PydanticCustomError("whole", "must hold at least one stage, got an empty list")
    return parts


def stages_in(values: Any, place: Place = ()) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """The stages inside the plain values of a pipeline or a group, each with its place; what is none is passed over."""
    if not isinstance(values, Mapping):
        return
    for group in ("stages", "parallel", "series"):
        if group in values:
            parts = values[group] if isinstance(values[group], Sequence) and not isinstance(values[group], str) else ()
            for number, part in enumerate(parts):
                yield from stages_in(part, (*place, group, number))
            return
    yield place, values


def misfits(values: Any, known: Sequence[str]) -> list[tuple[Place, str]]:
    """What is wrong with a pipeline, given the models: unknown ids, and names that two stages share.

    Args:
        values: the plain values of a pipeline, be they right otherwise or not.
        known: ids of the models.

    Returns:
        The place inside the pipeline and a sentence for each error.
    """
    errors: list[tuple[Place, str]] = []
    names: set[str] = set()
    for place, stage in stages_in(values):
        name = stage.get("name")
        if isinstance(name, str) and name in names:
            errors.append(((*place, "name"), f"the names of stages must differ, got {name!r} twice"))
        if isinstance(name, str):
            names.add(name)
        listed: Any = stage.get("models")
        places: list[tuple[Place, Any]] = [(("model",), stage.get("model"))]
        places += [(("models", number), model) for number, model in enumerate(listed if _is_list(listed) else ())]
        for where, model in places:
            if isinstance(model, str) and model not in known:
                sentence = f"unknown model {model!r}{did_you_mean(model, known)}; it must be one of: {', '.join(known)}"
                errors.append(((*place, *where), sentence))
    return errors


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _ids(stage: Mapping[str, Any]) -> Sequence[str]:
    return [stage["model"]] if "model" in stage else list(stage["models"])
