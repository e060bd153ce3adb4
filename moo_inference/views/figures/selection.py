"""How often each k is chosen in resamples, or with other seeds: one panel a rule, the choice marked."""

from collections.abc import Sequence
from math import isnan

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from moo_inference.deprecations import renamed
from moo_inference.errors import SettingError
from moo_inference.formatting.words import counted
from moo_inference.studies.confidence import Assessment
from moo_inference.studies.frames import SURE_ENOUGH
from moo_inference.studies.study import Study
from moo_inference.views.figures import style
from moo_inference.views.figures.style import PAPER_MM, Size
from moo_inference.views.figures.trajectory import find_cell
from moo_inference.views.markers import Marker, markers


def prepare(study: Study, scenario: str, model: str) -> list[tuple[Marker, Assessment]]:
    """The assessments of one cell of a study, each with the marker of its rule.

    Args:
        study: the study.
        scenario: id of the scenario.
        model: id of the model.

    Raises:
        UnknownNameError: (a LookupError) the study has no such scenario or model.
        SettingError: (a ValueError) the study was not assessed.
    """
    cell = find_cell(study, scenario, model)
    rules = [choice.rule for choice in cell.choices]
    known = {rule: study.assessments.get((scenario, model, rule)) for rule in rules}
    assessed = {rule: own for rule, own in known.items() if own is not None and own.resamples}
    if not assessed:
        raise SettingError(
            "selection frequencies need a study that was assessed, by run_study(..., assess=200), and that rests on "
            "measurements or a simulation; got one that was not"
        )
    by_rule = markers(rules)
    return [(by_rule[rule], seen) for rule, seen in assessed.items()]


def draw(ax: Axes, marker: Marker, seen: Assessment, size: Size, longest: int) -> None:
    """Draw how often one rule chose each k up to `longest`; none, if it ever was, stands left of 0.

    Args:
        ax: axes of matplotlib to draw on.
        marker: of the rule.
        seen: the assessment of the rule's choice.
        size: letters, lines and markers for the width of the figure.
        longest: largest k on the axis.
    """
    none = -0.05 * longest
    places = [none if k is None else k for k in seen.selection_frequency]
    colours = [style.GREY if k is None else style.BLUE for k in seen.selection_frequency]
    width = max(0.8, 0.006 * longest)
    ax.bar(places, list(seen.selection_frequency.values()), width=width, color=colours)
    if seen.exact_k is not None:
        ax.plot([seen.exact_k], [0], **style.marker_style(marker, 0.9 * size.font, size), clip_on=False, zorder=5)
    word, none_at_all = ("exact", "no exact choice") if seen.of_seeds_alone else ("chosen", "nothing chosen")
    exact = none_at_all if seen.k is None else f"{word} k = {seen.k}"
    sure = "" if isnan(seen.pcs) else f", PCS {seen.pcs:.0%}, PGS {seen.pgs:.0%}"
    title = f"{seen.rule}: {exact}{sure}, {len(places)} different k"
    style.dress(ax, size, "", "share")
    ax.set_title(title, fontsize=0.95 * size.font, loc="left", color=style.RED if seen.pgs < SURE_ENOUGH else "black")
    style.numbers(ax.xaxis)
    style.numbers(ax.yaxis, "", 3)
    ax.set(
        xlim=(2 * none if None in seen.selection_frequency else 0, max(1.03 * longest, longest + 2)),
        ylim=(0, 1.12 * max(seen.selection_frequency.values())),
    )
    if None in seen.selection_frequency:
        ax.text(none, 0, "none ", ha="center", va="top", rotation=90, fontsize=0.8 * size.font, color=style.GREY)


def figure(study: Study, scenario: str, model: str, *, width_mm: float = PAPER_MM) -> Figure:
    """How often each k is chosen in resamples, or with other seeds, in one cell of an assessed study.

    Args:
        study: a study from `run_study(..., assess=200)`.
        scenario: id of the scenario.
        model: id of the model.
        width_mm: width of the figure; 85 fits a paper's column, 254 a slide.

    Raises:
        UnknownNameError: (a LookupError) the study has no such scenario or model.
        SettingError: (a ValueError) the study was not assessed.
    """
    assessed = prepare(study, scenario, model)
    title = f"{study.catalog.models[model].name}, {study.catalog.scenarios[scenario].name}"
    return render(assessed, title, width_mm)


def render(assessed: Sequence[tuple[Marker, Assessment]], title: str, width_mm: float = PAPER_MM) -> Figure:
    """See `figure`; from data that are prepared already."""
    size = Size(width_mm)
    height = (2.6 * len(assessed) + 2.6) * size.font
    figure, axes = style.framed(title, size, height, panels=len(assessed), sharex=True)
    longest = max(k or 1 for _, seen in assessed for k in (*seen.selection_frequency, seen.exact_k))
    for ax, (marker, seen) in zip(axes, assessed, strict=True):
        draw(ax, marker, seen, size, longest)
    seen = assessed[0][1]
    over = f"{counted(seen.resamples, 'seed')}; questions are the same in all"
    if not seen.of_seeds_alone:
        over = f"{counted(seen.resamples, 'resample')} of {seen.basis}"
    axes[-1].set_xlabel(f"chosen k over {over}", fontsize=size.font)
    return figure


__getattr__ = renamed(__name__, {"sheet": "render"})
