"""Token counts from any CSV with a column for the prompt's tokens and one for the answer's."""

import os

from moo_inference.readers.csv_file import Progress, read_csv
from moo_inference.readers.document import Faults
from moo_inference.readers.token_trace import Numbers, TokenTrace, TraceBuilder


def read_lengths(
    path: str | os.PathLike[str],
    *,
    input_tokens: str = "input_tokens",
    output_tokens: str = "output_tokens",
    seconds: str | None = None,
    reasoning_tokens: str | None = None,
    progress: Progress | None = None,
) -> TokenTrace:
    """Read token counts.

    Args:
        path: a CSV with a header.
        input_tokens: the column of the prompts' tokens.
        output_tokens: the column of the answers' tokens.
        seconds: the column of the seconds from the request to its last token, if there is one.
        reasoning_tokens: the column of the tokens of reasoning, if there is one. They are taken for a part of the
            answers' tokens, as in OpenAI's usage, unless they exceed them in some row: then they come on top.
        progress: called with the bytes done and the bytes in all.

    Raises:
        ReaderError: (a ValueError) a column is missing, or a cell is at fault: each named with its line.
    """
    faults, built = Faults(), TraceBuilder()
    for chunk in read_csv(
        path, [input_tokens, output_tokens, *filter(None, (seconds, reasoning_tokens))], progress=progress
    ):
        columns: dict[str, Numbers] = {
            "input_tokens": chunk.counts(input_tokens, faults),
            "output_tokens": chunk.counts(output_tokens, faults),
        }
        if seconds:
            columns["seconds"] = chunk.numbers(seconds, faults, least=0)
        if reasoning_tokens:
            columns["reasoning_tokens"] = chunk.counts(reasoning_tokens, faults)
        built.add(**columns)
    faults.check()
    return built.build(path)
