"""The page itself, run by Streamlit from top to bottom at every change. What it shows is made elsewhere."""

import sys
from collections.abc import Callable
from dataclasses import fields
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from moo_inference.catalog import Catalog, load_catalog
from moo_inference.catalog.base import ReadOnly
from moo_inference.catalog.loading import catalog_to_yaml, parse_catalog
from moo_inference.catalog.resource import ResourceBudget
from moo_inference.decision.registry import RULES
from moo_inference.errors import MooInferenceError, SettingError
from moo_inference.formatting.amounts import seconds, unit_words, usd
from moo_inference.views.confidence import meaning
from moo_inference.views.evidence import counted_notes, sources_of_attempts
from moo_inference.views.explore import html
from moo_inference.views.explore.charts import CONFIG, accuracy_figure
from moo_inference.views.explore.cube import cube_figure, drawn_up_to
from moo_inference.views.explore.slider_stops import (
    BUDGETS,
    LARGEST_BUDGET,
    MEAN,
    QUANTILES,
    SMALLEST_BUDGET,
    quantile_options,
    quantile_text,
    slider_labels,
    slider_options,
    usual_budgets,
)
from moo_inference.views.explore.state import (
    LARGEST_K,
    LARGEST_P,
    LARGEST_SEED,
    LARGEST_TRIALS,
    SETTINGS_FILE,
    Answer,
    Knobs,
    answer,
    check_explorable,
    default_knobs,
    model_labels,
    resampled_models,
    scenario_knobs,
    scenario_labels,
    settings_catalog,
    solve_command,
)
from moo_inference.views.explore.url_state import read_address, write_address
from moo_inference.views.explore.widgets import Paired
from moo_inference.views.families import in_families
from moo_inference.views.study_tables import budget_text, drawn_notes, estimator_name

state: Any = st.session_state

# Streamlit takes None for no choice at all, so its lists need other words for what a knob calls None.
OWN = "own"


def main() -> None:
    """One run of the page."""
    st.set_page_config(page_title="moo-inference explore", layout="wide")
    st.html(html.STYLE)
    address = {name: st.query_params.get_all(name) for name in st.query_params}
    try:
        if "catalog" not in state:
            state.own, state.built_in = load_catalog(_argument()), load_catalog()
            check_explorable(state.own)
            adopt(address)
        else:
            settle_budgets()
            if address != state.address and read_knobs() == state.knobs:
                # Nothing was touched, but the address is another one: the way back in the browser.
                adopt(address)
    except MooInferenceError as error:
        st.html(html.notice("The catalog cannot be used", error.errors))
        st.stop()
    sidebar(state.catalog)
    knobs = read_knobs()
    if knobs != state.knobs:
        state.notices = ()
    state.knobs = knobs
    if state.notices:
        st.html(html.notice("Not all of the address could be used; defaults stand in", state.notices))
    if state.upload_errors:
        st.html(html.notice("The file was refused, and nothing of it is used", state.upload_errors))
    if not knobs.models:
        st.html(html.notice("No model is chosen", ["Choose at least one model at the left."], mild=True))
        st.stop()
    try:
        result = answer(state.catalog, knobs)
    except MooInferenceError as error:
        st.html(html.notice("These settings cannot be answered", error.errors))
        st.stop()
    measured = resampled_models(state.catalog, knobs)
    if measured:
        sentence = "has measured passes, of which Monte Carlo takes mean and spread alone."
        st.html(html.notice("Normal lengths", [f"{name} {sentence}" for name in measured], mild=True))
    show(result, knobs)
    share(result, knobs)


def _argument() -> str:
    return sys.argv[1] if len(sys.argv) > 1 else "paper"


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
    state.pairs = {name: Paired(state[f"knob_{name}"]) for name in BUDGETS}
    for name in BUDGETS:
        state[f"slider_{name}"] = state[f"knob_{name}"]


def settle_budgets() -> None:
    """Let a budget's number and its slider agree."""
    for name, pair in state.pairs.items():
        value = pair.settle(state[f"knob_{name}"], state[f"slider_{name}"])
        for key in (f"knob_{name}", f"slider_{name}"):
            # Even the same value, set again, would undo what the browser has done in the meantime.
            if state[key] != value:
                state[key] = value


def read_knobs() -> Knobs:
    """The knobs as the widgets stand."""
    values = {field.name: state[f"knob_{field.name}"] for field in fields(Knobs)}
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


def sidebar(catalog: Catalog) -> None:
    """All widgets."""
    with st.sidebar:
        st.subheader("Models and scenario")
        models, scenarios = model_labels(catalog), scenario_labels(catalog)
        st.multiselect("Models", in_families(catalog.models), format_func=models.__getitem__, key="knob_models")
        st.selectbox(
            "Scenario", list(scenarios), format_func=scenarios.__getitem__, key="knob_scenario", on_change=use_scenario
        )
        st.subheader("Budgets")
        own = catalog.scenarios[state.knob_scenario]
        usual = usual_budgets(catalog.models[next(iter(state.knob_models or catalog.models))])
        budget("c_max", "Cost at most, USD per query", own.c_max or usual["c_max"], usd, "No cost budget")
        budget("t_max", "Time at most, seconds per query", own.t_max or usual["t_max"], seconds, "No time budget")
        budget("a_min", "Accuracy at least", own.a_min or 0.0, lambda value: f"{value:g}", "No accuracy floor")
        for unit in catalog.resources:
            resource_budget(unit)
        with st.expander("Budgets on tails"):
            used = [(f"{unit}_quantile", unit_words(unit).capitalize()) for unit in catalog.resources]
            for name, word in (("t_quantile", "Time"), ("c_quantile", "Cost"), *used, ("a_quantile", "Accuracy")):
                options = quantile_options(name, state[f"knob_{name}"])
                st.selectbox(f"{word} budget holds for", options, format_func=quantile_text(name), key=f"knob_{name}")
        st.subheader("Serving")
        st.checkbox("Each model's own P", key="own_parallel")
        number(st, "P, passes at the same time", "parallel", (1, LARGEST_P), disabled=state.own_parallel)
        words = {OWN: "each model's own", "ideal": "ideal: sum of passes / P", "waves": "waves: batches of P"}
        st.selectbox("Latency", list(words), format_func=words.__getitem__, key="knob_latency")
        st.subheader("Passes looked at")
        left, right = st.columns(2)
        number(left, "Largest k", "k_max", (1, LARGEST_K))
        number(right, "Step of k", "k_step", (1, LARGEST_K))
        with st.expander("Estimator"):
            estimator_knobs()
        with st.expander("Rules"):
            st.multiselect("Rules", list(RULES), key="knob_rules")
        with st.expander("Your own catalog"):
            st.file_uploader(
                "Catalog in YAML, in place of the present one", type=["yaml", "yml"], key="upload", on_change=use_upload
            )


def budget(name: str, label: str, own: float, text: Callable[[float], str], free_label: str) -> None:
    """One budget: an exact number, a slider next to it, and whether there is one at all.

    Args:
        name: field of the scenario.
        label: what the widgets are labelled with.
        own: the amount to begin with.
        text: formats an amount.
        free_label: label of the check box that removes the budget.
    """
    free = state[f"free_{name}"]
    step, options = slider_options(name, own, state[f"knob_{name}"])
    labels = slider_labels(options, text)
    span = (0.0, 1.0) if name == "a_min" else (SMALLEST_BUDGET, LARGEST_BUDGET)
    number(st, label, name, span, step, format="%g", disabled=free)
    st.select_slider(
        f"{label} (slider)",
        options,
        value=state[f"slider_{name}"],
        format_func=labels.__getitem__,
        key=f"slider_{name}",
        label_visibility="collapsed",
        disabled=free,
    )
    st.checkbox(free_label, key=f"free_{name}")


def resource_budget(unit: str) -> None:
    """The budget for a further resource: a number, and whether there is one at all."""
    name, word = f"{unit}_max", unit_words(unit)
    step, _ = slider_options(name, state[f"knob_{name}"], state[f"knob_{name}"])
    span, free = (SMALLEST_BUDGET, LARGEST_BUDGET), state[f"free_{name}"]
    number(st, f"{word.capitalize()} at most, per query", name, span, step, format="%g", disabled=free)
    st.checkbox(f"No budget for {word}", key=f"free_{name}")


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


def show(result: Answer, knobs: Knobs) -> None:
    """The answer first, then the charts."""
    scenario = result.study.catalog.scenarios[knobs.scenario]
    st.html(html.headline(scenario.name, budget_text(scenario)))
    if result.left_out is not None:
        st.html(html.notice("Some rules are left out", [str(result.left_out)], mild=True))
    labels = model_labels(state.catalog)
    none = [f"{labels[key]}: {one.infeasibility}" for key, one in result.trajectories.items() if one.infeasibility]
    if none:
        st.html(html.notice("Nothing to choose", none))
    if len(none) < len(knobs.models):
        st.html(html.choices_table(result.trajectories, labels, result.confidence))
    st.html(html.evidence(evidence(result)))
    if len(knobs.models) > 1:
        st.selectbox("Model in the charts", knobs.models, format_func=labels.__getitem__, key="knob_shown")
    shown = result.trajectories[knobs.shown]
    st.subheader("Cost, time and accuracy of each k")
    if shown.curve.resources:
        used = ", ".join(map(unit_words, shown.curve.resources))
        st.caption(f"Not drawn, but shown on hover, and part of the volume and of the budgets: {used}.")
    far = drawn_up_to(shown)
    if far is not None:
        st.caption(f"Drawn up to k = {far}; what is beyond lies far over a budget.")
    st.plotly_chart(cube_figure(shown), theme=None, config=CONFIG, key="cube")
    st.subheader("Accuracy over k")
    st.plotly_chart(accuracy_figure(shown), theme=None, config=CONFIG, key="curve")


def evidence(result: Answer) -> list[str]:
    """What the numbers rest on."""
    study = result.study
    models = study.catalog.models
    counted = counted_notes(models, estimator_name(study)) or sources_of_attempts(models)
    return [*meaning(result.confidence.values()), *drawn_notes(study, study.cells), *counted]


def share(result: Answer, knobs: Knobs) -> None:
    """The same answer elsewhere: files, the command, the address."""
    st.subheader("Export")
    row = st.container(horizontal=True)
    row.download_button("Choices as CSV", result.study.to_csv(), "choices.csv", "text/csv", on_click="ignore")
    settings = catalog_to_yaml(settings_catalog(state.catalog, knobs))
    row.download_button("Settings as a catalog", settings, SETTINGS_FILE, "application/yaml", on_click="ignore")
    st.html("<p>With the settings file in the current folder, this gives the same answer:</p>")
    st.code(solve_command(knobs, result.rules), language="bash", wrap_lines=True)
    try:
        address = write_address(knobs, state.catalog, state.built_in)
    except SettingError as error:
        st.html(html.notice("The address does not hold this state", error.errors, mild=True))
        return
    st.html("<p>This address holds all settings; moo-inference explore on the same port opens it:</p>")
    st.code(f"{(st.context.url or '').split('?')[0].rstrip('/')}/?{urlencode(address, doseq=True)}", language=None)
    if address != state.address:
        st.query_params.from_dict(address)
        state.address = address


if __name__ == "__main__":
    main()
