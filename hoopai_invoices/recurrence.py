"""Due dates, and the days on which a schedule bills: worked out beforehand, without a call.

Nobody has documented how the service reads a rule. Here a rule means what RFC 5545 says of the same
words, in the days and on the clock of the sub-account's zone. The sandbox reads rules the same way,
by other means, and the tests hold the two against each other; what the service then does is what
counts.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from dateutil.relativedelta import MO, relativedelta

from ._convert import refused
from ._core.zones import zone_of
from ._model import Sending, Unset
from ._values import Day
from ._values import at as placed
from .errors import InvalidRequestError
from .models import Month, RecurrenceRule, ScheduleOptions, Weekday

__all__ = ["Occurrence", "end_of_month", "net", "occurrences", "today", "zone_of"]

_SECONDS = {"hourly": 3600, "minutely": 60, "secondly": 1}
# The way from a rule's first day to that of its year, month or week; and how long one of them is.
_PERIODS: dict[str, tuple[relativedelta, relativedelta | timedelta]] = {
    "yearly": (relativedelta(month=1, day=1), relativedelta(years=1)),
    "monthly": (relativedelta(day=1), relativedelta(months=1)),
    "weekly": (relativedelta(weekday=MO(-1)), timedelta(7)),
    "daily": (relativedelta(), timedelta(1)),
}
# Beyond these, seconds of a step and days of a lead make no difference: they leave the calendar.
_LONGEST, _EARLIEST = 10**12, 10**5


class _Scheduled(Protocol):
    @property
    def schedule(self) -> ScheduleOptions | Unset | None: ...


class Occurrence(NamedTuple):
    """One time that a schedule bills.

    Attributes:
        day: The calendar day it falls on, in the location's zone: the day of issue of its invoice,
            or with `days_before` the day when that is due.
        at: The moment it falls on, in the location's zone. A time that daylight saving time leaves
            out is an hour later, and of one that comes twice it is the first.
        issued: When its invoice is made, in the location's zone: the same moment, or `days_before`
            days earlier at the same time on the wall. Of a schedule that was started after this
            moment, the invoice is made at the start.
    """

    day: date
    at: datetime
    issued: datetime


def occurrences(
    schedule: RecurrenceRule | ScheduleOptions | _Scheduled,
    n: int,
    *,
    timezone: str | ZoneInfo,
    since: datetime | None = None,
    short_months: Literal["skip", "last_day"] = "skip",
) -> list[Occurrence]:
    """The first occurrences of a schedule, in their order; fewer than `n` when it ends before.

    ```python
    rule = RecurrenceRule(interval_type="monthly", interval=1, start_date=date(2026, 9, 30))
    [one.day for one in occurrences(rule, 3, timezone="America/Denver")]
    # [date(2026, 9, 30), date(2026, 10, 30), date(2026, 11, 30)]
    ```

    - Without a `day_of_week` or `day_of_month`, a yearly, monthly or weekly rule takes the start's
      month and day, day, or weekday. Both together must both fit. `day_of_month=-1` is the last day.
    - `num_of_week` (1 to 4, or -1 for the last) counts in yearly and monthly rules alone; without
      it every such weekday of the month is meant. `month_of_year` leaves only that month.
    - Weeks begin on Monday: of a weekly rule, the weekday in the start's own week may be past.
    - `end_type="after"` ends it by `count`, "by" on `end_date` (at `end_time`, or with that day);
      "never" looks at neither, and without one both hold. The count is from `start_date` on.
    - Daily and coarser rules keep the time on the wall when daylight saving time begins or ends.
      Hourly and finer ones keep their distance, and look at no day, week or month.
    - `use_start_as_primary_user_accepted` isn't looked at: give a rule whose `start_date` is the day
      of acceptance.

    Args:
        schedule: A rule, the options of a schedule, or what has such options.
        n: How many at most.
        timezone: The location's zone, such as "America/Denver".
        since: Only those that a schedule started at this moment would still bill: of hourly and
            finer rules from then on, of all others from that day on, whatever their time.
        short_months: What a monthly or yearly rule for day 29, 30 or 31 does in a month without it:
            pass over that month, as RFC 5545 has it, or take its last day. Nobody knows which of
            them the service does; it takes such rules, and another client, which set the 28th
            instead, had the first invoice slip by a month. -1 is safe for the end of the month.

    Returns:
        None at all for settings that aren't `enabled`, and for a day that never comes.

    Raises:
        InvalidRequestError: The rule is one that the service refuses, or has a value that this
            version doesn't know; or another argument is wrong. Its `path` says which.
    """
    zone, wanted = zone_of(timezone), range(_whole(n, "n"))
    first = None if since is None else _moment(since, zone, "since")
    if short_months not in ("skip", "last_day"):
        raise refused("'skip' or 'last_day'", short_months).under("short_months")
    if getattr(schedule, "enabled", None) is False:
        return []
    rule, lead = _checked(schedule, zone), timedelta()
    if isinstance(rule, datetime):
        moments = iter([rule])
    else:
        lead = timedelta(min(rule.days_before or 0, _EARLIEST))
        moments = _moments(rule, zone, first, short_months == "last_day")
    left = (one for one in moments if first is None or one.date() >= first.date())
    found: list[Occurrence] = []
    with suppress(OverflowError):  # the calendar ends
        for _, on in zip(wanted, left, strict=False):
            found.append(Occurrence(on.date(), _real(on), _real(on - lead if lead else on)))
    return found


def today(timezone: str | ZoneInfo, *, at: datetime | None = None) -> date:
    """The calendar day in a zone: what `issue_date` and its like are given in.

    Args:
        timezone: Such as "America/Denver".
        at: A moment, as an aware datetime; now by default.

    Raises:
        InvalidRequestError: There is no such zone, or the moment is naive.
    """
    return _moment(datetime.now(UTC) if at is None else at, zone_of(timezone), "at").date()


def net(issued: date, days: int) -> date:
    """The due day "net 30": so many calendar days after the day of issue, which isn't counted.

    Raises:
        InvalidRequestError: The day is a datetime, the number is negative, or the calendar ends.
    """
    return _due(issued, relativedelta(days=_whole(days, "days")))


def end_of_month(issued: date, *, months: int = 0, days: int = 0) -> date:
    """A due day counted from the end of the month of issue.

    First `months` months on, then to the last day of that month, then `days` days after it. "30 days
    end of month" is said of three days; of an invoice of 10 January 2026 it is

    ```python
    end_of_month(issued, days=30)  # 2 March: thirty days after the end of the month
    end_of_month(issued, months=1)  # 28 February: the end of the next month
    end_of_month(net(issued, 30))  # 28 February: the end of the month of the thirtieth day
    ```

    Raises:
        InvalidRequestError: The day is a datetime, a number is negative, or the calendar ends.
    """
    months, days = _whole(months, "months"), _whole(days, "days")
    return _due(issued, relativedelta(months=months, day=31, days=days))  # in this order


def _moments(
    rule: RecurrenceRule, zone: ZoneInfo, first: datetime | None, clamps: bool
) -> Iterator[datetime]:
    """Its moments on the zone's wall; of hourly and finer rules, not those before `first`."""
    count = rule.count if rule.end_type in (None, "after") else None
    end_date = rule.end_date if rule.end_type in (None, "by") else None
    end = end_date and datetime.combine(end_date, _clock(rule, "end_time", time.max), zone)
    clock = _clock(rule, "start_time", time.min)
    if rule.interval_type in _SECONDS:
        base = datetime.combine(rule.start_date, clock, zone).astimezone(UTC)
        step = timedelta(seconds=min(_SECONDS[rule.interval_type] * rule.interval, _LONGEST))
        passed = max(0, -((base - first) // step) if first else 0)  # rounded up
        found = (base + step * number for number in itertools.count(passed))
    else:
        passed = 0
        found = (datetime.combine(day, clock, zone) for day in _days(rule, clamps))
    for number, moment in enumerate(found, passed):
        # What is in UTC is compared as a moment, what is in the zone by the clock on the wall.
        if (count and number >= count) or (end and moment > end):
            return
        yield moment.astimezone(zone)


def _days(rule: RecurrenceRule, clamps: bool) -> Iterator[date]:
    """The days of a daily or coarser rule, without its end: what fits of each of its periods."""
    kind, start, wanted = rule.interval_type, rule.start_date, rule.day_of_month or 0
    by_month = kind in ("yearly", "monthly")
    month = [*Month].index(rule.month_of_year) + 1 if rule.month_of_year else None
    weekday = [*Weekday].index(rule.day_of_week) if rule.day_of_week else None
    nth = rule.num_of_week if by_month else None
    clamps = clamps and by_month and weekday is None
    if weekday is None and not wanted:
        wanted = start.day if by_month else 0
        weekday = start.weekday() if kind == "weekly" else None
    if kind == "yearly":
        month = month or start.month

    def fits(day: date) -> bool:
        later = day + timedelta(1), day + timedelta(7)
        ends, ends_week = (other.month != day.month for other in later)
        return (
            weekday in (None, day.weekday())
            and nth in (None, (day.day + 6) // 7, -1 if ends_week else None)
            and (
                wanted in (0, day.day, -1 if ends else 0) or (clamps and ends and wanted > day.day)
            )
        )

    begin, length = _PERIODS[kind]
    period, seen = start + begin, start
    with suppress(OverflowError, ValueError):  # the calendar ends
        # In 400 years it comes round, weekdays and all: what doesn't fit within them never does.
        while period.year - seen.year <= 400 * rule.interval:
            for i in range((period + length - period).days):
                day = period + timedelta(i)
                if day >= start and month in (None, day.month) and fits(day):
                    seen = day
                    yield day
            period += length * rule.interval


def _checked(given: Any, zone: ZoneInfo) -> RecurrenceRule | datetime:
    """The rule of a schedule, or its one moment, when the service takes it."""
    if isinstance(given, RecurrenceRule):
        _check(given)
        return given
    name, value = "schedule", getattr(given, "schedule", None)
    if isinstance(given, ScheduleOptions):
        if (given.rrule is None) == (given.execute_at is None):
            raise InvalidRequestError("either rrule or execute_at is wanted, and not both")
        if given.execute_at is not None:
            return _moment(given.execute_at, zone, "execute_at")
        name, value = "rrule", given.rrule
    if not isinstance(value, RecurrenceRule | ScheduleOptions):
        raise refused("a RecurrenceRule, or the options of a schedule", value).under(name)
    try:
        return _checked(value, zone)
    except InvalidRequestError as error:
        raise error.under(name) from None


def _check(rule: RecurrenceRule) -> None:
    rule._write(Sending())  # types, known values, and the document's bounds
    end, nth = rule.end_date, rule.num_of_week
    for name, wrong, text in (
        ("count", rule.end_type == "after" and rule.count is None, "is missing; end_type is after"),
        ("end_date", rule.end_type == "by" and end is None, "is missing; end_type is by"),
        ("day_of_week", nth and not rule.day_of_week, "is missing; num_of_week is of one"),
        ("start_date", not 1900 <= rule.start_date.year < 3000, "must be from 1900 to 2999"),
        ("end_date", end and end < rule.start_date, "must not be before start_date"),
        ("day_of_month", rule.day_of_month == 0, "must not be 0; -1 is the last day"),
        ("num_of_week", nth not in (None, -1, 1, 2, 3, 4), "must be 1 to 4, or -1 for the last"),
        ("days_before", (rule.days_before or 0) < 0, "must not be negative"),
    ):
        if wrong:
            raise InvalidRequestError(text, path=name)
    for name in ("start_time", "end_time"):
        _clock(rule, name, time.min)


def _clock(rule: RecurrenceRule, name: str, otherwise: time) -> time:
    text = getattr(rule, name)
    try:
        return otherwise if text is None else datetime.strptime(text, "%H:%M:%S").time()
    except ValueError:
        raise refused("a time of day such as '09:00:00'", text).under(name) from None


def _real(moment: datetime) -> datetime:
    """The same moment as its zone's clocks show it: on the wall it may be one that there isn't."""
    return moment.astimezone(UTC).astimezone(moment.tzinfo)


def _moment(value: Any, zone: ZoneInfo, path: str) -> datetime:
    with suppress(OverflowError):
        if isinstance(value, datetime) and value.utcoffset() is not None:
            return value.astimezone(zone)
    raise refused("a datetime with a zone", value, "such as datetime.now(UTC)").under(path)


def _whole(value: Any, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise refused("a whole number from 0 on", value).under(path)
    return value


def _due(issued: date, step: relativedelta) -> date:
    placed("issued", Day().write, issued, Sending())  # refuses a datetime, which is a date too
    try:
        return issued + step
    except (OverflowError, ValueError):
        raise InvalidRequestError("the calendar ends before the due day", path="issued") from None
