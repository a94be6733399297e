"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import UNSET, Field, Model, Unset
from .. import models


@define(kw_only=True, eq=False, repr=False)
class ScheduleCreate(Model):
    """A new schedule of invoices.

    Attributes:
        name: Name of the schedule; the heading of its invoices is title.
        contact_details: Who is billed. The service takes id and name alone, though its
            documents ask for phone and e-mail too; sending needs the address or number of its
            channel.
        schedule: When to issue the invoices.
        live_mode: Whether real money is asked for; false is test mode.
        business_details: Who bills.
        currency: Three-letter code of the currency of all amounts.
        items: The lines of every invoice.
        discount: The service asks for it even when there is none.
        automatic_taxes_enabled: Whether taxes are worked out automatically.
        terms_notes: Terms and notes under the lines; HTML is possible.
        title: Heading of the invoices.
        tips_configuration: Tips offered to the customer at payment.
        late_fees_configuration: What is charged when an invoice is paid late.
        invoice_number_prefix: What is put before the number.
        payment_methods: Which payment methods are offered.
        attachments: Files that go with the invoices.
        miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
    """

    _role: ClassVar[str] = "request"
    _located: ClassVar[bool] = True

    name: str
    contact_details: models.ContactDetails
    schedule: models.ScheduleOptions
    live_mode: bool | Unset = UNSET
    business_details: models.BusinessDetails | Unset = UNSET
    currency: str | Unset = UNSET
    items: list[models.InvoiceItem]
    discount: models.Discount | Unset = UNSET
    automatic_taxes_enabled: bool | Unset = UNSET
    terms_notes: str | Unset = UNSET
    title: str | Unset = UNSET
    tips_configuration: models.TipsConfiguration | Unset = UNSET
    late_fees_configuration: models.LateFeesConfiguration | Unset = UNSET
    invoice_number_prefix: str | Unset = UNSET
    payment_methods: models.PaymentMethods | Unset = UNSET
    attachments: list[models.Attachment] | Unset = UNSET
    miscellaneous_charges: models.ProcessingFee | Unset = UNSET

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("name", "name", "str", required=True, bounds={"minLength": 1}),
        Field("contact_details", "contactDetails", "ContactDetails", required=True),
        Field("schedule", "schedule", "ScheduleOptions", required=True),
        Field("live_mode", "liveMode", "bool", required=True, default="live_mode"),
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
        Field(
            "discount",
            "discount",
            "Discount",
            required=True,
            omitted={"type": "percentage", "value": 0},
        ),
        Field("automatic_taxes_enabled", "automaticTaxesEnabled", "bool"),
        Field("terms_notes", "termsNotes", "str"),
        Field("title", "title", "str"),
        Field("tips_configuration", "tipsConfiguration", "TipsConfiguration"),
        Field("late_fees_configuration", "lateFeesConfiguration", "LateFeesConfiguration"),
        Field("invoice_number_prefix", "invoiceNumberPrefix", "str"),
        Field("payment_methods", "paymentMethods", "PaymentMethods"),
        Field("attachments", "attachments", "[Attachment]"),
        Field("miscellaneous_charges", "miscellaneousCharges", "ProcessingFee"),
    )
