"""The page itself, run by Streamlit from top to bottom at every change. What it shows is made elsewhere.

While a slider is dragged, only `panel` runs. What takes longer follows when the page is at rest.
"""

import streamlit as st

from moo_inference.errors import MooInferenceError
from moo_inference.views.answer import answer_sentence
from moo_inference.views.explore import html
from moo_inference.views.explore.controls import budgets, settings
from moo_inference.views.explore.details import details
from moo_inference.views.explore.live import LiveAnswer, live_answer
from moo_inference.views.explore.panels import legend, moving_layer, resting_layer
from moo_inference.views.explore.session import adopt, begin, read_knobs, settle_budgets, state
from moo_inference.views.explore.slider import moved
from moo_inference.views.explore.slider_stops import BUDGETS
from moo_inference.views.explore.state import Knobs, resampled_models
from moo_inference.views.study_tables import budget_text


def main() -> None:
    """One run of the page."""
    st.set_page_config(page_title="moo-inference explore", layout="wide", initial_sidebar_state="collapsed")
    st.html(html.STYLE)
    address = {name: st.query_params.get_all(name) for name in st.query_params}
    try:
        if "catalog" not in state:
            begin(address)
        else:
            settle_budgets()
            if address != state.address and read_knobs() == state.knobs:
                # Nothing was touched, but the address is another one: the way back in the browser.
                adopt(address)
    except MooInferenceError as error:
        st.html(html.notice("The catalog cannot be used", error.errors))
        st.stop()
    settings()
    knobs = read_knobs()
    if knobs != state.knobs:
        state.notices = ()
    state.knobs = knobs
    if state.notices:
        st.html(html.notice("Not all of the address could be used; defaults stand in", state.notices))
    if state.upload_errors:
        st.html(html.notice("The file was refused, and nothing of it is used", state.upload_errors))
    panel()
    if state.live is None:
        st.stop()
    measured = resampled_models(state.catalog, knobs)
    if measured:
        sentence = "has measured passes, of which Monte Carlo takes mean and spread alone."
        st.html(html.notice("Normal lengths", [f"{name} {sentence}" for name in measured], mild=True))
    details()


@st.fragment
def panel() -> None:
    """The budgets, and beside them the choice in one sentence with the curves of all models."""
    settle_budgets()
    knobs = read_knobs()
    frame = st.container(key="panel", horizontal=True)
    left, right = frame.container(key="budgets", gap="small"), frame.container(key="answer", gap="small")
    with right:
        state.live = _answered(knobs)
        if state.live is not None:
            _show(state.live)
    # After the answer: a slider sends its next value when it is told that this one is answered.
    with left:
        budgets()
    if knobs != state.knobs and all(moved(f"slider_{name}").rests for name in BUDGETS):
        st.rerun()


def _answered(knobs: Knobs) -> LiveAnswer | None:
    """The answer; None where there is none, and a notice in its place."""
    if not knobs.models:
        st.html(html.notice("No model is chosen", ["Choose at least one model above."], mild=True))
        return None
    try:
        return live_answer(state.catalog, knobs, state.estimates)
    except MooInferenceError as error:
        st.html(html.notice("These settings cannot be answered", error.errors))
        return None


def _show(live: LiveAnswer) -> None:
    """The sentence and the curves."""
    sentence = "No choice." if live.route is None else answer_sentence(live.route)
    st.html(html.headline(sentence, f"{live.scenario.name}: {budget_text(live.scenario)}"))
    if live.refused:
        st.html(html.notice("The rule cannot choose", live.refused, mild=True))
    with st.container(key="curves", gap=None):
        last = state.get("resting")
        if last is None or last[0] is not live.estimated:
            last = state.resting = (live.estimated, resting_layer(live))
        st.html(last[1])
        st.html(moving_layer(live))
    st.html(legend(live))


if __name__ == "__main__":
    main()
