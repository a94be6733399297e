"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import UNSET, Field, Model, Unset
from .. import models


@define(kw_only=True, eq=False, repr=False)
class TemplateCreate(Model):
    """A new invoice template.

    Attributes:
        name: Name of the template.
        business_details: Who bills.
        currency: Three-letter code of the currency of all amounts.
        items: The lines.
        internal: A flag of the service; what it does is not documented.
        automatic_taxes_enabled: Whether taxes are worked out automatically.
        discount: A discount on the whole document. It comes off the sum of the lines before
            taxes are added.
        terms_notes: Terms and notes under the lines; HTML is possible.
        title: Heading of the documents made from it.
        tips_configuration: Tips offered to the customer at payment.
        late_fees_configuration: What is charged when an invoice is paid late.
        invoice_number_prefix: What is put before the number.
        payment_methods: Which payment methods are offered.
        attachments: Files that go with the documents, as texts; other bodies take objects.
        miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
    """

    _role: ClassVar[str] = "request"
    _located: ClassVar[bool] = True

    name: str
    business_details: models.BusinessDetails | Unset = UNSET
    currency: str | Unset = UNSET
    items: list[models.InvoiceItem]
    internal: bool | Unset = UNSET
    automatic_taxes_enabled: bool | Unset = UNSET
    discount: models.Discount | Unset = UNSET
    terms_notes: str | Unset = UNSET
    title: str | Unset = UNSET
    tips_configuration: models.TipsConfiguration | Unset = UNSET
    late_fees_configuration: models.LateFeesConfiguration | Unset = UNSET
    invoice_number_prefix: str | Unset = UNSET
    payment_methods: models.PaymentMethods | Unset = UNSET
    attachments: list[str] | Unset = UNSET
    miscellaneous_charges: models.ProcessingFee | Unset = UNSET

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("name", "name", "str", required=True, bounds={"minLength": 1}),
        Field(
            "business_details",
            "businessDetails",
            "BusinessDetails",
            required=True,
            default="business_details",
        ),
        Field(
            "currency",
            "currency",
            "str",
            required=True,
            default="currency",
            bounds={"pattern": "^[A-Z]{3}$"},
        ),
        Field("items", "items", "[InvoiceItem]", required=True),
        Field("internal", "internal", "bool"),
        Field("automatic_taxes_enabled", "automaticTaxesEnabled", "bool"),
        Field("discount", "discount", "Discount"),
        Field("terms_notes", "termsNotes", "str"),
        Field("title", "title", "str"),
        Field("tips_configuration", "tipsConfiguration", "TipsConfiguration"),
        Field("late_fees_configuration", "lateFeesConfiguration", "LateFeesConfiguration"),
        Field("invoice_number_prefix", "invoiceNumberPrefix", "str"),
        Field("payment_methods", "paymentMethods", "PaymentMethods"),
        Field("attachments", "attachments", "[str]"),
        Field("miscellaneous_charges", "miscellaneousCharges", "ProcessingFee"),
    )
