"""BurstGPT's traces of ChatGPT and GPT-4 in a university.

Schema: https://github.com/HPMLL/BurstGPT: Timestamp (seconds), Model, Request tokens, Response tokens, Total tokens,
Log Type; the second version adds Session ID and Elapsed time (seconds of the whole request). A request without response
tokens failed.
"""

import os

import numpy as np

from moo_inference.documents.csv_file import Progress, read_csv
from moo_inference.documents.document import FileErrors
from moo_inference.readers.format import Format, has_columns
from moo_inference.readers.traces.trace import Numbers, TokenTrace, TraceBuilder

COLUMNS = ("Timestamp", "Model", "Request tokens", "Response tokens")
_ELAPSED = "Elapsed time"


def read_burstgpt_trace(
    path: str | os.PathLike[str], *, model: str | None = None, progress: Progress | None = None
) -> TokenTrace:
    """Read a BurstGPT trace of either version.

    Args:
        path: the file.
        model: only the requests to this model, e.g. `"GPT-4"`; None for all.
        progress: called with the bytes done and the bytes in all.

    Returns:
        The requests that were answered, with their seconds where the file has them; `failed` counts the others.

    Raises:
        ReaderError: (a ValueError) a column is missing, a cell is invalid, or no request is left.
    """
    errors, built = FileErrors(), TraceBuilder()
    for chunk in read_csv(path, COLUMNS, optional=(_ELAPSED,), progress=progress):
        columns: dict[str, Numbers] = {
            "arrival": chunk.numbers("Timestamp", errors),
            "input_tokens": chunk.counts("Request tokens", errors),
            "output_tokens": chunk.counts("Response tokens", errors),
        }
        if _ELAPSED in chunk.columns:
            columns["seconds"] = chunk.numbers(_ELAPSED, errors, least=0)
        wanted = np.array([model is None or cell == model for cell in chunk.columns["Model"]], dtype=bool)
        served = columns["output_tokens"] > 0
        built.failed += int((wanted & ~served).sum())
        kept = wanted & served
        built.add(**{name: values[kept] for name, values in columns.items()})
    errors.check()
    return built.build(path)


FORMAT = Format("burstgpt_trace", "BurstGPT trace", "lengths", read_burstgpt_trace, header=has_columns(*COLUMNS))
