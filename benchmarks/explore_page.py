"""What a slider's step costs: the answer beside the sliders, with narrow and with realistic spreads of lengths.

Run: python benchmarks/explore_page.py
"""

import itertools
from dataclasses import replace

from report import show
from timing import Figure, Work, compare, take_turns

import moo_inference as mi
from moo_inference.catalog import Catalog
from moo_inference.views.answer import answer_sentence
from moo_inference.views.explore.live import Estimates, live_answer
from moo_inference.views.explore.panels import legend, moving_layer
from moo_inference.views.explore.state import Knobs, answer, default_knobs

PAPER = mi.load_catalog()
CHAT = PAPER.replace(
    models={
        key: model.replace(
            input_tokens={"mean": 1024, "std": 300, "kind": "normal"},
            output_tokens={"mean": 350, "std": 120, "kind": "normal"},
            latency="waves",
            parallel=8,
        )
        for key, model in PAPER.models.items()
    }
)
"""Ordinary chats, in batches of 8."""


def step(catalog: Catalog, knobs: Knobs) -> Work:
    """A slider's steps, each to another budget: all of a run of the page's panel but Streamlit's own work."""
    estimates, numbers = Estimates(), itertools.count()
    live_answer(catalog, knobs, estimates)

    def work() -> None:
        found = live_answer(catalog, replace(knobs, t_max=60.0 + next(numbers) % 20), estimates)
        if found.route is not None:
            answer_sentence(found.route)
        moving_layer(found)
        legend(found)

    return work


def figures(quick: bool = False) -> list[Figure]:
    """A step of the page as it starts, of all models, of measured ones, and against an estimate at each step."""
    measured = mi.load_catalog("gpqa-diamond")
    found = []
    for words, catalog, changes in (
        ("3 models, as the page starts", PAPER, {}),
        ("9 models, p95 of time, narrow spreads", PAPER, {"models": tuple(PAPER.models), "t_quantile": 0.95}),
        ("9 models, p95 of time, chats in waves", CHAT, {"models": tuple(CHAT.models), "t_quantile": 0.95}),
        ("20 measured models, p95 of time", measured, {"models": tuple(measured.models), "t_quantile": 0.95}),
    ):
        knobs = replace(default_knobs(catalog), **changes)
        what, limit = f"A slider's step, {words}", "all rules, estimated anew"
        works = {what: step(catalog, knobs), limit: lambda c=catalog, k=knobs: answer(c, k)}
        taken = take_turns(works, 1 if quick else 9)
        found.append(compare(what, taken, what, limit, limit, target=0.1, target_of="ours"))
    return found


if __name__ == "__main__":
    show(figures)
