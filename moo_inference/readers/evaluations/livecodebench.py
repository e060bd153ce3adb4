"""Results of LiveCodeBench, `*_eval_all.json`: for each problem the list of whether each sample is correct.

Schema: https://github.com/LiveCodeBench/LiveCodeBench (lcb_runner/benchmarks, insert_output_evaluation): question_id,
output_list, graded_list, pass@1. Neither tokens nor times of the samples are in it.
"""

import os

from moo_inference.documents.document import FileErrors, shown
from moo_inference.documents.json_file import read_json_records
from moo_inference.errors import ReaderError
from moo_inference.readers.evaluations.outcomes import Outcomes, OutcomesBuilder, must_be_truth, name_of, truth
from moo_inference.readers.format import Format


def read_livecodebench(path: str | os.PathLike[str]) -> Outcomes:
    """Read the graded samples.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON, or a problem lacks its question_id or graded_list.
    """
    errors, built = FileErrors(), OutcomesBuilder()
    for record in read_json_records(path):
        if not isinstance(record.data, dict):
            raise ReaderError(record.error_at((), f"must be a problem with graded_list, got {shown(record.data)}"))
        problem, graded = name_of(record.data.get("question_id")), record.data.get("graded_list")
        if problem is None:
            got = shown(record.data.get("question_id"))
            errors.add(record.error_at(("question_id",), f"must name a problem, got {got}"))
        if not isinstance(graded, list):
            errors.add(record.error_at(("graded_list",), f"must be a list of true and false, got {shown(graded)}"))
            continue
        if not graded and problem is not None:
            built.without_samples(problem)
        for place, value in enumerate(graded):
            correct = truth(value)
            if correct is None:
                errors.add(record.error_at(("graded_list", place), must_be_truth(value)))
            elif problem is not None:
                built.add(problem, correct)
    errors.check()
    return built.build(path)


FORMAT = Format(
    "livecodebench",
    "LiveCodeBench results",
    "outcomes",
    read_livecodebench,
    json=lambda shape: {"question_id", "graded_list"} <= shape.keys,
)
