"""Token counts of requests that were served, one row a request."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moo_inference.errors import ReaderError

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
Numbers = NDArray[np.int64] | NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TokenTrace:
    """Requests in the order of their file.

    Attributes:
        input_tokens: (n,) tokens of each prompt.
        output_tokens: (n,) tokens of each answer, reasoning included.
        seconds: (n,) from the request to its last token; None where the file does not contain it.
        arrival_seconds: (n,) when each request came, counted from the first row's; None where the file has none.
        failed: rows that are left out, since the request failed.
        where: the file.
        reasoning_tokens: (n,) tokens of reasoning among the output tokens; None where the file does not contain it.
        notes: what has to be known of these numbers, in sentences.
    """

    input_tokens: IntArray
    output_tokens: IntArray
    seconds: FloatArray | None
    arrival_seconds: FloatArray | None
    failed: int
    where: str
    reasoning_tokens: IntArray | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.input_tokens)


class TraceBuilder:
    """Columns of a trace, gathered chunk by chunk."""

    def __init__(self) -> None:
        self.parts: dict[str, list[Numbers]] = {}
        self.failed = 0

    def add(self, **columns: Numbers) -> None:
        """Take the columns of a chunk."""
        for name, values in columns.items():
            self.parts.setdefault(name, []).append(values)

    def build(self, path: object) -> TokenTrace:
        """All of them.

        Raises:
            ReaderError: there is no row that was served.
        """
        joined = {name: np.concatenate(self.parts.pop(name)) for name in [*self.parts]}
        if not len(joined.get("input_tokens", ())):
            failed = f", got {self.failed:,} that failed" if self.failed else ""
            raise ReaderError(f"{path}: must hold at least one request that was served{failed}")
        seconds, arrival = (
            np.asarray(joined[name], dtype=float) if name in joined else None for name in ("seconds", "arrival")
        )
        output = joined["output_tokens"].astype(np.int64)
        reasoning: IntArray | None = None
        notes: tuple[str, ...] = ()
        if "reasoning_tokens" in joined:
            reasoning = joined["reasoning_tokens"].astype(np.int64)
            output, notes = _with_reasoning(output, reasoning)
        return TokenTrace(
            joined["input_tokens"].astype(np.int64),
            output,
            seconds,
            None if arrival is None else arrival - arrival[0],
            self.failed,
            str(path),
            reasoning,
            notes,
        )


def _with_reasoning(output: IntArray, reasoning: IntArray) -> tuple[IntArray, tuple[str, ...]]:
    """All that was written, and how that was understood."""
    beyond = int((reasoning > output).sum())
    if beyond:
        return output + reasoning, (
            f"Tokens of reasoning are taken to come on top of the answers', since they exceed them in {beyond:,} rows.",
        )
    return output, ("Tokens of reasoning are taken for a part of the answers' tokens, as in OpenAI's usage.",)
