"""Token counts from any table with a column for the prompt's tokens and one for the answer's: CSV or JSON lines.

The names that are known by themselves are those of https://github.com/kvcache-ai/Mooncake and
https://github.com/mlcommons/inference (input_length), of https://github.com/microsoft/vidur (num_prefill_tokens), of
providers' usage records (prompt_tokens), and of the serving benchmarks.
"""

import os
from collections.abc import Collection, Iterable, Iterator

import numpy as np

from moo_inference.documents.csv_file import Progress, read_csv
from moo_inference.documents.document import LARGEST, FileErrors, finite, printable, shown
from moo_inference.documents.json_file import read_bytes, read_json_records
from moo_inference.errors import ReaderError, did_you_mean
from moo_inference.readers.format import Format
from moo_inference.readers.traces.trace import Numbers, TokenTrace, TraceBuilder

_PAIRS = (
    ("input_tokens", "output_tokens"),
    ("tokens_in", "tokens_out"),
    ("prompt_tokens", "completion_tokens"),
    ("context_tokens", "generated_tokens"),
    ("request_tokens", "response_tokens"),
    ("num_input_tokens", "num_output_tokens"),
    ("number_input_tokens", "number_output_tokens"),
    ("num_prompt_tokens", "num_completion_tokens"),
    ("num_prefill_tokens", "num_decode_tokens"),
    ("input_length", "output_length"),
    ("prompt_length", "response_length"),
    ("input_len", "output_len"),
    ("prompt_len", "output_len"),
    ("prompt_size", "token_size"),
    ("input_sequence_length", "output_sequence_length"),
    ("isl", "osl"),
)
_SECONDS = ("seconds", "latency_s", "latency_seconds", "request_seconds", "duration_s", "elapsed_s")
_REASONING = ("reasoning_tokens", "tokens_reasoning")
_ROWS = 20_000


def length_options(names: Collection[str]) -> dict[str, str] | None:
    """The reader's options for a table with these columns; None where those of tokens are not known.

    The two of one source are taken before two of different ones.
    """

    def first(usual: Iterable[str]) -> str:
        return next((name for name in usual if name in names), "")

    pair = next((pair for pair in _PAIRS if {*pair} <= {*names}), None)
    inward, outward = pair or (first(column) for column in zip(*_PAIRS, strict=True))
    if not inward or not outward:
        return None
    further = {"seconds": first(_SECONDS), "reasoning_tokens": first(_REASONING)}
    return {"input_tokens": inward, "output_tokens": outward, **{what: name for what, name in further.items() if name}}


def read_lengths(
    path: str | os.PathLike[str],
    *,
    input_tokens: str = "input_tokens",
    output_tokens: str = "output_tokens",
    seconds: str | None = None,
    reasoning_tokens: str | None = None,
    progress: Progress | None = None,
) -> TokenTrace:
    """Read token counts; the kind of file is recognised by its content.

    Args:
        path: a CSV with a header, or JSON lines or a list of objects.
        input_tokens: the column of the prompts' tokens.
        output_tokens: the column of the answers' tokens.
        seconds: the column of the seconds from the request to its last token, if there is one.
        reasoning_tokens: the column of the tokens of reasoning, if there is one. They are taken for a part of the
            answers' tokens, as in OpenAI's usage, unless they exceed them in some row: then they come on top.
        progress: called with the bytes done and the bytes in all, for a CSV.

    Raises:
        ReaderError: a column is missing, or a cell is invalid: each named with its line.
    """
    columns_of = {
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "seconds": seconds,
        "reasoning_tokens": reasoning_tokens,
    }
    names = {what: name for what, name in columns_of.items() if name}
    errors, built = FileErrors(), TraceBuilder()
    # A pipe can be read once only, and is a CSV.
    beginning = read_bytes(path, 64) if os.path.isfile(path) else b""
    is_json = beginning.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"["))
    chunks = _json(path, names, errors) if is_json else _csv(path, names, errors, progress)
    for columns in chunks:
        built.add(**columns)
    errors.check()
    return built.build(path)


def _csv(
    path: str | os.PathLike[str], names: dict[str, str], errors: FileErrors, progress: Progress | None
) -> Iterator[dict[str, Numbers]]:
    for chunk in read_csv(path, list(names.values()), progress=progress):
        yield {
            what: chunk.numbers(name, errors, least=0) if what == "seconds" else chunk.counts(name, errors)
            for what, name in names.items()
        }


def _json(path: str | os.PathLike[str], names: dict[str, str], errors: FileErrors) -> Iterator[dict[str, Numbers]]:
    kept: list[list[float]] = []
    for record in read_json_records(path, refused=()):
        if not isinstance(record.data, dict):
            raise ReaderError(
                record.error_at((), f"must hold {' and '.join(names.values())}, got {shown(record.data)}")
            )
        row = []
        for what, name in names.items():
            if name not in record.data:
                listed = ", ".join(map(repr, [*record.data][:40])) or "none"
                lacking = f"must have a key {name!r}{did_you_mean(name, [*record.data])}; it has: {listed}"
                raise ReaderError(printable(record.error_at((), lacking)))
            value = finite(record.data[name])
            odd = record.odd.get((*record.base, name))
            kind = "number" if what == "seconds" else "whole number"
            if odd is not None:
                errors.add(record.error_at((name,), odd))
            elif value is None or not 0 <= value <= LARGEST or (what != "seconds" and value % 1):
                errors.add(record.error_at((name,), f"must be a {kind}, 0 or more, got {shown(record.data[name])}"))
            row.append(0.0 if value is None else value)
        kept.append(row)
        if len(kept) == _ROWS:
            errors.check()
            yield _columns(kept, names)
            kept.clear()
    errors.check()
    if kept:
        yield _columns(kept, names)


def _columns(rows: list[list[float]], names: dict[str, str]) -> dict[str, Numbers]:
    table = np.array(rows)
    return {
        what: table[:, place] if what == "seconds" else table[:, place].astype(np.int64)
        for place, what in enumerate(names)
    }


FORMAT = Format(
    "lengths_csv",
    "table of token counts",
    "lengths",
    read_lengths,
    json=lambda shape: length_options(shape.keys) is not None,
    header=length_options,
    turn=3,
)
