"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class SentTo(Model):
    """Where a document is sent, or was sent.

    Attributes:
        email: E-mail addresses of the recipients.
        email_cc: E-mail addresses that get a copy.
        email_bcc: E-mail addresses that get a hidden copy.
        phone_no: Telephone numbers in international form.
    """

    _role: ClassVar[str] = "shared"

    email: list[str]
    email_cc: list[str] | None = None
    email_bcc: list[str] | None = None
    phone_no: list[str] | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("email", "email", "[str]", required=True),
        Field("email_cc", "emailCc", "[str]"),
        Field("email_bcc", "emailBcc", "[str]"),
        Field("phone_no", "phoneNo", "[str]"),
    )
