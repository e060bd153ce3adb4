"""What a serving layer embeds: the front across models in a small file, and a rule applied to it at any budget.

This module needs numpy alone, and a choice takes some tens of microseconds.
"""

import json
import math
import numbers
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_args

import numpy as np

from moo_inference.documents.files import Kind, open_to_read, refuse_to_replace, write_atomically
from moo_inference.errors import TOLERANCE, ReaderError, SettingError, unknown_name
from moo_inference.policy.choice import Choice
from moo_inference.policy.scores import (
    SCORINGS,
    FloatArray,
    IntArray,
    Scoring,
    best_rows,
    objectives_levelled,
)

FORMAT, WITH_QUANTILES, WITH_STOPS = (f"moo-inference policy {number}" for number in (1, 2, 3))
"""The format of a file of means alone, of one in which some budgets are for quantiles, and of one with rows that stop
early, whatever its budgets are for."""

POLICY = Kind("a policy of moo-inference", '{"format": "moo-inference policy ')

RULES: Mapping[str, Scoring] = {rule: scoring for rule, scoring in SCORINGS.items() if rule != "knee-published"}
"""Each rule of a policy with its score, whether the greatest is the best, and whether it divides by the budgets."""


class Running(NamedTuple):
    """How the passes of the n rows of a policy run.

    Attributes:
        stop: (n,) when passes end before the k-th, as `Stop` writes it; None where all k run.
        parallel: (n,) passes at the same time.
        keep: (n,) which pass counts: `oracle`, `verifier`, `majority` or `all`.
    """

    stop: tuple[str | None, ...]
    parallel: tuple[int, ...]
    keep: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Policy:
    """The rows that some budget could choose, the cheapest first.

    Attributes:
        models: ids.
        model: (n,) position in `models` of each row.
        k: (n,) passes.
        F: (n, m) cost in USD, time in seconds, further resources and error per query.
        made: settings and versions that made it.
        resources: units of the further resources.
        quantiles: by budget (`c_max`, `t_max`, `joules_max`, `a_min`), the quantile that it is for. The other budgets
            are for means.
        amounts: (n, len(quantiles)) what those budgets look at, in the same order.
        running: how the passes of each row run; None where all rows run all k passes. Then a choice has no `parallel`
            and no `keep`.
    """

    models: tuple[str, ...]
    model: IntArray
    k: IntArray
    F: FloatArray
    made: Mapping[str, Any]
    resources: tuple[str, ...] = ()
    quantiles: Mapping[str, float] = field(default_factory=dict)
    amounts: FloatArray | None = None
    running: Running | None = None

    @property
    def objectives(self) -> tuple[str, ...]:
        """The columns of F."""
        return ("cost", "time", *self.resources, "error")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Policy":
        """Read a policy.

        Raises:
            ReaderError: (a ValueError) the file is missing, or no policy.
        """
        if not isinstance(path, str | os.PathLike):
            raise SettingError(f"path must be that of a policy file, got {path!r}")
        try:
            with open_to_read(path) as stream:
                data = json.loads(stream.read())
        except OSError as error:
            raise ReaderError(f"{path}: must be a file that can be read: {error.strerror or error}") from error
        except (ValueError, RecursionError) as error:
            raise ReaderError(f"{path}: must be JSON: {error}") from error
        try:
            if data["format"] not in (FORMAT, WITH_QUANTILES, WITH_STOPS):
                raise ValueError(
                    f"format must be {FORMAT!r}, {WITH_QUANTILES!r} or {WITH_STOPS!r}, got {data['format']!r}"
                )
            models = tuple(map(str, data["models"]))
            model, k = (np.array(data[name], dtype=np.int64) for name in ("model", "k"))
            resources = tuple(map(str, data.get("resources", ())))
            F = np.array([data[name] for name in ("cost", "time", *resources, "error")], dtype=float).T
            made = dict(data["made"])
            quantiles, amounts = _tails(data, ["c_max", "t_max", *(f"{unit}_max" for unit in resources), "a_min"])
            if not (len(model) == len(k) == len(F) > 0 and np.isfinite(F).all()):
                raise ValueError("all columns must have the same length, one number per row")
            if amounts is not None and amounts.shape != (len(F), len(quantiles)):
                raise ValueError("all columns must have the same length, one number per row")
            if not ((k >= 1).all() and F.shape[1:] == (3 + len(resources),)):
                raise ValueError("k must be at least 1, and each column one number per row")
            if not ((model >= 0).all() and (model < len(models)).all() and (np.diff(F[:, 0]) >= 0).all()):
                raise ValueError("rows must name their models, and stand in ascending order of cost")
            running = _running(data, len(F))
        except (LookupError, TypeError, ValueError, OverflowError) as error:
            raise ReaderError(f"{path}: must be a policy written by moo-inference route: {error}") from error
        return cls(models, model, k, F, made, resources, quantiles, amounts, running)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the policy as JSON; the file is written completely or not at all.

        Args:
            path: where to write. A policy of before is replaced, and so is an empty file.
            overwrite: replace whatever is there.

        Raises:
            OutputError: (an OSError) another file is there, or it cannot be written.
        """
        refuse_to_replace(path, POLICY, overwrite=overwrite)
        write_atomically(path, json.dumps(self.to_dict(), allow_nan=False) + "\n")

    def to_dict(self) -> dict[str, Any]:
        """The policy as plain values."""
        columns = dict(zip(self.objectives, self.F.T.tolist(), strict=True))
        return {
            "format": WITH_STOPS if self.running else FORMAT if self.amounts is None else WITH_QUANTILES,
            **({"resources": list(self.resources)} if self.resources else {}),
            "models": list(self.models),
            "model": self.model.tolist(),
            "k": self.k.tolist(),
            **columns,
            **self._tails(),
            **({name: list(column) for name, column in self.running._asdict().items()} if self.running else {}),
            "made": dict(self.made),
        }

    def _tails(self) -> dict[str, Any]:
        if self.amounts is None:
            return {}
        columns = zip(self.quantiles.items(), self.amounts.T.tolist(), strict=True)
        return {"tails": {name: {"quantile": quantile, "amounts": column} for (name, quantile), column in columns}}

    def choose(
        self,
        c_max: float | None = None,
        t_max: float | None = None,
        a_min: float | None = None,
        rule: str = "knee-chord",
        resources: Mapping[str, float] | None = None,
    ) -> Choice | None:
        """The model and k that a rule takes under some budgets; None where no row meets them or the rule has no answer.

        Args:
            c_max: at most so many USD per query; None for no budget. It holds for the mean, or for the quantile that
                `quantiles` has of it, and so for the others.
            t_max: at most so many seconds per query; None for no budget.
            a_min: at least this accuracy; None for no floor.
            rule: accuracy-max, max-cube, utopia-closest, knee-point, knee-chord, cheapest or fastest.
            resources: by unit, at most so much of a further resource per query.

        Raises:
            UnknownNameError: (a LookupError) there is no such rule or resource.
            SettingError: (a ValueError) a budget is out of its range, or the rule divides by one that is not there.
        """
        if not isinstance(rule, str) or rule not in RULES:
            raise unknown_name("rule", str(rule), list(RULES))
        score, higher_is_better, divides = RULES[rule]
        budgets = self._budgets(c_max, t_max, resources)
        _check(budgets, a_min, rule if divides else "")
        F = self.F
        met = self._looked_at("a_min", -1) >= (a_min or 0.0) - TOLERANCE
        for column, (name, budget) in enumerate(budgets.items()):
            if budget is not None:
                met &= self._looked_at(name, column) / budget - 1 <= TOLERANCE
        rows = met.nonzero()[0]
        if not rows.size:
            return None
        if self.amounts is not None:
            # Without tails every row that is there is on the front of all budgets that it meets.
            levels = objectives_levelled(F[rows])
            order = np.lexsort(levels.T[::-1])
            rows = rows[order[_nondominated(levels[order])]]
        N = F[rows]
        if divides:
            N[:, :-1] /= np.array(list(budgets.values()))
        best = best_rows(N, score(N), higher_is_better=higher_is_better)
        if not best.size:
            return None
        row = rows[best[0]]
        cost, time, *others, error = F[row].tolist()
        used = dict(zip(self.resources, others, strict=True))
        own = () if self.running is None else (column[row] for column in self.running)
        return Choice(self.models[self.model[row]], int(self.k[row]), cost, time, 1 - error, used, *own)

    def _looked_at(self, budget: str, column: int) -> FloatArray:
        """(n,) what a budget is for: a quantile, or the mean of the objective in a column."""
        if self.amounts is not None and budget in self.quantiles:
            return self.amounts[:, list(self.quantiles).index(budget)]
        return 1 - self.F[:, column] if budget == "a_min" else self.F[:, column]

    def _budgets(
        self, c_max: float | None, t_max: float | None, resources: Mapping[str, float] | None
    ) -> dict[str, float | None]:
        """The budgets by name, in the order of the objectives."""
        budgets = {"c_max": c_max, "t_max": t_max}
        if resources or self.resources:
            given = resources or {}
            if not isinstance(given, Mapping):
                raise SettingError(f"resources must be budgets by unit, as in {{'joules': 500}}; got {given!r}")
            for unit in given:
                if unit not in self.resources:
                    raise unknown_name("resource", unit, self.resources)
            budgets |= {f"{unit}_max": given.get(unit) for unit in self.resources}
        return budgets


def _is_number(value: object) -> bool:
    # Asking for the abstract kind takes a microsecond, which matters here.
    return type(value) is float or (isinstance(value, numbers.Real) and not isinstance(value, bool))


def _tails(data: Mapping[str, Any], budgets: list[str]) -> tuple[dict[str, float], FloatArray | None]:
    """The quantiles of a file and what their budgets look at; none in a file of means.

    Raises:
        KeyError, TypeError, ValueError: the file is damaged.
    """
    if data["format"] == FORMAT or (data["format"] == WITH_STOPS and "tails" not in data):
        return {}, None
    tails = dict(data["tails"])
    quantiles = {name: float(own["quantile"]) for name, own in tails.items()}
    if not tails or not all(name in budgets and 0 < quantile < 1 for name, quantile in quantiles.items()):
        raise ValueError(f"tails must have quantiles between 0 and 1 of {', '.join(budgets)}")
    amounts = np.array([own["amounts"] for own in tails.values()], dtype=float).T
    if not np.isfinite(amounts).all():
        raise ValueError("amounts of tails must be finite")
    return quantiles, amounts


def _running(data: Mapping[str, Any], rows: int) -> Running | None:
    """How the rows of a file run; None in a file without stops.

    Raises:
        LookupError, TypeError, ValueError: the file is damaged.
    """
    if data["format"] != WITH_STOPS:
        return None
    from moo_inference.evaluation.kept import KeepRecorded  # noqa: PLC0415 (few policies have stops)
    from moo_inference.evaluation.stop import Stop, misfit  # noqa: PLC0415

    keeps = get_args(KeepRecorded)
    found = Running(*(tuple(data[name]) for name in Running._fields))
    if {len(column) for column in found} != {rows}:
        raise ValueError("all columns must have the same length, one entry per row")
    for name, parallel, keep in set(zip(*found, strict=True)):
        if keep not in keeps or type(parallel) is not int or parallel < 1:
            raise ValueError(
                f"keep must be one of {', '.join(keeps)}, and parallel at least 1, got {keep!r} and {parallel!r}"
            )
        stop = Stop.parse(name)
        if stop is not None and (why := misfit(stop, keep)):
            raise ValueError(why)
    return found


def _nondominated(F: FloatArray) -> IntArray:
    """The rows that no other dominates, of rows in ascending order of all columns; of equal rows the first."""
    # In that order a row can be dominated by an earlier one alone, which never costs more.
    no_worse = np.logical_and.reduce([column[:, None] <= column for column in F.T[1:]])
    return np.flatnonzero(~np.triu(no_worse, 1).any(axis=0))


def _check(budgets: Mapping[str, float | None], a_min: float | None, divides: str) -> None:
    errors = [
        f"{name} must be a positive number, or None for no budget; got {value!r}"
        for name, value in budgets.items()
        if value is not None and not (_is_number(value) and 0 < value < math.inf)
    ]
    if a_min is not None and not (_is_number(a_min) and 0 <= a_min <= 1):
        errors.append(f"a_min must be a number in [0, 1], or None for no floor; got {a_min!r}")
    if divides and None in budgets.values():
        *quantities, last = ("cost", "time", *(name.removesuffix("_max") for name in list(budgets)[2:]))
        *names, last_name = budgets
        errors.append(
            f"{divides} divides {', '.join(quantities)} and {last} by their budgets, so {', '.join(names)} and "
            f"{last_name} must be given"
        )
    if errors:
        raise SettingError(errors)
