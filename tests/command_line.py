"""The command line as tests call it: in this process, with what it prints and its exit status."""

import pytest

from moo_inference.cli import app as cli


def run(capsys, *arguments):
    """Exit status, stdout and stderr of a command line."""
    with pytest.raises(SystemExit) as stopped:
        cli.main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return stopped.value.code, out, err


def refused(capsys, *arguments):
    """The errors of a call that ends with status 2: one a line on stderr, and nothing on stdout."""
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    lines = err.splitlines()
    assert lines
    assert all(line.startswith("moo-inference: ") for line in lines)
    assert "Traceback" not in err
    return [line.removeprefix("moo-inference: ") for line in lines]
