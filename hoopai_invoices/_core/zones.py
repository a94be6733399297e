"""The zones of locations, by the names of the IANA database."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from .._convert import refused

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = ["day_in", "zone_of"]


def zone_of(timezone: str | ZoneInfo) -> ZoneInfo:
    """The zone of an IANA name; a `ZoneInfo` is given back.

    Raises:
        InvalidRequestError: There is no such zone on this machine, or it is another kind of tzinfo.
    """
    from zoneinfo import ZoneInfo  # costs an import that most programs don't need

    if isinstance(timezone, ZoneInfo):
        return timezone
    if isinstance(timezone, str):
        # A folder of zones, or a name that no file can have, is an OSError or a ValueError.
        with suppress(KeyError, ValueError, OSError):
            return ZoneInfo(timezone)
    hint = 'such as "America/Denver"; where the system knows no zones, install tzdata'
    raise refused("the IANA name of a time zone", timezone, hint).under("timezone")


def day_in(zone: ZoneInfo, seconds: float) -> date:
    """The calendar day there, so many seconds after 1970 began in UTC."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(zone).date()
