"""What a file holds and what it lacks for a decision, in words: the first thing to look at when a number surprises."""

import inspect
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from moo_inference.errors import SettingError, did_you_mean
from moo_inference.readers.candidates_csv import Candidates
from moo_inference.readers.document import printable
from moo_inference.readers.lm_eval import lm_eval_filters
from moo_inference.readers.outcomes import Outcomes
from moo_inference.readers.prices import NOT_FOR_TEXT, PriceList
from moo_inference.readers.recognition import FORMATS, Recognised, as_format, recognise
from moo_inference.readers.serving import ServingRun, Spread, mean_of
from moo_inference.readers.token_trace import TokenTrace

_SHOWN = 10
_WARNINGS = 20
_SKEWED = 1.5

_PARTS = {
    "prices": "prices",
    "lengths": "lengths of prompts and answers",
    "serving": "latency under a load",
    "outcomes": "accuracy by the number of passes",
}


@dataclass(frozen=True)
class Examination:
    """A file as it is understood.

    Attributes:
        path: the file, as the user named it.
        format: the name of the module that reads it, e.g. `litellm_prices`.
        name: the format's name for people.
        kind: what it tells: prices, lengths, serving, outcomes, candidates or catalog.
        holds: what is in it, in sentences with counts.
        lacks: what a decision needs besides, in sentences.
        warnings: what to be careful about, with file and line where it stands on one.
        columns: the headings of `rows`, with units.
        rows: the first ten rows as understood.
    """

    path: str
    format: str
    name: str
    kind: str
    holds: tuple[str, ...]
    lacks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class _Found:
    """What a kind of file is described with."""

    holds: Sequence[str]
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    warnings: Sequence[str] = ()
    lacks: Sequence[str] = ()


def examine(path: str | os.PathLike[str], *, format: str | None = None, **options: Any) -> Examination:  # noqa: A002
    """Recognise a file, read it, and say what was understood.

    Args:
        path: a file in any format of `recognise`.
        format: the format's id, e.g. `outcomes_table`, where the file is not to be recognised by its content.
        options: of the format's reader, e.g. `filter="maj@8"` or `question="problem_idx"`.

    Raises:
        ReaderError: (a ValueError) the file is in no known format, or breaks the rules of its own.
        SettingError: (a ValueError) the format's reader has no such option.
        UnknownNameError: (a LookupError) there is no such format.
    """
    known = recognise(path) if format is None else as_format(path, format)
    if known.kind == "catalog":
        _checked(known, options, ())
        found = _Found(["A catalog of models and scenarios; it is read and checked by load_catalog."], (), ())
        return _examination(known, found, ())
    reader = getattr(import_module(f"moo_inference.readers.{known.format}"), FORMATS[known.format].reader)
    _checked(known, options, tuple(inspect.signature(reader).parameters)[1:])
    chosen = {**known.options, **options}
    several = _several(path, known, chosen)
    if several:
        option, names = several
        found = _compared(option, {name: reader(path, **{option: name}, **chosen) for name in names})
    else:
        found = _DESCRIBE[known.kind](reader(path, **chosen))
    return _examination(known, found, _needed(known.kind))


def _several(
    path: str | os.PathLike[str], known: Recognised, chosen: dict[str, Any]
) -> tuple[str, tuple[str, ...]] | None:
    """The option that still has to be chosen, and what it can be."""
    if known.systems and "correct" not in chosen:
        return "correct", known.systems
    if known.format == "lm_eval" and "filter" not in chosen:
        filters = lm_eval_filters(path)
        return ("filter", filters) if len(filters) > 1 else None
    return None


def _checked(known: Recognised, options: dict[str, Any], allowed: tuple[str, ...]) -> None:
    unknown = [name for name in options if name not in allowed]
    if unknown:
        raise SettingError(
            [
                f"{known.path}: a {known.name} has no option {name!r}{did_you_mean(name, allowed)}; "
                f"it has: {', '.join(allowed) or 'none'}"
                for name in unknown
            ]
        )


def _examination(known: Recognised, found: _Found, needed: Sequence[str]) -> Examination:
    more = len(found.warnings) - _WARNINGS
    warnings = [*found.warnings[:_WARNINGS], *([f"and {more:,} more like these"] if more > 0 else [])]
    return Examination(
        known.path,
        known.format,
        known.name,
        known.kind,
        tuple(found.holds),
        (*found.lacks, *needed),
        tuple(warnings),
        tuple(found.columns),
        tuple(tuple(printable(cell) for cell in row) for row in found.rows[:_SHOWN]),
    )


def _needed(kind: str) -> tuple[str, ...]:
    if kind == "candidates":
        return ("A decision under a latency budget needs seconds too; this file gives accuracy and cost only.",)
    others = [part for key, part in _PARTS.items() if key != kind]
    return (f"A decision needs {', '.join(others[:-1])} and {others[-1]} too; this file gives {_PARTS[kind]} only.",)


def _prices(found: PriceList) -> _Found:
    prices = list(found.priced.values())
    holds = [
        f"{len(prices) + len(found.unpriced):,} entries: {len(prices):,} with prices, {len(found.unpriced):,} without."
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
        for price in prices[:_SHOWN]
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
    return _Found(holds, columns, rows, [reason for reason in found.unpriced.values() if NOT_FOR_TEXT not in reason])


def _lengths(trace: TokenTrace) -> _Found:
    holds = [f"{len(trace):,} requests."]
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
    rows = [tuple(_shown(float(column[row])) for column in columns.values()) for row in range(min(len(trace), _SHOWN))]
    return _Found(holds, tuple(columns), rows, warnings)


def _serving(runs: Sequence[ServingRun]) -> _Found:
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
        for run in runs[:_SHOWN]
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
    return _Found(holds, columns, rows, [f"{run.where}: {note}" for run in runs for note in run.notes])


def _outcomes(found: Outcomes) -> _Found:
    n, c = found.counts()
    least, most = int(n.min()), int(n.max())
    each = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    holds = [
        f"{len(n):,} questions with {each} sample{'s' * (most > 1)} each.",
        f"{int(c.sum()):,} of {len(found):,} samples are correct ({c.sum() / len(found):.2%}).",
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
        for name, total, good in zip(found.questions[:_SHOWN], n[:_SHOWN].tolist(), c[:_SHOWN].tolist(), strict=True)
    ]
    return _Found(holds, columns, rows, warnings, lacks)


def _lacking_samples(most: int) -> str:
    if most == 1:
        return "There is one sample of each question: accuracy is known for k = 1 only."
    return f"There are at most {most:,} samples of a question: accuracy is known for k up to {most:,} only."


def _compared(option: str, found: dict[str, Outcomes]) -> _Found:
    """The same questions under each system or filter, of which one has to be chosen."""
    first = next(iter(found.values()))
    what = "systems, each in a column of its own" if option == "correct" else "filters, each in rows of its own"
    holds = [f"{len(first.questions):,} questions and {len(found):,} {what}."]
    counted = [(name, one.correct) for name, one in found.items()]
    rows = [(name, f"{len(one):,}", f"{int(one.sum()):,}", f"{one.mean():.4f}") for name, one in counted]
    lacks = [
        _lacking_samples(int(first.counts()[0].max())),
        f"One of them has to be chosen ({option}=...): {', '.join(found)}.",
    ]
    warnings = list(dict.fromkeys(f"{one.where}: {note}" for one in found.values() for note in one.notes))
    return _Found(holds, (option, "samples n", "correct c", "share correct"), rows, warnings, lacks)


def _candidates(found: Candidates) -> _Found:
    holds = [f"{len(found):,} candidates with {len(set(found.names)):,} names."]
    rows = [
        (name, f"{accuracy:.4f}", f"{cost:.4g}")
        for name, accuracy, cost in zip(found.names, found.accuracy, found.usd_per_query, strict=True)
    ]
    return _Found(holds, ("candidate", "accuracy (share)", "cost (USD per query)"), rows)


_DESCRIBE: dict[str, Callable[[Any], _Found]] = {
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
