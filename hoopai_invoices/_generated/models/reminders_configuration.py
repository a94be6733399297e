"""Generated: do not edit."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class RemindersConfiguration(Model):
    """The reminders of one invoice and what became of them.

    Attributes:
        reminder_execution_details_list: What has been sent so far; its shape is not
            documented.
        reminder_settings: The reminders of a sub-account or of an invoice.
    """

    _role: ClassVar[str] = "answer"

    reminder_execution_details_list: Any = None
    reminder_settings: models.ReminderSettings | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("reminder_execution_details_list", "reminderExecutionDetailsList", "any"),
        Field("reminder_settings", "reminderSettings", "ReminderSettings"),
    )
