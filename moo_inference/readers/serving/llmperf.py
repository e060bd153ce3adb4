"""Results of Ray's llmperf: `*_individual_responses.json`, a list of requests, and `*_summary.json`: seconds.

Schema: https://github.com/ray-project/llmperf (token_benchmark_ray.py). Its inter-token latency is the time of the
whole answer over the output tokens. A request that failed has an error_code.
"""

import math
import os

from moo_inference.documents.document import Document, FileErrors, shown
from moo_inference.documents.json_file import read_json
from moo_inference.errors import ReaderError
from moo_inference.readers.format import Format
from moo_inference.readers.serving.checked import MINOR, CheckedValues
from moo_inference.readers.serving.run import (
    Load,
    ServingRun,
    Spread,
    known,
    level_of,
    nothing_completed,
    of_requests,
    spread_of,
)

DEFINITION = "inter_token_latency_s: seconds of the whole answer / output tokens; includes the first token"
_TOOL = "llmperf"
_COLUMNS = {
    "seconds": "end_to_end_latency_s",
    "ttft": "ttft_s",
    "per_token": "inter_token_latency_s",
    "input_tokens": "number_input_tokens",
    "output_tokens": "number_output_tokens",
}


def read_llmperf(path: str | os.PathLike[str]) -> tuple[ServingRun, ...]:
    """Read the single requests or the summary of a run of llmperf.

    Returns:
        One run.

    Raises:
        ReaderError: (a ValueError) the file is no JSON, or its values are not what these results hold.
    """
    document = read_json(path, refused=())
    errors = FileErrors()
    if isinstance(document.data, list):
        run = _of_requests(document, errors)
    elif isinstance(document.data, dict):
        run = _summary(document, errors)
    else:
        raise ReaderError(
            document.error_at((), f"must hold the requests or the summary of a run, got {shown(document.data)}")
        )
    errors.check()
    return (run,)


def _of_requests(document: Document, errors: FileErrors) -> ServingRun:
    rows: list[list[float]] = []
    failed = 0
    for place in range(len(document.data)):
        fields = CheckedValues(document, errors, place)
        if fields.raw("error_code") is not None or fields.raw(_COLUMNS["output_tokens"]) == 0:
            failed += 1
            continue
        values = {name: fields.number(name) for name in _COLUMNS.values()}
        for name, value in values.items():
            if value is None:
                fields.refuse([name], "must be given")
        for location, (sentence, _) in fields.doubts.items():
            errors.add(document.error_at(location, sentence))
        rows.append([value or 0.0 for value in values.values()])
    if not document.data:
        errors.add(document.error_at((), "must hold at least one request"))
    if not any(row[1] for row in rows):
        rows = [[row[0], math.nan, *row[2:]] for row in rows]
    return of_requests(_TOOL, DEFINITION, document.where(), rows, failed=failed)


def _summary(document: Document, errors: FileErrors) -> ServingRun:
    fields = CheckedValues(document, errors)
    request, ttft, per_token, inward, outward = (_spread(fields, f"results_{name}") for name in _COLUMNS.values())
    minor = fields.weighed(MINOR)
    completed, failed = minor.count("results_num_completed_requests"), minor.count("results_number_errors")
    minute = minor.number("results_num_completed_requests_per_min")
    if completed and request is None:
        fields.refuse(["results_end_to_end_latency_s_mean"], "must be given")
    run = ServingRun(
        _TOOL,
        fields.text("model"),
        Load(None, minor.number("num_concurrent_requests"), None if minute is None else minute / 60),
        completed,
        failed,
        request if completed != 0 else None,
        known(ttft),
        known(per_token),
        DEFINITION,
        inward,
        outward,
        measured_end_to_end=request is not None,
        notes=(nothing_completed(failed),) if completed == 0 else (),
        where=document.where(),
    )
    return fields.settled(run)


def _spread(fields: CheckedValues, name: str) -> Spread | None:
    beginning = f"{name}_quantiles_"
    levels = {key: level_of(key.removeprefix(beginning)) for key in fields.document.data if key.startswith(beginning)}
    values = {level: fields.number(key) for key, level in levels.items() if level is not None}
    return spread_of(
        fields.number(f"{name}_mean"),
        fields.number(f"{name}_stddev"),
        {level: value for level, value in values.items() if value is not None},
    )


FORMAT = Format(
    "llmperf",
    "llmperf result",
    "serving",
    read_llmperf,
    json=lambda shape: (
        shape.keys >= {_COLUMNS["seconds"], _COLUMNS["output_tokens"]}
        or bool({"results_end_to_end_latency_s_mean", "results_ttft_s_mean"} & shape.keys)
    ),
)
