"""What a moved slider costs: all that the page computes before the browser draws, closed form.

Run: python benchmarks/explore_page.py
"""

import time
from dataclasses import replace

import numpy as np

import moo_inference as mi
from moo_inference.catalog.loading import catalog_to_yaml
from moo_inference.views.explore.address import write_address
from moo_inference.views.explore.charts import accuracy_figure
from moo_inference.views.explore.cube import cube_figure
from moo_inference.views.explore.markup import choices_table
from moo_inference.views.explore.state import Knobs, answer, default_knobs, model_labels, settings_catalog

CATALOG = mi.load_catalog()


def page(knobs: Knobs) -> None:
    """Everything of one run of the page but Streamlit's own work."""
    found = answer(CATALOG, knobs)
    choices_table(found.trajectories, model_labels(CATALOG))
    for figure in (cube_figure, accuracy_figure):
        figure(found.trajectories[knobs.shown]).to_json()
    found.study.to_csv()
    catalog_to_yaml(settings_catalog(CATALOG, knobs))
    write_address(knobs, CATALOG, CATALOG)


def milliseconds(knobs: Knobs) -> float:
    """The median of twenty runs, each with another budget."""
    page(knobs)
    times = []
    for number in range(20):
        start = time.perf_counter()
        page(replace(knobs, t_max=60.0 + number))
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


if __name__ == "__main__":
    start = default_knobs(CATALOG)
    every = tuple(CATALOG.models)
    for words, knobs in (
        ("3 models, as the page starts", start),
        ("9 models", replace(start, models=every)),
        ("9 models, k up to 1,000", replace(start, models=every, k_max=1000)),
        ("9 models in waves, p95 of time", replace(start, models=every, latency="waves", t_quantile=0.95)),
    ):
        print(f"{words}: {milliseconds(knobs):.0f} ms (at most 200)")
