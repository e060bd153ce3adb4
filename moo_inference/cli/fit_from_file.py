"""`fit FILE`: the models that a fit file describes."""

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from moo_inference.cli.joined import CATALOG, Joined
from moo_inference.documents.files import Outputs
from moo_inference.errors import ErrorCollector
from moo_inference.formatting.lines import note
from moo_inference.formatting.visible import one_line

if TYPE_CHECKING:
    from moo_inference.catalog import Model, Scenario
    from moo_inference.formatting.table import Table


def fit_from_file(file: str, scenarios: "Callable[[], Mapping[str, Scenario]]", joined: Joined) -> None:
    """Make the models, write them, and print what they are.

    Args:
        file: the fit file.
        scenarios: gives those of the budgets on the command line, by id.
        joined: the catalog that the models join.

    Raises:
        CatalogError: (a ValueError) something in the file, or in those that it names, is wrong.
        SettingError: (a ValueError) the budgets are, or the catalog has other models of these names.
        OutputError: (an OSError) the catalog would replace a file that is read.
    """
    from moo_inference.cli.progress import report_progress
    from moo_inference.fitting import fit_file
    from moo_inference.formatting.table import print_tables

    errors = ErrorCollector()
    own = errors.attempt(scenarios)
    with report_progress(f"reading the files of {file}") as progress:
        found = errors.attempt(fit_file, file, progress)
    errors.check()
    if found is None or own is None:
        return
    outputs = Outputs({file: found.files}, force=joined.force)
    outputs.file("--out", joined.out, CATALOG)
    outputs.check()
    joined.before(list(found.models), lambda: {**found.scenarios, **own}).write(found.models)
    stream = sys.stderr if joined.out is None else sys.stdout
    for sentence in found.warnings:
        note(f"warning: {sentence}")
    for sentence in found.notes:
        stream.write(f"note: {one_line(sentence)}\n")
    print_tables([one_pass_table(found.models)], stream)


def one_pass_table(models: "Mapping[str, Model]") -> "Table":
    """What one pass of each model costs, takes and achieves, and how far its accuracy is known."""
    from moo_inference.catalog.limits import UNLIMITED
    from moo_inference.estimators import default_estimator
    from moo_inference.formatting.amounts import seconds, usd
    from moo_inference.formatting.table import Table

    alone = UNLIMITED.replace(concurrency=1.0)
    rows, notes = [], []
    for key, model in models.items():
        curve = default_estimator([model]).estimate(model, [1], scenarios=[alone])
        if model.servers is not None:
            notes.append(f"{key}: with one query at a time; its times depend on the load.")
        one = (f"{curve.accuracy.mean[0]:.4f}", usd(curve.cost.mean[0]), seconds(curve.time.mean[0]))
        rows.append((key, *one, "any" if model.k_limit is None else f"{model.k_limit:,}"))
    columns = ("model", "accuracy", "cost", "time", "k up to")
    return Table("One pass of each model", columns, tuple(rows), tuple(notes))
