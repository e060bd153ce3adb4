"""Latency of a model over the load, from runs of a serving benchmark at several loads."""

import math
import os
from collections.abc import Sequence
from typing import Any

from moo_inference.catalog.servers import Servers
from moo_inference.errors import ErrorCollector, SettingError
from moo_inference.fitting.model_fields import ModelFields
from moo_inference.fitting.model_names import same_model
from moo_inference.fitting.serving import lengths_of, load_text, times_of
from moo_inference.formatting.words import counted, left_out_text
from moo_inference.readers import ServingRun
from moo_inference.readers.serving.run import Load, centre_of, mean_of

_FEWEST = 2
_NAMED = 2
_ALIKE = 1.1
"""Lengths of runs that differ by more than this factor are reported."""


def files_of(path: str | os.PathLike[str]) -> list[str]:
    """The files of a folder in the order of their names, or the path of a file.

    Raises:
        SettingError: (a ValueError) the folder has no files.
    """
    if not os.path.isdir(path):
        return [os.fspath(path)]
    found = sorted(entry.path for entry in os.scandir(path) if entry.is_file() and not entry.name.startswith("."))
    if not found:
        raise SettingError(f"{os.fspath(path)}: must hold files with runs of a benchmark, got an empty folder")
    return found


def load_fields(
    runs: Sequence[ServingRun], *, other_lengths: bool, usd_per_hour: float | None = None, replicas: int = 1
) -> ModelFields:
    """The times of requests over the load, and the lengths of the requests of the least load.

    A run whose requests are sent at a rate has 1 + rate x latency requests in flight, the one that is timed included;
    one that keeps a number of requests in flight has these. A run of all requests at once has no steady load and is
    left out.

    Args:
        runs: of one model on one server.
        other_lengths: see `serving_fields`.
        usd_per_hour: what the server costs, in the place of prices per token.
        replicas: how many such servers share the load.

    Raises:
        SettingError: (a ValueError) the runs are of several models, a load or a time is unknown, or there are fewer
            than two loads; all at once.
    """
    errors = ErrorCollector()
    notes: dict[str, None] = {}
    where = _where(runs)
    names = dict.fromkeys(run.model for run in runs if run.model)
    first = next(iter(names), None)
    others = [name for name in names if first is not None and not same_model(first, name)]
    if others:
        errors.add(f"{where}: all runs must be of one model, got {', '.join([first or '', *others])}")
    loads: dict[float, dict[str, Any]] = {}
    at: dict[float, ServingRun] = {}
    for run in runs:
        if _at_once(run):
            notes[f"{run.where}: a run of all requests at once has no steady load, and is left out"] = None
            continue
        concurrency = errors.attempt(concurrency_of, run)
        own: list[str] = []
        times = errors.attempt(times_of, run, other_lengths, own)
        # What holds of every run is said once.
        notes.update(dict.fromkeys(f"{where}{note.removeprefix(run.where)}" for note in own))
        if concurrency is None or times is None:
            continue
        if concurrency in loads:
            errors.add(f"{run.where}: each load must be given once, got {load_text(run)} twice")
        loads[concurrency] = {"concurrency": concurrency, **times, **_measured(run)}
        at[concurrency] = run
    if not errors.errors and len(loads) < _FEWEST:
        errors.add(f"{where}: must have runs at two loads or more, got {counted(len(loads), 'steady load')}")
    errors.check()
    servers = {
        "loads": [loads[concurrency] for concurrency in sorted(loads)],
        **({} if usd_per_hour is None else {"usd_per_hour": usd_per_hour}),
        "replicas": replicas,
    }
    known = Servers.model_validate(servers)
    ends = [f"{load.concurrency:.4g}" for load in (known.loads[0], known.loads[-1])]
    steady, lightest = list(at.values()), at[min(at)]
    source = ", ".join(
        filter(
            None,
            (
                where,
                lightest.tool,
                lightest.model,
                f"{len(loads)} loads from {ends[0]} to {ends[1]} requests at the same time",
            ),
        )
    )
    further: list[str] = []
    lengths = lengths_of(lightest, source, further, whole=not other_lengths, passes=False)
    further += [*_other_lengths(steady, where), _interpolation(known, lightest, lengths, where)]
    values: dict[str, Any] = {"servers": servers}
    completed, failed = (sum(getattr(run, name) or 0 for run in steady) for name in ("completed", "failed"))
    if failed and completed:
        values["failed_share"] = failed / (failed + completed)
    return ModelFields(
        {**values, **lengths.values},
        {**dict.fromkeys(values, source), **lengths.sources},
        tuple(dict.fromkeys([*notes, *further])),
    )


def _where(runs: Sequence[ServingRun]) -> str:
    """The files of some runs, of many the first one."""
    files = list(dict.fromkeys(run.where.rpartition(":")[0] or run.where for run in runs))
    return ", ".join(files) if len(files) <= _NAMED else f"{files[0]} and {len(files) - 1} more files"


def concurrency_of(run: ServingRun) -> float:
    """The requests in flight that a request of a run sees, itself included.

    Raises:
        SettingError: (a ValueError) that is not known.
    """
    load, seconds = run.load, centre_of(run.request_seconds)
    rate = load.requested_rate if _served(load) is None else _served(load)
    if load.requested_rate is not None and math.isfinite(load.requested_rate):
        if rate is not None and seconds is not None and math.isfinite(rate):
            return 1.0 + rate * seconds
    elif load.concurrency is not None:
        return max(1.0, load.concurrency)
    raise SettingError(f"{run.where}: must contain at how many requests at the same time, or at which rate, it ran")


def _served(load: Load) -> float | None:
    """Requests per second that were served; None where unknown."""
    return load.achieved_rate if load.served_rate is None else load.served_rate


def _at_once(run: ServingRun) -> bool:
    """Whether all requests were sent at the same moment, and nothing bounds how many run."""
    rate = run.load.requested_rate
    return rate is not None and math.isinf(rate) and run.load.concurrency is None


def _measured(run: ServingRun) -> dict[str, float]:
    """What is shown of a load besides its times."""
    found = {"ttft_seconds": centre_of(run.ttft_seconds), "requests_per_second": _served(run.load)}
    return {name: value for name, value in found.items() if value}


def _other_lengths(runs: Sequence[ServingRun], where: str) -> list[str]:
    """A note where the runs have other lengths than each other."""
    notes = []
    for name in ("input_tokens", "output_tokens"):
        means = [mean for run in runs if (mean := mean_of(getattr(run, name)))]
        if means and max(means) > _ALIKE * min(means):
            notes.append(
                f"{where}: {name} lie between {min(means):,.4g} and {max(means):,.4g} on average: a "
                "difference of their times is not one of the load alone"
            )
    return notes


def _interpolation(servers: Servers, lightest: ServingRun, lengths: ModelFields, where: str) -> str:
    """How well the time of a request at each inner load is predicted by the other loads."""
    read, written = (
        (lengths.values[name]["mean"] if name in lengths.values else centre_of(getattr(lightest, name)) or 0.0)
        for name in ("input_tokens", "output_tokens")
    )
    return f"{where}: {left_out_text(servers.curve(read, written).left_out().tolist())}"
