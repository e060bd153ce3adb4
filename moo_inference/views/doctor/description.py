"""A file's content in sentences and rows, kind by kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.formatting.words import counted
from moo_inference.readers.attempts.columns import MEASURED, AttemptTable
from moo_inference.readers.evaluations.candidates import TIMES, Candidates
from moo_inference.readers.evaluations.outcomes import Outcomes
from moo_inference.readers.format import Alternatives
from moo_inference.readers.prices.price import MODES, PriceList, Tier
from moo_inference.readers.serving.run import ServingRun, Spread, centre_of, mean_of
from moo_inference.readers.traces.trace import TokenTrace

SHOWN = 10
"""How many rows are shown."""

_SKEWED = 1.5


@dataclass(frozen=True)
class Description:
    """What a kind of file is described with."""

    holds: Sequence[str]
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    warnings: Sequence[str] = ()
    lacks: Sequence[str] = ()
    provides: Sequence[str] = ()
    """What of a decision is in it, of `PARTS`."""


PARTS = {
    "prices": "prices",
    "lengths": "lengths of prompts and answers",
    "serving": "latency under a load",
    "outcomes": "accuracy by the number of passes",
}
"""What a decision needs."""


Columns = Mapping[str, Callable[[Any], str]]
"""What each column of a table shows of an entry, by its heading."""


def _table(columns: Columns, entries: Sequence[Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings and first rows."""
    return tuple(columns), [tuple(text(entry) for text in columns.values()) for entry in entries[:SHOWN]]


_PRICES: Columns = {
    "model": lambda price: price.key,
    "input (USD per million tokens)": lambda price: _shown(price.usd_per_million_input_tokens),
    "output (USD per million tokens)": lambda price: _shown(price.usd_per_million_output_tokens),
    "cached input (USD per million tokens)": lambda price: _shown(price.usd_per_million_cached_input_tokens),
    "reasoning, where it differs (USD per million tokens)": lambda price: _shown(
        price.usd_per_million_reasoning_tokens
    ),
    "tiers (input / output [/ reasoning] in USD per million, above input tokens)": lambda price: (
        "; ".join(f"{_of_a_tier(tier)} above {tier.from_input_tokens:,}" for tier in price.tiers) or "-"
    ),
    "longest input (tokens)": lambda price: _count(price.context_tokens),
    "line": lambda price: price.where.rpartition(":")[2],
}


def _prices(found: PriceList) -> Description:
    prices = list(found.priced.values())
    holds = [
        f"{counted(len(prices) + len(found.unpriced), 'entry', 'entries')}: "
        f"{len(prices):,} with prices, {len(found.unpriced):,} without."
    ]
    tiered = sum(bool(price.tiers) for price in prices)
    if tiered:
        holds.append(f"{tiered:,} of them cost more for long input.")
    apart = sum(price.usd_per_million_reasoning_tokens is not None for price in prices)
    if apart:
        holds.append(f"{apart:,} of them have a price of their own for reasoning.")
    for mode in MODES:
        own = sum(mode in price.modes for price in prices)
        if own:
            holds.append(f"{own:,} of them have prices for {mode} (--price-mode {mode}).")
    by_hour = sum(price.off_peak is not None for price in prices)
    if by_hour:
        holds.append(f"{by_hour:,} of them {'is' if by_hour == 1 else 'are'} cheaper at some hours.")
    further = sum(bool(price.others) for price in prices)
    if further:
        holds.append(f"{further:,} of them have further prices, which are not counted; fit names those of its model.")
    if found.not_for_text:
        holds.append(f"{len(found.not_for_text):,} of those without are not chat models.")
    warnings = [f"{price.where}: {price.key}: {note}" for price in prices for note in price.notes]
    warnings += [reason for key, reason in found.unpriced.items() if key not in found.not_for_text]
    return Description(holds, *_table(_PRICES, prices), warnings, provides=("prices",) if prices else ())


def _of_a_tier(tier: Tier) -> str:
    return " / ".join(f"{amount:g}" for amount in tier[1:] if amount is not None)


def _lengths(trace: TokenTrace) -> Description:
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
    provides = ("lengths",) if trace.seconds is None else ("lengths", "serving")
    return Description(holds, tuple(columns), rows, warnings, provides=provides)


_RUNS: Columns = {
    "model": lambda run: run.model or "-",
    "requested rate (requests/s)": lambda run: _shown(run.load.requested_rate),
    "concurrency (requests)": lambda run: _shown(run.load.concurrency),
    "achieved rate (requests/s)": lambda run: _shown(run.load.achieved_rate),
    "served (requests)": lambda run: _count(run.completed),
    "failed (requests)": lambda run: _count(run.failed),
    "mean latency (s)": lambda run: _middle(run.request_seconds),
    "95th percentile of latency (s)": lambda run: _percentile(run.request_seconds, 95.0),
    "99th percentile of latency (s)": lambda run: _percentile(run.request_seconds, 99.0),
    "latency is": lambda run: (
        "-" if run.request_seconds is None else "measured" if run.measured_end_to_end else "rebuilt"
    ),
    "time to first token (s)": lambda run: _middle(run.ttft_seconds),
    "per output token (s)": lambda run: _middle(run.seconds_per_output_token),
    "input (mean tokens)": lambda run: _tokens(run.input_tokens),
    "output (mean tokens)": lambda run: _tokens(run.output_tokens),
}


def _serving(runs: Sequence[ServingRun]) -> Description:
    served = [run.completed for run in runs if run.completed is not None]
    served_words = (
        f"{sum(served):,} requests served" if len(served) == len(runs) else "how many requests were served is unknown"
    )
    holds = [f"{len(runs):,} run{'s' * (len(runs) > 1)}, {served_words}."]
    failed = sum(run.failed or 0 for run in runs)
    holds += [f"Failed requests, which are left out: {failed:,}."] if failed else []
    holds += list(dict.fromkeys(f"Seconds per output token are {run.definition}." for run in runs))
    notes = [f"{run.where}: {note}" for run in runs for note in run.notes]
    return Description(holds, *_table(_RUNS, runs), notes, provides=[kind for kind in PARTS if _all_have(runs, kind)])


def _all_have(runs: Sequence[ServingRun], kind: str) -> bool:
    """Whether every run contains this."""
    if kind == "serving":
        return all(run.request_seconds is not None for run in runs)
    return kind == "lengths" and all(run.input_tokens is not None and run.output_tokens is not None for run in runs)


def _outcomes(found: Outcomes) -> Description:
    n, c = found.counts()
    least, most = int(n.min()), int(n.max())
    each = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    holds = [
        f"{counted(len(n), 'question')} with {each} sample{'s' * (most > 1)} each.",
        f"{int(c.sum()):,} of {counted(len(found), 'sample')} are correct ({c.sum() / len(found):.2%}).",
        f"Answers are {_there(None if found.answer is None else found.answer < 0)}, "
        f"scores are {_there(None if found.score is None else np.isnan(found.score))}.",
    ]
    lacks = [_lacking_samples(least, most)]
    if found.passes > 1:
        lacks.append(f"Outcomes of single passes: fit does not take those of {found.passes:,} passes each.")
    if found.answer is None:
        lacks.append("Without answers there is no majority vote to measure.")
    warnings = [f"{found.where}: {note}" for note in found.notes]
    if least < most:
        fewest = found.questions[int(n.argmin())]
        warnings.append(
            f"{found.where}: questions with fewer than {most:,} samples: {int((n < most).sum()):,}; the fewest, "
            f"{least:,}, has {fewest!r}."
        )
    columns = ("question", "samples n", "correct c", "share correct")
    rows = [
        (name, f"{total:,}", f"{good:,}", f"{good / total:.4f}")
        for name, total, good in zip(found.questions[:SHOWN], n[:SHOWN].tolist(), c[:SHOWN].tolist(), strict=True)
    ]
    return Description(holds, columns, rows, warnings, lacks, ("outcomes",))


def _there(absent: NDArray[np.bool_] | None) -> str:
    if absent is None:
        return "not there"
    return f"there but for {counted(int(absent.sum()), 'sample')}" if absent.any() else "there"


def _lacking_samples(least: int, most: int) -> str:
    if most == 1:
        return "There is one sample of each question: accuracy is known for k = 1 only."
    known = f"up to {least:,}" if least > 1 else "= 1"
    each = (
        f"There are {counted(least, 'sample')}"
        if least == most
        else f"There is one with no more than {counted(least, 'sample')}"
    )
    return f"{each} of a question: accuracy is known for k {known} only."


def compared(several: Alternatives) -> Description:
    """The same questions under each system, filter or metric, of which one has to be chosen."""
    read = {name: one for name, one in several.outcomes.items() if isinstance(one, Outcomes)}
    sizes = dict.fromkeys(len(one.questions) for one in read.values())
    holds = [f"{' or '.join(f'{size:,}' for size in sizes)} questions and {len(several.outcomes):,} {several.what}."]
    right = [(name, one.correct) for name, one in read.items()]
    rows = [(name, f"{len(one):,}", f"{int(one.sum()):,}", f"{one.mean():.4f}") for name, one in right]
    lacks = [
        _lacking_samples(
            min(int(one.counts()[0].min()) for one in read.values()),
            max(int(one.counts()[0].max()) for one in read.values()),
        ),
        f"One of them has to be chosen ({several.flag} NAME): {', '.join(read)}.",
    ]
    warnings = list(dict.fromkeys(f"{one.where}: {note}" for one in read.values() for note in one.notes))
    warnings += [one for one in several.outcomes.values() if isinstance(one, str)]
    return Description(
        holds, (several.option, "samples n", "correct c", "share correct"), rows, warnings, lacks, ("outcomes",)
    )


def _candidates(found: Candidates) -> Description:
    holds = [f"{counted(len(found), 'candidate')} with {counted(len(set(found.names)), 'name')}."]
    seconds = found.seconds_per_query
    times = ["-"] * len(found) if seconds is None else [f"{value:.4g}" for value in seconds]
    rows = [
        (name, f"{accuracy:.4f}", f"{cost:.4g}", time)
        for name, accuracy, cost, time in zip(found.names, found.accuracy, found.usd_per_query, times, strict=True)
    ]
    lacks = [
        *([f"No column of times was recognised, which may be called {', '.join(TIMES)}."] if seconds is None else []),
        "Budgets: moo-inference candidates FILE --c-max USD --t-max SECONDS --a-min SHARE decides among them.",
    ]
    columns = ("candidate", "accuracy (share)", "cost (USD per query)", "time (s per query)")
    warnings = [f"{found.where}: {note}" for note in found.notes]
    return Description(holds, columns, rows, warnings, lacks)


_MEANS = {
    "usd": ("cost (mean USD)", ".4g"),
    "tokens_in": ("in (mean tokens)", ",.1f"),
    "tokens_out": ("out (mean tokens)", ",.1f"),
    "seconds": ("time (mean s)", ".4g"),
}
"""How the mean of a column is called and written."""


def _attempts(found: AttemptTable) -> Description:
    frame = found.frame
    outcome = "correct" if "correct" in frame else "score"
    by = [name for name in ("model", "effort") if name in frame]
    sizes = frame.groupby([*by, "question"], observed=True, dropna=False).size().reset_index(name="attempts")
    least, most = int(sizes["attempts"].min()), int(sizes["attempts"].max())
    groups = list(sizes.groupby(by, observed=True, dropna=False, sort=True)) if by else [((), sizes)]
    each = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    models = f" of {counted(len(groups), 'model')}" if by else ""
    holds = [
        f"{counted(len(frame), 'attempt')}{models} at {counted(frame['question'].nunique(), 'question')}, {each} "
        f"sample{'s' * (most > 1)} of each: fit --attempts and solve --attempts take them.",
        f"{'Correct' if outcome == 'correct' else 'Score'}: {frame[outcome].mean():.4f} in the mean over attempts.",
    ]
    if "cluster" in frame:
        clusters = counted(frame["cluster"].nunique(), "cluster")
        holds.append(f"The questions stand in {clusters}, over which intervals are.")
    if len(groups) > SHOWN:
        holds.append(f"Below stand the first {SHOWN} models of {len(groups):,}.")
    rows = [_attempts_of(frame, dict(zip(by, key, strict=True)), len(size)) for key, size in groups[:SHOWN]]
    columns = (
        "model",
        "attempts",
        "questions",
        outcome,
        *(text for name, (text, _) in _MEANS.items() if name in frame),
    )
    return Description(holds, columns, rows, found.notes, _lacking_of_attempts(frame, least, most))


def _attempts_of(frame: Any, keys: Mapping[str, Any], questions: int) -> tuple[str, ...]:
    """The row of one model x effort."""
    import pandas as pd  # noqa: PLC0415 (slow to load)

    chosen = np.ones(len(frame), dtype=bool)
    for name, value in keys.items():
        chosen &= (frame[name].isna() if pd.isna(value) else frame[name] == value).to_numpy()
    group = frame[chosen]
    outcome = "correct" if "correct" in frame else "score"
    return (
        "@".join(str(part) for part in keys.values() if isinstance(part, str)) or "-",
        f"{len(group):,}",
        f"{questions:,}",
        _mean(group[outcome], ".4f"),
        *(_mean(group[name], form) for name, (_, form) in _MEANS.items() if name in frame),
    )


def _lacking_of_attempts(frame: Any, least: int, most: int) -> list[str]:
    gaps = {name: int(frame[name].isna().sum()) for name in ("correct", *MEASURED) if name in frame}
    gaps = {name: count for name, count in gaps.items() if count}
    lacks = [_lacking_samples(least, most)]
    if gaps:
        named = ", ".join(f"{name} in {count:,}" for name, count in gaps.items())
        lacks.append(f"Attempts without a value, which are gaps and left out: {named}.")
    if "usd" not in frame:
        lacks.append(
            "Prices: what the tokens cost (--prices FILE)."
            if {"tokens_in", "tokens_out"} <= {*frame}
            else "Cost: there is no column usd, and not both tokens_in and tokens_out."
        )
    if "seconds" not in frame:
        lacks.append("Time: there is no column seconds.")
    if "answer" not in frame:
        lacks.append("Without answers there is no majority vote to measure.")
    return lacks


def _mean(column: Any, form: str) -> str:
    """The mean of what is known, or a dash."""
    mean = float(column.mean())
    return "-" if np.isnan(mean) else format(mean, form)


DESCRIBE: dict[str, Callable[[Any], Description]] = {
    "prices": _prices,
    "lengths": _lengths,
    "serving": _serving,
    "outcomes": _outcomes,
    "candidates": _candidates,
    "attempts": _attempts,
}


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _percentile(spread: Spread | None, level: float) -> str:
    return _shown(None if spread is None else spread.percentiles.get(level))


def _middle(spread: Spread | None) -> str:
    """The mean, or the median with a word where there is no mean."""
    mean = mean_of(spread)
    return _shown(centre_of(spread)) + (" (median)" if mean is None and centre_of(spread) is not None else "")


def _tokens(spread: Spread | None) -> str:
    mean = mean_of(spread)
    return "-" if mean is None else f"{mean:,.1f}"
