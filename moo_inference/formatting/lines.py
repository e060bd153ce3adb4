"""Lines of output of the command line, without anything that controls a terminal."""

import sys

from moo_inference.formatting.visible import one_line


def note(text: str) -> None:
    """Write a line about the work to stderr."""
    sys.stderr.write(f"moo-inference: {one_line(text)}\n")
    sys.stderr.flush()


def print_line(text: str) -> None:
    """Write a line of the answer to stdout."""
    sys.stdout.write(f"{one_line(text)}\n")
