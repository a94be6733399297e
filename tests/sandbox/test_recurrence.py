"""On which days, and at what time, a schedule bills."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import pytest

from hoopai_invoices.sandbox import Choices

from .scheduling import SCHEDULES, begin, read, rule, schedule
from .support import Api, api_of, new_box

pytestmark = pytest.mark.anyio

JANUARY = "2026-01-01T12:00:00+00:00"  # a Thursday
SKIP = Choices(short_months="skip")
LAST_DAY = Choices(short_months="last_day")


async def invoices_of(
    options: dict[str, Any],
    days: float,
    *,
    now: str = JANUARY,
    zone: str = "UTC",
    choices: Choices = SKIP,
) -> list[dict[str, Any]]:
    """The invoices of a schedule that was started now, after so many days."""
    async with new_box(now=datetime.fromisoformat(now), limits=None, choices=choices) as box:
        box.location_id = box.add_location(timezone=zone).id
        box.token = box.add_token(locations=[box.location_id])
        api = api_of(box)
        begun = await begin(api, options)
        box.clock.advance(days=days)
        invoices: list[dict[str, Any]] = (await read(api, begun))["invoices"]
        return invoices


async def days_of(options: dict[str, Any], days: float, **settings: Any) -> list[str]:
    return [invoice["issueDate"] for invoice in await invoices_of(options, days, **settings)]


async def instants_of(options: dict[str, Any], days: float, **settings: Any) -> list[str]:
    return [invoice["createdAt"] for invoice in await invoices_of(options, days, **settings)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        # without a weekday or a day of the month: those of the first day
        (rule("daily", "2026-01-02", interval=3), ["2026-01-02", "2026-01-05", "2026-01-08"]),
        (rule("weekly", "2026-01-07"), ["2026-01-07", "2026-01-14", "2026-01-21"]),
        (rule("monthly", "2026-01-10"), ["2026-01-10", "2026-02-10", "2026-03-10"]),
        (rule("yearly", "2026-01-10"), ["2026-01-10", "2027-01-10", "2028-01-10"]),
        (
            rule("weekly", "2026-01-05", interval=2, dayOfWeek="mo"),
            ["2026-01-05", "2026-01-19", "2026-02-02"],
        ),
        # weeks begin on Monday, and that of the first day's own week has passed
        (
            rule("weekly", "2026-01-07", interval=2, dayOfWeek="mo"),
            ["2026-01-19", "2026-02-02", "2026-02-16"],
        ),
        (
            rule("monthly", "2026-01-10", interval=3, dayOfMonth=1),
            ["2026-04-01", "2026-07-01", "2026-10-01"],
        ),
        (
            rule("monthly", "2026-01-15", dayOfMonth=-1),
            ["2026-01-31", "2026-02-28", "2026-03-31"],
        ),
        (
            rule("monthly", "2026-01-01", dayOfWeek="fr", numOfWeek=-1),
            ["2026-01-30", "2026-02-27", "2026-03-27"],
        ),
        (
            rule("monthly", "2026-01-01", dayOfWeek="tu", numOfWeek=2),
            ["2026-01-13", "2026-02-10", "2026-03-10"],
        ),
        (
            rule("monthly", "2026-01-01", dayOfWeek="sa"),
            ["2026-01-03", "2026-01-10", "2026-01-17"],
        ),
        (
            rule("monthly", "2026-01-01", dayOfWeek="fr", dayOfMonth=13),
            ["2026-02-13", "2026-03-13", "2026-11-13"],
        ),
        (
            rule("yearly", "2026-01-10", monthOfYear="mar", dayOfMonth=15),
            ["2026-03-15", "2027-03-15", "2028-03-15"],
        ),
        (
            rule("yearly", "2026-03-01", dayOfMonth=15),
            ["2026-03-15", "2027-03-15", "2028-03-15"],
        ),
        (
            rule("yearly", "2026-01-01", monthOfYear="sep", dayOfWeek="mo", numOfWeek=1),
            ["2026-09-07", "2027-09-06", "2028-09-04"],
        ),
        (
            rule("daily", "2026-01-29", monthOfYear="feb"),
            ["2026-02-01", "2026-02-02", "2026-02-03"],
        ),
        # the week counts in monthly and yearly rules alone
        (
            rule("weekly", "2026-01-05", dayOfWeek="th", numOfWeek=2),
            ["2026-01-08", "2026-01-15", "2026-01-22"],
        ),
        # after an interval that leaves the calendar
        (rule("monthly", "2026-01-10", interval=10**20), ["2026-01-10"]),
        (rule("daily", "2026-01-10", interval=10**20), ["2026-01-10"]),
        (rule("hourly", "2026-01-10", interval=10**20), ["2026-01-10"]),
    ],
)
async def test_rules(options: dict[str, Any], expected: list[str]) -> None:
    assert await days_of({**options, "count": 3}, 1000) == expected


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ({"endType": "by", "endDate": "2026-01-04"}, 3),
        ({"endType": "by", "endDate": "2026-01-04", "count": 1}, 3),
        ({"endType": "by", "endDate": "2026-01-04", "endTime": "09:00:00"}, 3),
        ({"endType": "by", "endDate": "2026-01-04", "endTime": "08:59:59"}, 2),
        ({"endType": "after", "count": 5}, 5),
        ({"endType": "after", "count": "5"}, 5),
        ({"endType": "after", "count": 5, "endDate": "2026-01-04"}, 5),
        ({"endType": "never", "count": 1, "endDate": "2026-01-04"}, 9),
        ({"count": 5}, 5),
        ({"endDate": "2026-01-04"}, 3),
        ({"endDate": "2026-01-04", "count": 2}, 2),
        ({"endDate": "2026-01-04", "count": 5}, 3),
        ({"endDate": None, "count": None, "endType": None}, 9),
        ({}, 9),
    ],
)
async def test_ends(end: dict[str, Any], expected: int) -> None:
    options = rule("daily", "2026-01-02", startTime="09:00:00", **end)
    found = await days_of(options, 9)  # until noon of the 10th
    assert found == [f"2026-01-{day:02}" for day in range(2, 2 + expected)]


ON_31 = [
    *("2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31", "2026-08-31"),
    *("2026-10-31", "2026-12-31"),
]
ON_LAST = [
    *("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"),
    *("2026-07-31", "2026-08-31", "2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31"),
]


@pytest.mark.parametrize(
    ("options", "days", "skip", "last_day"),
    [
        (rule("monthly", "2026-01-31"), 364, ON_31, ON_LAST),
        (rule("monthly", "2026-01-05", dayOfMonth=31), 364, ON_31, ON_LAST),
        (rule("monthly", "2026-01-05", dayOfMonth=-1), 364, ON_LAST, ON_LAST),
        (
            rule("monthly", "2026-01-05", dayOfMonth=30),
            91,
            ["2026-01-30", "2026-03-30"],
            ["2026-01-30", "2026-02-28", "2026-03-30"],
        ),
        (
            rule("yearly", "2028-02-29"),
            6 * 365,
            ["2028-02-29"],
            ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28"],
        ),
        (
            rule("yearly", "2026-01-05", monthOfYear="feb", dayOfMonth=29),
            3 * 365,
            ["2028-02-29"],
            ["2026-02-28", "2027-02-28", "2028-02-29"],
        ),
    ],
)
async def test_days_that_a_month_does_not_have(
    options: dict[str, Any], days: int, skip: list[str], last_day: list[str]
) -> None:
    assert await days_of(options, days) == skip
    assert await days_of(options, days, choices=LAST_DAY) == last_day


@pytest.mark.parametrize(
    ("zone", "now", "options", "expected"),
    [
        # the wall clock stays when daylight saving time begins and ends …
        (
            "America/New_York",
            "2026-03-01T12:00:00+00:00",
            rule("daily", "2026-03-07", startTime="09:00:00", count=3),
            ["2026-03-07T14:00:00.000Z", "2026-03-08T13:00:00.000Z", "2026-03-09T13:00:00.000Z"],
        ),
        (
            "America/New_York",
            "2026-10-01T12:00:00+00:00",
            rule("monthly", "2026-10-15", startTime="09:00:00", count=2),
            ["2026-10-15T13:00:00.000Z", "2026-11-15T14:00:00.000Z"],
        ),
        # … also at an hour that there isn't, or twice
        (
            "America/New_York",
            "2026-03-01T12:00:00+00:00",
            rule("daily", "2026-03-07", startTime="02:30:00", count=3),
            ["2026-03-07T07:30:00.000Z", "2026-03-08T07:30:00.000Z", "2026-03-09T06:30:00.000Z"],
        ),
        (
            "America/New_York",
            "2026-10-01T12:00:00+00:00",
            rule("daily", "2026-11-01", startTime="01:30:00", count=2),
            ["2026-11-01T05:30:00.000Z", "2026-11-02T06:30:00.000Z"],
        ),
        # hours are hours
        (
            "America/New_York",
            "2026-03-01T12:00:00+00:00",
            rule("hourly", "2026-03-08", interval=2, count=3),
            ["2026-03-08T05:00:00.000Z", "2026-03-08T07:00:00.000Z", "2026-03-08T09:00:00.000Z"],
        ),
        (
            "UTC",
            JANUARY,
            rule("minutely", "2026-01-02", startTime="10:59:30", interval=90, count=2),
            ["2026-01-02T10:59:30.000Z", "2026-01-02T12:29:30.000Z"],
        ),
        (
            "UTC",
            JANUARY,
            rule("secondly", "2026-01-02", interval=40_000_000, endDate="2027-04-10"),
            ["2026-01-02T00:00:00.000Z", "2027-04-09T23:06:40.000Z"],
        ),
        (
            "America/New_York",
            "2026-03-01T12:00:00+00:00",
            rule("hourly", "2026-03-08", endDate="2026-03-08", endTime="04:00:00"),
            [
                "2026-03-08T05:00:00.000Z",
                "2026-03-08T06:00:00.000Z",
                "2026-03-08T07:00:00.000Z",
                "2026-03-08T08:00:00.000Z",
            ],
        ),
        # days begin with the location's own midnight
        (
            "Asia/Tokyo",
            JANUARY,
            rule("daily", "2026-01-05", count=2),
            ["2026-01-04T15:00:00.000Z", "2026-01-05T15:00:00.000Z"],
        ),
        (
            "Asia/Tokyo",
            JANUARY,
            {"executeAt": "2026-01-10T09:00:00-05:00"},
            ["2026-01-10T14:00:00.000Z"],
        ),
    ],
)
async def test_times(zone: str, now: str, options: dict[str, Any], expected: list[str]) -> None:
    assert await instants_of(options, 500, zone=zone, now=now) == expected


async def test_the_day_of_an_invoice_is_the_locations() -> None:
    assert await days_of(rule("daily", "2026-01-05", count=1), 30, zone="Asia/Tokyo") == [
        "2026-01-05"
    ]
    at = {"executeAt": "2026-01-10T09:00:00-08:00"}
    assert await days_of(at, 30, zone="Asia/Tokyo") == ["2026-01-11"]
    hourly = rule("hourly", "2026-01-05", startTime="23:00:00", count=2)
    assert await days_of(hourly, 30, zone="Asia/Tokyo") == ["2026-01-05", "2026-01-06"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            rule("monthly", "2026-01-15", startTime="09:00:00", daysBefore=5, count=2),
            [
                ("2026-01-10T09:00:00.000Z", "2026-01-10", "2026-01-15"),
                ("2026-02-10T09:00:00.000Z", "2026-02-10", "2026-02-15"),
            ],
        ),
        # what would have come before the start comes after the delay
        (
            rule("weekly", "2026-01-04", daysBefore=10, count=3),
            [
                ("2026-01-01T12:00:30.001Z", "2026-01-01", "2026-01-04"),
                ("2026-01-01T12:00:30.001Z", "2026-01-01", "2026-01-11"),
                ("2026-01-08T00:00:00.000Z", "2026-01-08", "2026-01-18"),
            ],
        ),
        (
            rule("daily", "2026-01-10", daysBefore=0, count=1),
            [("2026-01-10T00:00:00.000Z", "2026-01-10", "2026-02-09")],
        ),
        (
            rule("daily", "2026-01-10", daysBefore=10**20, count=1),
            [("2026-01-01T12:00:30.001Z", "2026-01-01", "2026-01-10")],
        ),
        (
            rule("hourly", "2026-01-10", startTime="22:00:00", daysBefore=1, count=1),
            [("2026-01-09T22:00:00.000Z", "2026-01-09", "2026-01-10")],
        ),
    ],
)
async def test_invoices_ahead_of_the_day_are_due_on_it(
    options: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    found = await invoices_of(options, 60)
    assert [(i["createdAt"], i["issueDate"], i["dueDate"]) for i in found] == expected


async def test_a_lead_is_counted_on_the_wall() -> None:
    options = rule("daily", "2026-03-10", startTime="09:00:00", daysBefore=5, count=1)
    found = await instants_of(options, 90, zone="America/New_York")
    assert found == ["2026-03-05T14:00:00.000Z"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "schedule must have either executeAt or rrule"),
        ({"executeAt": None, "rrule": None}, "schedule must have either executeAt or rrule"),
        (
            {"executeAt": "2026-10-01T09:00:00Z", "rrule": rule("daily", "2026-10-01")},
            "schedule must have either executeAt or rrule",
        ),
        (
            {"executeAt": "2026-10-01"},
            "schedule.executeAt must be a valid ISO 8601 date string",
        ),
        (
            {"executeAt": "0001-01-01T00:00:00+14:00"},
            "schedule.executeAt must be a valid ISO 8601 date string",
        ),
        ({"interval": 0}, "schedule.rrule.interval must not be less than 1"),
        ({"startDate": None}, "schedule.rrule.startDate must be a valid ISO 8601 date string"),
        (
            {"startDate": "09/30/2026"},
            "schedule.rrule.startDate must be a valid ISO 8601 date string",
        ),
        (
            {"intervalType": "fortnightly"},
            "schedule.rrule.intervalType must be one of the following values: "
            "yearly, monthly, weekly, daily, hourly, minutely, secondly",
        ),
        ({"startTime": "9 AM"}, "schedule.rrule.startTime must be a time of day such as 09:00:00"),
        ({"endTime": "24:00:00"}, "schedule.rrule.endTime must be a time of day such as 09:00:00"),
        ({"endDate": "2026-09-29"}, "schedule.rrule.endDate must not be before startDate"),
        ({"endType": "by"}, "schedule.rrule.endDate must be a valid ISO 8601 date string"),
        ({"endType": "after"}, "schedule.rrule.count must be an integer number"),
        ({"count": 0}, "schedule.rrule.count must not be less than 1"),
        ({"count": "0"}, "schedule.rrule.count must match ^[1-9][0-9]{0,8}$ regular expression"),
        ({"dayOfMonth": 0}, "schedule.rrule.dayOfMonth should not be equal to 0"),
        ({"dayOfMonth": 32}, "schedule.rrule.dayOfMonth must not be greater than 31"),
        ({"dayOfWeek": "mo", "numOfWeek": 0}, "schedule.rrule.numOfWeek should not be equal to 0"),
        (
            {"dayOfWeek": "mo", "numOfWeek": 5},
            "schedule.rrule.numOfWeek must not be greater than 4",
        ),
        (
            {"numOfWeek": 1},
            "schedule.rrule.dayOfWeek must be one of the following values: "
            "mo, tu, we, th, fr, sa, su",
        ),
        ({"daysBefore": -1}, "schedule.rrule.daysBefore must not be less than 0"),
        ({"until": "2026-10-01"}, "schedule.rrule.property until should not exist"),
    ],
)
async def test_what_is_no_rule(api: Api, options: dict[str, Any], text: str) -> None:
    whole = not options or "executeAt" in options
    body = schedule()
    body["schedule"] = options if whole else {"rrule": rule("monthly", "2026-09-30") | options}
    status, answer = await api("POST", SCHEDULES, body)
    assert (status, answer["message"]) == (422, [text])


@pytest.mark.parametrize("short_months", ["skip", "last_day"])
@pytest.mark.parametrize(
    "options",
    [
        rule(
            "monthly",
            "2026-09-30",
            endDate="2026-10-15",
            dayOfMonth=20,
            numOfWeek=1,
            dayOfWeek="mo",
        ),
        rule("daily", "2026-09-30", monthOfYear="feb", dayOfMonth=31),
        rule("daily", "2026-08-24", endDate="2026-08-25"),  # both are over
        {"executeAt": "2026-08-25T10:00:00Z"},
    ],
)
async def test_a_schedule_without_occurrences_does_not_start(
    options: dict[str, Any], short_months: Literal["skip", "last_day"]
) -> None:
    async with new_box(choices=Choices(short_months=short_months)) as box:
        api = api_of(box)
        made = await api.ok("POST", SCHEDULES, schedule(options))
        path = f"{SCHEDULES}/{made['_id']}/schedule"
        status, answer = await api(
            "POST", path, {"liveMode": True, "autoPayment": {"enable": False}}
        )
        assert (status, answer["message"]) == (400, "Schedule has no occurrences left")
        assert (await read(api, made["_id"]))["status"] == "draft"
