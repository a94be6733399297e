"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class Text2PayResult(Model):
    """An invoice and its payment link.

    Attributes:
        invoice: An invoice. Amounts are in major units and reckoned by the service.
        invoice_url: Short link to the payment page. Its host differs from account to account,
            and it redirects to the page itself.
    """

    _role: ClassVar[str] = "answer"

    invoice: models.Invoice
    invoice_url: str

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("invoice", "invoice", "Invoice", required=True),
        Field("invoice_url", "invoiceUrl", "str", required=True),
    )
