"""Which line of the charts is which model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moo_inference.catalog import Model
from moo_inference.views.families import kin_of, short_name
from moo_inference.views.report.charts import Styles
from moo_inference.views.report.panel import dashes_of
from moo_inference.views.report.recommendation import Recommendation

_MOST = 24
"""So many models have an entry."""


@dataclass(frozen=True)
class Entry:
    """A model in the legend: its name and how its line looks; dashes as SVG has them."""

    name: str
    colour: str
    dashes: str


@dataclass(frozen=True)
class Legend:
    """The entries of models, and how many have none."""

    entries: tuple[Entry, ...]
    left_out: int


def legend(models: Mapping[str, Model], styles: Styles, answers: Sequence[Recommendation]) -> Legend:
    """The models in the order of their lines; of many those that are recommended, then the first ones.

    Args:
        models: by id.
        styles: of the lines, in their order.
        answers: what is recommended.
    """
    recommended = {answer.model for answer in answers}
    first = sorted(styles, key=lambda key: key not in recommended)[:_MOST]
    shown = [key for key in styles if key in first]
    entries = (
        Entry(short_name(models[key].name, kin_of(models[key])), styles[key][0], dashes_of(styles[key][1]))
        for key in shown
    )
    return Legend(tuple(entries), len(styles) - len(shown))
