"""Occurrences and due days: by hand, by brute force, and as the sandbox bills them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox.scheduling import SCHEDULES, schedule
from sandbox.support import api_of, new_box
from strategies import cases

from hoopai_invoices.errors import BadRequestError, InvalidRequestError
from hoopai_invoices.models import (
    BusinessDetails,
    ContactDetails,
    Discount,
    FrequencySettings,
    Invoice,
    InvoiceItem,
    RecurrenceRule,
    Schedule,
    ScheduleOptions,
    ScheduleUpdateAndStart,
)
from hoopai_invoices.recurrence import (
    Occurrence,
    end_of_month,
    net,
    occurrences,
    today,
    zone_of,
)
from hoopai_invoices.sandbox import Choices, Sandbox

pytestmark = pytest.mark.anyio

DENVER = "America/Denver"
FINE = {"hourly": 3600, "minutely": 60, "secondly": 1}
WEEKDAYS = ["mo", "tu", "we", "th", "fr", "sa", "su"]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
ShortMonths = Literal["skip", "last_day"]


def rule(kind: str, start: str, **more: Any) -> RecurrenceRule:
    """A rule with an interval of one, by the names of the service."""
    return RecurrenceRule.from_dict(
        {"intervalType": kind, "interval": 1, "startDate": start, **more}
    )


def days(schedule: Any, n: int = 3, zone: str = DENVER, **more: Any) -> list[str]:
    return [one.day.isoformat() for one in occurrences(schedule, n, timezone=zone, **more)]


def moments(schedule: Any, n: int = 3, zone: str = DENVER, **more: Any) -> list[str]:
    return [one.at.isoformat() for one in occurrences(schedule, n, timezone=zone, **more)]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (rule("daily", "2026-01-02", interval=3), ["2026-01-02", "2026-01-05", "2026-01-08"]),
        (
            rule("daily", "2026-01-31", monthOfYear="feb"),
            ["2026-02-01", "2026-02-02", "2026-02-03"],
        ),
        (rule("daily", "2026-01-01", dayOfWeek="fr"), ["2026-01-02", "2026-01-09", "2026-01-16"]),
        (rule("daily", "2026-01-30", dayOfMonth=-1), ["2026-01-31", "2026-02-28", "2026-03-31"]),
        # weekly: the weekday of the start (a Wednesday), or of its own; weeks begin on Monday
        (rule("weekly", "2026-01-07"), ["2026-01-07", "2026-01-14", "2026-01-21"]),
        (
            rule("weekly", "2026-01-07", interval=2, dayOfWeek="mo"),
            ["2026-01-19", "2026-02-02", "2026-02-16"],
        ),
        (
            rule("weekly", "2026-01-07", interval=2, dayOfWeek="su"),
            ["2026-01-11", "2026-01-25", "2026-02-08"],
        ),
        (
            rule(
                "weekly", "2026-01-05", dayOfWeek="th", numOfWeek=2
            ),  # the week doesn't count here
            ["2026-01-08", "2026-01-15", "2026-01-22"],
        ),
        (
            rule("weekly", "2026-02-23", monthOfYear="mar"),
            ["2026-03-02", "2026-03-09", "2026-03-16"],
        ),
        (rule("weekly", "2026-01-01", dayOfMonth=15), ["2026-01-15", "2026-02-15", "2026-03-15"]),
        # monthly
        (rule("monthly", "2026-01-10"), ["2026-01-10", "2026-02-10", "2026-03-10"]),
        (
            rule("monthly", "2026-01-10", interval=3, dayOfMonth=1),
            ["2026-04-01", "2026-07-01", "2026-10-01"],
        ),
        (rule("monthly", "2026-01-15", dayOfMonth=-1), ["2026-01-31", "2026-02-28", "2026-03-31"]),
        (
            rule("monthly", "2027-12-15", interval=2, dayOfMonth=-1),
            ["2027-12-31", "2028-02-29", "2028-04-30"],
        ),
        (
            rule("monthly", "2026-01-01", dayOfWeek="fr", numOfWeek=-1),
            ["2026-01-30", "2026-02-27", "2026-03-27"],
        ),
        (
            rule("monthly", "2026-01-01", dayOfWeek="sa", numOfWeek=4),  # January has a fifth
            ["2026-01-24", "2026-02-28", "2026-03-28"],
        ),
        (
            rule("monthly", "2026-01-14", dayOfWeek="tu", numOfWeek=2),  # the 13th is past
            ["2026-02-10", "2026-03-10", "2026-04-14"],
        ),
        (rule("monthly", "2026-01-01", dayOfWeek="sa"), ["2026-01-03", "2026-01-10", "2026-01-17"]),
        (
            rule("monthly", "2026-01-01", dayOfWeek="fr", dayOfMonth=13),
            ["2026-02-13", "2026-03-13", "2026-11-13"],
        ),
        (
            rule("monthly", "2026-01-20", monthOfYear="mar"),
            ["2026-03-20", "2027-03-20", "2028-03-20"],
        ),
        (  # June, September, December, March
            rule("monthly", "2026-06-20", interval=3, monthOfYear="mar"),
            ["2027-03-20", "2028-03-20", "2029-03-20"],
        ),
        # yearly
        (rule("yearly", "2026-05-10"), ["2026-05-10", "2027-05-10", "2028-05-10"]),
        (
            rule("yearly", "2026-05-10", interval=2, monthOfYear="mar", dayOfMonth=15),
            ["2028-03-15", "2030-03-15", "2032-03-15"],
        ),
        (rule("yearly", "2026-03-20", dayOfMonth=15), ["2027-03-15", "2028-03-15", "2029-03-15"]),
        (
            rule("yearly", "2026-01-01", monthOfYear="sep", dayOfWeek="mo", numOfWeek=1),
            ["2026-09-07", "2027-09-06", "2028-09-04"],
        ),
        (
            rule("yearly", "2026-05-20", dayOfWeek="mo", numOfWeek=-1),
            ["2026-05-25", "2027-05-31", "2028-05-29"],
        ),
        # finer rules look at no day
        (
            rule(
                "hourly", "2026-01-01", interval=24, dayOfWeek="mo", dayOfMonth=9, monthOfYear="feb"
            ),
            ["2026-01-01", "2026-01-02", "2026-01-03"],
        ),
        # an interval that leaves the calendar
        *(
            (rule(kind, "2026-01-10", interval=10**20), ["2026-01-10"])
            for kind in ("yearly", "monthly", "weekly", "daily", *FINE)
        ),
    ],
)
def test_rules(schedule: RecurrenceRule, expected: list[str]) -> None:
    assert days(schedule) == expected


@pytest.mark.parametrize(
    ("schedule", "skip", "last_day"),
    [
        (
            rule("monthly", "2026-01-31"),
            ["2026-01-31", "2026-03-31", "2026-05-31"],
            ["2026-01-31", "2026-02-28", "2026-03-31"],
        ),
        (
            rule("monthly", "2028-01-31", dayOfMonth=30),  # the 30th of January is past
            ["2028-03-30", "2028-04-30", "2028-05-30"],
            ["2028-02-29", "2028-03-30", "2028-04-30"],
        ),
        (
            rule("yearly", "2028-02-29"),
            ["2028-02-29", "2032-02-29", "2036-02-29"],
            ["2028-02-29", "2029-02-28", "2030-02-28"],
        ),
        (rule("yearly", "2096-02-29"), ["2096-02-29", "2104-02-29"], ["2096-02-29", "2097-02-28"]),
        (
            rule("yearly", "2026-01-01", monthOfYear="apr", dayOfMonth=31),
            [],
            ["2026-04-30", "2027-04-30", "2028-04-30"],
        ),
        (  # with a weekday, both must fit; and other rules have no months
            rule("monthly", "2026-01-01", dayOfWeek="sa", dayOfMonth=31),
            ["2026-01-31", "2026-10-31"],
            ["2026-01-31", "2026-10-31"],
        ),
        (
            rule("daily", "2026-02-01", dayOfMonth=31),
            ["2026-03-31", "2026-05-31"],
            ["2026-03-31", "2026-05-31"],
        ),
    ],
)
def test_days_that_a_month_does_not_have(
    schedule: RecurrenceRule, skip: list[str], last_day: list[str]
) -> None:
    assert days(schedule, len(skip) or 3) == skip
    assert days(schedule, len(last_day), short_months="last_day") == last_day


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (
            rule("daily", "2026-03-07", startTime="09:00:00"),
            ["2026-03-07T09:00:00-07:00", "2026-03-08T09:00:00-06:00", "2026-03-09T09:00:00-06:00"],
        ),
        (
            rule("monthly", "2026-10-15", startTime="09:00:00"),
            ["2026-10-15T09:00:00-06:00", "2026-11-15T09:00:00-07:00", "2026-12-15T09:00:00-07:00"],
        ),
        # on 8 March the clock went from 2 to 3, on 1 November from 2 back to 1
        (
            rule("daily", "2026-03-07", startTime="02:30:00"),
            ["2026-03-07T02:30:00-07:00", "2026-03-08T03:30:00-06:00", "2026-03-09T02:30:00-06:00"],
        ),
        (
            rule("daily", "2026-10-31", startTime="01:30:00"),
            ["2026-10-31T01:30:00-06:00", "2026-11-01T01:30:00-06:00", "2026-11-02T01:30:00-07:00"],
        ),
        (
            rule("hourly", "2026-03-08", startTime="01:30:00"),
            ["2026-03-08T01:30:00-07:00", "2026-03-08T03:30:00-06:00", "2026-03-08T04:30:00-06:00"],
        ),
        (
            rule("hourly", "2026-11-01", startTime="01:30:00"),
            ["2026-11-01T01:30:00-06:00", "2026-11-01T01:30:00-07:00", "2026-11-01T02:30:00-07:00"],
        ),
        (
            rule("minutely", "2026-03-08", startTime="01:59:30", interval=1),
            ["2026-03-08T01:59:30-07:00", "2026-03-08T03:00:30-06:00", "2026-03-08T03:01:30-06:00"],
        ),
        (
            rule("secondly", "2026-01-31", startTime="23:59:59", interval=2),
            ["2026-01-31T23:59:59-07:00", "2026-02-01T00:00:01-07:00", "2026-02-01T00:00:03-07:00"],
        ),
    ],
)
def test_times(schedule: RecurrenceRule, expected: list[str]) -> None:
    assert moments(schedule) == expected
    assert [one.issued for one in occurrences(schedule, 3, timezone=DENVER)] == [
        one.at for one in occurrences(schedule, 3, timezone=DENVER)
    ]


def test_a_midnight_that_there_is_not_leaves_the_day() -> None:
    found = occurrences(rule("daily", "2026-03-07"), 2, timezone="America/Havana")
    assert [one.day.isoformat() for one in found] == ["2026-03-07", "2026-03-08"]
    assert found[1].at.isoformat() == "2026-03-08T01:00:00-04:00"


@pytest.mark.parametrize(
    ("schedule", "issued"),
    [
        (rule("monthly", "2026-01-15", startTime="09:00:00", daysBefore=20), "2025-12-26T09:00:00-07:00"),
        (rule("daily", "2026-03-10", startTime="09:00:00", daysBefore=5), "2026-03-05T09:00:00-07:00"),
        (rule("daily", "2026-03-09", startTime="02:30:00", daysBefore=1), "2026-03-08T03:30:00-06:00"),
        (rule("hourly", "2026-03-10", startTime="22:00:00", daysBefore=5), "2026-03-05T22:00:00-07:00"),
        (rule("daily", "2026-03-10", daysBefore=0), "2026-03-10T00:00:00-06:00"),
    ],
)  # fmt: skip
def test_a_lead_is_counted_on_the_wall(schedule: RecurrenceRule, issued: str) -> None:
    [found] = occurrences(schedule, 1, timezone=DENVER)
    assert found.issued.isoformat() == issued
    assert found.day == schedule.start_date


def test_a_lead_beyond_the_calendar_is_a_long_one() -> None:
    [found] = occurrences(rule("daily", "1900-01-01", daysBefore=10**20), 1, timezone=DENVER)
    assert found.issued.year < 1700


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ({"endType": "by", "endDate": "2026-01-04"}, 3),
        ({"endType": "by", "endDate": "2026-01-02"}, 1),
        ({"endType": "by", "endDate": "2026-01-04", "count": 1}, 3),
        ({"endType": "by", "endDate": "2026-01-04", "endTime": "09:00:00"}, 3),
        ({"endType": "by", "endDate": "2026-01-04", "endTime": "08:59:59"}, 2),
        ({"endType": "by", "endDate": "9999-12-31"}, 9),
        ({"endType": "after", "count": "5"}, 5),
        ({"endType": "after", "count": 5, "endDate": "2026-01-04"}, 5),
        ({"endType": "never", "count": 1, "endDate": "2026-01-04"}, 9),
        ({"count": 5}, 5),
        ({"endDate": "2026-01-04"}, 3),
        ({"endDate": "2026-01-04", "count": 2}, 2),
        ({"endDate": "2026-01-04", "count": 5}, 3),
        ({}, 9),
    ],
)
@pytest.mark.parametrize("kind", [{"kind": "daily"}, {"kind": "hourly", "interval": 24}])
def test_ends(kind: dict[str, Any], end: dict[str, Any], expected: int) -> None:
    found = days(rule(start="2026-01-02", startTime="09:00:00", **kind, **end), 9)
    assert found == [f"2026-01-{2 + number:02}" for number in range(expected)]


def test_an_end_in_the_hour_that_daylight_saving_time_takes() -> None:
    # At 3:15 on the wall the moment of 2:30 (3:30) is still to come, and the day has been billed.
    daily = rule(
        "daily", "2026-03-08", startTime="02:30:00", endDate="2026-03-08", endTime="03:15:00"
    )
    assert moments(daily) == ["2026-03-08T03:30:00-06:00"]
    hourly = rule("hourly", "2026-03-08", startTime="00:30:00", endDate="2026-03-08", endTime="03:15:00")  # fmt: skip
    assert moments(hourly) == ["2026-03-08T00:30:00-07:00", "2026-03-08T01:30:00-07:00"]


def test_since_leaves_what_a_start_would_still_bill() -> None:
    evening = datetime(2026, 1, 4, 2, tzinfo=UTC)  # of the 3rd, 19:00 in Denver
    daily = rule("daily", "2026-01-01", startTime="09:00:00", count=4)
    assert days(daily, since=evening) == ["2026-01-03", "2026-01-04"]  # the count is from the 1st
    assert days(daily, since=evening, zone="UTC") == ["2026-01-04"]
    hourly = rule("hourly", "2026-01-01", interval=7, count=10)
    late = "2026-01-03T15:00:00-07:00"
    assert moments(hourly, since=datetime.fromisoformat(late)) == [late]
    assert moments(hourly, since=datetime(2026, 1, 3, 22, 0, 0, 1, tzinfo=UTC)) == []
    assert len(moments(hourly, 99, since=datetime(1999, 1, 1, tzinfo=UTC))) == 10
    ahead = rule("monthly", "2026-01-03", daysBefore=9)
    [due] = occurrences(ahead, 1, timezone=DENVER, since=evening)
    assert (due.day.isoformat(), due.issued < evening) == ("2026-01-03", True)


def test_one_moment() -> None:
    once = ScheduleOptions(
        execute_at=datetime(2026, 1, 10, 9, tzinfo=timezone(timedelta(hours=-8)))
    )
    [found] = occurrences(once, 5, timezone="Asia/Tokyo")
    at = datetime(2026, 1, 11, 2, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert found == Occurrence(date(2026, 1, 11), at, at)
    same_day = datetime(2026, 1, 11, 14, tzinfo=UTC)
    assert occurrences(once, 5, timezone="Asia/Tokyo", since=same_day) == [found]
    assert occurrences(once, 5, timezone="Asia/Tokyo", since=same_day + timedelta(hours=1)) == []
    assert occurrences(once, 0, timezone="Asia/Tokyo") == []
    twice = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)  # the second 1:30 of that night
    [found] = occurrences(ScheduleOptions(execute_at=twice), 1, timezone=DENVER)
    assert (found.at.isoformat(), found.issued) == ("2026-11-01T01:30:00-07:00", found.at)


OPTIONS = ScheduleOptions(rrule=rule("monthly", "2026-01-10"))


@pytest.mark.parametrize(
    "schedule",
    [
        OPTIONS,
        Schedule.from_dict({"schedule": OPTIONS.to_dict()}),
        ScheduleUpdateAndStart(schedule=OPTIONS),
        FrequencySettings(enabled=True, schedule=OPTIONS),
    ],
)
def test_what_has_a_rule(schedule: Any) -> None:
    assert days(schedule, 2) == ["2026-01-10", "2026-02-10"]


def test_settings_that_are_off_have_none() -> None:
    assert occurrences(FrequencySettings(enabled=False), 3, timezone=DENVER) == []
    off = FrequencySettings(enabled=False, schedule=OPTIONS)
    assert occurrences(off, 3, timezone=DENVER) == []


@pytest.mark.parametrize(
    "schedule",
    [
        rule("daily", "2026-01-01", monthOfYear="feb", dayOfMonth=31),
        rule("daily", "2026-01-01", interval=7, dayOfWeek="mo"),
        rule("weekly", "2026-01-01", monthOfYear="feb", dayOfMonth=30),
        rule("monthly", "2026-01-01", dayOfMonth=20, dayOfWeek="mo", numOfWeek=1),
        rule("monthly", "2026-02-01", interval=12, dayOfMonth=31),
        rule("monthly", "2026-02-01", interval=12, monthOfYear="mar"),
        rule("yearly", "2026-01-01", monthOfYear="feb", dayOfMonth=31),
    ],
)
def test_a_day_that_never_comes(schedule: RecurrenceRule) -> None:
    assert occurrences(schedule, 10**20, timezone=DENVER) == []


def test_rare_days_are_found() -> None:
    leap = rule("yearly", "2026-02-28", interval=100, monthOfYear="feb", dayOfMonth=29)
    assert days(leap) == []  # 2026, 2126, 2226 … are never leap years
    leap = rule("yearly", "2100-02-28", interval=100, monthOfYear="feb", dayOfMonth=29)
    assert days(leap) == ["2400-02-29", "2800-02-29", "3200-02-29"]
    weekly = rule("yearly", "2028-02-29", dayOfMonth=29, dayOfWeek="su")
    assert days(weekly) == ["2032-02-29", "2060-02-29", "2088-02-29"]


def test_the_end_of_the_calendar() -> None:
    found = days(rule("yearly", "2999-12-31", interval=1000), 99)
    assert found == [f"{year}-12-31" for year in range(2999, 9999, 1000)]
    late: dict[str, Any] = {"zone": "UTC", "since": datetime(9999, 12, 31, 23, tzinfo=UTC)}
    assert moments(rule("hourly", "2999-12-31"), 99, **late) == ["9999-12-31T23:00:00+00:00"]


WRONG_OPTIONS: list[tuple[Any, str]] = [
    (None, "schedule"),
    ({"rrule": {}}, "schedule"),
    (ScheduleOptions(), ""),
    (ScheduleOptions(rrule=rule("daily", "2026-01-01"), execute_at=datetime.now(UTC)), ""),
    (ScheduleOptions(execute_at=datetime(2026, 1, 1)), "execute_at"),
    (ScheduleOptions(execute_at=datetime.max.replace(tzinfo=timezone(-timedelta(hours=5)))), "execute_at"),
    (ScheduleOptions(rrule={"interval": 1}), "rrule"),  # type: ignore[arg-type]
    (ScheduleOptions(rrule=rule("daily", "2026-01-01", interval=0)), "rrule.interval"),
    (FrequencySettings(enabled=True), "schedule"),
    (FrequencySettings(enabled=True, schedule=ScheduleOptions()), "schedule"),
    (ScheduleUpdateAndStart(), "schedule"),
    (ScheduleUpdateAndStart(schedule=ScheduleOptions(rrule=rule("daily", "2026-01-01", count=0))), "schedule.rrule.count"),
]  # fmt: skip


@pytest.mark.parametrize(("schedule", "path"), WRONG_OPTIONS)
def test_what_is_no_schedule(schedule: Any, path: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        occurrences(schedule, 1, timezone=DENVER)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"intervalType": "fortnightly"}, "interval_type"),
        ({"interval": 0}, "interval"),
        ({"interval": None}, "interval"),
        ({"startDate": None}, "start_date"),
        ({"startDate": "1899-12-31"}, "start_date"),
        ({"startDate": "3000-01-01"}, "start_date"),
        ({"startTime": "9 AM"}, "start_time"),
        ({"startTime": "24:00:00"}, "start_time"),
        ({"startTime": ""}, "start_time"),
        ({"endTime": "08:60:00", "endType": "never"}, "end_time"),
        ({"endDate": "2026-01-09"}, "end_date"),
        ({"endType": "by"}, "end_date"),
        ({"endType": "by", "endDate": "2026-01-09"}, "end_date"),
        ({"endType": "after"}, "count"),
        ({"endType": "sometime"}, "end_type"),
        ({"count": 0}, "count"),
        ({"dayOfMonth": 0}, "day_of_month"),
        ({"dayOfMonth": 32}, "day_of_month"),
        ({"dayOfMonth": -2}, "day_of_month"),
        ({"dayOfWeek": "monday"}, "day_of_week"),
        ({"dayOfWeek": "mo", "numOfWeek": 0}, "num_of_week"),
        ({"numOfWeek": 0}, "num_of_week"),
        ({"dayOfWeek": "mo", "numOfWeek": 5}, "num_of_week"),
        ({"dayOfWeek": "mo", "numOfWeek": -2}, "num_of_week"),
        ({"numOfWeek": 1}, "day_of_week"),
        ({"monthOfYear": "march"}, "month_of_year"),
        ({"daysBefore": -1}, "days_before"),
    ],
)
@pytest.mark.parametrize("n", [0, 1])
def test_what_is_no_rule(more: dict[str, Any], path: str, n: int) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        occurrences(rule(**{"kind": "monthly", "start": "2026-01-10"}, **more), n, timezone=DENVER)
    assert caught.value.path == path


def test_values_of_the_wrong_type_are_refused() -> None:
    for name, value in [
        ("interval", True),
        ("interval", "1"),
        ("start_date", datetime(2026, 1, 1)),
        ("end_date", datetime(2027, 1, 1, tzinfo=UTC)),
        ("start_time", time(9)),
        ("count", 1.0),
    ]:
        wrong = rule("daily", "2026-01-01")
        setattr(wrong, name, value)
        with pytest.raises(InvalidRequestError) as caught:
            occurrences(wrong, 1, timezone=DENVER)
        assert caught.value.path == name


NAIVE = datetime(2026, 1, 1)
NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda: occurrences(OPTIONS, -1, timezone=DENVER), "n"),
        (lambda: occurrences(OPTIONS, True, timezone=DENVER), "n"),
        (lambda: occurrences(OPTIONS, 1.0, timezone=DENVER), "n"),  # type: ignore[arg-type]
        (lambda: occurrences(OPTIONS, 1, timezone=DENVER, since=NAIVE), "since"),
        (lambda: occurrences(OPTIONS, 1, timezone=DENVER, since=date(2026, 1, 1)), "since"),  # type: ignore[arg-type]
        (lambda: occurrences(OPTIONS, 1, timezone="Pacific/Kiritimati", since=datetime.max.replace(tzinfo=UTC)), "since"),
        (lambda: occurrences(OPTIONS, 1, timezone=DENVER, short_months="clamp"), "short_months"),  # type: ignore[arg-type]
        *((lambda name=name: zone_of(cast(Any, name)), "timezone") for name in ("", "Denver", "America", "/etc", "-07:00", "\0", "x" * 5000, None, UTC)),
        (lambda: occurrences(OPTIONS, 1, timezone="Denver"), "timezone"),
        (lambda: today("Denver"), "timezone"),
        (lambda: today(DENVER, at=NAIVE), "at"),
        (lambda: net(NOON, 30), "issued"),
        (lambda: net("2026-01-10", 30), "issued"),  # type: ignore[arg-type]
        (lambda: net(date(2026, 1, 10), -1), "days"),
        (lambda: net(date(2026, 1, 10), True), "days"),
        (lambda: net(date(2026, 1, 10), 1.5), "days"),  # type: ignore[arg-type]
        (lambda: net(date(2026, 1, 10), 10**30), "issued"),
        (lambda: end_of_month(NOON), "issued"),
        (lambda: end_of_month(date(2026, 1, 10), months=-1), "months"),
        (lambda: end_of_month(date(2026, 1, 10), days=-1), "days"),
        (lambda: end_of_month(date(2026, 1, 10), months=10**30), "issued"),
        (lambda: end_of_month(date(9999, 12, 10), months=1), "issued"),
        (lambda: end_of_month(date(9999, 12, 10), days=1), "issued"),
    ],
)  # fmt: skip
def test_arguments_that_are_refused(call: Callable[[], object], path: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        call()
    assert caught.value.path == path


def test_a_zone_that_there_is_not_says_what_one_looks_like() -> None:
    with pytest.raises(InvalidRequestError, match=r"timezone: .*'Denver'.*America/Denver.*tzdata"):
        zone_of("Denver")
    assert zone_of(DENVER) is ZoneInfo(DENVER)
    assert zone_of(ZoneInfo(DENVER)) is ZoneInfo(DENVER)


def test_today_is_the_zones() -> None:
    at = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)
    zones = ("Pacific/Midway", DENVER, "UTC", "Pacific/Kiritimati")
    assert [today(zone, at=at).day for zone in zones] == [28, 1, 1, 2]
    assert today(ZoneInfo(DENVER), at=at) == date(2026, 3, 1)
    before = datetime.now(UTC).date()
    assert before <= today("UTC") <= datetime.now(UTC).date()


def test_due_days() -> None:
    issued = date(2026, 1, 10)
    assert net(issued, 0) == issued
    assert net(issued, 30) == date(2026, 2, 9)
    assert net(date(2028, 2, 28), 2) == date(2028, 3, 1)
    assert end_of_month(issued) == date(2026, 1, 31)
    assert end_of_month(issued, days=30) == date(2026, 3, 2)
    assert end_of_month(issued, months=1) == date(2026, 2, 28)
    assert end_of_month(net(issued, 30)) == date(2026, 2, 28)
    assert end_of_month(date(2026, 1, 31), months=1, days=10) == date(2026, 3, 10)
    assert end_of_month(date(2027, 11, 30), months=3) == date(2028, 2, 29)
    assert end_of_month(date(2028, 2, 29), months=12) == date(2029, 2, 28)
    assert end_of_month(date(9999, 12, 1)) == date(9999, 12, 31)


# What the properties draw from: days around leap days and changes of the clock among others.
STARTS = st.one_of(
    st.dates(date(2011, 1, 1), date(2040, 12, 31)),
    st.sampled_from(["2026-03-08", "2026-11-01", "2028-02-29", "2026-01-31", "2011-12-30"]).map(
        date.fromisoformat
    ),
)
CLOCKS = st.one_of(
    st.sampled_from(["00:00:00", "00:30:00", "01:30:00", "02:30:00", "09:00:00", "23:59:59"]),
    st.times().map(lambda at: at.strftime("%H:%M:%S")),
)
ZONES = st.sampled_from(
    [
        *("Pacific/Midway", "America/Los_Angeles", DENVER, "America/Costa_Rica", "America/Havana"),
        *("America/Santiago", "America/St_Johns", "UTC", "Europe/Dublin", "Asia/Kathmandu"),
        *("Asia/Tokyo", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kiritimati"),
    ]
)
KINDS = ["yearly", "monthly", "weekly", "daily", *FINE]
SHORT_MONTHS: st.SearchStrategy[ShortMonths] = st.sampled_from(["skip", "last_day"])


@st.composite
def rules(draw: st.DrawFn, kinds: list[str] = KINDS) -> dict[str, Any]:
    """JSON of rules that the service takes."""
    start = draw(STARTS)
    kind = draw(st.sampled_from(kinds))
    made: dict[str, Any] = {
        "intervalType": kind,
        "interval": draw(st.one_of(st.integers(1, 4), st.integers(1, 40))),
        "startDate": start.isoformat(),
    }
    optional: dict[str, st.SearchStrategy[Any]] = {
        "startTime": CLOCKS,
        "endTime": CLOCKS,
        "endDate": st.integers(0, 900).map(lambda more: (start + timedelta(more)).isoformat()),
        "dayOfMonth": st.sampled_from([-1, 29, 30, 31]) | st.integers(1, 31),
        "dayOfWeek": st.sampled_from(WEEKDAYS),
        "monthOfYear": st.sampled_from(MONTHS),
        "count": st.integers(1, 20),
        "daysBefore": st.integers(0, 40),
    }
    for key in draw(st.lists(st.sampled_from(sorted(optional)), max_size=4, unique=True)):
        made[key] = draw(optional[key])
    if kind in FINE and "daysBefore" in made:  # not thousands of invoices at the start
        made["daysBefore"] %= 4
        made["interval"] *= 3600 // FINE[kind]
    if "dayOfWeek" in made and draw(st.booleans()):
        made["numOfWeek"] = draw(st.sampled_from([-1, 1, 2, 3, 4]))
    ends = [
        "never",
        *(["by"] if "endDate" in made else []),
        *(["after"] if "count" in made else []),
    ]
    if draw(st.booleans()):
        made["endType"] = draw(st.sampled_from(ends))
    return made


def periods_between(kind: str, start: date, day: date) -> int:
    """How many years, months, weeks or days lie between two days."""
    if kind == "yearly":
        return day.year - start.year
    if kind == "monthly":
        return (day.year - start.year) * 12 + day.month - start.month
    monday = start - timedelta(start.weekday())
    return (day - monday).days // 7 if kind == "weekly" else (day - start).days


def fits(made: dict[str, Any], short_months: str, day: date) -> bool:
    """Whether a rule bills on a day, asked of the day alone."""
    kind, start = made["intervalType"], date.fromisoformat(made["startDate"])
    last = monthrange(day.year, day.month)[1]
    by_month = kind in ("yearly", "monthly")
    weekday, of_month = made.get("dayOfWeek"), made.get("dayOfMonth")
    if weekday is None and of_month is None:
        weekday = WEEKDAYS[start.weekday()] if kind == "weekly" else None
        of_month = start.day if by_month else None
    month = made.get("monthOfYear") or (MONTHS[start.month - 1] if kind == "yearly" else None)
    if of_month == -1 or (
        of_month and by_month and "dayOfWeek" not in made and short_months == "last_day"
    ):
        of_month = last if of_month == -1 else min(of_month, last)
    nth = made.get("numOfWeek") if by_month else None
    same = [
        other
        for other in range(1, last + 1)
        if date(day.year, day.month, other).weekday() == day.weekday()
    ]
    return (
        periods_between(kind, start, day) % made["interval"] == 0
        and month in (None, MONTHS[day.month - 1])
        and weekday in (None, WEEKDAYS[day.weekday()])
        and of_month in (None, day.day)
        and (nth is None or day.day == same[nth if nth < 0 else nth - 1])
    )


@given(made=rules(KINDS[:4]), short_months=SHORT_MONTHS)
@cases(150)
def test_every_day_that_fits_and_no_other(made: dict[str, Any], short_months: ShortMonths) -> None:
    start = date.fromisoformat(made["startDate"])
    made = {key: made[key] for key in made if key not in ("endType", "endDate", "endTime", "count")}
    horizon = 800
    expected = [
        day
        for day in (start + timedelta(more) for more in range(horizon))
        if fits(made, short_months, day)
    ]
    found = occurrences(
        RecurrenceRule.from_dict(made), len(expected) + 1, timezone="UTC", short_months=short_months
    )
    assert [one.day for one in found][: len(expected)] == expected
    assert all(one.day >= start + timedelta(horizon) for one in found[len(expected) :])


def reach(made: dict[str, Any]) -> timedelta:
    """A time in which a rule bills some times."""
    step: int = made["interval"]
    match made["intervalType"]:
        case "yearly":
            return timedelta(366 * 5 * step)
        case "monthly":
            return timedelta(31 * 8 * step)
        case "weekly" | "daily":
            return timedelta(min(400, 40 * step))
        case fine:
            return timedelta(seconds=12 * FINE[fine] * step)


def asked(made: dict[str, Any]) -> dict[str, Any]:
    """A schedule with this rule, as the client takes it."""
    return {
        "name": "Plan",
        "contact_details": ContactDetails(id="c", name="Alex"),
        "schedule": ScheduleOptions(rrule=RecurrenceRule.from_dict(made)),
        "items": [InvoiceItem(name="One hour", currency="USD", amount=150, qty=1)],
        "live_mode": False,
        "business_details": BusinessDetails(name="Example LLC"),
        "currency": "USD",
        "discount": Discount(type="fixed", value=0),
    }


async def billed(
    box: Sandbox, made: dict[str, Any], end: datetime
) -> tuple[datetime, list[Invoice], str | None]:
    """When a schedule was started, its invoices until the end, and its status then."""
    async with box.client() as client:
        schedule = await client.schedules.create(**asked(made))
        start = box.clock.now()
        try:
            await client.schedules.start(schedule.id, live_mode=False)
        except BadRequestError:  # "Schedule has no occurrences left"
            return start, [], None
        box.clock.advance(seconds=(end - box.clock.now()).total_seconds())
        found = await client.schedules.get(schedule.id)
    invoices = [one for one in found.invoices or () if isinstance(one, Invoice)]
    return start, invoices, found.status


Billed = tuple[datetime, date, date | None]


def bills(found: list[Occurrence], start: datetime, end: datetime, lead: bool) -> Iterator[Billed]:
    """When the invoices of these are made, their days of issue, and with a lead those due."""
    for one in found:
        made_at = max(one.issued.astimezone(UTC), start)
        if made_at > end:
            return
        that_day = made_at.astimezone(one.at.tzinfo).date()
        yield (made_at, that_day, max(one.day, that_day)) if lead else (made_at, one.day, None)


@given(
    made=rules(),
    zone=ZONES,
    short_months=SHORT_MONTHS,
    ahead=st.integers(-60, 200),
    hour=st.times().map(lambda at: at.replace(microsecond=0)),
)
@cases(200)
async def test_the_sandbox_bills_at_these_moments(
    made: dict[str, Any], zone: str, short_months: ShortMonths, ahead: int, hour: time
) -> None:
    first = date.fromisoformat(made["startDate"])
    now = datetime.combine(first - timedelta(ahead), hour, UTC)
    clock = time.fromisoformat(made.get("startTime", "00:00:00"))
    begins = datetime.combine(first, clock, ZoneInfo(zone)).astimezone(UTC)
    end = max(now, begins) + reach(made) + timedelta(milliseconds=500)
    choices = Choices(short_months=short_months, schedule_delay_seconds=0)
    async with Sandbox(now=now, seed=7, limits=None, choices=choices) as box:
        box.location_id = box.add_location(timezone=zone).id
        box.token = box.add_token(locations=[box.location_id])
        start, invoices, status = await billed(box, made, end)
    most = len(invoices) + 1  # what was billed, and what comes next
    found = occurrences(
        RecurrenceRule.from_dict(made), most, timezone=zone, since=start, short_months=short_months
    )
    lead = bool(made.get("daysBefore"))
    expected = [*bills(found, start, end, lead)]
    seen = [(one.created_at, one.issue_date, one.due_date if lead else None) for one in invoices]
    assert seen == expected
    if not found:
        assert status is None
    elif len(found) == len(expected):
        assert status == "completed"
    else:
        assert status == ("active" if expected else "scheduled")


FAULTS: dict[str, list[Any]] = {
    "interval": [0, -1, 1],
    "intervalType": ["fortnightly", "daily", "hourly"],
    "startDate": ["1899-12-31", "1900-01-01", "2999-12-31", "3000-01-01"],
    "startTime": ["9:5:3", "24:00:00", "09:00", "", "09:00:60", "23:59:59"],
    "endTime": ["00:00:00", "9 AM", "-1:00:00"],
    "endDate": ["2010-12-31", "2041-01-01"],
    "endType": ["by", "after", "never", "count"],
    "count": [0, 1],
    "dayOfMonth": [-2, -1, 0, 1, 31, 32],
    "dayOfWeek": ["mo", "monday"],
    "numOfWeek": [-2, -1, 0, 1, 4, 5],
    "monthOfYear": ["feb", "february"],
    "daysBefore": [-1, 0, 1],
}


@st.composite
def doubtful(draw: st.DrawFn) -> dict[str, Any]:
    """JSON of rules, some of which the service refuses."""
    made = draw(rules())
    for key in draw(st.lists(st.sampled_from(sorted(FAULTS)), max_size=3, unique=True)):
        made[key] = draw(st.sampled_from(FAULTS[key]))
    return made


@given(made=doubtful())
@cases(100)
async def test_what_is_refused_is_what_the_sandbox_refuses(made: dict[str, Any]) -> None:
    async with new_box(limits=None) as box:
        status, answer = await api_of(box)("POST", SCHEDULES, schedule(made))
    assert status in (201, 422), answer
    try:
        found = occurrences(RecurrenceRule.from_dict(made), 1, timezone=DENVER) is not None
    except InvalidRequestError:
        found = False
    assert found == (status == 201), answer
