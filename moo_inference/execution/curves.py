"""The curves of a study, in tasks that can be computed one by one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from moo_inference.catalog import Model, Scenario
from moo_inference.estimators import ClosedForm, Empirical, Estimator, MonteCarlo, Progress, Recorded, ScalingCurve
from moo_inference.estimators.base import OneModelEstimator, estimate_curves, groups_within_samples
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import BudgetView, Evidence, IntArray, TailEvidence, columns_of
from moo_inference.estimators.under_load import common_load, groups_by_load
from moo_inference.evaluation.checks import passes
from moo_inference.execution.tasks import Arrays, Packing, Runner, Task, has_arrays

_CLOSED_FORM_VALUES = 8_192
"""Models x k in a task: some hundredths of a second."""

_SIMULATED_VALUES = 2_000_000
"""Models x k x trials in a task, or normals where each k draws its own: some tenths of a second."""

_RECORDED_MODELS = 64
"""Models with recorded attempts in a task: some tenths of a second."""

_NOTHING = np.array([])

_Part = tuple[list[str], IntArray]
"""Some models, by id, and their numbers of passes."""


def estimate_by_scenario(
    estimator: OneModelEstimator,
    models: Mapping[str, Model],
    conditions: Conditions,
    scenarios: Mapping[str, Scenario],
    runner: Runner,
) -> dict[str, dict[str, ScalingCurve]]:
    """The curves of each scenario by model; see `estimate_in_tasks`.

    Scenarios share them, unless they state different loads and the times of some model depend on it.

    Args:
        estimator: what estimates.
        models: by id.
        conditions: which k, and how passes run.
        scenarios: by id.
        runner: runs the tasks.

    Raises:
        SettingError: (a ValueError) an argument is out of its range, an evaluation has too few samples, or a load was
            not measured.
    """
    found = {}
    for keys in groups_by_load(models.values(), scenarios):
        curves = estimate_in_tasks(estimator, models, conditions, [scenarios[key] for key in keys], runner)
        found.update(dict.fromkeys(keys, curves))
    return {key: found[key] for key in scenarios}


def estimate_in_tasks(
    estimator: OneModelEstimator,
    models: Mapping[str, Model],
    conditions: Conditions,
    scenarios: Sequence[Scenario],
    runner: Runner,
) -> dict[str, ScalingCurve]:
    """The curve of each model over the grid, as far as its evaluation has samples; see `estimate_curves`.

    Args:
        estimator: what estimates.
        models: by id.
        conditions: which k, and how passes run.
        scenarios: for which the curves get a view.
        runner: runs the tasks.

    Raises:
        SettingError: (a ValueError) an argument is out of its range, or an evaluation has too few samples.
    """
    ids, entries = list(models), list(models.values())
    parts = [
        part
        for k, members in groups_within_samples(entries, passes(conditions.grid), estimator, conditions, scenarios)
        for part in _parts(estimator, {ids[number]: entries[number] for number in members}, k)
    ]
    load = common_load(scenarios) if any(model.servers is not None for model in entries) else None
    under = "" if load is None else f" under {load}"
    tasks = [
        Task(
            f"curves of {', '.join(names)} at k = {k[0]} to {k[-1]}, {len(k)} of them{under}",
            _estimate,
            (estimator, [models[name] for name in names], k, tuple(scenarios), conditions),
            Packing(
                partial(_packed_together, scenarios=scenarios),
                partial(_unpacked_together, count=len(names), scenarios=scenarios),
                partial(_fits, [tuple(models[name].resources) for name in names], k, len(scenarios)),
            ),
            reports_progress=True,
        )
        for names, k in parts
    ]
    curves: dict[str, list[ScalingCurve]] = {}
    for (names, _), estimated in zip(parts, runner.run(tasks), strict=True):
        for name, curve in zip(names, estimated, strict=True):
            curves.setdefault(name, []).append(curve)
    return {name: _joined(curves[name]) for name in models}


def _parts(estimator: OneModelEstimator, models: Mapping[str, Model], k: IntArray) -> Iterator[_Part]:
    """How the curves of some models over the same k are cut. No number depends on it: what is shared is drawn alike."""
    names = list(models)
    if isinstance(estimator, MonteCarlo) and estimator.draws == "independent":
        # Every k has draws of its own, which all models share.
        work = np.cumsum(estimator.trials * (3 * k + len(names)))
        for part in np.split(k, np.flatnonzero(np.diff(work // _SIMULATED_VALUES)) + 1):
            yield names, part
        return
    if isinstance(estimator, MonteCarlo | Empirical):
        together = _SIMULATED_VALUES // (estimator.trials * len(k))
    elif isinstance(estimator, Recorded):
        together = _RECORDED_MODELS
    elif isinstance(estimator, ClosedForm):
        together = _CLOSED_FORM_VALUES // len(k)
    else:
        # An estimator of the user's own may share what it likes among models, and others know each by itself.
        together = len(names) if isinstance(estimator, Estimator) else 1
    for start in range(0, len(names), max(1, together)):
        yield names[start : start + max(1, together)], k


def _estimate(
    estimator: OneModelEstimator,
    models: list[Model],
    k: IntArray,
    scenarios: tuple[Scenario, ...],
    conditions: Conditions,
    progress: Progress | None = None,
) -> list[ScalingCurve]:
    curves = estimate_curves(estimator, models, k, conditions, scenarios=scenarios, progress=progress)
    return [_contiguous(curve) for curve in curves]


def _contiguous(curve: ScalingCurve) -> ScalingCurve:
    """The same numbers row by row: sums along a row depend on the memory layout, and a file has only one."""
    views = {
        scenario: replace(
            view, values=np.ascontiguousarray(view.values), attainment=np.ascontiguousarray(view.attainment)
        )
        for scenario, view in curve.views.items()
    }
    quantities, error = np.ascontiguousarray(curve.quantities), np.ascontiguousarray(curve.error)
    return replace(curve, quantities=quantities, error=error, views=views)


def _packed_together(curves: Sequence[ScalingCurve], scenarios: Sequence[Scenario]) -> Arrays:
    return {
        f"{number}/{name}": values
        for number, curve in enumerate(curves)
        for name, values in packed(curve, scenarios).items()
    }


def _unpacked_together(arrays: Arrays, count: int, scenarios: Sequence[Scenario]) -> list[ScalingCurve]:
    return [unpacked(arrays, f"{number}/", scenarios) for number in range(count)]


def _fits(resources: Sequence[tuple[str, ...]], k: IntArray, scenarios: int, arrays: Arrays) -> bool:
    """Whether arrays are those of curves over k of models with these further resources; see `packed`."""
    n = len(k)
    dtypes: dict[str, Any] = {}
    shapes: dict[str, tuple[int, ...]] = {}

    def expect(name: str, dtype: DTypeLike, *shape: int) -> None:
        dtypes[name], shapes[name] = dtype, shape

    for number, units in enumerate(resources):
        own = f"{number}/"
        expect(f"{own}k", np.int64, n)
        expect(f"{own}table", np.float64, n, len(columns_of(units)))
        expect(f"{own}error", np.float64, n)
        if units:
            expect(f"{own}resources", np.array(units).dtype, len(units))
        for view in range(scenarios):
            if f"{own}view{view}/attainment" in arrays:
                expect(f"{own}view{view}/attainment", np.float64, n)
                if f"{own}view{view}/values" in arrays:
                    expect(f"{own}view{view}/values", np.float64, n, 3 + len(units))
                if f"{own}view{view}/tails/ci_low" in arrays:
                    for field in fields(TailEvidence):
                        expect(f"{own}view{view}/tails/{field.name}", np.float64, n, 3 + len(units))
        if f"{own}passes" in arrays:
            expect(f"{own}passes", np.float64, n, int(k.max()))
        if f"{own}evidence/ci_low" in arrays:
            for field in fields(Evidence):
                expect(f"{own}evidence/{field.name}", np.float64 if field.name.startswith("ci") else np.bool_, n)
    return has_arrays(arrays, dtypes, shapes) and all(
        np.array_equal(arrays[f"{number}/k"], k) and arrays.get(f"{number}/resources", _NOTHING).tolist() == [*units]
        for number, units in enumerate(resources)
    )


def packed(curve: ScalingCurve, scenarios: Sequence[Scenario]) -> Arrays:
    """A curve as arrays by name. Of views of the means, as most are, only the attainment is stored."""
    arrays: Arrays = {"k": curve.k, "table": curve.table, "error": curve.error}
    for number, scenario in enumerate(scenarios):
        view = curve.views.get(scenario)
        if view is not None:
            arrays[f"view{number}/attainment"] = view.attainment
            if view.values.tobytes() != curve.means.tobytes():
                arrays[f"view{number}/values"] = view.values
            if view.tails is not None:
                own = {field.name: getattr(view.tails, field.name) for field in fields(TailEvidence)}
                arrays.update({f"view{number}/tails/{name}": values for name, values in own.items()})
    if curve.evidence is not None:
        arrays.update({f"evidence/{field.name}": getattr(curve.evidence, field.name) for field in fields(Evidence)})
    if curve.passes is not None:
        arrays["passes"] = np.ascontiguousarray(curve.passes)
    if curve.resources:
        arrays["resources"] = np.array(curve.resources)
    return arrays


def unpacked(arrays: Arrays, prefix: str, scenarios: Sequence[Scenario]) -> ScalingCurve:
    """The curve of `packed`.

    Args:
        arrays: by name.
        prefix: of the names of this curve.
        scenarios: those that it was packed with.
    """
    resources = tuple(arrays.get(f"{prefix}resources", _NOTHING).tolist())
    evidence = None
    if f"{prefix}evidence/ci_low" in arrays:
        evidence = Evidence(*(arrays[f"{prefix}evidence/{field.name}"] for field in fields(Evidence)))
    k, table, error = (arrays[f"{prefix}{name}"] for name in ("k", "table", "error"))
    curve = ScalingCurve.from_table(k, table, error, evidence=evidence, resources=resources)
    means = np.ascontiguousarray(curve.means)
    views = {
        scenario: BudgetView(
            arrays.get(f"{prefix}view{number}/values", means),
            arrays[name],
            _tails(arrays, f"{prefix}view{number}/tails/"),
        )
        for number, scenario in enumerate(scenarios)
        if (name := f"{prefix}view{number}/attainment") in arrays
    }
    return replace(curve, views=views, passes=arrays.get(f"{prefix}passes"))


def _tails(arrays: Arrays, prefix: str) -> TailEvidence | None:
    if f"{prefix}ci_low" not in arrays:
        return None
    return TailEvidence(*(arrays[f"{prefix}{field.name}"] for field in fields(TailEvidence)))


def _joined(parts: list[ScalingCurve]) -> ScalingCurve:
    return parts[0] if len(parts) == 1 else ScalingCurve.joined(parts)
