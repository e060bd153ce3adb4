"""A file's content in sentences and rows, kind by kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moo_inference.readers.candidates_csv import Candidates
from moo_inference.readers.outcomes import Outcomes
from moo_inference.readers.prices import NOT_FOR_TEXT, PriceList
from moo_inference.readers.serving import ServingRun, Spread, mean_of
from moo_inference.readers.token_trace import TokenTrace
from moo_inference.texts.words import counted

SHOWN = 10
"""How many rows are shown."""

_SKEWED = 1.5


@dataclass(frozen=True)
class Found:
    """What a kind of file is described with."""

    holds: Sequence[str]
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    warnings: Sequence[str] = ()
    lacks: Sequence[str] = ()


def _prices(found: PriceList) -> Found:
    prices = list(found.priced.values())
    holds = [
        f"{counted(len(prices) + len(found.unpriced), 'entry', 'entries')}: "
        f"{len(prices):,} with prices, {len(found.unpriced):,} without."
    ]
    tiered = sum(bool(price.tiers) for price in prices)
    if tiered:
        holds.append(f"{tiered:,} of them cost more for long input.")
    rows = [
        (
            price.key,
            _shown(price.usd_per_million_input_tokens),
            _shown(price.usd_per_million_output_tokens),
            _shown(price.usd_per_million_cached_input_tokens),
            "; ".join(f"{inward:g} / {outward:g} above {start:,}" for start, inward, outward in price.tiers) or "-",
            "-" if price.context_tokens is None else f"{price.context_tokens:,}",
            price.where.rpartition(":")[2],
        )
        for price in prices[:SHOWN]
    ]
    columns = (
        "model",
        "input (USD per million tokens)",
        "output (USD per million tokens)",
        "cached input (USD per million tokens)",
        "tiers (input / output in USD per million, above input tokens)",
        "longest input (tokens)",
        "line",
    )
    other = [reason for reason in found.unpriced.values() if NOT_FOR_TEXT in reason]
    if other:
        holds.append(f"{len(other):,} of those without are not chat models.")
    return Found(holds, columns, rows, [reason for reason in found.unpriced.values() if NOT_FOR_TEXT not in reason])


def _lengths(trace: TokenTrace) -> Found:
    holds = [f"{counted(len(trace), 'request')}."]
    warnings = [f"{trace.where}: failed requests, which are left out: {trace.failed:,}."] if trace.failed else []
    for name, tokens in (("Input", trace.input_tokens), ("Output", trace.output_tokens)):
        mean, median, tail = float(tokens.mean()), float(np.median(tokens)), float(np.percentile(tokens, 95))
        holds.append(f"{name}: mean {mean:,.1f}, median {median:,.0f}, 95th percentile {tail:,.0f} tokens.")
        if mean > _SKEWED * median:
            sentence = f"{name} lengths are skewed, mean {mean:,.1f} and median {median:,.0f}: no normal distribution."
            warnings.append(f"{trace.where}: {sentence}")
    columns: dict[str, Any] = {"input (tokens)": trace.input_tokens, "output (tokens)": trace.output_tokens}
    if trace.seconds is not None:
        holds.append(f"Latency of a request: mean {trace.seconds.mean():.4g}, median {np.median(trace.seconds):.4g} s.")
        columns["latency (s)"] = trace.seconds
    if trace.arrival_seconds is not None:
        columns["arrival (s after the first)"] = trace.arrival_seconds
    rows = [tuple(_shown(float(column[row])) for column in columns.values()) for row in range(min(len(trace), SHOWN))]
    return Found(holds, tuple(columns), rows, warnings)


def _serving(runs: Sequence[ServingRun]) -> Found:
    holds = [f"{len(runs):,} run{'s' * (len(runs) > 1)}, {sum(run.completed or 0 for run in runs):,} requests served."]
    failed = sum(run.failed or 0 for run in runs)
    holds += [f"Failed requests, which are left out: {failed:,}."] if failed else []
    holds += list(dict.fromkeys(f"Seconds per output token are {run.definition}." for run in runs))
    rows = [
        (
            run.model or "-",
            _shown(run.load.requested_rate),
            _shown(run.load.concurrency),
            _shown(run.load.achieved_rate),
            "-" if run.completed is None else f"{run.completed:,}",
            "-" if run.failed is None else f"{run.failed:,}",
            _shown(mean_of(run.request_seconds)),
            _shown(None if run.request_seconds is None else run.request_seconds.percentiles.get(95.0)),
            "-" if run.request_seconds is None else "measured" if run.measured_end_to_end else "rebuilt",
            _shown(mean_of(run.ttft_seconds)),
            _shown(mean_of(run.seconds_per_output_token)),
            _tokens(run.input_tokens),
            _tokens(run.output_tokens),
        )
        for run in runs[:SHOWN]
    ]
    columns = (
        "model",
        "requested rate (requests/s)",
        "concurrency (requests)",
        "achieved rate (requests/s)",
        "served (requests)",
        "failed (requests)",
        "mean latency (s)",
        "95th percentile of latency (s)",
        "latency is",
        "time to first token (s)",
        "per output token (s)",
        "input (mean tokens)",
        "output (mean tokens)",
    )
    return Found(holds, columns, rows, [f"{run.where}: {note}" for run in runs for note in run.notes])


def _outcomes(found: Outcomes) -> Found:
    n, c = found.counts()
    least, most = int(n.min()), int(n.max())
    each = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    holds = [
        f"{counted(len(n), 'question')} with {each} sample{'s' * (most > 1)} each.",
        f"{int(c.sum()):,} of {counted(len(found), 'sample')} are correct ({c.sum() / len(found):.2%}).",
        f"Answers are {'there' if found.answer is not None else 'not there'}, "
        f"scores are {'there' if found.score is not None else 'not there'}.",
    ]
    lacks = [_lacking_samples(most)]
    if found.answer is None:
        lacks.append("Without answers there is no majority vote to measure.")
    warnings = [f"{found.where}: {note}" for note in found.notes]
    if least < most:
        warnings.append(f"{found.where}: questions with fewer than {most:,} samples: {int((n < most).sum()):,}.")
    columns = ("question", "samples n", "correct c", "share correct")
    rows = [
        (name, f"{total:,}", f"{good:,}", f"{good / total:.4f}")
        for name, total, good in zip(found.questions[:SHOWN], n[:SHOWN].tolist(), c[:SHOWN].tolist(), strict=True)
    ]
    return Found(holds, columns, rows, warnings, lacks)


def _lacking_samples(most: int) -> str:
    if most == 1:
        return "There is one sample of each question: accuracy is known for k = 1 only."
    return f"There are at most {counted(most, 'sample')} of a question: accuracy is known for k up to {most:,} only."


def compared(option: str, found: dict[str, Outcomes]) -> Found:
    """The same questions under each system or filter, of which one has to be chosen."""
    first = next(iter(found.values()))
    what = "systems, each in a column of its own" if option == "correct" else "filters, each in rows of its own"
    holds = [f"{counted(len(first.questions), 'question')} and {len(found):,} {what}."]
    right = [(name, one.correct) for name, one in found.items()]
    rows = [(name, f"{len(one):,}", f"{int(one.sum()):,}", f"{one.mean():.4f}") for name, one in right]
    lacks = [
        _lacking_samples(int(first.counts()[0].max())),
        f"One of them has to be chosen ({option}=...): {', '.join(found)}.",
    ]
    warnings = list(dict.fromkeys(f"{one.where}: {note}" for one in found.values() for note in one.notes))
    return Found(holds, (option, "samples n", "correct c", "share correct"), rows, warnings, lacks)


def _candidates(found: Candidates) -> Found:
    holds = [f"{counted(len(found), 'candidate')} with {counted(len(set(found.names)), 'name')}."]
    rows = [
        (name, f"{accuracy:.4f}", f"{cost:.4g}")
        for name, accuracy, cost in zip(found.names, found.accuracy, found.usd_per_query, strict=True)
    ]
    return Found(holds, ("candidate", "accuracy (share)", "cost (USD per query)"), rows)


DESCRIBE: dict[str, Callable[[Any], Found]] = {
    "prices": _prices,
    "lengths": _lengths,
    "serving": _serving,
    "outcomes": _outcomes,
    "candidates": _candidates,
}


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


def _tokens(spread: Spread | None) -> str:
    mean = mean_of(spread)
    return "-" if mean is None else f"{mean:,.1f}"
