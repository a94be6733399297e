"""The calendar days that an estimate's instants stand for.

An estimate is stored from the first instant of its day of issue to the last one of its day of expiry,
in the location's zone; the days of those instants in UTC are the wrong ones for half of the world.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from ..errors import InvalidRequestError

__all__ = ["estimate_day"]

_DAY, _HALF, _SECOND = timedelta(days=1), timedelta(hours=12), timedelta(seconds=1)
_QUARTER = timedelta(minutes=15)
_WEST, _EAST = timedelta(hours=-11), timedelta(hours=14)  # where people live
_CURE = 'tell the location\'s zone: LocationDefaults(timezone="America/Denver")'


def estimate_day(estimate: Any, name: str, zone: tzinfo | None) -> date | None:
    """The calendar day of `issue_date` or `expiry_date`, in the location's zone.

    Without a zone it is told from the offset that `issue_date` proves, which is a midnight.

    Raises:
        InvalidRequestError: Two offsets are possible, or none; or the instant doesn't begin or end a
            day of the zone.
    """
    value = getattr(estimate, name)
    if not isinstance(value, datetime):
        return None if value is None else value
    if value.tzinfo is None:
        return value.date()
    ends = name == "expiry_date"
    if zone is None:
        # Noon is safe from the hour by which daylight saving time may have moved the other end.
        noon = value.astimezone(UTC) + (-_HALF if ends else _HALF)
        return (noon + _offset(estimate.issue_date, name)).date()
    day = value.astimezone(zone).date()
    edge = datetime.combine(day + _DAY if ends else day, time.min, zone)
    if abs(value.astimezone(UTC) - edge.astimezone(UTC)) > _SECOND:
        msg = f"{value.isoformat()} is not the {'end' if ends else 'beginning'} of a day in {zone}"
        hint = "is the timezone of LocationDefaults that of the location?"
        raise InvalidRequestError(msg, path=name, hint=hint)
    return day


def _offset(issued: date | None, name: str) -> timedelta:
    """The offset from UTC of a zone in which this instant is midnight."""
    found = []
    if isinstance(issued, datetime) and issued.tzinfo is not None:
        moment = issued.astimezone(UTC)
        since = moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)
        if not since % _QUARTER:
            found = [one for one in (-since, _DAY - since) if _WEST <= one <= _EAST]
    if len(found) == 1:
        return found[0]
    why = "more than one zone" if found else "no zone"
    shown = issued.isoformat() if issued else "nothing"
    msg = f"its calendar day can't be told: the issue date, {shown}, is midnight in {why}"
    raise InvalidRequestError(msg, path=name, hint=_CURE)
