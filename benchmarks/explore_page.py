"""What a moved slider costs: all that the page computes before the browser draws, closed form.

Run: python benchmarks/explore_page.py
"""

import itertools
from dataclasses import replace

from report import show
from timing import Figure, Work, compare, take_turns

import moo_inference as mi
from moo_inference.catalog.loading import catalog_to_yaml
from moo_inference.views.explore.charts import accuracy_figure
from moo_inference.views.explore.cube import cube_figure
from moo_inference.views.explore.html import choices_table
from moo_inference.views.explore.state import Knobs, answer, default_knobs, model_labels, settings_catalog
from moo_inference.views.explore.url_state import write_address

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


def moved(knobs: Knobs) -> Work:
    """The page again and again, each time with another budget."""
    numbers = itertools.count()
    return lambda: page(replace(knobs, t_max=60.0 + next(numbers) % 20))


def figures(quick: bool = False) -> list[Figure]:
    """The page as it starts, and with more models, more k, and tails."""
    every = tuple(CATALOG.models)
    start = default_knobs(CATALOG)
    found = []
    for words, knobs in (
        ("3 models, as the page starts", start),
        ("9 models", replace(start, models=every)),
        ("9 models, k up to 1,000", replace(start, models=every, k_max=1000)),
        ("9 models in waves, p95 of time", replace(start, models=every, latency="waves", t_quantile=0.95)),
    ):
        what, limit = f"A moved slider, {words}", "its study and front alone"
        works = {what: moved(knobs), limit: lambda knobs=knobs: answer(CATALOG, knobs)}
        taken = take_turns(works, 1 if quick else 9)
        found.append(compare(what, taken, what, limit, limit, target=0.2, target_of="ours"))
    return found


if __name__ == "__main__":
    show(figures)
