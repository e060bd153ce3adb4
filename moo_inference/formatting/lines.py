"""The door through which a command line speaks: what it says is a line, and nothing in it steers a terminal."""

import sys

from moo_inference.formatting.visible import one_line


def note(text: str) -> None:
    """Say something about the work, on stderr."""
    sys.stderr.write(f"moo-inference: {one_line(text)}\n")
    sys.stderr.flush()


def say(text: str) -> None:
    """Say a line of the answer, on stdout."""
    sys.stdout.write(f"{one_line(text)}\n")
