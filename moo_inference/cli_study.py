"""The study that several commands run, from their options."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from moo_inference.cli_options import Conditions, Estimation, Question, Stages, Tails

if TYPE_CHECKING:
    from moo_inference.studies import Study

REPLICATIONS = 200


def solve_study(
    question: Question,
    stages: Stages,
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

    pipelines = stages.asked
    options = asdict(estimation)
    catalog = with_quantiles(load_catalog(question.catalog).without(question.without or ()), **asdict(tails))
    asked = [model for key, model in catalog.models.items() if question.model is None or key in question.model]
    chosen = choose_estimator(options.pop("estimator"), **options, models=asked)
    with report_progress("estimating") as progress:
        study = run_study(
            catalog,
            models=question.model,
            scenarios=question.scenario,
            pipelines=pipelines,
            decisions=question.decision,
            estimator=chosen,
            baselines=baselines or (),
            assess=REPLICATIONS if assess else None,
            progress=progress,
            **asdict(conditions),
        )
    for key in catalog.pipelines if pipelines is None else ():
        others = [model for model in catalog.pipelines[key].models if model not in study.catalog.models]
        if others:
            sys.stderr.write(
                f"moo-inference: pipeline {key} is left out, since it may also use {', '.join(others)}: choose them "
                "with -m too, or say --no-pipelines\n"
            )
    return study
