"""Each inner load of public serving benchmarks, predicted from the other loads of its series.

Run: python benchmarks/held_out_loads.py

Beside the interpolation stands what one has without it: the time at the nearest measured load, and at the least one.
`data/serving/ORIGIN.md` says where the series are from, and what is odd about them.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from moo_inference.catalog.load_curve import LoadCurve

LOADS = Path(__file__).parent / "data" / "serving" / "loads.csv"
QUANTITIES = ("time to first token", "time per token", "request", "requests per second", "request at a rate")
WAYS = ("interpolated", "nearest load", "least load")


class Error(NamedTuple):
    """One load that was left out: by what share of the measured value a prediction is off, by way."""

    series: str
    quantity: str
    concurrency: float
    by_way: tuple[float, float, float]


def series() -> dict[str, pd.DataFrame]:
    """The loads of each series by rising concurrency, with the mean (or median) seconds of a request.

    Where a request was not timed from end to end, its seconds are those to the first token and n - 1 times per token.
    """
    found = {}
    for name, own in pd.read_csv(LOADS).groupby("series", sort=False):
        rebuilt = own.ttft_seconds + own.seconds_per_output_token * (own.output_tokens - 1)
        own = own.assign(request=own.request_seconds.fillna(rebuilt))  # noqa: PLW2901
        at_a_rate = 1 + own.requests_per_second * own.request
        found[str(name)] = own.assign(
            sent=own.concurrency.isna(), concurrency=own.concurrency.fillna(at_a_rate)
        ).sort_values("concurrency", ignore_index=True)
    return found


def curve_of(concurrency: np.ndarray, values: np.ndarray) -> LoadCurve:
    """A quantity over the load, as the product has times over it."""
    return LoadCurve(concurrency, values[:, None], np.ones(1), np.array([True]))


def errors() -> list[Error]:
    """All of them, series by series."""
    found = []
    for name, own in series().items():
        c = own.concurrency.to_numpy(dtype=float)
        for place in range(1, len(c) - 1):
            rest = np.arange(len(c)) != place
            near = int(np.flatnonzero(rest)[np.abs(np.log(c[rest] / c[place])).argmin()])
            columns = {
                "time to first token": own.ttft_seconds,
                "time per token": own.seconds_per_output_token,
                "request": own.request,
            }
            for quantity, column in columns.items():
                y = column.to_numpy(dtype=float)
                predicted = (float(curve_of(c[rest], y[rest]).seconds(c[place])), y[near], y[0])
                found.append(Error(name, quantity, c[place], _off(predicted, y[place])))
            y, rate = own.request.to_numpy(dtype=float), own.requests_per_second.to_numpy(dtype=float)
            if np.isnan(rate[place]):
                continue
            curve = curve_of(c[rest], y[rest])
            others = 1.0 if own.sent[place] else 0.0
            served = (c[place] - others) / np.array([float(curve.seconds(c[place])), y[near], y[0]])
            found.append(Error(name, "requests per second", c[place], _off(tuple(served), rate[place])))
            if own.sent[place]:
                at = curve.seconds(curve.in_flight([rate[place]], [1.0]))[0]
                nearest = int(np.flatnonzero(rest)[np.abs(np.log(rate[rest] / rate[place])).argmin()])
                found.append(Error(name, "request at a rate", c[place], _off((at, y[nearest], y[0]), y[place])))
    return found


def _off(predicted: tuple[float, ...], measured: float) -> tuple[float, float, float]:
    first, second, third = (abs(value / measured - 1) for value in predicted)
    return first, second, third


def summary(of: list[Error]) -> pd.DataFrame:
    """Median and 90th percentile of the errors, by quantity and way."""
    rows = []
    for quantity in QUANTITIES:
        own = np.array([error.by_way for error in of if error.quantity == quantity])
        known = own[~np.isnan(own).any(axis=1)]
        row: dict[str, object] = {"quantity": quantity, "loads": len(known)}
        for way, column in zip(WAYS, known.T, strict=True):
            row |= {way: np.median(column), f"{way}, p90": np.quantile(column, 0.9)}
        rows.append(row)
    return pd.DataFrame(rows)


def main() -> None:
    """Print the summary, and the series in which a request is predicted worst."""
    found = errors()
    print(f"{'error: median (90th percentile)':32}{'loads':>6}" + "".join(f"{way:>18}" for way in WAYS))
    for row in summary(found).to_dict(orient="records"):
        cells = (f"{row[way]:.1%} ({row[f'{way}, p90']:.0%})" for way in WAYS)
        print(f"{row['quantity']:32}{row['loads']:6}" + "".join(f"{cell:>18}" for cell in cells))
    by_series: dict[str, list[float]] = {}
    for error in found:
        if error.quantity == "request":
            by_series.setdefault(error.series, []).append(error.by_way[0])
    worst = sorted(by_series.items(), key=lambda item: -float(np.median(item[1])))
    shown = ", ".join(f"{name} {np.median(off):.0%} ({max(off):.0%})" for name, off in worst[:3])
    print(f"A request, interpolated: median (largest) error of the three worst of {len(worst)} series: {shown}.")


if __name__ == "__main__":
    main()
