"""Hours of the week in UTC at which other prices hold, as minutes since Monday 00:00."""

import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from moo_inference.errors import SettingError

DAY = 24 * 60
WEEK = 7 * DAY

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_TIME = re.compile(r"(?:(mon|tue|wed|thu|fri|sat|sun)[a-z]* )?([01][0-9]|2[0-3]):([0-5][0-9])\Z")

Windows = tuple[tuple[int, int], ...]
"""Minutes of the week, ascending: from the first of each pair on, up to before the second; none crosses the week's end.
"""


def minute_of_day(text: str) -> int:
    """Minutes since midnight of HH:MM, with or without seconds of 00 and a Z.

    Raises:
        ValueError: it is none.
    """
    match = re.match(r"([01]?[0-9]|2[0-4]):([0-5][0-9])(?::00)?Z?\Z", text.strip())
    if match is None or int(match[1]) * 60 + int(match[2]) > DAY:
        raise ValueError(f"must be a time HH:MM, got {text!r}")
    return int(match[1]) * 60 + int(match[2])


def minutes_between(start: str, end: str) -> frozenset[int]:
    """The minutes of a day from one time up to before another, over midnight where that is earlier.

    Equal times mean the whole day.

    Raises:
        ValueError: one is no time.
    """
    first, last = minute_of_day(start) % DAY, minute_of_day(end) % DAY
    return frozenset(minute % DAY for minute in range(first, last if first < last else last + DAY))


def minutes_of(ranges: Iterable[str]) -> frozenset[int]:
    """The minutes of a day in some ranges HH:MM-HH:MM.

    Raises:
        ValueError: one is no range.
    """
    found: set[int] = set()
    for text in ranges:
        start, dash, end = text.partition("-")
        if not dash:
            raise ValueError(f"must be a range HH:MM-HH:MM, got {text!r}")
        found |= minutes_between(start, end)
    return frozenset(found)


def offset_of(zone: str) -> int:
    """Minutes that a zone is ahead of UTC.

    Raises:
        ValueError: there is no such zone, or its clock changes in the year.
    """
    try:
        own = ZoneInfo(zone)
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise ValueError(f"must be a time zone, got {zone!r}") from error
    ahead = {datetime(2026, month, 1, tzinfo=UTC).astimezone(own).utcoffset() for month in range(1, 13)}
    if len(ahead) > 1:
        raise ValueError(f"must be a time zone whose clock does not change, got {zone!r}")
    return int((ahead.pop() or timedelta()).total_seconds()) // 60


def week_of(minutes: Collection[int], days: Collection[int] | None = None, offset: int = 0) -> frozenset[int]:
    """The minutes of the week that are among some minutes of the day, on some days.

    Args:
        minutes: of the day, in UTC.
        days: 1 (Monday) to 7 (Sunday); None: all.
        offset: minutes that the calendar of the days is ahead of UTC.
    """
    return frozenset(
        minute
        for minute in range(WEEK)
        if minute % DAY in minutes and (days is None or (minute + offset) % WEEK // DAY + 1 in days)
    )


def windows_of(minutes: Collection[int]) -> Windows:
    """Minutes of the week as windows."""
    found: list[list[int]] = []
    for minute in sorted(minutes):
        if found and found[-1][1] == minute:
            found[-1][1] = minute + 1
        else:
            found.append([minute, minute + 1])
    return tuple((first, last) for first, last in found)


def share_of_week(windows: Windows) -> float:
    """The share of a week that is in some windows."""
    return sum(last - first for first, last in windows) / WEEK


def holds_at(windows: Windows, time: str) -> bool:
    """Whether a time is in some windows.

    Args:
        windows: of the week.
        time: in UTC, `02:30`, or `sat 02:30` where that depends on the day.

    Raises:
        SettingError: (a ValueError) it is no time, or whether it is in the windows depends on the day.
    """
    match = _TIME.match(time.strip().lower())
    if match is None:
        raise SettingError(f"--price-time must be a time of UTC, as 02:30 or sat 02:30; got {time!r}")
    minute = int(match[2]) * 60 + int(match[3])
    days = range(7) if match[1] is None else [DAYS.index(match[1])]
    answers = {any(first <= minute + day * DAY < last for first, last in windows) for day in days}
    if len(answers) > 1:
        raise SettingError(
            f"--price-time must name the day, as sat {match[2]}:{match[3]}: the price at this hour depends on it"
        )
    return answers.pop()


def hours_text(windows: Windows) -> str:
    """The windows in words: each run of days with the same hours, as `mon-fri 00:00-01:00, 04:00-06:00`."""
    by_day = [
        [
            f"{_clock(max(first, day * DAY) - day * DAY)}-{_clock(min(last, (day + 1) * DAY) - day * DAY)}"
            for first, last in windows
            if first < (day + 1) * DAY and last > day * DAY
        ]
        for day in range(7)
    ]
    parts, day = [], 0
    while day < len(by_day):
        end = day
        while end + 1 < len(by_day) and by_day[end + 1] == by_day[day]:
            end += 1
        if by_day[day]:
            span = "" if end - day == 6 else DAYS[day] if end == day else f"{DAYS[day]}-{DAYS[end]}"
            parts.append(f"{span} {', '.join(by_day[day])}".strip())
        day = end + 1
    return "; ".join(parts)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
