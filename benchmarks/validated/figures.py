"""The three figures of the page."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

from moo_inference.views.figures.style import BLUE, GREEN, GREY, PURPLE, RED, Size, dress, framed
from validated import choices, questions
from validated.attempts import OTHERS, Found
from validated.halves import CATALOGS
from validated.lines import Line
from validated.other_ways import EQUAL, PAPER

SIZE = Size(190.0)
CREDIT = "Attempts: Epoch AI, 'AI Benchmarking Hub' (epoch.ai/benchmarks), CC BY 4.0."
ORANGE, LIGHT_BLUE = "#D55E00", "#7FC4EA"
WAYS = {"ours": (BLUE, "o"), EQUAL: (ORANGE, "x"), PAPER: (GREEN, "+")}


def save(figure: plt.Figure, path: Path, note: str) -> None:
    """Write a figure, with its credit."""
    # In the legend, since whatever else stands below a figure is laid over it.
    figure.legends[0].set_title(f"{note} {CREDIT}".strip(), prop={"size": 0.65 * SIZE.font})
    figure.savefig(path, dpi=150, metadata={"Software": None})
    plt.close(figure)


def draw_accuracy(found: Mapping[str, Found], path: Path) -> None:
    """pass@4 as predicted from four attempts against that of the other four: a mark is a setting and a split."""
    handles = [
        Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5, label=name)
        for name, (colour, marker) in WAYS.items()
    ]
    figure, axes = framed("pass@4 of four attempts, predicted from four others", SIZE, 95, handles, panels=2, columns=2)
    places = {name: 1 + number for number, name in enumerate(("ours", *OTHERS["pass@4"]))}
    for ax, (catalog, title) in zip(axes, CATALOGS.items(), strict=True):
        values = 100 * np.array(found[catalog]["pass@4"])
        low = 5 * np.floor(values[values[:, 0] > 20].min() / 5)
        ax.plot([low, 101], [low, 101], color=GREY, linewidth=0.8, linestyle="--")
        for name, place in places.items():
            colour, marker = WAYS[name]
            ax.scatter(values[:, 0], values[:, place], s=14, color=colour, marker=marker, linewidth=0.8, alpha=0.7)
        ax.set(xlim=(low, 101), ylim=(low, 101), aspect="equal")
        ax.set_title(title, fontsize=SIZE.font)
        dress(ax, SIZE, "found, %", "predicted, %")
    left = sum(int((np.array(own["pass@4"])[:, 0] <= 0.2).sum()) for own in found.values())
    save(figure, path, f"A mark: a setting and a split; {left} below 20 % are left out." if left else "")


def draw_coverage(lines: list[Line], path: Path) -> None:
    """How often 95 % intervals hold the truth, by questions of the evaluation."""
    names = {"accuracy": BLUE, "pass@4": ORANGE, "dollars": GREEN, "seconds": PURPLE}
    handles = [
        *(Line2D([], [], color=colour, marker="o", label=questions.WORDS[name]) for name, colour in names.items()),
        Line2D([], [], color=GREY, label="ours"),
        Line2D([], [], color=GREY, linestyle="--", label="mean ± 1.96 standard errors"),
    ]
    figure, axes = framed(
        "How often a 95 % interval holds the truth", SIZE, 95, handles, panels=2, columns=2, sharey=True
    )
    for ax, (catalog, title) in zip(axes, CATALOGS.items(), strict=True):
        sizes = questions.SIZES[catalog]
        ax.axhspan(93, 97, color="0.92", linewidth=0)
        ax.axhline(95, color=GREY, linewidth=0.8)
        for line in lines:
            words = {questions.drawn_words(name, sizes): colour for name, colour in names.items()}
            if line.data == title and line.what in words:
                colour = words[line.what]
                ax.plot(sizes, line.holds, "o-", color=colour, markersize=4)
                ax.plot(sizes, line.others[questions.USUAL], "o--", color=colour, markersize=4, linewidth=1)
        ax.set(xticks=sizes, ylim=(70, 100))
        ax.set_title(title, fontsize=SIZE.font)
        dress(ax, SIZE, "questions of the evaluation", "intervals that hold the truth, %")
    axes[1].set_ylabel("")
    save(figure, path, "Shaded: the bar, 93 to 97 %.")


def draw_choices(all_of: Mapping[str, choices.Outcomes], path: Path) -> None:
    """What each way of choosing loses, and how often it breaks a budget, on the half that it has not seen."""
    ways = (choices.OURS, choices.SURER, choices.INDEPENDENT, PAPER, choices.ONE, choices.KNOWING)
    colours = dict(zip(ways, (BLUE, LIGHT_BLUE, ORANGE, GREEN, RED, GREY), strict=True))
    handles = [Line2D([], [], color=colours[way], linewidth=5, label=way) for way in ways]
    figure, axes = framed(
        "Chosen on half of the questions, judged by the other half", SIZE, 105, handles, panels=3, columns=3
    )
    panels = (
        ("accuracy-max", "accuracy lost, points", False),
        ("accuracy-max", "choices that break a budget, %", True),
        ("cheapest", "choices that break a budget, %", True),
    )
    for ax, (rule, label, breaks) in zip(axes, panels, strict=True):
        for group, outcomes in enumerate(all_of.values()):
            for number, way in enumerate(ways):
                own = outcomes[rule][way]
                value = 100 * own.breaks.mean() if breaks else np.mean(own.regret)
                error = None if breaks else own.standard_error
                ax.bar(group + 0.14 * (number - 2.5), value, 0.125, color=colours[way], yerr=error, ecolor="0.2")
        ax.set_xticks(range(len(all_of)), [title.replace(" ", "\n", 1) for title in all_of])
        ax.set_title(rule, fontsize=SIZE.font)
        dress(ax, SIZE, "", label)
    save(figure, path, "Whiskers: one standard error.")
