"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class InvoiceVisited(Model):
    """The invoice that was opened.

    Attributes:
        invoice_id: Id of the invoice.
    """

    _role: ClassVar[str] = "request"

    invoice_id: str

    _fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "invoice_id",
            "invoiceId",
            "str",
            required=True,
            bounds={"pattern": "^[A-Za-z0-9_-]{1,128}$"},
        ),
    )
