"""The widgets: budgets beside the curves, and all else behind buttons above them."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from moo_inference.decision import RULES
from moo_inference.formatting.amounts import seconds, unit_words, usd
from moo_inference.views.explore.session import OWN, state, use_scenario, use_upload
from moo_inference.views.explore.slider import live_slider
from moo_inference.views.explore.slider_stops import (
    LARGEST_BUDGET,
    SMALLEST_BUDGET,
    quantile_options,
    quantile_text,
    slider_options,
    usual_budgets,
)
from moo_inference.views.explore.state import (
    LARGEST_K,
    LARGEST_P,
    LARGEST_SEED,
    LARGEST_TRIALS,
    model_labels,
    scenario_labels,
)
from moo_inference.views.families import in_families


def settings() -> None:
    """What is set now and then: models, serving, passes, estimator, rules, the catalog."""
    catalog = state.catalog
    row = st.container(horizontal=True, gap="small", key="settings")
    labels = model_labels(catalog)
    with row.popover(f"Models: {len(state.knob_models)} of {len(catalog.models)}"):
        st.multiselect("Models", in_families(catalog.models), format_func=labels.__getitem__, key="knob_models")
        st.button("All models", on_click=_use_all_models)
    with row.popover("Serving"):
        st.checkbox("Each model's own P", key="own_parallel")
        number(st, "P, passes at the same time", "parallel", (1, LARGEST_P), disabled=state.own_parallel)
        words = {OWN: "each model's own", "ideal": "ideal: sum of passes / P", "waves": "waves: batches of P"}
        st.selectbox("Latency", list(words), format_func=words.__getitem__, key="knob_latency")
    with row.popover("Passes and estimator"):
        left, right = st.columns(2)
        number(left, "Largest k", "k_max", (1, LARGEST_K))
        number(right, "Step of k", "k_step", (1, LARGEST_K))
        estimator_knobs()
    with row.popover("Rules compared"):
        st.multiselect("Rules", list(RULES), key="knob_rules")
    with row.popover("Your own catalog"):
        st.file_uploader(
            "Catalog in YAML, in place of the present one", type=["yaml", "yml"], key="upload", on_change=use_upload
        )


def _use_all_models() -> None:
    state.knob_models = in_families(state.catalog.models)


def budgets() -> None:
    """The scenario, the rule and its budgets."""
    catalog = state.catalog
    scenarios = scenario_labels(catalog)
    st.selectbox(
        "Scenario", list(scenarios), format_func=scenarios.__getitem__, key="knob_scenario", on_change=use_scenario
    )
    st.selectbox("Rule of the choice", list(RULES), key="knob_chosen_by")
    own = catalog.scenarios[state.knob_scenario]
    usual = usual_budgets(catalog.models[next(iter(state.knob_models or catalog.models))])
    budget("c_max", "Cost at most, USD per query", own.c_max or usual["c_max"], usd, "No cost budget")
    budget("t_max", "Time at most, seconds per query", own.t_max or usual["t_max"], seconds, "No time budget")
    budget("a_min", "Accuracy at least", own.a_min or 0.0, lambda value: f"{value:g}", "No accuracy floor")
    for unit in catalog.resources:
        resource_budget(unit)


def budget(name: str, label: str, own: float, text: Callable[[float], str], free_label: str) -> None:
    """One budget: an exact number, what it holds for, a slider, and whether there is one at all.

    Args:
        name: field of the scenario.
        label: what the widgets are labelled with.
        own: the amount to begin with.
        text: formats an amount.
        free_label: label of the check box that removes the budget.
    """
    free = state[f"free_{name}"]
    step, stops = slider_options(name, own, own)
    span = (0.0, 1.0) if name == "a_min" else (SMALLEST_BUDGET, LARGEST_BUDGET)
    number(st, label, name, span, step, format="%g", disabled=free)
    live_slider(f"slider_{name}", f"{label} (slider)", stops, state[f"knob_{name}"], text, disabled=free)
    row = st.container(horizontal=True, gap="small", vertical_alignment="center")
    row.checkbox(free_label, key=f"free_{name}")
    holds_for(row, f"{name[0]}_quantile", label.partition(" at ")[0])


def holds_for(where: Any, name: str, word: str) -> None:
    """Whether a budget is for the mean or for a quantile."""
    where.selectbox(
        f"{word} budget holds for",
        quantile_options(name, state[f"knob_{name}"]),
        format_func=quantile_text,
        key=f"knob_{name}",
        label_visibility="collapsed",
    )


def resource_budget(unit: str) -> None:
    """The budget for a further resource: a number, what it holds for, and whether there is one at all."""
    name, word = f"{unit}_max", unit_words(unit)
    step, _ = slider_options(name, state[f"knob_{name}"], state[f"knob_{name}"])
    span, free = (SMALLEST_BUDGET, LARGEST_BUDGET), state[f"free_{name}"]
    number(st, f"{word.capitalize()} at most, per query", name, span, step, format="%g", disabled=free)
    row = st.container(horizontal=True, gap="small", vertical_alignment="center")
    row.checkbox(f"No budget for {word}", key=f"free_{name}")
    holds_for(row, f"{unit}_quantile", word.capitalize())


def number(where: Any, label: str, name: str, span: tuple[float, float], step: float = 1, **options: Any) -> None:
    """The number of a knob, between two ends.

    Args:
        where: container of streamlit.
        label: label of the widget.
        name: name of the knob.
        span: least and largest value.
        step: between two values.
        **options: of the widget.
    """
    key, (least, most) = f"knob_{name}", span
    where.number_input(label, min_value=least, max_value=most, value=state[key], step=step, key=key, **options)


def estimator_knobs() -> None:
    """How k passes are estimated."""
    words = {False: "closed form, or measured passes", True: "Monte Carlo: simulated queries"}
    st.radio("Estimator", list(words), format_func=words.__getitem__, key="knob_monte_carlo")
    exact = not state.knob_monte_carlo
    number(st, "Trials", "trials", (1, LARGEST_TRIALS), 100, disabled=exact)
    number(st, "Seed", "seed", (0, LARGEST_SEED), disabled=exact)
    st.selectbox("Draws", ["common", "independent"], key="knob_draws", disabled=exact)
