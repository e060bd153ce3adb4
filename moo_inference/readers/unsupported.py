"""Formats that are known and not supported: what such a file is, and how to bring what it holds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from moo_inference.readers.format import Shape

_OUTCOMES = "a CSV with the columns question, correct and answer, one row per sample"
_CANDIDATES = "a CSV with the columns name, accuracy, usd_per_query and seconds_per_query, one row per model"


@dataclass(frozen=True)
class Unsupported:
    """A format that is not read.

    Attributes:
        name: what such a file is.
        remedy: what to write in its place, in words.
    """

    name: str
    remedy: str

    def sentence(self, path: object) -> str:
        """Why the file is refused, and what to do."""
        return f"{path}: must be in a format that can be read, got {self.name}: write it as {self.remedy}"


_AIDER = Unsupported(
    "a leaderboard of Aider",
    f"{_CANDIDATES}: model, pass_rate_1 / 100, total_cost / test_cases and seconds_per_case, without rows whose "
    "total_cost is 0",
)

JSON: Mapping[str, tuple[Callable[[Shape], bool], Unsupported]] = {
    "promptfoo": (
        lambda shape: shape.has("results", "prompts", 0, "provider") or shape.has("results", "results", 0, "success"),
        Unsupported(
            "an evaluation of promptfoo", f"{_OUTCOMES}: results.results.*.testIdx, success and response.output"
        ),
    ),
    "livecodebench": (
        lambda shape: {"question_id", "graded_list"} <= shape.keys,
        Unsupported(
            "an evaluation of LiveCodeBench",
            f"{_OUTCOMES}: question_id, and each value of graded_list in a row of its own",
        ),
    ),
}
"""By their keys."""


def by_header(names: Sequence[str]) -> Unsupported | None:
    """A CSV that is known by its columns."""
    if {"Overall Acc", "Model", "Latency Mean (s)"} <= {*names}:
        return Unsupported(
            "the leaderboard of BFCL (Berkeley Function Calling)",
            f"{_CANDIDATES}: Overall Acc / 100, the cost divided by the number of its queries, and Latency Mean (s)",
        )
    return None


def by_text(text: str) -> Unsupported | None:
    """A file of another kind that is known by its beginning."""
    if text.startswith("- ") and "\n  pass_rate_1:" in text and "\n  test_cases:" in text:
        return _AIDER
    return None
