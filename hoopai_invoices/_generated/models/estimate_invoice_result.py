"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class EstimateInvoiceResult(Model):
    """An estimate and the invoice made from it.

    Attributes:
        estimate: An estimate. Amounts are in major units and reckoned by the service.
        invoice: An invoice. Amounts are in major units and reckoned by the service.
        trace_id: Id of the request for the vendor's support.
    """

    _role: ClassVar[str] = "answer"

    estimate: models.Estimate
    invoice: models.Invoice
    trace_id: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("estimate", "estimate", "Estimate", required=True),
        Field("invoice", "invoice", "Invoice", required=True),
        Field("trace_id", "traceId", "str"),
    )
