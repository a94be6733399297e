"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class ReminderSettings(Model):
    """The reminders of a sub-account or of an invoice.

    Attributes:
        default_email_template_id:
        reminders:
    """

    _role: ClassVar[str] = "answer"

    default_email_template_id: str | None = None
    reminders: list[models.Reminder] | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("default_email_template_id", "defaultEmailTemplateId", "str"),
        Field("reminders", "reminders", "[Reminder]"),
    )
