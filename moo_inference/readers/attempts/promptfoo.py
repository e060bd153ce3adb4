"""Results of promptfoo, `promptfoo eval --output results.json`: one attempt a test case, prompt and provider.

Schema: https://github.com/promptfoo/promptfoo (src/types: EvaluateResult, ProviderResponse, TokenUsage). A repetition
(`--repeat`) has a testIdx of its own, so that questions are told apart by what they ask: vars, assertions, description.
What came from promptfoo's cache was not measured: its cost, tokens and time are gaps. A cost or time of 0 stands for
one that is not known.
"""

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from moo_inference.documents.document import Document, FileErrors, finite, printable, shown
from moo_inference.documents.json_file import read_json
from moo_inference.errors import ReaderError
from moo_inference.readers.attempts.columns import AttemptTable
from moo_inference.readers.attempts.gathered import checked
from moo_inference.readers.evaluations.outcomes import answer_of, name_of
from moo_inference.readers.format import Format

_ERROR = 2
"""The failureReason of a call that failed: it has no outcome."""
_OF_A_RUN = ("sessionId",)
"""Variables that promptfoo adds, another one each time."""


def read_promptfoo(path: str | os.PathLike[str]) -> AttemptTable:
    """Read the attempts. Correct is what promptfoo calls a success; a provider's label, or else its id, is the model.

    Raises:
        ReaderError: (a ValueError) the file is no strict JSON, has no list of results, or a result lacks what is
            needed: each named with its line.
    """
    import pandas as pd  # noqa: PLC0415 (slow to load)

    document = read_json(path)
    found = document.data.get("results") if isinstance(document.data, dict) else None
    where: tuple[str, ...] = ("results",)
    if isinstance(found, dict):
        found, where = found.get("results"), ("results", "results")
    if not isinstance(found, list):
        raise ReaderError(f"{path}: must hold a list of results, got {shown(found)}")
    errors, naming = FileErrors(), _Naming()
    rows = [row for place in range(len(found)) if (row := _row(document.at(*where, place), naming, errors))]
    errors.check()
    if not rows:
        raise ReaderError(f"{path}: must hold at least one result, got none")
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (row["model"], row["question"])
        row["sample"] = counts[key] = counts.get(key, 0) + 1
    frame = pd.DataFrame(rows)
    frame["run"] = printable(name_of(document.data.get("evalId")) or str(path))
    notes = tuple(f"{path}: {note}" for note in _notes(rows, naming))
    frame = frame.drop(columns=[name for name in frame if name in ("cached", "unclear") or frame[name].isna().all()])
    if "correct" not in frame:
        first = next((row["error"] for row in rows if row["error"]), None)
        raise ReaderError(f"{path}: must hold a result without an error, got {len(rows):,}; the first: {shown(first)}")
    return AttemptTable(checked(frame, str(path)), notes)


class _Naming:
    """Names of models and questions, by what tells them apart."""

    def __init__(self) -> None:
        self.questions: dict[str, str] = {}
        self.taken: set[str] = set()
        self.prompts: dict[str, dict[str, int]] = {}

    def question(self, result: Mapping[str, Any]) -> str | None:
        """What a test case asks: its only variable, several as JSON; where there are none its number."""
        case = _object(result.get("testCase"))
        asked = _object(result.get("vars") or case.get("vars"))
        asked = {name: value for name, value in asked.items() if name not in _OF_A_RUN}
        number = name_of(result.get("testIdx"))
        if not asked:
            return number
        key = json.dumps([asked, case.get("assert"), case.get("description")], sort_keys=True)
        if key not in self.questions:
            only = next(iter(asked.values())) if len(asked) == 1 else asked
            name = printable(answer_of(only) or json.dumps(asked, sort_keys=True))
            self.questions[key] = f"{name} (test {number or len(self.questions)})" if name in self.taken else name
            self.taken.add(name)
        return self.questions[key]

    def model(self, result: Mapping[str, Any]) -> str | None:
        """The provider, and which of its prompts from the second on."""
        provider = result.get("provider")
        if isinstance(provider, dict):
            provider = provider.get("label") or provider.get("id")
        name = name_of(provider)
        if name is None:
            return None
        prompt = _object(result.get("prompt"))
        told = result.get("promptId") or prompt.get("label") or prompt.get("raw") or result.get("promptIdx") or 0
        places = self.prompts.setdefault(printable(name), {})
        place = places.setdefault(printable(str(told)), len(places) + 1)
        return printable(name) if place == 1 else f"{printable(name)}, prompt {place}"


def _row(entry: Document, naming: _Naming, errors: FileErrors) -> dict[str, Any] | None:
    if not isinstance(entry.data, dict):
        errors.add(entry.error_at((), f"must be a result, got {shown(entry.data)}"))
        return None
    result, before = entry.data, errors.count
    question, model = naming.question(result), naming.model(result)
    if question is None:
        errors.add(entry.error_at((), "must have vars or a testIdx, got neither"))
    if model is None:
        errors.add(entry.error_at(("provider",), f"must name a provider, got {shown(result.get('provider'))}"))
    response, failed = _object(result.get("response")), _failed(result)
    if not failed and not isinstance(result.get("success"), bool):
        errors.add(entry.error_at(("success",), f"must be true or false, got {shown(result.get('success'))}"))
    cached = response.get("cached") is True
    usage = _object(response.get("tokenUsage") or result.get("tokenUsage"))
    numbers = {
        "usd": _number(entry, ("cost",), result.get("cost"), errors),
        "seconds": _number(entry, ("latencyMs",), result.get("latencyMs"), errors),
        **{
            name: _number(entry, ("response", "tokenUsage", theirs), usage.get(theirs), errors)
            for name, theirs in (("tokens_in", "prompt"), ("tokens_out", "completion"))
        },
    }
    total = _number(entry, ("response", "tokenUsage", "total"), usage.get("total"), errors)
    if errors.count > before:
        return None
    unclear = total is not None and total != (numbers["tokens_in"] or 0) + (numbers["tokens_out"] or 0)
    if unclear:
        # What a provider left out of the one or the other, as reasoning, is billed too.
        numbers |= {"tokens_in": None, "tokens_out": None}
    if numbers["seconds"] is not None:
        numbers["seconds"] /= 1000
    output = response.get("output")
    return {
        "model": model,
        "question": question,
        "correct": None if failed else float(result["success"]),
        "answer": None if output in (None, "") else printable(answer_of(output) or ""),
        **{name: None if cached else value or None for name, value in numbers.items()},
        "error": printable(str(result.get("error") or "error")) if failed else None,
        "cached": cached,
        "unclear": unclear and not cached,
    }


def _failed(result: Mapping[str, Any]) -> bool:
    """Whether the call itself failed; an assertion that failed is an error in promptfoo's words too."""
    if "failureReason" in result:
        return bool(result["failureReason"] == _ERROR)
    return bool(result.get("error")) and not result.get("gradingResult")


def _notes(rows: list[dict[str, Any]], naming: _Naming) -> Iterator[str]:
    cached = sum(row["cached"] for row in rows)
    if cached:
        yield f"of {len(rows):,} results {cached:,} came from a cache: their cost, tokens and time are not known"
    unclear = sum(row["unclear"] for row in rows)
    if unclear:
        yield f"of {len(rows):,} results the tokens of {unclear:,} do not add up to their total: taken as not known"
    for name, places in naming.prompts.items():
        if len(places) > 1:
            listed = ", ".join(map(shown, places))
            yield f"{name} has {len(places):,} prompts, of which each counts as a model: {listed}"


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(entry: Document, at: tuple[str, ...], value: Any, errors: FileErrors) -> float | None:
    number = finite(value)
    if value is not None and (number is None or number < 0):
        errors.add(entry.error_at(at, f"must be a number, 0 or more, got {shown(value)}"))
    return number


FORMAT = Format(
    "promptfoo",
    "export of promptfoo",
    "attempts",
    read_promptfoo,
    json=lambda shape: (
        shape.has("results", "prompts", 0, "provider")
        or shape.has("results", "results", 0, "success")
        or shape.has("results", 0, "success")
    ),
)
