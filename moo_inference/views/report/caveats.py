"""The caveats of all choices of a study, each sentence once."""

import re
from collections.abc import Sequence

from moo_inference.studies.study import Study
from moo_inference.views.marks import marks

_NUMBER = re.compile(r"(?<![\w.-])\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")


def caveats(study: Study) -> list[tuple[str, Sequence[str]]]:
    """The caveats: each sentence once, with the choices it is about.

    Sentences that differ in their numbers alone are one, with a gap for each number, and each choice has its own.
    """
    grouped: dict[str, dict[str, dict[str, None]]] = {}

    def add(sentence: str, where: str) -> None:
        grouped.setdefault(_NUMBER.sub("…", sentence), {}).setdefault(sentence, {})[where] = None

    for cell in study.model_cells:
        where = f"{study.catalog.models[cell.model].name}, {study.catalog.scenarios[cell.scenario].name}"
        if cell.front.infeasibility is not None:
            add(str(cell.front.infeasibility), where)
            continue
        for mark in marks(study, cell):
            for warning in mark.warnings:
                add(warning, f"{where}, {mark.rule}")
    for cell in study.pipeline_cells:
        catalog = study.catalog
        where = f"{catalog.pipelines[cell.pipeline].name}, {catalog.scenarios[cell.scenario].name}"
        for choice in cell.choices:
            for warning in choice.warnings:
                # Where there is no front, all rules have the same warning.
                add(warning, f"{where}, {choice.rule}" if len(cell.front) else where)
    warnings: list[tuple[str, Sequence[str]]] = []
    for gaps, sentences in grouped.items():
        if len(sentences) == 1:
            warnings += [(one, list(places)) for one, places in sentences.items()]
        else:
            warnings.append((gaps, [f"{'; '.join(places)}: {one}" for one, places in sentences.items()]))
    return warnings
