"""What progress says: steps and the time left, where work of an earlier run took no time of this one."""

import io
import re
import sys

import pytest

from moo_inference.cli import progress
from moo_inference.cli.progress import report_progress


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def lines_of(capsys):
    return capsys.readouterr().err.splitlines()


def test_steps_and_the_time_left(clock, capsys):
    with report_progress("estimating") as tell:
        tell(1, 100)
        clock[0] += 2
        tell(5, 100)
        assert lines_of(capsys) == ["moo-inference: estimating: 5 of 100"]
        clock[0] += 10
        tell(7, 100)
        assert lines_of(capsys) == ["moo-inference: estimating: 7 of 100, 0:07:45 left"]
        tell(8, 100)
        assert lines_of(capsys) == []
        clock[0] += 11
        tell(100, 100)
        assert lines_of(capsys) == []


def test_what_an_earlier_run_did_does_not_count_for_the_time_left(clock, capsys):
    with report_progress("estimating") as tell:
        clock[0] += 1
        tell(90, 100)
        clock[0] += 10
        tell(91, 100)
    assert lines_of(capsys)[1:] == ["moo-inference: estimating: 91 of 100, 0:01:30 left"]


def test_steps_that_take_minutes_have_a_time_left(clock, capsys):
    with report_progress("estimating") as tell:
        for done in range(1, 4):
            clock[0] += 300
            tell(done, 10)
    assert lines_of(capsys)[-1] == "moo-inference: estimating: 3 of 10, 0:35:00 left"


@pytest.mark.parametrize("total", [40_000, 4])
def test_the_next_kind_of_work_has_a_time_of_its_own(total, clock, capsys):
    with report_progress("estimating") as tell:
        clock[0] += 1
        tell(1, 4)
        clock[0] += 5
        tell(4, 4)
        tell(1, total)
        clock[0] += 10
        tell(2, total)
    left = {40_000: "4 days, 15:06:20", 4: "0:00:20"}[total]
    assert lines_of(capsys)[-1] == f"moo-inference: estimating: 2 of {total}, {left} left"


def test_quick_work_says_nothing(capsys):
    with report_progress("estimating") as tell:
        for done in range(1, 4):
            tell(done, 3)
    assert lines_of(capsys) == []


class Terminal(io.StringIO):
    """A stderr that a person looks at."""

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    return Terminal()


def on_screen(text):
    """The lines that a terminal shows after these characters: what moves up and clears takes lines away."""
    lines, row = [""], 0
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
        if part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part.endswith("A") and part.startswith("\x1b"):
            row -= int(part[2:-1] or 1)
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part[0] not in "\x1b\r":
            lines[row] += part
    return [line.rstrip() for line in lines if line.strip()]


def test_a_terminal_gets_a_bar_with_the_time_left_and_loses_it_at_the_end(clock, terminal, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal)
    with report_progress("estimating") as tell:
        tell(1, 100)
        assert terminal.getvalue() == ""
        clock[0] += 2
        tell(5, 100)
        tell.bar.refresh()
        [line] = on_screen(terminal.getvalue())
        assert re.fullmatch(r"estimating \S*━\S* +5/100 -:--:--", line), line
        clock[0] += 10
        tell(7, 100)
        tell.bar.refresh()
        [line] = on_screen(terminal.getvalue())
        assert line.endswith("7/100 0:07:45")
    assert on_screen(terminal.getvalue()) == []
    assert terminal.getvalue().endswith("\x1b[2K")


def test_a_bar_is_taken_away_from_work_that_fails(clock, terminal, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal)

    def work():
        with report_progress("reading") as tell:
            clock[0] += 2
            tell(5, 100)
            tell.bar.refresh()
            assert on_screen(terminal.getvalue()) != []
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert on_screen(terminal.getvalue()) == []
    # The cursor, which a bar hides, is there again.
    assert terminal.getvalue().rfind("\x1b[?25h") > terminal.getvalue().rfind("\x1b[?25l") >= 0


def test_quick_work_draws_nothing_in_a_terminal(clock, terminal, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal)
    with report_progress("estimating") as tell:
        for done in range(1, 4):
            tell(done, 3)
    assert terminal.getvalue() == ""
