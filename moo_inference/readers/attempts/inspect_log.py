"""Logs of Inspect (inspect_ai, version 2 of its log): `.eval`, `.json`, and the viewer's header and summaries.

The structure is that of `inspect_ai.log.EvalLog`, `EvalSample` and `EvalSampleSummary`, and of `ModelUsage`; see
https://inspect.aisi.org.uk/eval-logs.html. Providers count tokens in several ways, and releases differ: what is in
`input_tokens` and `output_tokens` follows from what they lack to `total_tokens`.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from moo_inference.documents.document import finite, printable, shown, unreadable
from moo_inference.documents.files import open_to_read
from moo_inference.errors import ReaderError, did_you_mean
from moo_inference.readers.attempts.columns import AttemptTable, first_bytes
from moo_inference.readers.attempts.gathered import checked
from moo_inference.readers.attempts.inspect_archive import ZIP, open_archive
from moo_inference.readers.format import Format

VERSION = 2
_GRADES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
"""Correct, incorrect, partly correct, and not attempted, which is wrong."""
_LONGEST = 18
_TOKENS = ("tokens_in", "tokens_cached", "tokens_cache_write", "tokens_out", "tokens_reasoning")
_BEGINNING = re.compile(rb'(\xef\xbb\xbf)?\s*\{\s*"version"\s*:\s*\d+\s*,\s*"(status|eval)"\s*:')
_HEADER, _SUMMARIES = "header.json", "summaries.json"


def read_inspect_log(path: str | os.PathLike[str], scorer: str | None = None) -> AttemptTable:
    """Read the attempts of one log: one a sample and epoch, of the model that is evaluated.

    Seconds are `working_time`, without waits for rate limits. A sample that ended in an error has no score and is a
    gap; one that a limit ended is scored as it is. Letters of choices that were shuffled for each sample are no
    answers. Tokens of graders and other models are left out.

    Args:
        path: a `.eval` or `.json` file, or `header.json` with `summaries.json` in the same folder.
        scorer: which score is correctness, where there are several.

    Raises:
        ReaderError: (a ValueError) the log is cut off, of another version, has an error in every sample, or has several
            scorers of which none is chosen.
    """
    import pandas as pd  # noqa: PLC0415 (slow to load)

    header, samples = _contents(Path(path))
    version = header.get("version")
    if version != VERSION:
        raise ReaderError(f"{path}: must be an Inspect log of version {VERSION}, got version {shown(version)}")
    if header.get("status") == "started":
        raise ReaderError(f"{path}: must be a finished Inspect log, got status 'started' (running, or cut off)")
    if not samples:
        raise ReaderError(f"{path}: must have at least one sample, got none (status {shown(header.get('status'))})")
    evaluated = header["eval"]
    name = _scorer(path, samples, scorer)
    model, notes = str(evaluated.get("model")), []
    if header.get("status") != "success":
        notes.append(f"{path}: the run ended as {header.get('status')!r}; it holds what was finished by then")
    steps = _object(path, header.get("plan"), "plan").get("steps")
    shuffled = any(_shuffles(step) for step in (steps if isinstance(steps, list) else []) if isinstance(step, dict))
    if shuffled:
        notes.append(f"{path}: choices were shuffled for each sample, so equal letters are not equal answers: left out")
    rows = [_row(path, sample, model, name, answers=not shuffled) for sample in samples]
    if all(row["correct"] is None and row["error"] for row in rows):
        raise ReaderError(
            f"{path}: must have a sample without an error, got {len(rows)} that all have one; the first: "
            f"{shown(printable(rows[0]['error']))}"
        )
    if name is None:
        raise ReaderError(f"{path}: must have scores, got samples without any: `inspect score` adds them")
    frame = pd.DataFrame(rows)
    grades = frame.pop("correct").astype(float)
    # Scores between right and wrong are no correctness.
    frame["correct" if grades.dropna().isin((0.0, 1.0)).all() else "score"] = grades
    frame["model"], frame["effort"] = model, _effort(path, header)
    frame["run"] = str(evaluated.get("eval_id") or evaluated.get("run_id") or path)
    unclear = int(frame["unclear"].sum())
    if unclear:
        notes.append(f"{path}: of {unclear:,} samples the tokens do not add up to their total: taken as not known")
    frame = frame.drop(columns=[name for name in frame if name == "unclear" or frame[name].isna().all()])
    return AttemptTable(checked(frame, str(path)), tuple(notes))


def is_inspect_log(path: str | os.PathLike[str], beginning: bytes) -> bool:
    """Whether a file is a log of Inspect, from its first bytes and its name."""
    return (
        beginning.startswith(ZIP)
        or _BEGINNING.match(beginning) is not None
        or Path(path).name == _HEADER
        or str(path).endswith(".eval")
    )


def _contents(path: Path) -> tuple[Mapping[str, Any], list[dict[str, Any]]]:
    """The header, and the samples or their summaries."""
    try:
        with open_to_read(path) as stream:
            packed = first_bytes(stream).startswith(ZIP) or path.suffix == ".eval"
            if not packed:
                found = _parsed(path, stream.read())
                if isinstance(found, list):
                    raise ReaderError(
                        f"{path}: must be an Inspect log with its header, got samples alone: give {_HEADER}, with "
                        f"{_SUMMARIES} in the same folder"
                    )
                header = _object(path, found, "an Inspect log")
                samples = header.get("samples")
                if samples is None and path.name == _HEADER:
                    samples = _parsed(path.with_name(_SUMMARIES), path.with_name(_SUMMARIES).read_bytes())
    except ReaderError:
        raise
    except (OSError, ValueError, EOFError) as error:
        raise ReaderError(unreadable(str(path), error)) from error
    if packed:
        with open_archive(path) as archive:
            header = _object(path, _parsed(path, archive.read(_HEADER)), "an Inspect log")
            samples = _parsed(path, archive.read(_SUMMARIES)) if _SUMMARIES in archive.names else []
            if (
                not samples
                or not isinstance(samples, list)
                or "model_usage" not in _object(path, samples[0], "samples")
            ):
                inner = sorted(name for name in archive.names if name.startswith("samples/"))
                samples = [_parsed(path, archive.read(name)) for name in inner]
    samples = [] if samples is None else samples
    are_objects = isinstance(samples, list) and all(isinstance(sample, dict) for sample in samples)
    if not isinstance(header.get("eval"), dict) or not are_objects:
        raise ReaderError(f"{path}: must be an Inspect log, with an object 'eval' and a list of samples")
    return header, samples


def _parsed(path: Path, content: bytes) -> Any:
    try:
        found = json.loads(content, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise ReaderError(
            f"{path}: must be a whole Inspect log, got JSON that is cut off or broken: {error}"
        ) from error
    if not isinstance(found, dict | list):
        raise ReaderError(f"{path}: must be an Inspect log, got {shown(found)}")
    return found


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST else float(digits)


def _object(path: str | os.PathLike[str], value: Any, what: str) -> Mapping[str, Any]:
    """An object of the log; nothing stands for an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ReaderError(f"{path}: {what} must be an object of keys and values, got {shown(value)}")
    return value


def _scorer(path: str | os.PathLike[str], samples: list[dict[str, Any]], chosen: str | None) -> str | None:
    """The name of the score that is correctness; None where no sample has a score."""
    names = list(dict.fromkeys(name for sample in samples for name in _object(path, sample.get("scores"), "scores")))
    if chosen is not None and chosen not in names:
        raise ReaderError(
            f"{path}: has no scorer {chosen!r}{did_you_mean(chosen, names)}; it has: {', '.join(names) or 'none'}"
        )
    if chosen is None and len(names) > 1:
        raise ReaderError(f"{path}: must have one scorer chosen (scorer=...) of: {', '.join(names)}")
    return chosen or (names[0] if names else None)


def _row(
    path: str | os.PathLike[str], sample: Mapping[str, Any], model: str, scorer: str | None, *, answers: bool
) -> dict[str, Any]:
    score = _object(path, _object(path, sample.get("scores"), "scores").get(scorer or ""), "a score")
    usages = _object(path, sample.get("model_usage"), "model_usage")
    usage = _object(path, usages[model], "the usage of a model") if usages.get(model) is not None else None
    tokens = None if usage is None else _tokens(path, usage)
    known: list[float] | list[None] = tokens or [None] * len(_TOKENS)
    error, seconds = sample.get("error"), sample.get("working_time")
    return {
        "question": sample.get("id"),
        "sample": sample.get("epoch", 1),
        "correct": _grade(path, sample, score.get("value")),
        "answer": score.get("answer") if answers else None,
        **dict(zip(_TOKENS, known, strict=True)),
        "usd": None if usage is None else usage.get("total_cost"),
        "seconds": "nan" if seconds != seconds else seconds or None,  # noqa: PLR0124
        "error": (error.get("message") or "error") if isinstance(error, dict) else error,
        "unclear": usage is not None and tokens is None,
    }


def _grade(path: str | os.PathLike[str], sample: Mapping[str, Any], value: Any) -> float | None:
    if value is None or value != value:  # noqa: PLR0124 (NaN, Inspect's mark of what was not scored)
        return None
    if isinstance(value, bool):
        return float(value)
    grade = _GRADES.get(value) if isinstance(value, str) else finite(value)
    if grade is None or not 0 <= grade <= 1:
        raise ReaderError(
            f"{path}: a score must be C, I, P, N or a number in [0, 1], got {shown(value)} in sample "
            f"{shown(sample.get('id'))}, epoch {shown(sample.get('epoch'))}"
        )
    return grade


def _tokens(path: str | os.PathLike[str], usage: Mapping[str, Any]) -> list[float] | None:
    """Tokens read, those of them from a cache and those written to it, written, and those of them for reasoning.

    None where they do not add up.

    Anthropic's input, and everybody's since 2025, leaves out what was cached; Google's output left out reasoning.
    """
    names = ("input_tokens", "output_tokens", "input_tokens_cache_read", "reasoning_tokens", "input_tokens_cache_write")
    found = {name: finite(usage.get(name) or 0) for name in (*names, "total_tokens")}
    for name, count in found.items():
        if count is None:
            raise ReaderError(f"{path}: {name} must be a number, got {shown(usage[name])}")
    read, written, cached, reasoning, beside, total = (count or 0.0 for count in found.values())
    beside += cached
    lacking = total - read - written
    for more_read, more_written in ((0.0, 0.0), (beside, 0.0), (0.0, reasoning), (beside, reasoning)):
        if lacking == more_read + more_written:
            return [read + more_read, cached, beside - cached, written + more_written, reasoning]
    return None


def _effort(path: str | os.PathLike[str], header: Mapping[str, Any]) -> str | None:
    """The effort of reasoning, or how many tokens it may take."""
    for config in _configs(path, header):
        if config.get("reasoning_effort"):
            return str(config["reasoning_effort"])
        if config.get("reasoning_tokens"):
            return f"think{config['reasoning_tokens']}"
    return None


def _configs(path: str | os.PathLike[str], header: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield _object(path, _object(path, header.get("plan"), "plan").get("config"), "config")
    yield _object(path, header["eval"].get("model_generate_config"), "model_generate_config")


def _shuffles(step: Mapping[str, Any]) -> bool:
    params = step.get("params")
    return isinstance(params, dict) and any("shuffle" in name and bool(value) for name, value in params.items())


FORMAT = Format(
    "inspect",
    "log of Inspect",
    "attempts",
    read_inspect_log,
    json=lambda shape: {"version", "eval"} <= shape.keys or {"epoch", "scores", "model_usage"} <= shape.keys,
    magic=ZIP,
)
