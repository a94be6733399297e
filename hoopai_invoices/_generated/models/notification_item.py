"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class NotificationItem(Model):
    """One message that the service sends by itself.

    Attributes:
        enabled:
        email_template: Template of the e-mail; may be empty.
        sms_template: Template of the text message.
        from_name:
        from_email:
        email_subject:
        default_email_template_id:
    """

    _role: ClassVar[str] = "answer"

    enabled: bool | None = None
    email_template: str | None = None
    sms_template: str | None = None
    from_name: str | None = None
    from_email: str | None = None
    email_subject: str | None = None
    default_email_template_id: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("enabled", "enabled", "bool"),
        Field("email_template", "emailTemplate", "str"),
        Field("sms_template", "smsTemplate", "str"),
        Field("from_name", "fromName", "str"),
        Field("from_email", "fromEmail", "str"),
        Field("email_subject", "emailSubject", "str"),
        Field("default_email_template_id", "defaultEmailTemplateId", "str"),
    )
