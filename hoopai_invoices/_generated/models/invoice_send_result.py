"""Generated: do not edit."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class InvoiceSendResult(Model):
    """A sent invoice.

    Attributes:
        invoice: An invoice. Amounts are in major units and reckoned by the service.
        sms_data: What was handed to the text message channel; its shape is not documented.
        email_data: What was handed to the e-mail channel; its shape is not documented.
    """

    _role: ClassVar[str] = "answer"

    invoice: models.Invoice
    sms_data: Any = None
    email_data: Any = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("invoice", "invoice", "Invoice", required=True),
        Field("sms_data", "smsData", "any"),
        Field("email_data", "emailData", "any"),
    )
