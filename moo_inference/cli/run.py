"""How a command line is run: errors, interruptions and outputs that take nothing, each told in a line."""

import io
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

from moo_inference.cli.signals import Stop, stopping
from moo_inference.errors import MooInferenceError, StoppedError
from moo_inference.formatting.lines import note

ERROR = 2
INTERRUPTED = (130, 143)


def run(app: typer.Typer, arguments: Sequence[str] | None) -> int:
    """Run a command line and give its exit status; errors go to stderr, one a line.

    Args:
        app: the commands.
        arguments: what was typed; None takes those of the process.
    """
    _prepare_streams()
    with stopping() as stop, _warnings_as_notes():
        status = _run(app, sys.argv[1:] if arguments is None else list(arguments), stop)
    if stop.signal is not None and arguments is None:
        # Python takes half a second to put its modules away, for which nobody waits who pressed Ctrl-C.
        sys.stderr.flush()
        os._exit(status)
    return status


def _run(app: typer.Typer, typed: list[str], stop: Stop) -> int:
    try:
        status = app(args=typed, prog_name="moo-inference", standalone_mode=False, obj=typed)
        sys.stdout.flush()
    except StoppedError as stopped:
        return _interrupted(stop, stopped.errors[0])
    except BrokenPipeError:
        return _read_enough()
    except SystemExit as ended:
        # Within a command typer takes it for a failure.
        if isinstance(ended.__context__, BrokenPipeError):
            return _read_enough()
        raise
    except (MooInferenceError, typer.TyperException, OSError, MemoryError) as error:
        return _fail(_errors(error))
    if status in INTERRUPTED:
        return _interrupted(stop, "interrupted")
    return int(status or 0)


@contextmanager
def _warnings_as_notes() -> Iterator[None]:
    """A warning is a line like all else that is said, without the place in the code, which the user has not written."""

    def tell(message: Warning | str, *_: Any, **__: Any) -> None:
        note(f"warning: {message}")

    before, warnings.showwarning = warnings.showwarning, tell
    try:
        yield
    finally:
        warnings.showwarning = before


def _read_enough() -> int:
    """Whoever read the results has seen enough. Python must not try to flush to them again at exit."""
    sys.stdout = None
    return 0


def _errors(error: Exception) -> Sequence[str]:
    if isinstance(error, MooInferenceError):
        return error.errors
    if isinstance(error, typer.TyperException):
        return [" ".join(error.format_message().split())]
    if isinstance(error, MemoryError):
        return ["there is not enough memory for this: ask for fewer trials, models or k"]
    # Errors of files are told where they are opened: what is left are results that nothing takes, a full disk say.
    sys.stdout = None
    return [f"the results cannot be written: {getattr(error, 'strerror', None) or error}"]


def _interrupted(stop: Stop, text: str) -> int:
    note(text)
    return stop.status


def _prepare_streams() -> None:
    """Characters that an output cannot show become escapes; an output that is closed takes nothing."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, io.StringIO())
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _fail(errors: Sequence[str]) -> int:
    for message in errors:
        note(message)
    return ERROR
