"""Generated: do not edit."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from attrs import define, field

from ..._model import Field, Model
from .. import models
from .interval_type import as_interval_type
from .month import as_optional_month
from .recurrence_end import as_optional_recurrence_end
from .weekday import as_optional_weekday


@define(kw_only=True, eq=False, repr=False)
class RecurrenceRule(Model):
    """A repetition, in days and times of the sub-account's own zone.

    Attributes:
        interval_type: Unit of a repetition.
        interval: Number of units between two occurrences; 2 with monthly means every other
            month.
        start_date: First day of the repetition.
        start_time: Time of day to issue at, as HH:mm:ss.
        end_date: Last day of the repetition; goes with endType by.
        end_time: Time of day on the last day, as HH:mm:ss.
        day_of_month: Day of the month; -1 is the last one. 29 to 31 are taken too.
        day_of_week: Day of the week.
        num_of_week: Which week of the month dayOfWeek falls in; -1 is the last one.
        month_of_year: Month of the year.
        count: Number of occurrences; goes with endType after.
        days_before: How many days ahead of the occurrence to issue the invoice.
        use_start_as_primary_user_accepted: For estimates; whether the repetition starts on
            the day of acceptance.
        end_type: How a repetition ends; 'by' goes with endDate, 'after' with count.
    """

    _role: ClassVar[str] = "shared"

    interval_type: models.IntervalType = field(converter=as_interval_type)
    interval: int
    start_date: dt.date
    start_time: str | None = None
    end_date: dt.date | None = None
    end_time: str | None = None
    day_of_month: int | None = None
    day_of_week: models.Weekday | None = field(default=None, converter=as_optional_weekday)
    num_of_week: int | None = None
    month_of_year: models.Month | None = field(default=None, converter=as_optional_month)
    count: int | None = None
    days_before: int | None = None
    use_start_as_primary_user_accepted: bool | None = None
    end_type: models.RecurrenceEnd | None = field(
        default=None, converter=as_optional_recurrence_end
    )

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("interval_type", "intervalType", "IntervalType", required=True),
        Field("interval", "interval", "int", required=True, bounds={"minimum": 1}),
        Field("start_date", "startDate", "date", required=True),
        Field("start_time", "startTime", "str"),
        Field("end_date", "endDate", "date"),
        Field("end_time", "endTime", "str"),
        Field("day_of_month", "dayOfMonth", "int", bounds={"minimum": -1, "maximum": 31}),
        Field("day_of_week", "dayOfWeek", "Weekday"),
        Field("num_of_week", "numOfWeek", "int", bounds={"minimum": -1}),
        Field("month_of_year", "monthOfYear", "Month"),
        Field("count", "count", "int", bounds={"minimum": 1}),
        Field("days_before", "daysBefore", "int"),
        Field("use_start_as_primary_user_accepted", "useStartAsPrimaryUserAccepted", "bool"),
        Field("end_type", "endType", "RecurrenceEnd"),
    )
