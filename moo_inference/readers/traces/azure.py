"""Azure's traces of LLM inference: TIMESTAMP, ContextTokens, GeneratedTokens.

Schema: https://github.com/Azure/AzurePublicDataset (AzureLLMInferenceTrace_code.csv and _conv.csv; Patel et al.,
Splitwise, ISCA 2024). Times have seven fractional digits, lines end in CRLF, and the last has no end.
"""

import os
import re

import numpy as np

from moo_inference.documents.csv_file import Chunk, Progress, read_csv
from moo_inference.documents.document import FileErrors, shown
from moo_inference.readers.format import Format, has_columns
from moo_inference.readers.traces.trace import IntArray, TokenTrace, TraceBuilder

COLUMNS = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
_TIME = re.compile(r"((?:19|20|21)\d\d-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d{1,9})?)(?:Z|\+00:00)?\Z", re.ASCII)


def read_azure_trace(path: str | os.PathLike[str], *, progress: Progress | None = None) -> TokenTrace:
    """Read a trace of Azure's LLM inference services.

    Args:
        path: the file.
        progress: called with the bytes done and the bytes in all.

    Raises:
        ReaderError: (a ValueError) a column is missing, or a cell is invalid: each named with its line.
    """
    errors, built = FileErrors(), TraceBuilder()
    origin = None
    for chunk in read_csv(path, COLUMNS, progress=progress):
        times = _nanoseconds(chunk, errors)
        origin = times[0] if origin is None else origin
        built.add(
            arrival=(times - origin) / 1e9,
            input_tokens=chunk.counts("ContextTokens", errors),
            output_tokens=chunk.counts("GeneratedTokens", errors),
        )
    errors.check()
    return built.build(path)


def _nanoseconds(chunk: Chunk, errors: FileErrors) -> IntArray:
    """Nanoseconds since 1970 of each row."""
    matches = [_TIME.match(cell) for cell in chunk.columns["TIMESTAMP"]]
    texts = [f"{match[1]}T{match[2]}" if match else "NaT" for match in matches]
    try:
        times = np.array(texts, dtype="datetime64[ns]")
    except ValueError:
        # A date that no calendar has: look for it row by row.
        times = np.array([_time(text) for text in texts])
    for row in np.flatnonzero(np.isnat(times)).tolist():
        got = shown(chunk.columns["TIMESTAMP"][row])
        errors.add(chunk.error_at(row, "TIMESTAMP", f"must be a time like 2023-11-16 18:17:03.97, got {got}"))
    return np.asarray(times.astype(np.int64))


def _time(text: str) -> np.datetime64:
    try:
        return np.datetime64(text, "ns")
    except ValueError:
        return np.datetime64("NaT", "ns")


FORMAT = Format("azure_trace", "Azure LLM inference trace", "lengths", read_azure_trace, header=has_columns(*COLUMNS))
