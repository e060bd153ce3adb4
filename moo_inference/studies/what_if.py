"""What would change a route: which budget to relax for what did not fit, and at which price or floor the choice flips.

Choices are taken again from the curves that were estimated, so no answer rests on another estimate. They are taken at
all values at which a row becomes feasible or ceases to be. Between those the front stays the same and only a rule that
divides by the budgets can choose otherwise: it is applied in steps of a hundredth, as every rule is where a price
changes, so that a choice that holds over less than that may be missed. A flip is then halved down to 1e-12 of its size.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from moo_inference.decision.base import Rule
from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.formatting.amounts import threshold
from moo_inference.pareto.budgets import constraints, overrun
from moo_inference.pareto.front import nondominated
from moo_inference.studies.route import Route
from moo_inference.studies.rows import Rows, rows_of, undominated

_NOTHING = -1
_FINE = 1e-12
_RATIO = 1.01
"""Of two budgets, or two factors on a price, that are tried one after the other."""

_FARTHEST_PRICE = 1000.0
_FARTHEST_BUDGET = 100.0
"""Up to which factor prices are changed, and budgets beyond what the last row needs."""

_LARGEST = 1e9
"""The most that a budget may be."""

_OFFSET = 1e-8
_AROUND = (1 - _OFFSET, 1 + _OFFSET)
"""Feasibility has a tolerance of 1e-9, so a budget is tried this far from a row's own amount."""

_SHOWN_DIGITS, _EXACT_DIGITS = 6, 12


@dataclass(frozen=True)
class Flip:
    """A value at which the choice becomes another.

    Attributes:
        what: `c_max`, `t_max`, `a_min`, that of a further resource such as `joules_max`, or the id of the model whose
            price changes.
        now: the value in force (0 where there is no floor); 1 for a price, of which the value is a factor.
        at: the nearest value with the other choice, to 1e-11 of its size; it gives that choice itself.
        model: of the other choice; None where nothing can be chosen any more.
        k: of the other choice.
        usd_more: extra cost of the other choice, USD per query, at the value `at`; NaN without one.
        seconds_more: its extra time, seconds per query.
        accuracy_more: by how much it is more accurate.
        used_more: what it uses more of each further resource, by unit.
        shown: `at` with few digits, rounded to the side on which the other choice holds, and tried there.
    """

    what: str
    now: float
    at: float
    model: str | None
    k: int | None
    usd_more: float
    seconds_more: float
    accuracy_more: float
    used_more: Mapping[str, float] = field(default_factory=dict)
    shown: str = ""

    def to_dict(self) -> dict[str, float | int | str | None]:
        """The flip as plain values, ready for JSON: null where there is none."""
        values = {name: value for name, value in vars(self).items() if name not in ("used_more", "shown")}
        values |= {f"{unit}_more": more for unit, more in self.used_more.items()}
        return {name: None if isinstance(value, float) and np.isnan(value) else value for name, value in values.items()}


def relaxations(route: Route) -> list[Flip]:
    """For each budget, the least relaxation that gives something better that did not fit before, where there is one.

    A larger budget is better where the rule then takes something more accurate, a smaller a_min where it takes
    something cheaper; for `cheapest` either is better where it takes something cheaper, for `fastest` something faster.
    Where nothing is chosen at present, anything is better. What fits already is never proposed: that
    a rule divides by the budgets, and so takes something else of it, is no reason to relax them.
    """
    rows, present = rows_of(route.curves, route.scenario), route.choice.objectives
    met = _met(route, rows)
    tails = route.tails
    flips = []
    for column, (budget, _, now, _) in enumerate(route.scenario.limits(route.front.resources)):
        if now is None:
            continue
        floor = budget == "a_min"
        part = undominated(rows.take(np.delete(met, column, axis=1).all(axis=1)), tails)
        out = ~_met(route, part)[:, column]
        saved = (0 if floor else -1) if route.rule.saves is None else route.rule.saves
        gain = np.full(len(part.k), np.inf) if present is None else (present - part.F)[:, saved]
        better = out & (gain > 0)
        if not better.any():
            continue
        amounts = np.unique(part.values[out, column])
        # No rule divides by a floor.
        scaled = not floor and route.unscaled.needs_scale and route.unscaled.nadir is None
        if scaled:
            points = _steps(now, _FARTHEST_BUDGET * amounts[-1], np.outer(amounts, _AROUND))
        else:
            points = amounts[::-1] * (1 - _OFFSET) if floor else amounts * (1 + _OFFSET)
        at = _at_budget(route, part, budget)
        hit = _first(at, now, points[points <= _LARGEST], np.append(better, False))
        if hit is not None:
            flips.append(_flip(route, part, budget, now, hit, at))
    return flips


def next_floor(route: Route) -> Flip | None:
    """The least a_min, above that in force, at which the choice becomes another, or nothing; None without a choice."""
    present = route.choice
    if present.k is None or present.model is None:
        return None
    rows = rows_of(route.curves, route.scenario)
    part = undominated(rows.take(_met(route, rows)[:, :-1].all(axis=1)), route.tails)
    now = route.scenario.a_min or 0.0
    # No rule divides by a floor.
    floors = np.unique(np.append(part.values[:, -1] + _OFFSET, 1.0))
    floors = floors[(floors > now) & (floors <= 1)]
    at = _at_budget(route, part, "a_min")
    hit = _first(at, now, floors, np.append(_is_other(route, part), True))
    return None if hit is None else _flip(route, part, "a_min", now, hit, at)


def break_evens(route: Route) -> list[Flip]:
    """At which a_min, and at which factor on the prices of each model, the choice becomes another.

    The floor is raised from a_min to 1; the price of the chosen model rises up to a thousandfold, those of the others
    fall to a thousandth. What does not change the choice is left out.
    """
    scenario, present = route.scenario, route.choice
    if present.k is None or present.model is None:
        return []
    rows = rows_of(route.curves, route.scenario)
    met = _met(route, rows)
    chosen = list(route.curves).index(present.model)
    tails = route.tails
    floor = next_floor(route)
    flips = [] if floor is None else [floor]
    for number, model in enumerate(route.curves):
        own = undominated(rows.take(met[:, 1:].all(axis=1) & (rows.model == number)), tails)
        rest = undominated(rows.take(met.all(axis=1) & (rows.model != number)), tails)
        part = Rows(*(np.concatenate(both) for both in zip(own, rest, strict=True)))
        costs = own.values[own.values[:, 0] > 0, 0]
        edges = np.empty(0) if scenario.c_max is None else np.outer(scenario.c_max / costs, _AROUND)
        farthest = _FARTHEST_PRICE if number == chosen else 1 / _FARTHEST_PRICE
        at = _at_price(route, part, number)
        hit = _first(at, 1.0, _steps(1.0, farthest, edges), np.append(_is_other(route, part), True))
        if hit is not None:
            flips.append(_flip(route, part, model, 1.0, hit, at))
    return flips


def _is_other(route: Route, rows: Rows) -> NDArray[np.bool_]:
    """(n,) which rows are not what is chosen at present."""
    chosen = list(route.curves).index(route.choice.model or "")
    other: NDArray[np.bool_] = (rows.model != chosen) | (rows.k != route.choice.k)
    return other


@dataclass(frozen=True)
class _Taken:
    """The row that the rule takes, _NOTHING if none, and its objectives there."""

    row: int
    objectives: FloatArray | None = field(default=None, compare=False)


def _met(route: Route, rows: Rows) -> NDArray[np.bool_]:
    """(n, m) which budgets the rows meet at present."""
    met: NDArray[np.bool_] = constraints(rows.values, route.scenario, route.front.resources) <= 0
    return met


def _taken(rule: Rule, F: FloatArray, front: IntArray) -> _Taken:
    """What a rule takes from F (n, m), given which of its rows are the front."""
    if not front.size:
        return _Taken(_NOTHING)
    N = rule.normalised(F[front])
    best = rule.best(N, rule.scored(N))
    return _Taken(int(front[best[0]]), F[front[best[0]]].copy()) if best.size else _Taken(_NOTHING)


def _at_budget(route: Route, rows: Rows, budget: str) -> Callable[[float], _Taken]:
    """What the rule takes of the rows, in the order of a front, at another value of a budget."""
    resources = route.front.resources
    fronts: dict[bytes, IntArray] = {}

    def at(value: float) -> _Taken:
        scenario = route.scenario.replace(**{budget: value})
        feasible = (constraints(rows.values, scenario, resources) <= 0).all(axis=1)
        key = feasible.tobytes()
        if key not in fronts:
            places = np.flatnonzero(feasible)
            fronts[key] = places[nondominated(rows.F[places])] if places.size else places
        return _taken(route.unscaled.scaled_by(scenario, resources), rows.F, fronts[key])

    return at


def _at_price(route: Route, rows: Rows, model: int) -> Callable[[float], _Taken]:
    """What the rule takes of the rows if one model costs so many times as much: costs are proportional to prices."""
    own = rows.model == model
    F, spent = rows.F.copy(), rows.values[:, 0].copy()
    changed = rows._replace(F=F)
    others_met, c_max = _met(route, rows)[:, 1:].all(axis=1), route.scenario.c_max or np.inf

    def at(factor: float) -> _Taken:
        F[own, 0] = rows.F[own, 0] * factor
        spent[own] = rows.values[own, 0] * factor
        places = np.flatnonzero(others_met & (overrun(spent, c_max) <= 0))
        if not places.size:
            return _Taken(_NOTHING)
        places = places[changed.take(places).order()]
        return _taken(route.rule, F, places[nondominated(F[places])])

    return at


def _steps(now: float, farthest: float, edges: FloatArray) -> FloatArray:
    """From `now` on to the farthest value in equal ratios, with the edges on the way; `now` itself is left out."""
    count = max(1, int(np.ceil(abs(np.log(farthest / now)) / np.log(_RATIO))))
    points = np.unique(np.append(np.geomspace(now, farthest, count + 1)[1:], edges))
    low, high = min(now, farthest), max(now, farthest)
    points = points[(points >= low) & (points <= high) & (points != now)]
    return np.asarray(points if farthest > now else points[::-1])


def _first(
    at: Callable[[float], _Taken], start: float, points: Iterable[float], wanted: NDArray[np.bool_]
) -> tuple[float, _Taken] | None:
    """The first value, from `start` on in the points, at which a row is taken that is wanted; the last is for none."""
    low, before = start, at(start)
    for point in map(float, points):
        taken = at(point)
        hit = _between(at, (low, before), (point, taken), wanted)
        if hit is not None:
            return hit
        low, before = point, taken
    return None


def _between(
    at: Callable[[float], _Taken], low: tuple[float, _Taken], high: tuple[float, _Taken], wanted: NDArray[np.bool_]
) -> tuple[float, _Taken] | None:
    """The first value behind `low` and up to `high` at which a row is taken that is wanted."""
    if low[1] == high[1]:
        return None
    middle = (low[0] + high[0]) / 2
    if abs(high[0] - low[0]) <= _FINE * abs(high[0]) or middle in (low[0], high[0]):
        return high if wanted[high[1].row] else None
    split = (middle, at(middle))
    return _between(at, low, split, wanted) or _between(at, split, high, wanted)


def _flip(
    route: Route, rows: Rows, what: str, now: float, hit: tuple[float, _Taken], at: Callable[[float], _Taken]
) -> Flip:
    value, taken = hit
    most = 1.0 if what == "a_min" else _LARGEST
    around: tuple[float, ...] = (1.0,)
    if what in route.curves:
        # Prices that are changed give the same costs but for the last digit, which must not decide.
        around = (1 - _FINE, 1.0, 1 + _FINE)
        value *= 1 + 3 * _FINE if value > now else 1 - 3 * _FINE

    def holds(tried: float) -> bool:
        return 0 <= tried <= most and all(at(tried * hair) == taken for hair in around)

    shown, exact = (threshold(value, holds, up=value > now, digits=digits) for digits in (_SHOWN_DIGITS, _EXACT_DIGITS))
    units = route.front.resources
    more = np.full(3 + len(units), np.nan)
    if taken.objectives is not None and route.choice.objectives is not None:
        more = taken.objectives - route.choice.objectives
    usd, seconds, *used, error = more.tolist()
    none = taken.row == _NOTHING
    return Flip(
        what,
        float(now),
        float(exact),
        None if none else list(route.curves)[rows.model[taken.row]],
        None if none else int(rows.k[taken.row]),
        usd,
        seconds,
        -error,
        dict(zip(units, used, strict=True)),
        shown,
    )
