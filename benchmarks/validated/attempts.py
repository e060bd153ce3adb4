"""From four attempts of each question, what the other four show."""

from collections.abc import Mapping

import numpy as np

import moo_inference as mi
from validated.halves import CATALOGS, Setting, settings, split_attempts
from validated.lines import Bar, Line, percent, points
from validated.other_ways import EQUAL, PAPER, POOLED, equally_hard, independent_curve, one_pass, papers_curve

PART = "attempts"
K = (2, 4)
VOTED = 2
"""Splits in which votes are counted too, which takes as long as all else."""

BARS = {"gpqa-diamond": 1.5, "otis-mock-aime": 3.0}

Found = dict[str, list[tuple[float, ...]]]
"""Of each quantity, for each prediction: what was found, ours, and the other ways in their order."""

OTHERS: Mapping[str, tuple[str, ...]] = {
    "pass@2": (EQUAL, PAPER),
    "pass@4": (EQUAL, PAPER),
    "vote of 4": ("accuracy of one pass",),
    "cost of 4": (),
    "time of 4": (POOLED, PAPER),
    "p95 of time": (POOLED,),
    "share": (POOLED,),
}
WORDS = {
    "pass@2": "pass@2 of the other four attempts",
    "pass@4": "pass@4 of the other four attempts",
    "vote of 4": "accuracy of the vote of the other four",
    "cost of 4": "mean dollars of the other four",
    "time of 4": "T(4), the expected slowest of the other four",
    "p95 of time": "95th percentile over queries of the time of the other four",
    "share": "share of queries within both budgets, of the other four",
}
IN_PERCENT = ("cost of 4", "time of 4", "p95 of time")


def predictions(own: list[Setting], splits: int, seed: int = 1) -> Found:
    """What four attempts of each question predict, and what the other four are."""
    rng = np.random.default_rng(seed)
    found: Found = {name: [] for name in OTHERS}
    for setting in own:
        whole = mi.Recorded().estimate(setting.model(), [4]).means[0]
        tail = mi.Scenario(name="p95", c_max=None, t_max=whole[1], a_min=None, t_quantile=0.95)
        both = mi.Scenario(name="both", c_max=whole[0], t_max=whole[1], a_min=None)
        for split in range(splits):
            first, second = split_attempts(setting.question, (4, 4), rng)
            one, other = setting.model(first), setting.model(second)
            ours, there = mi.Recorded().estimate_many([one, other], K, scenarios=[tail, both])
            pooled = independent_curve(one, K, scenarios=[tail, both])
            published = papers_curve(one, K)
            equal = equally_hard(one, K)
            for row, name in enumerate(("pass@2", "pass@4")):
                values = (there.accuracy, ours.accuracy, published.accuracy)
                now, mine, papers = (each.mean[row] for each in values)
                found[name].append((now, mine, equal[row], papers))
            found["cost of 4"].append((there.cost.mean[1], ours.cost.mean[1]))
            found["time of 4"].append(tuple(curve.time.mean[1] for curve in (there, ours, pooled, published)))
            found["p95 of time"].append(tuple(curve.views[tail].values[1, 1] for curve in (there, ours, pooled)))
            found["share"].append(tuple(curve.views[both].attainment[1] for curve in (there, ours, pooled)))
            if setting.votes and split < VOTED:
                voted = [setting.model(rows, "majority") for rows in (second, first)]
                curves = mi.Recorded().estimate_many(voted, [4])
                found["vote of 4"].append((*(curve.accuracy.mean[0] for curve in curves), one_pass(one)))
    return found


def lines(splits: int, most: int | None = None) -> tuple[list[Line], Mapping[str, Found]]:
    """The lines of both catalogs, and what they are made of.

    Args:
        splits: of the attempts of each setting.
        most: settings of each catalog; None: all.
    """
    made, all_of = [], {}
    for catalog, title in CATALOGS.items():
        own = settings(catalog)[:most]
        found = all_of[catalog] = predictions(own, splits)
        for name, values in found.items():
            columns = np.array(values).T
            error = percent if name in IN_PERCENT else points
            errors = [error(column, columns[0]) for column in columns[1:]]
            bar = {"pass@4": Bar("mean", BARS[catalog]), "time of 4": Bar("median", 3.0)}.get(name)
            of = "median" if bar is not None and bar.of == "median" else "mean"
            others = {
                way: (float(np.median(own) if of == "median" else np.mean(own)),)
                for way, own in zip(OTHERS[name], errors[1:], strict=True)
            }
            unit = "%" if name in IN_PERCENT else "points"
            made.append(Line(PART, title, WORDS[name], len(values), errors[0], unit, others=others, bar=bar))
    return made, all_of
