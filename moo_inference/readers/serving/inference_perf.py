"""Reports of inference-perf, `stage_*_lifecycle_metrics.json` and `summary_lifecycle_metrics.json`: seconds.

Schema: https://github.com/kubernetes-sigs/inference-perf. Its time per output token counts the chunks of the stream, of
which one token may take several: the time to the first token and n - 1 of it can be half the measured latency.
"""

import os

from moo_inference.documents.document import FileErrors, shown
from moo_inference.documents.json_file import read_json
from moo_inference.errors import ReaderError
from moo_inference.readers.format import Format
from moo_inference.readers.serving.checked import MINOR, CheckedValues
from moo_inference.readers.serving.run import (
    Load,
    ServingRun,
    Spread,
    identity_notes,
    known,
    level_of,
    nothing_completed,
)

DEFINITION = "time_per_output_token: seconds between the chunks of the stream after the first; a token can take several"


def read_inference_perf(path: str | os.PathLike[str]) -> tuple[ServingRun, ...]:
    """Read the report of one stage, or the summary of all.

    Returns:
        One run. The summary of several stages mixes their loads and has no requested rate.

    Raises:
        ReaderError: (a ValueError) the file is no JSON, or what the time of requests rests on is not what it must be.
    """
    document = read_json(path, refused=())
    if not isinstance(document.data, dict) or "successes" not in document.data:
        raise ReaderError(
            document.error_at((), f'must hold "successes" and "load_summary", got {shown(document.data)}')
        )
    errors = FileErrors()
    report = CheckedValues(document, errors)

    def seconds(name: str) -> Spread | None:
        return known(report.spread("successes", "latency", name, percentiles=level_of))

    completed, failed = report.count("successes", "count"), report.weighed(MINOR).count("failures", "count")
    if completed is None:
        report.refuse(("successes", "count"), "must be given")
    request, ttft, per_token = map(seconds, ("request_latency", "time_to_first_token", "time_per_output_token"))
    inward, outward = (report.spread("successes", name, percentiles=level_of) for name in ("prompt_len", "output_len"))
    requested, achieved = (
        report.weighed(MINOR).rate("load_summary", name) for name in ("requested_rate", "achieved_rate")
    )
    served = report.weighed(MINOR).number("successes", "throughput", "requests_per_sec")
    notes = identity_notes(request, ttft, per_token, outward)
    if completed == 0:
        request = None
        notes = (nothing_completed(failed),)
    elif request is None:
        notes += ("The latency was not measured, and cannot be rebuilt from the times between chunks.",)
    if requested is None:
        notes += ("No requested rate is given: a summary of several stages mixes latencies of different loads.",)
    run = report.settled(
        ServingRun(
            "inference-perf",
            None,
            Load(requested, None, served if achieved is None else achieved, served),
            completed,
            failed,
            request,
            ttft,
            per_token,
            DEFINITION,
            inward,
            outward,
            measured_end_to_end=request is not None,
            notes=notes,
            where=document.where(),
        )
    )
    errors.check()
    return (run,)


FORMAT = Format(
    "inference_perf",
    "inference-perf report",
    "serving",
    read_inference_perf,
    json=lambda shape: shape.has("successes", "latency") or {"load_summary", "successes"} <= shape.keys,
)
