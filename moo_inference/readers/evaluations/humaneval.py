"""Results of HumanEval, `*_results.jsonl`: one sample a line, k samples of a task on k lines.

Schema: https://github.com/openai/human-eval (human_eval/evaluation.py): task_id, completion, result ("passed", "timed
out" or "failed: ..."), passed.
"""

import os

from moo_inference.documents.document import FileErrors, shown
from moo_inference.documents.json_file import read_json_records
from moo_inference.errors import ReaderError
from moo_inference.readers.evaluations.outcomes import Outcomes, OutcomesBuilder, name_of
from moo_inference.readers.format import Format


def read_humaneval(path: str | os.PathLike[str]) -> Outcomes:
    """Read the results of HumanEval.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON lines, or a line lacks task_id or passed. The samples
            themselves, without results, lack the latter.
    """
    errors, built = FileErrors(), OutcomesBuilder()
    for record in read_json_records(path):
        if not isinstance(record.data, dict):
            raise ReaderError(record.error_at((), f"must hold task_id and passed, got {shown(record.data)}"))
        task, passed = name_of(record.data.get("task_id")), record.data.get("passed")
        if task is None:
            errors.add(record.error_at(("task_id",), f"must name a task, got {shown(record.data.get('task_id'))}"))
        if not isinstance(passed, bool):
            errors.add(record.error_at(("passed",), f"must be true or false, got {shown(passed)}"))
        elif task is not None:
            built.add(task, passed)
    errors.check()
    return built.build(path)


FORMAT = Format(
    "humaneval",
    "HumanEval results",
    "outcomes",
    read_humaneval,
    json=lambda shape: "task_id" in shape.keys and bool({"passed", "completion"} & shape.keys),
)
