"""The state of one visitor's page: what its widgets stand for, and how they are set."""

import sys
from dataclasses import fields
from typing import Any

import streamlit as st

from moo_inference.catalog import Catalog, load_catalog
from moo_inference.catalog.base import ReadOnly
from moo_inference.catalog.loading import parse_catalog
from moo_inference.catalog.resource import ResourceBudget
from moo_inference.errors import MooInferenceError
from moo_inference.views.explore.launch import Opening
from moo_inference.views.explore.live import Estimates
from moo_inference.views.explore.slider import moved
from moo_inference.views.explore.slider_stops import BUDGETS, MEAN, QUANTILES, usual_budgets
from moo_inference.views.explore.state import LARGEST_P, Knobs, check_explorable, default_knobs, scenario_knobs
from moo_inference.views.explore.url_state import read_address
from moo_inference.views.explore.widgets import Paired

state: Any = st.session_state

OWN = "own"
"""Streamlit takes None for no choice at all, so its lists need other words for what a knob calls None."""


def begin(address: dict[str, list[str]]) -> None:
    """Load the catalogs of a new visitor, with the budgets that the page was started with.

    Args:
        address: the parameters of the page's address.

    Raises:
        MooInferenceError: the catalog cannot be used.
    """
    own = (Opening.from_argument(sys.argv[1]) if len(sys.argv) > 1 else Opening()).load()
    state.own, state.built_in, state.estimates = own, load_catalog(), Estimates()
    adopt(address)


def adopt(address: dict[str, list[str]]) -> None:
    """Set the page to what an address asks for."""
    catalog, knobs, errors = read_address(address, state.own, state.built_in)
    state.address, state.notices, state.upload_errors = address, errors, ()
    set_knobs(catalog, knobs)


def set_knobs(catalog: Catalog, knobs: Knobs) -> None:
    """Set every widget to the knobs."""
    state.catalog, state.knobs = catalog, knobs
    for field in fields(Knobs):
        state[f"knob_{field.name}"] = getattr(knobs, field.name)
    state.knob_latency = knobs.latency or OWN
    for name in QUANTILES:
        state[f"knob_{name}"] = getattr(knobs, name) or MEAN
    usual = {**usual_budgets(catalog.models[knobs.models[0]]), "a_min": 0.0}
    for name in BUDGETS:
        own, there = getattr(knobs, name), getattr(catalog.scenarios[knobs.scenario], name)
        state[f"free_{name}"] = own is None
        state[f"knob_{name}"] = next(value for value in (own, there, usual[name]) if value is not None)
    state.own_parallel = knobs.parallel is None
    state.knob_parallel = knobs.parallel or min(catalog.models[knobs.models[0]].parallel, LARGEST_P)
    for unit in catalog.resources:
        budget = knobs.resources.get(unit, ResourceBudget())
        there = catalog.scenarios[knobs.scenario].resources.get(unit, ResourceBudget()).max
        state[f"free_{unit}_max"] = budget.max is None
        state[f"knob_{unit}_max"] = budget.max or there or usual[f"{unit}_max"]
        state[f"knob_{unit}_quantile"] = budget.quantile or MEAN
    state.pairs = {name: Paired(state[f"knob_{name}"], _stamp=moved(f"slider_{name}").stamp) for name in BUDGETS}


def settle_budgets() -> None:
    """Let a budget's number and its slider agree."""
    for name, pair in state.pairs.items():
        last = moved(f"slider_{name}")
        value = pair.settle(state[f"knob_{name}"], last.value, last.stamp)
        # Even the same value, set again, would undo what the browser has done in the meantime.
        if state[f"knob_{name}"] != value:
            state[f"knob_{name}"] = value


def read_knobs() -> Knobs:
    """The knobs as the widgets stand."""
    # The list of models in the charts is not there while no model is chosen.
    values = {field.name: state.get(f"knob_{field.name}") for field in fields(Knobs)}
    values["resources"] = ReadOnly(
        {
            unit: ResourceBudget(max=state[f"knob_{unit}_max"], quantile=state[f"knob_{unit}_quantile"] or None)
            for unit in state.catalog.resources
            if not state[f"free_{unit}_max"]
        }
    )
    for name in BUDGETS:
        if state[f"free_{name}"]:
            values[name] = None
    for name in QUANTILES:
        values[name] = values[name] or None
    if state.own_parallel:
        values["parallel"] = None
    if values["latency"] == OWN:
        values["latency"] = None
    values["models"], values["rules"] = tuple(values["models"]), tuple(values["rules"])
    if values["shown"] not in values["models"]:
        values["shown"] = values["models"][0] if values["models"] else ""
    return Knobs(**values)


def use_scenario() -> None:
    """Another scenario brings its own budgets; all else stays."""
    values = {field.name: getattr(read_knobs(), field.name) for field in fields(Knobs)}
    fresh = default_knobs(state.catalog, state.knob_scenario)
    values |= scenario_knobs(state.catalog.scenarios[state.knob_scenario])
    if not values["models"]:
        values |= {"models": fresh.models, "shown": fresh.shown}
    knobs = state.knobs
    set_knobs(state.catalog, Knobs(**values))
    state.knobs = knobs


def use_upload() -> None:
    """Another catalog, or the one that the page was started with where the file was taken away."""
    state.upload_errors = ()
    catalog = state.own
    if state.upload is not None:
        try:
            catalog = parse_catalog(state.upload.getvalue(), state.upload.name)
            check_explorable(catalog)
        except MooInferenceError as error:
            state.upload_errors = error.errors
            return
    set_knobs(catalog, default_knobs(catalog))
    state.notices = ()
