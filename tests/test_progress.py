"""What progress says: steps, a rate and the time left, where work of an earlier run took no time of this one."""

import pytest

from moo_inference import progress
from moo_inference.progress import report_progress


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def lines_of(capsys):
    return capsys.readouterr().err.splitlines()


def test_a_rate_and_the_time_left(clock, capsys):
    with report_progress("estimating") as tell:
        tell(1, 100)
        clock[0] += 2
        tell(5, 100)
        assert lines_of(capsys) == ["moo-inference: estimating: 5 of 100, 2 a second, about 48 s left"]
        clock[0] += 10
        tell(7, 100)
        assert lines_of(capsys) == ["moo-inference: estimating: 7 of 100, 30 a minute, about 3 min left"]
        tell(8, 100)
        assert lines_of(capsys) == []
        clock[0] += 11
        tell(100, 100)
        assert lines_of(capsys) == []


def test_what_an_earlier_run_did_does_not_count_for_the_rate(clock, capsys):
    with report_progress("estimating") as tell:
        tell(90, 100)
        clock[0] += 10
        tell(91, 100)
    assert lines_of(capsys) == ["moo-inference: estimating: 91 of 100, 6 a minute, about 90 s left"]


def test_the_next_kind_of_work_has_a_rate_of_its_own(clock, capsys):
    with report_progress("estimating") as tell:
        tell(1, 2)
        clock[0] += 5
        tell(2, 2)
        tell(1, 40_000)
        clock[0] += 10
        tell(11, 40_000)
    assert lines_of(capsys)[-1] == "moo-inference: estimating: 11 of 40000, 1 a second, about 11.1 h left"


def test_quick_work_says_nothing(capsys):
    with report_progress("estimating") as tell:
        for done in range(1, 4):
            tell(done, 3)
    assert lines_of(capsys) == []
