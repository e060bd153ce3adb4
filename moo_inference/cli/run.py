"""How a command line is run: errors, interruptions and outputs that cannot be written, each reported in one line."""

import gc
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
NOTHING_FOUND = 3
"""The exit status where nothing meets the budgets, or the rule has no answer."""

INTERRUPTED = (130, 143)


def run(app: typer.Typer, arguments: Sequence[str] | None) -> int:
    """Run a command line and give its exit status; errors go to stderr, one a line.

    Args:
        app: the commands.
        arguments: what was typed; None takes those of the process.
    """
    _prepare_streams()
    if arguments is None:
        _start_quickly()
    with stopping() as stop, _warnings_as_notes():
        status = _run(app, sys.argv[1:] if arguments is None else list(arguments), stop)
    if stop.signal is not None and arguments is None:
        # Python takes half a second to put its modules away, too long after Ctrl-C.
        sys.stderr.flush()
        os._exit(status)
    return status


def _start_quickly() -> None:
    """Leave out, in a process that runs one command, what slows down the loading of modules."""
    # Modules are no garbage: looking for some while they are loaded takes a tenth of the time.
    gc.set_threshold(100_000, 20, 20)
    # pydantic would look for plugins of its own in every package that is installed.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def _run(app: typer.Typer, typed: list[str], stop: Stop) -> int:
    try:
        status = app(args=typed, prog_name="moo-inference", standalone_mode=False, obj=typed)
        sys.stdout.flush()
    except StoppedError as stopped:
        return _interrupted(stop, stopped.errors[0])
    except BrokenPipeError:
        return _closed_pipe()
    except SystemExit as ended:
        # Within a command typer takes it for a failure.
        if isinstance(ended.__context__, BrokenPipeError):
            return _closed_pipe()
        raise
    except (MooInferenceError, typer.TyperException, OSError, MemoryError) as error:
        return _fail(_errors(error))
    if status in INTERRUPTED:
        return _interrupted(stop, "interrupted")
    return int(status or 0)


@contextmanager
def _warnings_as_notes() -> Iterator[None]:
    """Print warnings as lines, without the place in the code, which the user has not written."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        note(f"warning: {message}")

    before, warnings.showwarning = warnings.showwarning, show
    # The process that puts away the semaphores of an interrupted worker pool would warn that it had to. It is started
    # with these options.
    options, sys.warnoptions = sys.warnoptions, [*sys.warnoptions, "ignore:resource_tracker"]
    try:
        yield
    finally:
        warnings.showwarning, sys.warnoptions = before, options


def _closed_pipe() -> int:
    """The reader closed the pipe (`| head`): exit quietly, without another flush at exit."""
    sys.stdout = None
    return 0


def _errors(error: Exception) -> Sequence[str]:
    if isinstance(error, MooInferenceError):
        return error.errors
    if isinstance(error, typer.TyperException):
        return [" ".join(error.format_message().split())]
    if isinstance(error, MemoryError):
        return ["there is not enough memory for this: ask for fewer trials, models or k"]
    # Errors of files are reported where they are opened: here results cannot be written, as on a full disk.
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
