"""The columns of a table of attempts, and what must hold of their values."""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np

from moo_inference.documents.document import LARGEST, printable, shown
from moo_inference.errors import ErrorCollector, ReaderError, SettingError, did_you_mean
from moo_inference.readers.evaluations.outcomes import answer_of

if TYPE_CHECKING:
    # Slow to load, and needed only where attempts are read.
    import pandas as pd

TEXTS = ("model", "effort", "answer", "error", "run", "cluster")
NUMBERS = (
    "score",
    "tokens_in",
    "tokens_cached",
    "tokens_cache_write",
    "tokens_out",
    "tokens_reasoning",
    "usd",
    "seconds",
)
COLUMNS = ("model", "question", "correct", "cluster", "effort", "sample", "answer", "error", *NUMBERS)
"""The names that a table may have, or that `columns` gives to names of one's own."""

MEASURED = ("tokens_in", "tokens_out", "usd", "seconds")
"""What is measured of an attempt: a table of attempts has at least one of these, and one of outcomes has none."""

_TRUTHS = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0, "false": 0.0, "true": 1.0, "": np.nan}
_SHOWN = 3


@dataclass(frozen=True)
class AttemptTable:
    """A checked table of attempts, one row an attempt.

    Attributes:
        frame: the columns of COLUMNS that the file has, and `run` where runs are distinguished: texts as categories,
            numbers as floats, NaN where there is none.
        notes: what was read in another way than it may be expected to be, one sentence each.
    """

    frame: "pd.DataFrame"
    notes: tuple[str, ...] = ()


def first_bytes(stream: BinaryIO) -> bytes:
    """What a stream of `open_to_read` begins with, left in it."""
    return cast("io.BufferedReader", stream).peek(64)


def own_names(columns: dict[str, str] | None) -> dict[str, str]:
    """The column in the file for each name of ours.

    Raises:
        SettingError: (a ValueError) there is no such name, or it is no mapping.
    """
    if not isinstance(columns, Mapping | None):
        raise SettingError(f"columns must map names of ours to those of the file, got {shown(columns)}")
    given, errors = dict(columns or {}), ErrorCollector()
    for name in given:
        if name not in COLUMNS:
            errors.add(
                f"columns must name what there is in attempts, and {name!r} is none{did_you_mean(name, COLUMNS)}; it "
                f"may be one of: {', '.join(COLUMNS)}"
            )
    errors.check()
    return {name: given.get(name, name) for name in COLUMNS}


def checked(frame: "pd.DataFrame", where: str) -> "pd.DataFrame":
    """A table whose columns have our names, with checked values and plain types.

    Args:
        frame: as it was read.
        where: the file, for messages.

    Raises:
        ReaderError: (a ValueError) a column is missing or a value is invalid; all errors at once.
    """
    import pandas as pd  # noqa: PLC0415 (slow to load)

    frame = frame.apply(_scalars)
    _refuse(where, _missing(frame))
    plain: dict[str, Any] = {"question": _texts(frame["question"])}
    for name in TEXTS:
        if name in frame and not frame[name].isna().all():
            plain[name] = _texts(frame[name])
    if "correct" in frame:
        plain["correct"] = _truths(frame["correct"])
    for name in (*NUMBERS, "sample"):
        if name in frame:
            plain[name] = pd.to_numeric(frame[name], errors="coerce").astype(float)
    found = pd.DataFrame(plain)
    _refuse(where, _value_errors(frame, found))
    return found


def _refuse(where: str, messages: Iterable[str]) -> None:
    found = [f"{where}: {message}" for message in messages]
    if found:
        raise ReaderError(found)


def _missing(frame: "pd.DataFrame") -> Iterator[str]:
    if "question" not in frame:
        yield "must have a column 'question'" + _there(frame)
    if "correct" not in frame and "score" not in frame:
        yield "must have a column 'correct' (or 'score')" + _there(frame)
    if not len(frame):
        yield "must have at least one attempt, got none"


def _there(frame: "pd.DataFrame") -> str:
    return "; it has: " + (", ".join(repr(str(name)) for name in frame.columns[:40]) or "none")


def _scalars(column: "pd.Series") -> "pd.Series":
    """Lists, objects and endless numbers as texts, which are equal where what is in them is; no lone surrogates."""
    return column.map(_scalar) if column.dtype == object else column


def _scalar(value: Any) -> Any:
    if isinstance(value, dict | list | tuple | np.ndarray):
        return answer_of(value.tolist() if isinstance(value, np.ndarray) else value)
    if isinstance(value, str):
        return printable(value)
    return str(value) if isinstance(value, int) and abs(value) > LARGEST else value


def _texts(column: "pd.Series") -> "pd.Series":
    """Categories, whose names are texts."""
    if column.dtype == object:
        column = column.map(str, na_action="ignore")
    found = column.astype("category")
    kinds = found.cat.categories
    if kinds.dtype.kind == "f" and (np.isfinite(kinds) & (kinds == np.floor(kinds))).all():
        kinds = kinds.astype(np.int64)
    return found.cat.rename_categories([str(kind) for kind in kinds])


def _truths(column: "pd.Series") -> "pd.Series":
    """1.0, 0.0 and NaN; what is none of them is infinite here."""
    import pandas as pd  # noqa: PLC0415 (slow to load)

    if column.dtype.kind in "biuf":
        return column.astype(float)
    categories = column.astype("category")
    meant = [_TRUTHS.get(str(value).strip().lower(), np.inf) for value in categories.cat.categories]
    codes = categories.cat.codes.to_numpy()
    return pd.Series(np.append(meant, np.nan)[codes], index=column.index)


def _value_errors(raw: "pd.DataFrame", found: "pd.DataFrame") -> Iterator[str]:
    if (lacking := found["question"].isna()).any():
        yield f"question must name one in every row, got nothing {_rows(lacking)}"
    if "cluster" in raw:
        yield from _cluster_errors(raw, found)
    if "correct" in found:
        wrong = found["correct"].notna() & ~found["correct"].isin((0.0, 1.0))
        if wrong.any():
            yield f"correct must be 0, 1, true, false or blank, got {_values(raw['correct'], wrong)}"
    yield from _number_errors(raw, found)
    if "correct" not in found and not found["score"].dropna().between(0, 1).all():
        outside = found["score"].notna() & ~found["score"].between(0, 1)
        yield f"score must lie in [0, 1] where there is no column 'correct', got {_values(raw['score'], outside)}"
    if "tokens_in" in found:
        yield from _cache_errors(raw, found)
    keys = [name for name in ("model", "effort", "run", "question", "sample") if name in found]
    if "sample" in found and (again := found.duplicated(keys)).any():
        first = found[again].iloc[0]
        yield (
            f"each sample of a question must stand there once, got question {shown(first['question'])}, sample "
            f"{first['sample']:g} twice {_rows(again)}"
        )


def _cache_errors(raw: "pd.DataFrame", found: "pd.DataFrame") -> Iterator[str]:
    names = [name for name in ("tokens_cached", "tokens_cache_write") if name in found]
    for name in names:
        if (more := found[name] > found["tokens_in"]).any():
            yield f"{name} must be at most tokens_in, which contain them, got {_values(raw[name], more)}"
    if len(names) > 1 and (more := found[names].fillna(0.0).sum(axis=1) > found["tokens_in"]).any():
        yield f"tokens_cached and tokens_cache_write together must be at most tokens_in, got more {_rows(more)}"


def _cluster_errors(raw: "pd.DataFrame", found: "pd.DataFrame") -> Iterator[str]:
    if (lacking := raw["cluster"].isna()).any():
        yield f"cluster must name one in every row, got nothing {_rows(lacking)}"
        return
    several = found.groupby("question", observed=True)["cluster"].transform("nunique") > 1
    if several.any():
        yield (
            f"all attempts at a question must have one cluster, got several for question "
            f"{shown(found['question'][several].iloc[0])} {_rows(several)}"
        )


def _number_errors(raw: "pd.DataFrame", found: "pd.DataFrame") -> Iterator[str]:
    for name in (*NUMBERS, "sample"):
        if name not in found:
            continue
        values = found[name]
        present = (
            raw[name].notna() & (raw[name].astype(str).str.strip() != "") if values.isna().any() else values.notna()
        )
        if name == "seconds":
            good, what = (values > 0) & np.isfinite(values), "positive, or blank where it was not measured"
        elif name == "sample":
            good, what = values == np.floor(values), "a whole number"
        elif name == "score":
            good, what = np.isfinite(values), "a number, or blank"
        else:
            good, what = (values >= 0) & np.isfinite(values), "at least 0, or blank where it is not known"
        if (present & ~good).any():
            yield f"{name} must be {what}, got {_values(raw[name], present & ~good)}"


def _rows(which: "pd.Series") -> str:
    places = np.flatnonzero(which.to_numpy())
    more = f" and {len(places) - _SHOWN:,} more" if len(places) > _SHOWN else ""
    return f"(row {', '.join(f'{place + 1}' for place in places[:_SHOWN])}{more})"


def _values(column: "pd.Series", which: "pd.Series") -> str:
    some = ", ".join(shown(value) for value in column[which].head(_SHOWN).tolist())
    return f"{some} {_rows(which)}"
