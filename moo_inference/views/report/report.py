"""One self-contained HTML file on a study: the answer on one page, all choices below it, and what runs it again."""

import base64
import json
import os
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, get_args

from moo_inference.documents.files import refuse_to_replace, write_atomically
from moo_inference.documents.results import REPORT
from moo_inference.errors import SettingError
from moo_inference.estimators import Progress
from moo_inference.formatting.table import MOST_ROWS, first_rows, html_table
from moo_inference.records.report_file import ELEMENT_ID
from moo_inference.studies.study import Study
from moo_inference.views.evidence import needed_files, sources_of_attempts
from moo_inference.views.families import in_families, kin_of
from moo_inference.views.figures.families import line_styles
from moo_inference.views.figures.render import render_all
from moo_inference.views.figures.trajectory import trajectory
from moo_inference.views.marks import marks
from moo_inference.views.pipeline_parts import Picture, pipeline_parts
from moo_inference.views.report.basis import basis
from moo_inference.views.report.caveats import caveats
from moo_inference.views.report.details import (
    ALL_ROWS,
    chosen_table,
    divided_by,
    picks,
    scenario_parts,
    settings_table,
)
from moo_inference.views.report.legend import legend
from moo_inference.views.report.pictures import OVERVIEW, Pictures, jobs
from moo_inference.views.report.recommendation import main_rule, recommendation
from moo_inference.views.study_tables import spent_words

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

SHOWN_AT_ONCE = 3
"""Of so many scenarios all stand on the page with their charts; of more there is a table, and charts are folded."""


def write_report(
    study: Study,
    path: str | os.PathLike[str],
    *,
    command: str | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
    pictures: Pictures = "few",
    day: date | None = None,
) -> None:
    """Write a report atomically.

    Args:
        study: what it is about.
        path: where it goes. A report of before is replaced, and so is an empty file.
        command: what made it, as typed in a shell; None where a program did.
        progress: called with the steps done and their number: a scenario or a figure each; the last is how sure all
            choices are.
        overwrite: replace whatever is there.
        pictures: `few`, or `all` for the figures of `moo_inference.views.figures` of each model and scenario too; these
            take about a third of a second each.
        day: the date that stands on it; None means today, in UTC.

    Raises:
        OutputError: (an OSError) another file is there, or it cannot be written.
        SettingError: (a ValueError) `pictures` is neither.
    """
    refuse_to_replace(path, REPORT, overwrite=overwrite)
    write_atomically(path, report_html(study, command=command, progress=progress, pictures=pictures, day=day))


def report_html(
    study: Study,
    *,
    command: str | None = None,
    progress: Progress | None = None,
    pictures: Pictures = "few",
    day: date | None = None,
) -> str:
    """The report as text; see `write_report`. The same study gives the same bytes on the same day.

    Args:
        study: the study.
        command: the command line that made it, as text.
        progress: called with the steps done and their number.
        pictures: `few` or `all`.
        day: the date that stands on it; None means today.

    Raises:
        SettingError: (a ValueError) `pictures` is neither.
    """
    if pictures not in get_args(Pictures):
        raise SettingError(f"pictures must be {' or '.join(get_args(Pictures))}, got {pictures!r}")
    order = in_families(study.catalog.models)
    styles = dict(zip(order, line_styles([kin_of(study.catalog.models[key]) for key in order]), strict=True))
    to_draw = jobs(study, pictures)
    # The last step is how sure every other choice is.
    step = _counter(progress, len(study.catalog.scenarios) + len(to_draw) + 1)
    views, answers = {}, []
    for key in study.catalog.scenarios:
        views[key] = {model: trajectory(study, key, model) for model in order}
        answers.append(recommendation(study, key, views[key], styles))
        step()
    drawn = {}
    for name, images in render_all(to_draw):
        drawn[name] = "data:image/png;base64," + base64.b64encode(images["png8"]).decode()
        step()
    recommended = {answer.key: answer.model for answer in answers}
    chosen, parts = first_rows(chosen_table(study), ALL_ROWS), scenario_parts(study, views, styles, drawn, recommended)
    step()
    by_rule = {mark.rule: mark.marker for cell in study.model_cells for mark in marks(study, cell)}
    rule = main_rule(study)
    data = {"command": command, "settings": study.settings, "choices": [record.to_dict() for record in study.records()]}
    overview = Picture(drawn[OVERVIEW], "Heat map of the chosen k") if OVERVIEW in drawn else None
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            study=study,
            day=(datetime.now(UTC).date() if day is None else day).isoformat(),
            rule=rule,
            picks=picks(rule),
            answers=answers,
            at_once=len(answers) <= SHOWN_AT_ONCE,
            legend=legend(study.catalog.models, styles, answers),
            basis=basis(study),
            names=_some([study.catalog.models[key].name for key in order]),
            chosen=chosen,
            scenarios=parts,
            pipelines=pipeline_parts(study, drawn),
            overview=overview,
            rules=[(marker, name, picks(name)) for name, marker in by_rule.items()],
            table=_table,
            spent=spent_words(study.catalog.resources),
            divided=divided_by(study),
            settings=settings_table(study),
            warnings=caveats(study),
            sources=sources_of_attempts(study.catalog.models),
            attempts=needed_files(study.catalog.models),
            command=command,
            element_id=ELEMENT_ID,
            data=_embedded(data),
        )
    )


def _some(names: list[str]) -> list[str]:
    more = len(names) - MOST_ROWS
    return names if more <= 0 else [*names[:MOST_ROWS], f"and {more:,} more"]


def _counter(progress: Progress | None, total: int) -> Callable[[], None]:
    """Counts one more step each time it is called."""
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    return step


def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 (only for reports)

    return Environment(
        loader=PackageLoader("moo_inference.views", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], attributes: str = "") -> "Markup":
    from markupsafe import Markup  # noqa: PLC0415 (only for reports)

    return Markup(html_table(columns, rows, attributes=attributes))  # noqa: S704 (every cell is escaped)


def _embedded(data: dict[str, Any]) -> "Markup":
    """JSON that can stand inside a script element, whatever names are in it."""
    from markupsafe import Markup  # noqa: PLC0415 (only for reports)

    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 (escaped above)
