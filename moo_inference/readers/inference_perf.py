"""Reports of inference-perf, `stage_*_lifecycle_metrics.json` and `summary_lifecycle_metrics.json`: seconds.

Schema: https://github.com/kubernetes-sigs/inference-perf. Its time per output token counts the chunks of the stream, of
which one token may take several: the time to the first token and n - 1 of it can be half the measured latency.
"""

import os

from moo_inference.errors import ReaderError
from moo_inference.readers.document import Faults, shown
from moo_inference.readers.json_file import read_json
from moo_inference.readers.serving import NAMED_LEVELS, Fields, Load, ServingRun, Spread, identity_notes, known

DEFINITION = "time_per_output_token: seconds between the chunks of the stream after the first; a token can take several"


def read_inference_perf(path: str | os.PathLike[str]) -> tuple[ServingRun, ...]:
    """Read the report of one stage, or the summary of all.

    Returns:
        One run. The summary of several stages mixes their loads and has no requested rate.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON, or its values are not what this report holds.
    """
    document = read_json(path)
    if not isinstance(document.data, dict) or "successes" not in document.data:
        raise ReaderError(document.fault((), f'must hold "successes" and "load_summary", got {shown(document.data)}'))
    faults = Faults()
    report = Fields(document, faults)
    latency = ("successes", "latency")

    def seconds(name: str) -> Spread | None:
        return known(report.spread(*latency, name, percentiles=_level))

    completed = report.needed_count("successes", "count")
    request, ttft, per_token = map(seconds, ("request_latency", "time_to_first_token", "time_per_output_token"))
    inward, outward = (report.spread("successes", name, percentiles=_level) for name in ("prompt_len", "output_len"))
    load = Load(
        report.number("load_summary", "requested_rate"),
        None,
        report.number("load_summary", "achieved_rate"),
    )
    served = report.number("successes", "throughput", "requests_per_sec")
    failed = report.count("failures", "count")
    faults.check()
    notes = identity_notes(request, ttft, per_token, outward)
    if request is None:
        notes += ("The latency was not measured, and cannot be rebuilt from the times between chunks.",)
    if load.achieved_rate is None:
        load = Load(load.requested_rate, None, served)
    if load.requested_rate is None:
        notes += ("No requested rate is given: a summary of several stages mixes latencies of different loads.",)
    return (
        ServingRun(
            "inference-perf",
            None,
            load,
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
        ),
    )


def _level(key: str) -> float | None:
    if key in NAMED_LEVELS:
        return NAMED_LEVELS[key]
    try:
        return float(key[1:]) if key.startswith("p") and 0 <= float(key[1:]) <= 100 else None
    except ValueError:
        return None
