"""Results of EvalPlus, `*_eval_results.json`.

Schema: https://github.com/evalplus/evalplus (evalplus/evaluate.py): {date, hash, eval: {task_id: [{task_id, solution,
base_status, plus_status, ...}]}, pass_at_k}; a status is "pass", "fail" or "timeout", and plus_status is null where
only the base tests were run (--base-only).
"""

import os
from typing import Any

from moo_inference.errors import ReaderError
from moo_inference.readers.document import Faults, shown
from moo_inference.readers.json_file import read_json
from moo_inference.readers.outcomes import Outcomes, OutcomesBuilder

_STATUSES = ("pass", "fail", "timeout")


def read_evalplus(path: str | os.PathLike[str], *, tests: str | None = None) -> Outcomes:
    """Read the results of EvalPlus.

    Args:
        path: the file.
        tests: "plus": a sample is correct if it passes base and plus tests; "base": if it passes the base tests. By
            default plus, or base where no plus tests were run.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON, or its values are not what these results hold; or only
            some of the samples have results of the plus tests that were asked for.
    """
    if tests not in (None, "base", "plus"):
        raise ReaderError(f"tests must be 'base' or 'plus', got {tests!r}")
    document = read_json(path)
    tasks = document.data.get("eval") if isinstance(document.data, dict) else None
    if not isinstance(tasks, dict):
        raise ReaderError(document.fault((), 'must hold "eval" with the samples of each task'))
    faults = Faults()
    samples: list[tuple[str, Any, Any]] = []
    for task, listed in tasks.items():
        if not isinstance(listed, list):
            faults.add(document.fault(("eval", task), f"must be a list of samples, got {shown(listed)}"))
            continue
        for place, sample in enumerate(listed):
            at = ("eval", task, place)
            if not isinstance(sample, dict):
                faults.add(document.fault(at, f"must be a sample with base_status, got {shown(sample)}"))
                continue
            base, plus = sample.get("base_status"), sample.get("plus_status")
            if base not in _STATUSES:
                faults.add(document.fault((*at, "base_status"), _sentence(base)))
            if plus is not None and plus not in _STATUSES:
                faults.add(document.fault((*at, "plus_status"), _sentence(plus)))
            samples.append((task, base, plus))
    without = sum(plus is None for *_, plus in samples)
    if tests != "base" and (0 < without < len(samples) or (tests == "plus" and without)):
        faults.add(
            document.fault(
                ("eval",), f"plus_status must be there for all samples, but {without:,} of {len(samples):,} have none"
            )
        )
    faults.check()
    only_base = tests == "base" or without > 0
    built = OutcomesBuilder()
    for task, base, plus in samples:
        built.add(task, base == "pass" and (only_base or plus == "pass"))
    which = "the base tests only" if only_base else "the base tests and the plus tests"
    return built.build(path, (f"Correct means that a sample passes {which}.",))


def _sentence(status: object) -> str:
    return f"must be one of {', '.join(_STATUSES)}, got {shown(status)}"
