"""The answer as HTML in which every name is text: Streamlit's own captions would take it for Markdown."""

from collections.abc import Mapping, Sequence
from html import escape

from moo_inference.formatting.keepers import keeper, kept_of
from moo_inference.studies.confidence import Assessment
from moo_inference.views.choice_cells import choice_cells
from moo_inference.views.confidence import how_sure
from moo_inference.views.families import grouped
from moo_inference.views.figures.families import line_styles
from moo_inference.views.figures.trajectory import Trajectory
from moo_inference.views.marks import Mark
from moo_inference.views.study_tables import spent_words

STYLE = """<style>
.stMainBlockContainer {padding: 1rem 2rem 3rem}
.stAppHeader {display: none}
@media (max-width: 48rem) {.stMainBlockContainer {padding: 1rem 1rem 3rem}}
.answer {overflow-x: auto; container-type: inline-size}
.answer table {border-collapse: collapse; width: 100%; font-size: 0.92rem; line-height: 1.35}
.answer caption {text-align: left; font-weight: 600; padding-bottom: 0.4rem}
.answer th, .answer td {text-align: left; vertical-align: top; padding: 0.3rem 0.9rem 0.3rem 0; border: 0;
  border-bottom: 1px solid #e3e3e3}
.answer thead th {font-weight: 600; white-space: nowrap; border-bottom: 2px solid #9a9a9a}
.answer .model th {padding-top: 0.9rem; font-weight: 600; overflow-wrap: anywhere; border-bottom: 1px solid #9a9a9a}
.answer .number {text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums}
.answer .rule {white-space: nowrap; font-weight: 400}
.answer .why {min-width: 15rem; font-size: 0.85rem}
.answer .warning {font-weight: 600}
.answer .sure {color: #555}
.answer .also {font-size: 0.8em; color: #555}
@container (max-width: 45rem) {
  .answer tr.heads, .answer tr.choice {display: flex; flex-wrap: wrap; border-bottom: 1px solid #e3e3e3}
  .answer thead th {border: 0; white-space: normal; line-height: 1.1}
  .answer tr.choice th, .answer tr.choice td {border: 0}
  .answer tr.heads th:first-child, .answer .rule {flex: 1 1 7.5rem}
  .answer tr.heads th, .answer .number {flex: 0 0 4rem; padding-right: 0.3rem}
  .answer tr.heads th:nth-child(2), .answer tr.choice td:nth-child(2) {flex-basis: 2rem}
  .answer tr.heads th:last-child {display: none}
  .answer .also {white-space: normal}
  .answer .why {flex: 1 0 100%; padding-left: 1.8rem}
}
.marker {display: inline-block; width: 1.4em; text-align: center; -webkit-text-stroke: 0.6px #22222280}
.family {display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.5em; border-radius: 2px}
.evidence {margin: 0.5rem 0 0; font-size: 0.85rem; color: #555; overflow-wrap: anywhere}
.notice {border-left: 4px solid #B22222; background: #fbeeee; padding: 0.6rem 0.9rem; overflow-wrap: anywhere}
.notice.mild {border-color: #E69F00; background: #fdf6e7}
.notice p, .notice ul {margin: 0}
.headline {font-size: 1.35rem; font-weight: 700; line-height: 1.25; margin: 0; padding: 0; overflow-wrap: anywhere}
.subline {margin: 0.2rem 0 0; overflow-wrap: anywhere}
.lines {display: grid; grid-template-columns: max-content 1fr; gap: 0.3rem 1rem; margin: 0; overflow-wrap: anywhere}
.lines dt {font-weight: 600}
.lines dd {margin: 0; min-width: 0}
@media (max-width: 40rem) {.lines {grid-template-columns: 1fr; gap: 0} .lines dd {margin-bottom: 0.5rem}}
.st-key-panel {align-items: flex-start; gap: 1.5rem}
.st-key-panel > :has(> .st-key-budgets), .st-key-panel > .st-key-budgets {flex: 0 0 17rem; width: 17rem; min-width: 0}
.st-key-panel > :has(> .st-key-answer), .st-key-panel > .st-key-answer {flex: 1 1 20rem; width: auto; min-width: 0}
@media (max-width: 48rem) {
  .st-key-panel {flex-direction: column}
  .st-key-panel > * {flex: 0 0 auto !important; width: 100% !important}
}
.st-key-budgets {gap: 0.4rem}
.st-key-curves {position: relative}
.st-key-curves > div:nth-child(2) {position: absolute; inset: 0; pointer-events: none}
.axis {margin: 0.2rem 0 0; font-size: 0.85rem; color: #444}
.panels {display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 0.5rem 1rem}
.panel {margin: 0; padding: 0.6rem 0.6rem 0 3.2rem; min-width: 0}
.panel figcaption {padding-top: 1.5rem; font-size: 0.85rem; color: #444; text-align: center}
.plot {position: relative; height: min(20rem, 60vh); font-size: 0.78rem; line-height: 1.2}
.plot img {position: absolute; inset: 0; width: 100%; height: 100%; max-width: none}
.panels .plot {border-left: 1px solid #9a9a9a; border-bottom: 1px solid #9a9a9a}
.st-key-curves > div:nth-child(2) .plot {border-color: transparent}
.plot i {font-style: normal; white-space: nowrap}
.tick {position: absolute; color: #555}
.tick.x {top: 100%; width: 0; height: 4px; border-left: 1px solid #9a9a9a}
.tick.x i {position: absolute; top: 5px; left: 0; transform: translateX(-50%)}
.tick.y {right: 100%; height: 0; width: 4px; border-top: 1px solid #9a9a9a}
.tick.y i {position: absolute; right: 7px; top: 0; transform: translateY(-50%)}
.budget.upright {position: absolute; top: 0; bottom: 0; border-left: 2px dashed #B22222}
.budget.level {position: absolute; left: 0; right: 0; border-top: 2px dashed #B22222}
.budget i {position: absolute; color: #B22222; background: #ffffffc0; padding: 0 0.2em}
.budget.upright i {bottom: 0; left: 2px}
.budget.upright.leftwards i {left: auto; right: 4px}
.budget.level i {right: 0; bottom: 1px}
.budget.level.below i {bottom: auto; top: 1px}
.spot {position: absolute; width: 12px; height: 12px; margin: -6px; border-radius: 50%}
.spot:hover {outline: 2px solid #222; z-index: 5}
.chosen {position: absolute; width: 0; height: 0; font-size: 1.7rem; z-index: 3; line-height: 0;
  display: flex; align-items: center; justify-content: center; -webkit-text-stroke: 1.5px #222; pointer-events: auto}
.chosen i {position: absolute; left: 0.8rem; top: 0.9rem; font-size: 0.8rem; line-height: 1.2; font-weight: 700;
  color: #222;  background: #ffffffd0; padding: 0 0.25em; -webkit-text-stroke: 0; border-radius: 3px}
.chosen.leftwards i {left: auto; right: 0.8rem}
.chosen.upwards i {top: auto; bottom: 0.9rem}
[data-tip]:hover::after {content: attr(data-tip); position: absolute; left: 10px; bottom: 10px; z-index: 9; color: #fff;
  background: #222; padding: 0.4em 0.6em; font: 0.8rem/1.35 sans-serif; white-space: pre; width: max-content;
  -webkit-text-stroke: 0; border-radius: 4px; pointer-events: none}
[data-tip].leftwards:hover::after {left: auto; right: 10px}
[data-tip].downwards:hover::after {bottom: auto; top: 10px}
.legend {display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; margin: 0; font-size: 0.82rem}
.entry {display: inline-flex; align-items: center; gap: 0.4em; overflow-wrap: anywhere}
.swatch {flex: none; width: 1.5em; border-top: 3px solid currentColor}
.swatch.dashed {border-top-style: dashed}
.swatch.budget {border-top: 2px dashed #B22222}
</style>"""


def lines(pairs: Sequence[tuple[str, str]]) -> str:
    """Headings with a sentence or more each."""
    rows = "".join(f"<dt>{escape(heading)}</dt><dd>{escape(text)}</dd>" for heading, text in pairs)
    return f'<dl class="lines">{rows}</dl>'


def headline(title: str, subline: str) -> str:
    """The top of the page."""
    return f'<h1 class="headline">{escape(title)}</h1><p class="subline">{escape(subline)}</p>'


def notice(title: str, sentences: Sequence[str], *, mild: bool = False) -> str:
    """Sentences in a box, read out at once by a screen reader.

    Args:
        title: heading of the box.
        sentences: a line each.
        mild: whether it is a note and not an alert.
    """
    kind, role = ("notice mild", "status") if mild else ("notice", "alert")
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<div class="{kind}" role="{role}"><p><b>{escape(title)}</b></p><ul>{items}</ul></div>'


def evidence(notes: Sequence[str]) -> str:
    """What the numbers rest on, a line each."""
    return "".join(f'<p class="evidence">{escape(note)}</p>' for note in notes)


def choices_table(
    views: Mapping[str, Trajectory],
    labels: Mapping[str, str],
    confidence: Mapping[tuple[str, str], Assessment] | None = None,
) -> str:
    """What each rule chose, model after model, why, and how sure that is; or why no k meets all budgets.

    Args:
        views: the trajectories by model id, at least one.
        labels: what each model is called.
        confidence: how sure choices are, by model and rule, where that is known.
    """
    known = confidence or {}
    *spent, last = spent_words(next(iter(views.values())).curve.resources)
    columns = ["rule", "k", "accuracy", *spent, last, "meet all budgets", "why"]
    heads = "".join(
        f'<th scope="col" class="{"" if column in ("rule", "why") else "number"}">{column}</th>' for column in columns
    )
    keeps = {view.keep for view in views.values()}
    measured = any(view.curve.evidence is not None for view in views.values())
    groups = ""
    for key, view, swatch in _in_families(views):
        label = f"{labels[key]}, kept by {keeper(view.keep)}" if len(keeps) > 1 else labels[key]
        rows = f'<tr class="model"><th scope="rowgroup" colspan="{len(columns)}">{swatch}{escape(label)}</th></tr>'
        if view.infeasibility is not None:
            rows += f'<tr><td colspan="{len(columns)}" class="warning">⚠ no k meets all budgets</td></tr>'
        else:
            rows += "".join(
                _row(mark, known.get((key, mark.rule)), len(columns), measured=measured) for mark in view.marks
            )
        groups += f"<tbody>{rows}</tbody>"
    below = " Below an accuracy: its 95 % interval over the questions of the evaluation." if measured else ""
    return (
        '<div class="answer" tabindex="0" role="region" aria-label="Choices"><table><caption>Choices: k passes per '
        f"query. Accuracy, {', '.join(spent)} and {last} are means; the share is of queries that meet all budgets "
        f"at once. {escape(kept_of(keeps))}{below}</caption>"
        f'<thead><tr class="heads">{heads}</tr></thead>{groups}</table></div>'
    )


def _in_families(views: Mapping[str, Trajectory]) -> list[tuple[str, Trajectory, str]]:
    """Each model with a swatch of its family, lighter where there is less effort; none where no model has a family."""
    shown = list(views.items())
    kin = [view.kin for _, view in shown]
    swatches = [
        f'<span class="family" aria-hidden="true" style="background:{colour}"></span>' if any(map(any, kin)) else ""
        for colour, _ in line_styles(kin)
    ]
    return [(*shown[place], swatches[place]) for places in grouped(kin) for place in places]


def _row(mark: Mark, found: Assessment | None, width: int, *, measured: bool) -> str:
    marker = f'<span class="marker" aria-hidden="true">{mark.marker.symbol}</span>'
    cells = "".join(
        f'<td class="number">{number}{"".join(f"""<div class="also">{also}</div>""" for also in below)}</td>'
        for number, *below in choice_cells(mark, found, measured=measured, units=False)
    )
    nothing = f'<td colspan="{width - 2}" class="number">{escape(mark.amounts)}</td>'
    warnings = "".join(f'<div class="warning">⚠ {escape(warning)}</div>' for warning in mark.warnings)
    reason = "" if mark.reason in mark.warnings else escape(mark.reason)
    confidence = "" if found is None else f'<div class="sure">{escape(how_sure(found))}</div>'
    return (
        f'<tr class="choice"><th scope="row" class="rule">{marker} {escape(mark.rule)}</th>{cells or nothing}'
        f'<td class="why">{warnings}{reason}{confidence}</td></tr>'
    )
