"""What stands below the answer: the choices of every rule, charts of one model, how sure, and what to take along.

Each part is made when its tab is open, and while sliders move none of it is.
"""

from urllib.parse import urlencode

import streamlit as st

from moo_inference.catalog.loading import catalog_to_yaml
from moo_inference.errors import MooInferenceError, SettingError
from moo_inference.formatting.amounts import unit_words
from moo_inference.views.answer import answer_lines
from moo_inference.views.confidence import meaning
from moo_inference.views.evidence import counted_notes, sources_of_attempts
from moo_inference.views.explore import html
from moo_inference.views.explore.charts import CONFIG, accuracy_figure
from moo_inference.views.explore.cube import cube_figure, drawn_up_to
from moo_inference.views.explore.session import read_knobs, state
from moo_inference.views.explore.state import (
    SETTINGS_FILE,
    Answer,
    Knobs,
    answer,
    model_labels,
    settings_catalog,
    solve_command,
)
from moo_inference.views.explore.url_state import write_address
from moo_inference.views.figures.trajectory import Trajectory
from moo_inference.views.study_tables import drawn_notes, estimator_name

_TABS = ("Why this one", "Every rule", "Accuracy over k", "Cube", "Export")


def details() -> None:
    """The tabs, and the address that holds all settings."""
    _tabs()
    _share_address(state.knobs)


@st.fragment
def _tabs() -> None:
    why, every, over_k, cube, export = st.tabs(_TABS, key="details", on_change="rerun")
    if why.open:
        with why:
            _why()
        return
    knobs = state.knobs
    with next((tab for tab in (every, over_k, cube, export) if tab.open), every):
        try:
            result = _answer(knobs)
        except MooInferenceError as error:
            st.html(html.notice("These settings cannot be answered", error.errors))
            return
        if every.open:
            _every_rule(result, knobs)
        elif export.open:
            _export(result, knobs)
        else:
            _charts(result, knobs, in_cube=bool(cube.open))


def _answer(knobs: Knobs) -> Answer:
    """The answer of every rule; the last one is kept."""
    last = state.get("answered")
    if last is None or last[0] is not state.catalog or last[1] != knobs:
        last = state.answered = (state.catalog, knobs, answer(state.catalog, knobs))
    return last[2]  # type: ignore[no-any-return]


def _why() -> None:
    """What to know before the choice is taken, from the curves that are there."""
    live = state.live
    if live is None or live.route is None:
        st.html("<p>There is no choice to explain.</p>")
        return
    st.html(html.lines(answer_lines(live.route)))


def _every_rule(result: Answer, knobs: Knobs) -> None:
    """What every rule takes of every model."""
    if result.left_out is not None:
        st.html(html.notice("Some rules are left out", [str(result.left_out)], mild=True))
    labels = model_labels(state.catalog)
    none = [f"{labels[key]}: {one.infeasibility}" for key, one in result.trajectories.items() if one.infeasibility]
    if none:
        st.html(html.notice("Nothing to choose", none))
    if len(none) < len(knobs.models):
        st.html(html.choices_table(result.trajectories, labels, result.confidence))
    st.html(html.evidence(evidence(result)))


def _charts(result: Answer, knobs: Knobs, *, in_cube: bool) -> None:
    """One model with the choices of every rule: accuracy over k, or all three quantities as a cube."""
    shown = _shown(result, knobs)
    if not in_cube:
        st.plotly_chart(accuracy_figure(shown), theme=None, config=CONFIG, key="curve")
        return
    if shown.curve.resources:
        used = ", ".join(map(unit_words, shown.curve.resources))
        st.caption(f"Not drawn, but shown on hover, and part of the volume and of the budgets: {used}.")
    far = drawn_up_to(shown)
    if far is not None:
        st.caption(f"Drawn up to k = {far}; what is beyond lies far over a budget.")
    st.plotly_chart(cube_figure(shown), theme=None, config=CONFIG, key="cube")


def _shown(result: Answer, knobs: Knobs) -> Trajectory:
    """The model in the charts."""
    labels, key = model_labels(state.catalog), "chart_shown"
    if len(knobs.models) == 1:
        return result.trajectories[knobs.models[0]]
    st.selectbox(
        "Model in the charts",
        knobs.models,
        index=knobs.models.index(knobs.shown),
        format_func=labels.__getitem__,
        key=key,
        on_change=lambda: state.update(knob_shown=state[key]),
    )
    return result.trajectories[read_knobs().shown]


def evidence(result: Answer) -> list[str]:
    """What the numbers rest on."""
    study = result.study
    models = study.catalog.models
    counted = counted_notes(models, estimator_name(study)) or sources_of_attempts(models)
    return [*meaning(result.confidence.values()), *drawn_notes(study, study.cells), *counted]


def _export(result: Answer, knobs: Knobs) -> None:
    """The same answer elsewhere: files, the command, the address."""
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


def _share_address(knobs: Knobs) -> None:
    """Write the settings into the browser's address, as far as they fit."""
    try:
        address = write_address(knobs, state.catalog, state.built_in)
    except SettingError:
        return
    if address != state.address:
        st.query_params.from_dict(address)
        state.address = address
