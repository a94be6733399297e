"""Generated: do not edit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class Template(Model):
    """An invoice template.

    Attributes:
        id: Id of the template.
        alt_id: Id of the sub-account (location).
        name: Name of the template.
        currency: Three-letter code of the currency of all amounts.
        total: Sum after discount and taxes, in major units.
        alt_type: What altId names; always a location.
        internal: A flag of the service; what it does is not documented.
        title: Heading of the documents made from it.
        business_details: Who bills. A copy is kept in the record when it is created; nothing
            is filled in from the settings, so send the logo as well.
        items: The lines.
        discount: A discount on the whole document. It comes off the sum of the lines before
            taxes are added.
        automatic_taxes_enabled: Whether taxes are worked out automatically.
        terms_notes: Terms and notes under the lines; HTML is possible.
        tips_configuration: Tips offered to the customer at payment.
        late_fees_configuration: What is charged when an invoice is paid late.
        invoice_number_prefix: What is put before the number.
        payment_methods: Which payment methods are offered.
        attachments: Files that go with the documents; their shape in answers is not
            documented.
        miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
        created_at:
        updated_at:
        trace_id: Id of the request for the vendor's support.
    """

    _role: ClassVar[str] = "answer"

    id: str
    alt_id: str
    name: str
    currency: str
    total: Decimal
    alt_type: models.AltType | None = None
    internal: bool | None = None
    title: str | None = None
    business_details: models.BusinessDetails | None = None
    items: list[models.InvoiceItem] | None = None
    discount: models.Discount | None = None
    automatic_taxes_enabled: bool | None = None
    terms_notes: str | None = None
    tips_configuration: models.TipsConfiguration | None = None
    late_fees_configuration: models.LateFeesConfiguration | None = None
    invoice_number_prefix: str | None = None
    payment_methods: models.PaymentMethods | None = None
    attachments: list[Any] | None = None
    miscellaneous_charges: models.ProcessingFee | None = None
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    trace_id: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("id", "_id", "str", required=True),
        Field("alt_id", "altId", "str", required=True),
        Field("name", "name", "str", required=True),
        Field("currency", "currency", "str", required=True),
        Field("total", "total", "decimal", required=True),
        Field("alt_type", "altType", "AltType"),
        Field("internal", "internal", "bool"),
        Field("title", "title", "str"),
        Field("business_details", "businessDetails", "BusinessDetails"),
        Field("items", "items", "[InvoiceItem]"),
        Field("discount", "discount", "Discount"),
        Field("automatic_taxes_enabled", "automaticTaxesEnabled", "bool"),
        Field("terms_notes", "termsNotes", "str"),
        Field("tips_configuration", "tipsConfiguration", "TipsConfiguration"),
        Field("late_fees_configuration", "lateFeesConfiguration", "LateFeesConfiguration"),
        Field("invoice_number_prefix", "invoiceNumberPrefix", "str"),
        Field("payment_methods", "paymentMethods", "PaymentMethods"),
        Field("attachments", "attachments", "[any]"),
        Field("miscellaneous_charges", "miscellaneousCharges", "ProcessingFee"),
        Field("created_at", "createdAt", "datetime"),
        Field("updated_at", "updatedAt", "datetime"),
        Field("trace_id", "traceId", "str"),
    )
