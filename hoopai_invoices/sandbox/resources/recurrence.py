"""When a schedule is due: the occurrences of its rule, by the days and clock of its location.

Rules mean what RFC 5545 says, with the names of the service. Daily and coarser rules keep the time
on the wall when daylight saving time begins or ends; hourly and finer ones keep their distance.
"""

from __future__ import annotations

import itertools
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, weekday

from ..errors import SandboxError

__all__ = ["Occurrence", "check", "occurrences"]

# dateutil's numbers of them.
_FREQUENCIES: Mapping[str, Literal[0, 1, 2, 3]] = {
    "yearly": 0,
    "monthly": 1,
    "weekly": 2,
    "daily": 3,
}
_UNITS = {"hourly": "hours", "minutely": "minutes", "secondly": "seconds"}
_WEEKDAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = "%H:%M:%S"
_DATE = "must be a valid ISO 8601 date string"
# Beyond these an interval or a lead makes no difference: date arithmetic stays inside datetime.
_LONGEST = 10**10
_EARLIEST = 10**5


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a rule is due."""

    day: date
    """The day it falls on."""
    at: datetime
    """The instant it falls on."""
    issue: datetime
    """When its invoice is made: the same, or `daysBefore` days earlier."""


def check(options: Mapping[str, Any]) -> None:
    """Refuse with a 422 what is no schedule, though the document lets it pass."""
    rule = options.get("rrule")
    if (options.get("executeAt") is None) == (rule is None):
        texts = ["schedule must have either executeAt or rrule"]
    elif rule is None:
        texts = [] if _moment(options["executeAt"]) else [f"schedule.executeAt {_DATE}"]
    else:
        texts = [f"schedule.rrule.{text}" for text in _faults(_given(rule))]
    if texts:
        raise SandboxError(422, texts)


def occurrences(
    options: Mapping[str, Any],
    zone: ZoneInfo,
    short_months: Literal["skip", "last_day"],
    since: datetime,
    after: Occurrence | None = None,
) -> Iterator[Occurrence]:
    """The occurrences of a checked schedule, in their order.

    Those on the day of `since` count whatever their time, hourly and finer ones from `since` on.
    With `after`, only what lies after that occurrence (after its day, for daily and coarser ones).
    """
    rule = _given(options.get("rrule") or {})
    if rule and rule["intervalType"] in _UNITS:
        earliest = since if after is None else max(since, after.at + timedelta(microseconds=1))
        yield from _instants(rule, zone, earliest)
        return
    first = since.astimezone(zone).date()
    if after is not None:
        first = max(first, after.day + timedelta(days=1))
    if not rule:
        moment = _moment(options["executeAt"])
        if moment is not None and (day := moment.astimezone(zone).date()) >= first:
            yield Occurrence(day, moment, moment)
        return
    start, end, lead = _time(rule.get("startTime"), time.min), _end(rule), _lead(rule)
    for day in itertools.islice(_days(rule, short_months), _count(rule)):
        if end is not None and datetime.combine(day, start) > end:
            return
        if day >= first:
            at = datetime.combine(day, start, zone).astimezone(UTC)
            issue = datetime.combine(day - lead, start, zone).astimezone(UTC)
            yield Occurrence(day, at, issue)


def _days(rule: Mapping[str, Any], short_months: str) -> Iterator[date]:
    """The days of a daily or coarser rule, without its end."""
    kind = rule["intervalType"]
    start = date.fromisoformat(rule["startDate"])
    by: dict[str, Any] = {}
    if "monthOfYear" in rule:
        by["bymonth"] = _MONTHS.index(rule["monthOfYear"]) + 1
    elif kind == "yearly":
        by["bymonth"] = start.month
    if "dayOfWeek" in rule:
        # The week counts in monthly and yearly rules alone.
        nth = int(rule["numOfWeek"]) if "numOfWeek" in rule else None
        by["byweekday"] = weekday(_WEEKDAYS.index(rule["dayOfWeek"]), nth)
    day = int(rule.get("dayOfMonth", 0))
    by_day = kind in ("monthly", "yearly") and "dayOfWeek" not in rule
    if by_day and not day:
        day = start.day
    if by_day and day > 28 and short_months == "last_day":
        by |= {"bymonthday": range(28, day + 1), "bysetpos": -1}
    elif day > monthrange(2000, by.get("bymonth", 1))[1]:
        return iter(())  # such as the 31st of February, which would be looked for in every year
    elif day:
        by["bymonthday"] = day
    found = rrule(
        _FREQUENCIES[kind],
        dtstart=datetime.combine(start, time.min),
        interval=_interval(rule),
        **by,
    )
    return (moment.date() for moment in found)


def _instants(rule: Mapping[str, Any], zone: ZoneInfo, earliest: datetime) -> Iterator[Occurrence]:
    """The occurrences of an hourly or finer rule; it knows no days of the week or month."""
    start = _time(rule.get("startTime"), time.min)
    base = datetime.combine(date.fromisoformat(rule["startDate"]), start, zone).astimezone(UTC)
    step = timedelta(**{_UNITS[rule["intervalType"]]: _interval(rule)})
    wall = _end(rule)
    end = None if wall is None else wall.replace(tzinfo=zone).astimezone(UTC)
    first, lead = max(0, -((base - earliest) // step)), _lead(rule)
    numbers = itertools.count(first) if (count := _count(rule)) is None else range(first, count)
    for number in numbers:
        try:
            at = base + step * number
            local = at.astimezone(zone)
        except OverflowError:
            return
        if end is not None and at > end:
            return
        # Of an hour that comes twice, a day before knows nothing; the hour itself does.
        yield Occurrence(local.date(), at, (local - lead).astimezone(UTC) if lead else at)


def _faults(rule: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a rule, beyond its types."""
    for name in ("startTime", "endTime"):
        if name in rule and not _is_time(rule[name]):
            yield f"{name} must be a time of day such as 09:00:00"
    for name in ("dayOfMonth", "numOfWeek"):
        if rule.get(name) == 0:
            yield f"{name} should not be equal to 0"
    if rule.get("numOfWeek", 0) > 4:
        yield "numOfWeek must not be greater than 4"
    if "numOfWeek" in rule and "dayOfWeek" not in rule:
        yield f"dayOfWeek must be one of the following values: {', '.join(_WEEKDAYS)}"
    if rule.get("daysBefore", 0) < 0:
        yield "daysBefore must not be less than 0"
    if rule.get("endType") == "after" and "count" not in rule:
        yield "count must be an integer number"
    if rule.get("endType") == "by" and "endDate" not in rule:
        yield f"endDate {_DATE}"
    if "endDate" in rule and rule["endDate"] < rule["startDate"]:
        yield "endDate must not be before startDate"


def _given(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rule.items() if value is not None}


def _interval(rule: Mapping[str, Any]) -> int:
    return min(int(rule["interval"]), _LONGEST)


def _lead(rule: Mapping[str, Any]) -> timedelta:
    """How long before the occurrence its invoice is made."""
    return timedelta(days=min(int(rule.get("daysBefore", 0)), _EARLIEST))


def _count(rule: Mapping[str, Any]) -> int | None:
    """How many occurrences there are, also where the number came as a text."""
    wanted = rule.get("endType", "after") == "after" and "count" in rule
    return int(rule["count"]) if wanted else None


def _end(rule: Mapping[str, Any]) -> datetime | None:
    """The last moment, on the wall."""
    if rule.get("endType", "by") != "by" or "endDate" not in rule:
        return None
    day = date.fromisoformat(rule["endDate"])
    return datetime.combine(day, _time(rule.get("endTime"), time.max))


def _time(text: str | None, otherwise: time) -> time:
    return otherwise if text is None else datetime.strptime(text, _TIME).time()


def _is_time(text: str) -> bool:
    try:
        return _time(text, time.min) is not None
    except ValueError:
        return False


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if 1900 <= moment.year < 3000 else None
    except ValueError:
        return None
