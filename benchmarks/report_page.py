"""What a report costs, and how large it is: the paper's study, and twenty measured settings.

Run: python benchmarks/report_page.py
"""

import json
from datetime import date

import numpy as np
from report import show
from timing import Figure, compare, take_turns

import moo_inference as mi
from moo_inference.studies.study import Study
from moo_inference.views.answer import answer_lines
from moo_inference.views.report.recommendation import main_rule
from moo_inference.views.report.report import report_html

_DAY = date(2026, 1, 1)


def study_of(catalog: mi.Catalog) -> Study:
    """A study of which nothing is known yet."""
    return mi.run_study(catalog)


def answered(catalog: mi.Catalog) -> None:
    """The study, how sure each of its choices is, and the answer of each scenario."""
    study = study_of(catalog)
    len(study.confidence)
    for scenario in catalog.scenarios:
        answer_lines(study.route(scenario, main_rule(study)))


def inside(study: Study) -> int:
    """Bytes of what a report holds to be run again."""
    choices = [record.to_dict() for record in study.records()]
    return len(json.dumps({"settings": study.settings, "choices": choices}).encode())


def figures(quick: bool = False) -> list[Figure]:
    """Time and size of both reports."""
    found = []
    for name, words in (("paper", "9 models, 3 scenarios"), ("gpqa-diamond", "20 measured settings, 3 scenarios")):
        catalog = mi.load_catalog(name)
        catalog = catalog.select(list(catalog.models)[:2]) if quick else catalog
        what, limit = f"A report of {words}", f"the study of {words}, how sure it is, and the answers"
        works = {
            what: lambda catalog=catalog: report_html(study_of(catalog), day=_DAY),
            limit: lambda catalog=catalog: answered(catalog),
        }
        taken = take_turns(works, 1 if quick else 5)
        found.append(compare(what, taken, what, limit, limit, target=10, target_of="ours"))
        study = study_of(catalog)
        size, data = f"Size of the report of {words}", "the data inside, from which it is run again"
        bytes_of = {size: len(report_html(study, day=_DAY).encode()), data: inside(study)}
        sizes = {key: np.array([value / 1e6]) for key, value in bytes_of.items()}
        found.append(compare(size, sizes, size, data, data, target=1.5, target_of="ours", unit="MB"))
    return found


if __name__ == "__main__":
    show(figures)
