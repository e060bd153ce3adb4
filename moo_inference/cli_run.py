"""How a command line is run: faults, interruptions and outputs that take nothing, each told in a line."""

import io
import sys
from collections.abc import Sequence

import typer

from moo_inference.errors import MooInferenceError
from moo_inference.texts.visible import one_line

FAULT = 2
INTERRUPTED = 130


def run(app: typer.Typer, arguments: Sequence[str] | None) -> int:
    """Run a command line and give its exit status; faults go to stderr, one a line.

    Args:
        app: the commands.
        arguments: what was typed; None takes those of the process.
    """
    _prepare_streams()
    try:
        typed = sys.argv[1:] if arguments is None else list(arguments)
        status = app(args=typed, prog_name="moo-inference", standalone_mode=False, obj=typed)
        sys.stdout.flush()
    except MooInferenceError as error:
        return _fail(error.faults)
    except typer.TyperException as error:
        return _fail([" ".join(error.format_message().split())])
    except BrokenPipeError:
        # Whoever read the results has seen enough. Python must not try to flush to them again at exit.
        sys.stdout = None
        return 0
    except OSError as error:
        # Faults of files are told where they are opened: what is left are results that nothing takes, a full disk say.
        sys.stdout = None
        return _fail([f"the results cannot be written: {error.strerror or error}"])
    except MemoryError:
        return _fail(["there is not enough memory for this: ask for fewer trials, models or k"])
    if status == INTERRUPTED:
        sys.stderr.write("moo-inference: interrupted\n")
    return int(status or 0)


def _prepare_streams() -> None:
    """Characters that an output cannot show become escapes; an output that is closed takes nothing."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, io.StringIO())
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _fail(faults: Sequence[str]) -> int:
    for fault in faults:
        # A name may hold the end of a line, a fault must not.
        sys.stderr.write(f"moo-inference: {one_line(fault)}\n")
    return FAULT
