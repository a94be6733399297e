"""Generated: do not edit."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class ScheduleOptions(Model):
    """When to issue. Give executeAt for once, or rrule for a repetition.

    Attributes:
        execute_at: The moment to issue a single invoice.
        rrule: A repetition, in days and times of the sub-account's own zone.
    """

    _role: ClassVar[str] = "shared"

    execute_at: dt.datetime | None = None
    rrule: models.RecurrenceRule | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("execute_at", "executeAt", "datetime"),
        Field("rrule", "rrule", "RecurrenceRule"),
    )
