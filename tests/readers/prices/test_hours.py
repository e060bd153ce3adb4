"""Hours of the week, against a twin that asks the calendar minute by minute."""

import datetime
import itertools
from zoneinfo import ZoneInfo

import pytest

from moo_inference.readers.prices.hours import (
    DAYS,
    WEEK,
    holds_at,
    hours_text,
    minutes_between,
    minutes_of,
    offset_of,
    share_of_week,
    week_of,
    windows_of,
)

MONDAY = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)


def twin(ranges, days, zone):
    """The minutes of a week in which a clock and a calendar say so."""
    found = set()
    for minute in range(WEEK):
        now = MONDAY + datetime.timedelta(minutes=minute)
        if days is not None and now.astimezone(ZoneInfo(zone)).isoweekday() not in days:
            continue
        for start, end in (text.split("-") for text in ranges):
            clock = f"{now:%H:%M}"
            inside = start <= clock < end if start < end else clock >= start or clock < end
            if inside:
                found.add(minute)
    return found


@pytest.mark.parametrize(
    ("ranges", "days", "zone"),
    [
        (["16:30-00:30"], None, "UTC"),
        (["00:00-01:00", "04:00-06:00", "10:00-00:00"], [1, 2, 3, 4, 5], "UTC"),
        (["00:00-00:00"], [6, 7], "UTC"),
        # 22:00 in UTC is the next day in Shanghai.
        (["20:00-23:00"], [1], "Asia/Shanghai"),
        (["20:00-23:00"], [7], "America/Bogota"),
    ],
)
def test_windows_are_those_of_the_calendar(ranges, days, zone):
    minutes = week_of(minutes_of(ranges), days, offset_of(zone))
    assert minutes == twin(ranges, days, zone)
    windows = windows_of(minutes)
    assert {minute for first, last in windows for minute in range(first, last)} == minutes
    assert all(one[1] < other[0] for one, other in itertools.pairwise(windows))
    assert share_of_week(windows) == pytest.approx(len(minutes) / WEEK)
    for minute in (0, 30, 61, 1439, 1440, 5000, 9000, WEEK - 1):
        time = f"{DAYS[minute // 1440]} {minute % 1440 // 60:02}:{minute % 60:02}"
        assert holds_at(windows, time) == (minute in minutes)


def test_off_peak_holds_from_its_first_minute_up_to_before_its_last():
    """litellm pull request 31725: the start counts, the end does not, and a window may go over midnight."""
    windows = windows_of(week_of(minutes_of(["16:30-00:30"])))
    assert [holds_at(windows, time) for time in ("16:29", "16:30", "00:00", "00:29", "00:30")] == [
        *(False, True, True, True, False),
    ]
    assert hours_text(windows) == "00:00-00:30, 16:30-24:00"
    assert share_of_week(windows) == pytest.approx(8 / 24)


def test_a_time_needs_its_day_only_where_the_price_depends_on_it():
    peak = week_of(minutes_of(["01:00-04:00", "06:00-10:00"]), [1, 2, 3, 4, 5])
    windows = windows_of(set(range(WEEK)) - peak)
    # 133 of 168 hours, as counted in nesquikm/mcp-rubber-duck pull request 148.
    assert share_of_week(windows) * 168 == pytest.approx(133)
    assert hours_text(windows) == "mon-fri 00:00-01:00, 04:00-06:00, 10:00-24:00; sat-sun 00:00-24:00"
    assert holds_at(windows, "12:00")
    assert not holds_at(windows, "Friday 02:30")
    with pytest.raises(ValueError, match="must name the day, as sat 02:30"):
        holds_at(windows, "02:30")
    for wrong in ("2:30", "24:00", "noon", "someday 02:30", ""):
        with pytest.raises(ValueError, match="must be a time of UTC"):
            holds_at(windows, wrong)


def test_what_is_no_time_or_zone_is_refused():
    for wrong in ("25:00-26:00", "12:60-13:00", "16:30", "a-b"):
        with pytest.raises(ValueError, match="must be a"):
            minutes_of([wrong])
    assert minutes_between("00:30:00Z", "16:30:00Z") == set(range(30, 990))
    assert minutes_between("10:00", "24:00") == set(range(600, 1440))
    with pytest.raises(ValueError, match="whose clock does not change"):
        offset_of("Europe/Berlin")
    with pytest.raises(ValueError, match="must be a time zone"):
        offset_of("Mars/Base")
    assert offset_of("Asia/Shanghai") == 480
