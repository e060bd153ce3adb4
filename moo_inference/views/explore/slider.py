"""A slider that sends its value while it is dragged; those of Streamlit do so when it is let go."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import streamlit as st

_HTML = '<div class="slider"><input type="range" min="0" step="1"><output></output></div>'

_CSS = """
.slider {display: flex; align-items: center; gap: 0.6rem; font-family: sans-serif; font-size: 0.85rem}
.slider input {flex: 1; min-width: 0; height: 1.4rem; margin: 0; accent-color: #0072B2; cursor: pointer}
.slider output {min-width: 4.2rem; text-align: right; font-variant-numeric: tabular-nums}
.slider input:disabled, .slider input:disabled + output {opacity: 0.4; cursor: default}
"""

# One value is under way at a time: the next one goes out when the page has answered, so that none is cut off half-way
# by its successor, and the newest one always goes out. After a rest the page is told to settle what can wait.
_JS = """
const REST = 500, LOST = 1500;
const own = new WeakMap();
export default function ({ parentElement, data, setStateValue }) {
  const input = parentElement.querySelector("input"), output = parentElement.querySelector("output");
  if (!own.has(input)) own.set(input, { sent: 0, waiting: null, busy: false, rest: 0, lost: 0 });
  const my = own.get(input);
  const show = (place, text) => { output.value = text; input.setAttribute("aria-valuetext", text); };
  const send = () => {
    const place = my.waiting;
    my.waiting = null; my.busy = true; my.sent = Math.max(Date.now(), my.sent + 1);
    clearTimeout(my.lost);
    my.lost = setTimeout(() => { my.busy = false; if (my.waiting !== null) send(); }, LOST);
    setStateValue("moved", [data.stops[place], my.sent]);
  };
  const rest = () => {
    if (my.busy || my.waiting !== null) { my.rest = setTimeout(rest, REST); return; }
    setStateValue("rested", my.sent);
  };
  input.max = data.stops.length - 1;
  input.disabled = data.disabled;
  input.setAttribute("aria-label", data.label);
  if (data.answered >= my.sent) {
    my.busy = false;
    if (my.waiting !== null) send();
    else { input.value = data.place; show(data.place, data.text); }
  }
  input.oninput = () => {
    const place = Number(input.value);
    show(place, data.texts[place]);
    my.waiting = place;
    clearTimeout(my.rest);
    my.rest = setTimeout(rest, REST);
    if (!my.busy) send();
  };
}
"""


class Moved(NamedTuple):
    """What a slider has sent.

    Attributes:
        value: where it was moved to; None before it was touched.
        stamp: rises with every value.
        rests: whether it has stood still for a while since.
    """

    value: float | None = None
    stamp: float = 0
    rests: bool = True


def moved(key: str) -> Moved:
    """What the slider of a key has sent last."""
    state: Any = st.session_state.get(key) or {}
    value, stamp = state.get("moved") or (None, 0)
    # A browser sends 60.0 as 60.
    return Moved(None if value is None else float(value), stamp, (state.get("rested") or 0) >= stamp)


@cache
def _component() -> Callable[..., Any]:
    return st.components.v2.component("moo_inference_slider", html=_HTML, css=_CSS, js=_JS)


def live_slider(
    key: str, label: str, stops: list[float], value: float, text: Callable[[float], str], *, disabled: bool
) -> None:
    """A slider over some stops; what it sends is read by `moved`.

    Args:
        key: of the widget.
        label: read out by a screen reader.
        stops: in ascending order.
        value: where it stands; between two stops at the nearer one.
        text: formats a value.
        disabled: whether it can be moved.
    """
    place = min(range(len(stops)), key=lambda number: abs(stops[number] - value))
    data = {
        "label": label,
        "stops": stops,
        "texts": [text(stop) for stop in stops],
        "place": place,
        "text": text(value),
        "answered": moved(key).stamp,
        "disabled": disabled,
    }
    _component()(
        key=key,
        data=data,
        default={"moved": None, "rested": 0},
        on_moved_change=lambda: None,
        on_rested_change=lambda: None,
    )
