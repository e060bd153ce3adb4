"""Results of EvalPlus, `*_eval_results.json`.

Schema: https://github.com/evalplus/evalplus (evalplus/evaluate.py): {date, hash, eval: {task_id: [{task_id, solution,
base_status, plus_status, ...}]}, pass_at_k}; a status is "pass", "fail" or "timeout", and plus_status is null where
only the base tests were run (--base-only). Before February 2024 a task was {nfiles, base: [[status, details], ...],
plus: [...]}, with "success", "failed" and "timed out", and an empty list of plus tests where they were not run.
"""

import os
from typing import Any

from moo_inference.documents.document import Document, FileErrors, shown
from moo_inference.documents.json_file import read_json
from moo_inference.errors import ReaderError
from moo_inference.readers.evaluations.outcomes import Outcomes, OutcomesBuilder
from moo_inference.readers.format import Format

_STATUSES = ("pass", "fail", "timeout")
_EARLIER = {"success": "pass", "failed": "fail", "timed out": "timeout"}


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
        raise ReaderError(document.error_at((), 'must hold "eval" with the samples of each task'))
    errors = FileErrors()
    samples: list[tuple[str, Any, Any]] = []
    built = OutcomesBuilder()
    for task, result in tasks.items():
        earlier = isinstance(result, dict) and "nfiles" in result
        before = errors.count
        found = (_earlier if earlier else _samples)(document, task, result, errors)
        samples += [(task, *statuses) for statuses in found]
        if not found and errors.count == before:
            built.without_samples(task)
    without = sum(plus is None for *_, plus in samples)
    if tests != "base" and (0 < without < len(samples) or (tests == "plus" and without)):
        errors.add(
            document.error_at(
                ("eval",), f"plus_status must be there for all samples, but {without:,} of {len(samples):,} have none"
            )
        )
    errors.check()
    only_base = tests == "base" or without > 0
    for task, base, plus in samples:
        built.add(task, base == "pass" and (only_base or plus == "pass"))
    which = "the base tests only" if only_base else "the base tests and the plus tests"
    return built.build(path, (f"Correct means that a sample passes {which}.",))


def _samples(document: Document, task: str, listed: Any, errors: FileErrors) -> list[tuple[Any, Any]]:
    """Base and plus status of each sample of a task."""
    if not isinstance(listed, list):
        errors.add(document.error_at(("eval", task), f"must be a list of samples, got {shown(listed)}"))
        return []
    found = []
    for place, sample in enumerate(listed):
        at = ("eval", task, place)
        if not isinstance(sample, dict):
            errors.add(document.error_at(at, f"must be a sample with base_status, got {shown(sample)}"))
            continue
        base, plus = sample.get("base_status"), sample.get("plus_status")
        if base not in _STATUSES:
            errors.add(document.error_at((*at, "base_status"), _sentence(base)))
        if plus is not None and plus not in _STATUSES:
            errors.add(document.error_at((*at, "plus_status"), _sentence(plus)))
        found.append((base, plus))
    return found


def _earlier(document: Document, task: str, result: dict[str, Any], errors: FileErrors) -> list[tuple[Any, Any]]:
    """The same as it was written before February 2024."""
    found: dict[str, list[Any]] = {}
    for name in ("base", "plus"):
        at, listed = ("eval", task, name), result.get(name)
        if not isinstance(listed, list) or not all(isinstance(one, list) and one for one in listed):
            errors.add(document.error_at(at, "must be a list of [status, details], one a sample"))
            return []
        for place, (status, *_) in enumerate(listed):
            if not isinstance(status, str) or status not in _EARLIER:
                errors.add(
                    document.error_at((*at, place), f"must be one of {', '.join(_EARLIER)}, got {shown(status)}")
                )
        if len(listed) != result["nfiles"] and (listed or name == "base"):
            got = f"got {len(listed)} where nfiles is {shown(result['nfiles'])}"
            errors.add(document.error_at(at, f"must hold as many samples as nfiles says, {got}"))
        found[name] = [_EARLIER.get(status) if isinstance(status, str) else None for status, *_ in listed]
    base, plus = found["base"], found["plus"]
    return list(zip(base, plus or [None] * len(base), strict=False))


def _sentence(status: object) -> str:
    return f"must be one of {', '.join(_STATUSES)}, got {shown(status)}"


FORMAT = Format(
    "evalplus",
    "EvalPlus results",
    "outcomes",
    read_evalplus,
    json=lambda shape: shape.has("eval", "*", 0, "base_status") or shape.has("eval", "*", "nfiles"),
)
