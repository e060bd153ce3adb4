"""Batches of attempts become one checked table, in the memory that the table needs and that of one batch.

A column of texts is kept as a number for each text, and a column of numbers as floats of eight bytes. Both grow in
their place, so that nothing is held twice.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.documents.document import LARGEST, printable
from moo_inference.errors import ReaderError
from moo_inference.readers.attempts.checks import ValueChecks, table_errors
from moo_inference.readers.attempts.columns import NUMBERS, TEXTS
from moo_inference.readers.evaluations.outcomes import answer_of

if TYPE_CHECKING:
    # Slow to load, and needed only where attempts are read.
    import pandas as pd

TEXT_COLUMNS = ("question", *TEXTS)
NUMBER_COLUMNS = ("correct", *NUMBERS, "sample")

_TRUTHS = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0, "false": 0.0, "true": 1.0, "": np.nan}

Whole = Callable[[str, list[Any]], "pd.Series"]
"""Gives all values of a column as the reader would give them if it read the column at once: of what type they are
depends on all of them."""


@dataclass(frozen=True)
class Coded:
    """A column of some attempts, by number.

    Attributes:
        codes: (s,) place of each value among the values, -1 where there is none.
        values: (v,) those that occur; equal ones may stand there more than once.
    """

    codes: NDArray[Any]
    values: Sequence[Any]


@dataclass(frozen=True)
class Batch:
    """Some rows of a table, whose columns have our names.

    Attributes:
        rows: how many.
        texts: the columns of TEXT_COLUMNS.
        numbers: those of NUMBER_COLUMNS, as they were read.
        names: the columns that the file has, by its own names.
    """

    rows: int
    texts: Mapping[str, Coded]
    numbers: Mapping[str, "pd.Series"]
    names: Sequence[str]


@dataclass
class _Growing:
    """A column that grows in its place."""

    values: NDArray[Any]

    def grow(self, more: int, fill: Any) -> None:
        """Add entries."""
        before = len(self.values)
        # Nobody else has this array: large ones move by their pages, without a copy.
        self.values.resize(before + more, refcheck=False)
        self.values[before:] = fill


@dataclass
class _Texts(_Growing):
    """A column of texts: codes of the values that occurred, in the fewest bytes."""

    values: NDArray[Any] = field(default_factory=lambda: np.empty(0, dtype=np.int8))
    places: dict[Hashable, int] = field(default_factory=dict)
    kinds: list[Any] = field(default_factory=list)

    def add(self, column: Coded) -> None:
        known = np.array([self._place(value) for value in column.values] + [-1], dtype=np.int64)
        if len(self.kinds) > np.iinfo(self.values.dtype).max:
            self.values = self.values.astype(np.min_scalar_type(-len(self.kinds) - 1))
        self.grow(len(column.codes), known[column.codes])

    def _place(self, value: Any) -> int:
        key = value if isinstance(value, str) else (type(value), value)
        found = self.places.setdefault(key, len(self.kinds))
        if found == len(self.kinds):
            self.kinds.append(value)
        return found


class Gathered:
    """A table of attempts that grows batch by batch.

    Attributes:
        rows: how many there are so far.
        names: the columns that the file has, by its own names.
    """

    def __init__(self) -> None:
        """Without attempts."""
        self.rows = 0
        self.names: dict[str, None] = {}
        self._texts: dict[str, _Texts] = {}
        self._numbers: dict[str, _Growing] = {}
        self._checks = ValueChecks()

    def add(self, batch: Batch) -> None:
        """Add rows at the end; what a batch lacks of the columns of others is missing in its rows."""
        self.names.update(dict.fromkeys(batch.names))
        for name in batch.texts:
            if name not in self._texts:
                self._texts[name] = _Texts()
                self._texts[name].grow(self.rows, -1)
        for name in batch.numbers:
            if name not in self._numbers:
                self._numbers[name] = _Growing(np.full(self.rows, np.nan))
        for name, texts in self._texts.items():
            if name in batch.texts:
                texts.add(batch.texts[name])
            else:
                texts.grow(batch.rows, -1)
        raw = {name: _scalars(column) for name, column in batch.numbers.items()}
        found = {name: _numbers(name, column) for name, column in raw.items()}
        self._checks.add(raw, found, self.rows)
        for name, numbers in self._numbers.items():
            numbers.grow(batch.rows, found.get(name, np.nan))
        self.rows += batch.rows

    def table(self, where: str, whole: Whole) -> "pd.DataFrame":
        """The table, which is then no longer here.

        Args:
            where: the file, for messages.
            whole: gives the values of a column as the reader would if it read the column at once.

        Raises:
            ReaderError: (a ValueError) a column is missing or a value is invalid; all errors at once.
        """
        import pandas as pd  # noqa: PLC0415 (slow to load)

        _refuse(where, self._missing())
        columns: dict[str, Any] = {}
        for name in TEXT_COLUMNS:
            if name in self._texts:
                found = _categories(name, self._texts.pop(name), whole)
                if name in ("question", "cluster") or (found.codes >= 0).any():
                    columns[name] = found
        for name in NUMBER_COLUMNS:
            if name in self._numbers:
                columns[name] = self._numbers.pop(name).values
        # One block a column: pandas would copy them into one.
        frame = pd.DataFrame(columns, copy=False)
        _refuse(where, table_errors(frame, self._checks))
        return frame

    def _missing(self) -> Iterator[str]:
        there = "; it has: " + (", ".join(repr(name) for name in [*self.names][:40]) or "none")
        if "question" not in self._texts:
            yield "must have a column 'question'" + there
        if not {"correct", "score"} & {*self._numbers}:
            yield "must have a column 'correct' (or 'score')" + there
        if not self.rows:
            yield "must have at least one attempt, got none"


def checked(frame: "pd.DataFrame", where: str) -> "pd.DataFrame":
    """A table whose columns have our names, with checked values and plain types.

    Args:
        frame: as it was read.
        where: the file, for messages.

    Raises:
        ReaderError: (a ValueError) a column is missing or a value is invalid; all errors at once.
    """
    import pandas as pd  # noqa: PLC0415 (slow to load)

    texts = {name: _as_categories(frame[name]) for name in TEXT_COLUMNS if name in frame}
    coded = {name: Coded(found.codes, found.categories.tolist()) for name, found in texts.items()}
    numbers = {name: frame[name] for name in NUMBER_COLUMNS if name in frame}
    batch = Batch(len(frame), coded, numbers, [str(name) for name in frame])
    table = Gathered()
    table.add(batch)
    return table.table(where, lambda name, values: pd.Series(pd.Categorical(values, dtype=texts[name].dtype)))


def _refuse(where: str, messages: Iterable[str]) -> None:
    found = [f"{where}: {message}" for message in messages]
    if found:
        raise ReaderError(found)


def coded(values: Sequence[Any]) -> Coded:
    """Values by number, in the order in which they come."""
    types = {*map(type, values)} - {type(None)}
    if len(types) == 1 and types <= {str, int}:
        kinds = [value for value in dict.fromkeys(values) if value is not None]
        places = {None: -1, **{value: place for place, value in enumerate(kinds)}}
        return Coded(np.fromiter(map(places.__getitem__, values), np.int64, len(values)), kinds)
    kinds = [_hashable(value) for value in values if value is not None]
    numbers = iter(range(len(kinds)))
    return Coded(np.array([-1 if value is None else next(numbers) for value in values], dtype=np.int64), kinds)


def _hashable(value: Any) -> Any:
    """A value that is no list and no object, nor NaN, which is a text here."""
    if isinstance(value, float) and np.isnan(value):
        return str(value)
    return scalar(value) if isinstance(value, dict | list | tuple) else value


def _categories(name: str, texts: _Texts, whole: Whole) -> "pd.Categorical":
    """The texts that all values of a column are, ascending, and that of each attempt."""
    import pandas as pd  # noqa: PLC0415 (slow to load)

    kinds = texts.kinds
    lacks = bool((texts.values < 0).any())
    found = _as_categories(whole(name, kinds + [None] * lacks)) if kinds else pd.Categorical([])
    names = np.append(found.codes[: len(kinds)], -1).astype(found.codes.dtype)
    return pd.Categorical.from_codes(names[texts.values], dtype=found.dtype, validate=False)


def _as_categories(column: "pd.Series") -> "pd.Categorical":
    """Categories, whose names are texts."""
    column = _scalars(column)
    if column.dtype == object:
        column = column.map(str, na_action="ignore")
    found = column.astype("category")
    kinds = found.cat.categories
    if kinds.dtype.kind == "f" and (np.isfinite(kinds) & (kinds == np.floor(kinds))).all():
        kinds = kinds.astype(np.int64)
    named: pd.Categorical = found.cat.rename_categories([str(kind) for kind in kinds]).array
    return named


def _scalars(column: "pd.Series") -> "pd.Series":
    """Lists, objects and endless numbers as texts, which are equal where what is in them is; no lone surrogates."""
    return column.map(scalar) if column.dtype == object else column


def scalar(value: Any) -> Any:
    """A list, an object or an endless number as a text; other values as they are."""
    if isinstance(value, dict | list | tuple | np.ndarray):
        return answer_of(value.tolist() if isinstance(value, np.ndarray) else value)
    if isinstance(value, str):
        return printable(value)
    return str(value) if isinstance(value, int) and abs(value) > LARGEST else value


def _numbers(name: str, column: "pd.Series") -> NDArray[np.float64]:
    """(s,) numbers, NaN where there is none."""
    import pandas as pd  # noqa: PLC0415 (slow to load)

    if name == "correct":
        return _truths(column)
    found = column if column.dtype.kind in "iuf" else pd.to_numeric(column, errors="coerce")
    return np.asarray(found.to_numpy(dtype=float, na_value=np.nan))


def _truths(column: "pd.Series") -> NDArray[np.float64]:
    """1.0, 0.0 and NaN; what is none of them is infinite here."""
    if column.dtype.kind in "biuf":
        return np.asarray(column.to_numpy(dtype=float))
    categories = column.astype("category")
    meant = [_TRUTHS.get(str(value).strip().lower(), np.inf) for value in categories.cat.categories]
    return np.append(meant, np.nan)[categories.cat.codes.to_numpy()]
