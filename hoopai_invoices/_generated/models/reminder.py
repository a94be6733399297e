"""Generated: do not edit."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class Reminder(Model):
    """One rule for reminding the customer.

    Attributes:
        enabled:
        email_template: Template of the e-mail.
        sms_template: Template of the text message.
        email_subject:
        reminder_id:
        reminder_name:
        reminder_time: Whether a reminder goes out before or after the day it counts from.
        interval_type: Unit of a repetition.
        max_reminders: How many reminders to send at most.
        reminder_invoice_condition: What a reminder counts from.
        reminder_number: Number of intervals before or after.
        reminder_status: State of the reminder; its values are not documented.
        start_time: Earliest time of day, such as 9:00 AM.
        end_time: Latest time of day, such as 5:00 PM.
        timezone: Whose time zone the times are in.
    """

    _role: ClassVar[str] = "answer"

    enabled: bool | None = None
    email_template: str | None = None
    sms_template: str | None = None
    email_subject: str | None = None
    reminder_id: str | None = None
    reminder_name: str | None = None
    reminder_time: models.ReminderTime | None = None
    interval_type: models.IntervalType | None = None
    max_reminders: int | None = None
    reminder_invoice_condition: models.ReminderCondition | None = None
    reminder_number: int | None = None
    reminder_status: Any = None
    start_time: str | None = None
    end_time: str | None = None
    timezone: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("enabled", "enabled", "bool"),
        Field("email_template", "emailTemplate", "str"),
        Field("sms_template", "smsTemplate", "str"),
        Field("email_subject", "emailSubject", "str"),
        Field("reminder_id", "reminderId", "str"),
        Field("reminder_name", "reminderName", "str"),
        Field("reminder_time", "reminderTime", "ReminderTime"),
        Field("interval_type", "intervalType", "IntervalType"),
        Field("max_reminders", "maxReminders", "int"),
        Field("reminder_invoice_condition", "reminderInvoiceCondition", "ReminderCondition"),
        Field("reminder_number", "reminderNumber", "int"),
        Field("reminder_status", "reminderStatus", "any"),
        Field("start_time", "startTime", "str"),
        Field("end_time", "endTime", "str"),
        Field("timezone", "timezone", "str"),
    )
