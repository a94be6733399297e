"""Calendar days of a location and instants of the service, as texts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

__all__ = ["day_end", "day_of", "day_start", "instant", "local_text"]


def instant(moment: datetime) -> str:
    """An instant as the service writes it: UTC, milliseconds, `Z`."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def day_start(day: str, zone: ZoneInfo) -> str:
    """The first instant of a calendar day in the zone."""
    return instant(datetime.combine(date.fromisoformat(day), time.min, zone))


def day_end(day: str, zone: ZoneInfo) -> str:
    """The last millisecond of a calendar day in the zone, daylight saving time included."""
    following = date.fromisoformat(day) + timedelta(days=1)
    midnight = datetime.combine(following, time.min, zone).astimezone(UTC)
    return instant(midnight - timedelta(milliseconds=1))


def day_of(text: str, zone: ZoneInfo) -> str:
    """The calendar day, in the zone, of a date (unchanged) or of an instant."""
    if len(text) == len("2026-01-31"):
        return text
    return datetime.fromisoformat(text).astimezone(zone).date().isoformat()


def local_text(moment: datetime, zone: ZoneInfo) -> str:
    """The location's wall clock without a zone, as the service writes in action histories."""
    return moment.astimezone(zone).replace(tzinfo=None).isoformat(timespec="milliseconds")
