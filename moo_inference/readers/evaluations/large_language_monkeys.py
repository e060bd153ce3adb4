"""Repeated samples of Large Language Monkeys: for each problem a list of whether each sample is correct.

Schema: https://huggingface.co/datasets/ScalingIntelligence/monkey_business: question, samples, is_corrects, gt_answer,
prompt, orig_dset_split, orig_dset_idx. One list of records, one record, or one on each line.
"""

import os

from moo_inference.documents.document import FileErrors, shown
from moo_inference.documents.json_file import read_json_records
from moo_inference.errors import ReaderError
from moo_inference.readers.evaluations.outcomes import Outcomes, OutcomesBuilder, must_be_truth, name_of, truth
from moo_inference.readers.format import Format


def read_large_language_monkeys(path: str | os.PathLike[str]) -> Outcomes:
    """Read repeated samples.

    Returns:
        Problems named by `orig_dset_idx`, or by their place in the file where they have none.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON, or a record lacks the list of what is correct.
    """
    errors, built = FileErrors(), OutcomesBuilder()
    for place, record in enumerate(read_json_records(path)):
        if not isinstance(record.data, dict):
            raise ReaderError(record.error_at((), f"must be a problem with is_corrects, got {shown(record.data)}"))
        key = "is_corrects" if "is_corrects" in record.data else "is_correct"
        listed = record.data.get(key)
        problem = name_of(record.data.get("orig_dset_idx", place))
        if problem is None:
            got = shown(record.data["orig_dset_idx"])
            errors.add(record.error_at(("orig_dset_idx",), f"must name a problem, got {got}"))
        if not isinstance(listed, list):
            errors.add(record.error_at(("is_corrects",), f"must be a list of true and false, got {shown(listed)}"))
            continue
        if not listed and problem is not None:
            built.without_samples(problem)
        for number, value in enumerate(listed):
            correct = truth(value)
            if correct is None:
                errors.add(record.error_at((key, number), must_be_truth(value)))
            elif problem is not None:
                built.add(problem, correct)
    errors.check()
    return built.build(path)


FORMAT = Format(
    "large_language_monkeys",
    "Large Language Monkeys samples",
    "outcomes",
    read_large_language_monkeys,
    json=lambda shape: bool({"is_corrects", "is_correct"} & shape.keys),
)
