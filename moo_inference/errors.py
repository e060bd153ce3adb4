"""The exceptions of moo_inference: each is also the builtin that a caller would expect.

Each can carry several errors, since a file with three wrong fields deserves three lines and not three runs.
"""

import numbers
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

TOLERANCE = 1e-9
"""How far a budget may be exceeded, relative to it. One that equals a cost in decimal is often missed by one ulp."""

_Arguments = ParamSpec("_Arguments")
_Made = TypeVar("_Made")


class MooInferenceError(Exception):
    """Base of all exceptions that moo_inference raises on purpose.

    Attributes:
        errors: one sentence per error, each saying what must hold and what was got.
    """

    def __init__(self, errors: str | Sequence[str]) -> None:
        self.errors: tuple[str, ...] = (errors,) if isinstance(errors, str) else tuple(errors)
        super().__init__("\n".join(self.errors))

    @property
    def faults(self) -> tuple[str, ...]:
        """`errors`, by its name before 0.2."""
        warnings.warn(f"{type(self).__name__}.faults is errors now", DeprecationWarning, stacklevel=2)
        return self.errors

    def __reduce__(self) -> tuple[type, tuple[tuple[str, ...]]]:
        return type(self), (self.errors,)


class CatalogError(MooInferenceError, ValueError):
    """A catalog file, or what it describes, breaks a rule."""


class ReaderError(MooInferenceError, ValueError):
    """A user's file cannot be read, is in no known format, or holds what its format does not allow."""


class SettingError(MooInferenceError, ValueError):
    """An option of an estimator, a problem, a rule or a study is out of its range."""


class UnknownNameError(MooInferenceError, LookupError):
    """A model, scenario or rule was requested that does not exist."""


class InfeasibleError(MooInferenceError, ValueError):
    """A choice was demanded where no k meets all budgets."""


class OutputError(MooInferenceError, OSError):
    """A result cannot be written to its target."""


class WorkerError(MooInferenceError, RuntimeError):
    """Work cannot be handed to workers, or they die time and again."""


class StoppedError(MooInferenceError):
    """The user, or the system, stopped a run; the error states how to go on."""


@contextmanager
def prefix_errors(where: str) -> Iterator[None]:
    """Prefix the errors of a setting that are raised inside: `<where>: <error>`."""
    try:
        yield
    except SettingError as error:
        raise SettingError([f"{where}: {message}" for message in error.errors]) from error


class ErrorCollector:
    """Gathers what is wrong, so that all of it is raised at once.

    Attributes:
        errors: what was gathered so far.
    """

    def __init__(self, sentences: Iterable[str] = ()) -> None:
        """Begin with settings that are wrong, a sentence each."""
        self.errors: list[MooInferenceError] = []
        self.add(*sentences)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was gathered so far, in words."""
        return tuple(sentence for error in self.errors for sentence in error.errors)

    def add(self, *sentences: str) -> None:
        """Gather settings that are wrong, a sentence each."""
        if sentences:
            self.errors.append(SettingError(sentences))

    def attempt(
        self, make: Callable[_Arguments, _Made], *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> _Made | None:
        """What `make` gives of the arguments; None where it raises one of this project's errors, which is gathered."""
        try:
            return make(*args, **kwargs)
        except MooInferenceError as error:
            self.errors.append(error)
            return None

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """What is raised of this project's errors inside is gathered, and ends the inside."""
        try:
            yield
        except MooInferenceError as error:
            self.errors.append(error)

    def check(self) -> None:
        """Raise what was gathered, if anything was.

        Raises:
            MooInferenceError: one error is raised as it is; several become one of their common kind, or else a
                SettingError.
        """
        if len(self.errors) == 1:
            raise self.errors[0]
        if self.errors:
            kinds = {type(error) for error in self.errors}
            kind = kinds.pop() if len(kinds) == 1 else SettingError
            raise kind(self.sentences) from self.errors[0]


class NonFiniteWarning(UserWarning):
    """Points were left out, since their estimates are not finite."""


class EnumerationWarning(UserWarning):
    """A search whose population is half its grid or more: it enumerates, which ExhaustiveSearch does surely."""


def of_kind(what: str, value: object, kind: type) -> None:
    """Refuse an argument of a wrong type.

    Args:
        what: what the argument is called.
        value: what was given.
        kind: the class it must be of.

    Raises:
        SettingError: (a ValueError) it is not of the kind.
    """
    if not isinstance(value, kind):
        raise SettingError(f"{what} must be a {kind.__name__}, got {value!r:.60}")


def listed(what: str, values: object) -> list[Any]:
    """Several values as a list; a single one, such as one name, stands for a list of itself.

    Args:
        what: what the argument is called.
        values: a list or another iterable, or one value that is none.

    Raises:
        SettingError: (a ValueError) it is a number or None, or maps names to something.
    """
    if isinstance(values, int | float | Mapping) or values is None:
        raise SettingError(f"{what} must be a list, got {values!r}")
    if isinstance(values, str) or not isinstance(values, Iterable):
        return [values]
    return list(values)


def whole_number(name: str, value: object, least: int, most: int | None = None) -> int:
    """A validated whole number; booleans and fractions are refused.

    Args:
        name: what the argument is called.
        value: what was given.
        least: the smallest that it may be.
        most: the largest that it may be; None means any.

    Raises:
        SettingError: (a ValueError) it is not one, is below `least`, or is above `most`.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise SettingError(f"{name} must be a whole number of at least {least}, got {value!r}")
    found = int(value)
    if most is not None and found > most:
        raise SettingError(f"{name} must be at most {most:,}, got {found:,}")
    return found


def unknown_name(what: str, got: str, known: Sequence[str]) -> UnknownNameError:
    """The error for a name that is not among the known ones, with the nearest of them and all of them.

    Args:
        what: what the name is of, as `model`.
        got: the name.
        known: the names there are.
    """
    wanted = f"it must be one of: {', '.join(known)}" if known else "there is none to choose from"
    return UnknownNameError(f"unknown {what} {got!r}{did_you_mean(got, known)}; {wanted}")


def did_you_mean(got: str, known: Sequence[str]) -> str:
    """The clause `(did you mean 'x'?)`, or nothing where no known name is near; of an unknown effort the known ones."""
    import difflib  # noqa: PLC0415 (only when something went wrong)

    base, effort = got.lower().split("@")[0], "@" in got
    efforts = [name for name in known if effort and name.lower().split("@")[0] == base]
    if efforts:
        return f" (did you mean {' or '.join(map(repr, efforts))}?)"
    folded = {name.lower(): name for name in reversed(known)}
    near = difflib.get_close_matches(got.lower(), list(folded), n=1, cutoff=0.5)
    return f" (did you mean {folded[near[0]]!r}?)" if near else ""
