"""Generated: do not edit."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Literal

from attrs import define

from ..._model import UNSET, Field, Model, Unset
from .. import models


@define(kw_only=True, eq=False, repr=False)
class Text2Pay(Model):
    """An invoice to create, or to update when id is given, with a payment link.

    Attributes:
        name: Name of the invoice; the heading of the document is title.
        currency: Three-letter code of the currency of all amounts.
        items: The lines.
        contact_details: Who is billed. The service takes id and name alone, though its
            documents ask for phone and e-mail too; sending needs the address or number of its
            channel.
        issue_date: Day of issue.
        sent_to: Where the invoice is sent.
        live_mode: Whether real money is asked for; false is test mode.
        action: Whether to leave the invoice a draft or to send it at once.
        user_id: Id of the user who sends.
        invoice_id: Id of an invoice to update; leave it out to create one.
        terms_notes: Terms and notes under the lines; HTML is possible.
        include_terms_note: Whether the terms and notes are shown.
        title: Heading of the document.
        invoice_number: Number without its prefix. Leave it out and the service assigns the
            next one.
        due_date: Day that payment is due. A past day, by the sub-account's own calendar, is
            refused.
        automatic_taxes_enabled: Whether taxes are worked out automatically.
        payment_schedule: Payment of an invoice in parts.
        late_fees_configuration: What is charged when an invoice is paid late.
        tips_configuration: Tips offered to the customer at payment.
        invoice_number_prefix: What is put before the number.
        payment_methods: Which payment methods are offered.
        attachments: Files that go with the invoice.
        miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
        discount: A discount on the whole document. It comes off the sum of the lines before
            taxes are added.
        business_details: Who bills.
    """

    _role: ClassVar[str] = "request"
    _located: ClassVar[bool] = True

    name: str
    currency: str | Unset = UNSET
    items: list[models.InvoiceItem]
    contact_details: models.ContactDetails
    issue_date: dt.date
    sent_to: models.SentTo
    live_mode: bool | Unset = UNSET
    action: models.Text2PayAction | Literal["draft", "send"]
    user_id: str | Unset = UNSET
    invoice_id: str | Unset = UNSET
    terms_notes: str | Unset = UNSET
    include_terms_note: bool | Unset = UNSET
    title: str | Unset = UNSET
    invoice_number: str | Unset = UNSET
    due_date: dt.date | Unset = UNSET
    automatic_taxes_enabled: bool | Unset = UNSET
    payment_schedule: models.PaymentSchedule | Unset = UNSET
    late_fees_configuration: models.LateFeesConfiguration | Unset = UNSET
    tips_configuration: models.TipsConfiguration | Unset = UNSET
    invoice_number_prefix: str | Unset = UNSET
    payment_methods: models.PaymentMethods | Unset = UNSET
    attachments: list[models.Attachment] | Unset = UNSET
    miscellaneous_charges: models.ProcessingFee | Unset = UNSET
    discount: models.Discount | Unset = UNSET
    business_details: models.BusinessDetails | Unset = UNSET

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("name", "name", "str", required=True, bounds={"minLength": 1}),
        Field(
            "currency",
            "currency",
            "str",
            required=True,
            default="currency",
            bounds={"pattern": "^[A-Z]{3}$"},
        ),
        Field("items", "items", "[InvoiceItem]", required=True),
        Field("contact_details", "contactDetails", "ContactDetails", required=True),
        Field("issue_date", "issueDate", "date", required=True),
        Field("sent_to", "sentTo", "SentTo", required=True),
        Field("live_mode", "liveMode", "bool", required=True, default="live_mode"),
        Field("action", "action", "Text2PayAction", required=True),
        Field(
            "user_id", "userId", "str", required=True, default="user_id", bounds={"minLength": 1}
        ),
        Field("invoice_id", "id", "str", bounds={"minLength": 1}),
        Field("terms_notes", "termsNotes", "str"),
        Field("include_terms_note", "includeTermsNote", "bool"),
        Field("title", "title", "str"),
        Field("invoice_number", "invoiceNumber", "str"),
        Field("due_date", "dueDate", "date", bounds={"earliest": "today"}),
        Field("automatic_taxes_enabled", "automaticTaxesEnabled", "bool"),
        Field("payment_schedule", "paymentSchedule", "PaymentSchedule"),
        Field("late_fees_configuration", "lateFeesConfiguration", "LateFeesConfiguration"),
        Field("tips_configuration", "tipsConfiguration", "TipsConfiguration"),
        Field("invoice_number_prefix", "invoiceNumberPrefix", "str"),
        Field("payment_methods", "paymentMethods", "PaymentMethods"),
        Field("attachments", "attachments", "[Attachment]"),
        Field("miscellaneous_charges", "miscellaneousCharges", "ProcessingFee"),
        Field("discount", "discount", "Discount"),
        Field("business_details", "businessDetails", "BusinessDetails", default="business_details"),
    )
