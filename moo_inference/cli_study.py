"""The study that several commands run, from their options."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from moo_inference.cli_options import Conditions, Estimation, Question, Tails

if TYPE_CHECKING:
    from moo_inference.studies import Study

REPLICATIONS = 200


def solve_study(
    question: Question,
    estimation: Estimation,
    conditions: Conditions,
    tails: Tails,
    baselines: Sequence[str] | None = None,
    *,
    assess: bool = False,
) -> "Study":
    """Run the study that the options ask for, with progress on stderr."""
    from moo_inference.catalog import load_catalog, with_quantiles
    from moo_inference.estimators import choose_estimator
    from moo_inference.progress import report_progress
    from moo_inference.studies import run_study

    options = asdict(estimation)
    catalog = with_quantiles(load_catalog(question.catalog).without(question.without or ()), **asdict(tails))
    asked = [model for key, model in catalog.models.items() if question.model is None or key in question.model]
    chosen = choose_estimator(options.pop("estimator"), **options, models=asked)
    with report_progress("estimating") as progress:
        return run_study(
            catalog,
            models=question.model,
            scenarios=question.scenario,
            decisions=question.decision,
            estimator=chosen,
            baselines=baselines or (),
            assess=REPLICATIONS if assess else None,
            progress=progress,
            **asdict(conditions),
        )
