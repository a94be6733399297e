"""Generated: do not edit."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from attrs import define

from ..._model import UNSET, Field, Model, Unset
from .. import models


@define(kw_only=True, eq=False, repr=False)
class InvoiceUpdate(Model):
    """The whole new contents of an invoice; what is left out is taken as cleared. The lines are
    called invoiceItems on the wire. Recipients and late fees are not taken here.

    Attributes:
        name: Name of the invoice; the heading of the document is title.
        currency: Three-letter code of the currency of all amounts.
        items: The lines.
        issue_date: Day of issue.
        due_date: Day that payment is due. A past day, by the sub-account's own calendar, is
            refused.
        title: Heading of the document.
        description: A description of the invoice.
        business_details: Who bills.
        invoice_number: Number without its prefix.
        contact_id: Id of the contact, beside contactDetails.
        contact_details: Who is billed. The service takes id and name alone, though its
            documents ask for phone and e-mail too; sending needs the address or number of its
            channel.
        terms_notes: Terms and notes under the lines; HTML is possible.
        discount: A discount on the whole document. It comes off the sum of the lines before
            taxes are added.
        automatic_taxes_enabled: Whether taxes are worked out automatically.
        live_mode: Whether real money is asked for; false is test mode.
        payment_schedule: Payment of an invoice in parts.
        tips_configuration: Tips offered to the customer at payment.
        xero_details: Link to the Xero accounts; its shape is not documented.
        invoice_number_prefix: What is put before the number.
        payment_methods: Which payment methods are offered.
        attachments: Files that go with the invoice.
        miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
    """

    _role: ClassVar[str] = "request"
    _located: ClassVar[bool] = True

    name: str
    currency: str
    items: list[models.InvoiceItem]
    issue_date: dt.date
    due_date: dt.date
    title: str | Unset = UNSET
    description: str | Unset = UNSET
    business_details: models.BusinessDetails | Unset = UNSET
    invoice_number: str | Unset = UNSET
    contact_id: str | Unset = UNSET
    contact_details: models.ContactDetails | Unset = UNSET
    terms_notes: str | Unset = UNSET
    discount: models.Discount | Unset = UNSET
    automatic_taxes_enabled: bool | Unset = UNSET
    live_mode: bool | Unset = UNSET
    payment_schedule: models.PaymentSchedule | Unset = UNSET
    tips_configuration: models.TipsConfiguration | Unset = UNSET
    xero_details: Any | Unset = UNSET
    invoice_number_prefix: str | Unset = UNSET
    payment_methods: models.PaymentMethods | Unset = UNSET
    attachments: list[models.Attachment] | Unset = UNSET
    miscellaneous_charges: models.ProcessingFee | Unset = UNSET

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("name", "name", "str", required=True, bounds={"minLength": 1}),
        Field("currency", "currency", "str", required=True, bounds={"pattern": "^[A-Z]{3}$"}),
        Field("items", "invoiceItems", "[InvoiceItem]", required=True),
        Field("issue_date", "issueDate", "date", required=True),
        Field("due_date", "dueDate", "date", required=True),
        Field("title", "title", "str"),
        Field("description", "description", "str"),
        Field("business_details", "businessDetails", "BusinessDetails"),
        Field("invoice_number", "invoiceNumber", "str"),
        Field("contact_id", "contactId", "str", bounds={"minLength": 1}),
        Field("contact_details", "contactDetails", "ContactDetails"),
        Field("terms_notes", "termsNotes", "str"),
        Field("discount", "discount", "Discount"),
        Field("automatic_taxes_enabled", "automaticTaxesEnabled", "bool"),
        Field("live_mode", "liveMode", "bool", explicit=True),
        Field("payment_schedule", "paymentSchedule", "PaymentSchedule"),
        Field("tips_configuration", "tipsConfiguration", "TipsConfiguration"),
        Field("xero_details", "xeroDetails", "any"),
        Field("invoice_number_prefix", "invoiceNumberPrefix", "str"),
        Field("payment_methods", "paymentMethods", "PaymentMethods"),
        Field("attachments", "attachments", "[Attachment]"),
        Field("miscellaneous_charges", "miscellaneousCharges", "ProcessingFee"),
    )
