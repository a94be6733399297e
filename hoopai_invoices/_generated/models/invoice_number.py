"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class InvoiceNumber(Model):
    """The next invoice number. It is not reserved.

    Attributes:
        invoice_number: Number without its prefix, leading zeros included. Some answers carry
            a number; it is read as text.
        trace_id: Id of the request for the vendor's support.
    """

    _role: ClassVar[str] = "answer"

    invoice_number: str
    trace_id: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("invoice_number", "invoiceNumber", "str", required=True),
        Field("trace_id", "traceId", "str"),
    )
