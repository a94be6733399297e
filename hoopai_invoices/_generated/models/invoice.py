"""Generated: do not edit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class Invoice(Model):
    """An invoice. Amounts are in major units and reckoned by the service.

    Attributes:
        id: Id of the invoice.
        status: State of an invoice. Further states may appear; 'overdue' has not been seen in
            an answer: an invoice is overdue when its due day has passed and something is still
            due.
        live_mode: Whether real money is asked for; false is test mode.
        alt_id: Id of the sub-account (location).
        name: Name of the invoice; the heading of the document is title.
        currency: Three-letter code of the currency of all amounts.
        total: Sum to pay, after discount and taxes.
        amount_paid: What has been paid so far.
        amount_due: What is still to pay.
        alt_type: What altId names; always a location.
        company_id: Id of the agency.
        title: Heading of the document.
        description: A description of the invoice.
        invoice_number: Number without its prefix, leading zeros included. Some answers carry
            a number; it is read as text.
        invoice_number_prefix: What stands before the number.
        business_details: Who bills, as it was at creation.
        contact_details: Who is billed. The service takes id and name alone, though its
            documents ask for phone and e-mail too; sending needs the address or number of its
            channel.
        currency_options: How the currency is written.
        issue_date: Day of issue; a date, or a moment of that day.
        due_date: Day that payment is due; a date, or a moment of that day.
        items: The lines.
        discount: A discount on the whole document. It comes off the sum of the lines before
            taxes are added.
        automatic_taxes_enabled: Whether taxes are worked out automatically.
        automatic_taxes_calculated: Whether the automatic taxes have been worked out.
        invoice_total: Sum of the invoice as the service keeps it beside total.
        total_summary: How the total came about, in major units. Part of a single invoice, not
            of every answer.
        payment_schedule: Payment of an invoice in parts.
        payment_methods: Which payment methods are offered.
        late_fees_configuration: May come as an empty object.
        tips_configuration: May come as an empty object.
        tips_received: Tips that were given; their shape is not documented.
        miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
        external_transactions: Payments received elsewhere; their shape is not documented.
        reminders_configuration: The reminders of one invoice and what became of them.
        terms_notes: Terms and notes under the lines; HTML is possible.
        attachments: Files that go with the invoice.
        sent_to: Where the invoice was sent.
        sent_from: Who it was sent as; its shape is not documented.
        sent_by: Who sent it; its shape is not documented.
        sent_at: When it was sent.
        manual_status_transitions: States that were set by hand, such as sent.
        last_visited_at: When the customer last opened it.
        last_paid_at: When the last payment came in.
        opportunity_details: The opportunity it belongs to; its shape is not documented.
        xero_details: Link to the Xero accounts; its shape is not documented.
        sync_details: Records of synchronisation with other systems; their shape is not
            documented.
        updated_by: Who changed it last; its shape is not documented.
        created_at:
        updated_at:
        v: Revision counter of the service's database.
        trace_id: Id of the request for the vendor's support.
    """

    _role: ClassVar[str] = "answer"

    id: str
    status: models.InvoiceStatus
    live_mode: bool
    alt_id: str
    name: str
    currency: str
    total: Decimal
    amount_paid: Decimal
    amount_due: Decimal
    alt_type: models.AltType | None = None
    company_id: str | None = None
    title: str | None = None
    description: str | None = None
    invoice_number: str | None = None
    invoice_number_prefix: str | None = None
    business_details: models.BusinessDetails | None = None
    contact_details: models.ContactDetails | None = None
    currency_options: models.CurrencyOptions | None = None
    issue_date: dt.date | dt.datetime | None = None
    due_date: dt.date | dt.datetime | None = None
    items: list[models.InvoiceItem] | None = None
    discount: models.Discount | None = None
    automatic_taxes_enabled: bool | None = None
    automatic_taxes_calculated: bool | None = None
    invoice_total: Decimal | None = None
    total_summary: models.TotalSummary | None = None
    payment_schedule: models.PaymentSchedule | None = None
    payment_methods: models.PaymentMethods | None = None
    late_fees_configuration: models.LateFeesConfiguration | None = None
    tips_configuration: models.TipsConfiguration | None = None
    tips_received: list[Any] | None = None
    miscellaneous_charges: models.ProcessingFee | None = None
    external_transactions: list[Any] | None = None
    reminders_configuration: models.RemindersConfiguration | None = None
    terms_notes: str | None = None
    attachments: list[models.Attachment] | None = None
    sent_to: models.SentTo | None = None
    sent_from: Any = None
    sent_by: Any = None
    sent_at: dt.datetime | None = None
    manual_status_transitions: Any = None
    last_visited_at: dt.datetime | None = None
    last_paid_at: dt.datetime | None = None
    opportunity_details: Any = None
    xero_details: Any = None
    sync_details: list[Any] | None = None
    updated_by: Any = None
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    v: int | None = None
    trace_id: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("id", "_id", "str", required=True),
        Field("status", "status", "InvoiceStatus", required=True),
        Field("live_mode", "liveMode", "bool", required=True),
        Field("alt_id", "altId", "str", required=True),
        Field("name", "name", "str", required=True),
        Field("currency", "currency", "str", required=True),
        Field("total", "total", "decimal", required=True),
        Field("amount_paid", "amountPaid", "decimal", required=True),
        Field("amount_due", "amountDue", "decimal", required=True),
        Field("alt_type", "altType", "AltType"),
        Field("company_id", "companyId", "str"),
        Field("title", "title", "str"),
        Field("description", "description", "str"),
        Field("invoice_number", "invoiceNumber", "str"),
        Field("invoice_number_prefix", "invoiceNumberPrefix", "str"),
        Field("business_details", "businessDetails", "BusinessDetails"),
        Field("contact_details", "contactDetails", "ContactDetails"),
        Field("currency_options", "currencyOptions", "CurrencyOptions"),
        Field("issue_date", "issueDate", "date|datetime"),
        Field("due_date", "dueDate", "date|datetime"),
        Field("items", "invoiceItems", "[InvoiceItem]"),
        Field("discount", "discount", "Discount"),
        Field("automatic_taxes_enabled", "automaticTaxesEnabled", "bool"),
        Field("automatic_taxes_calculated", "automaticTaxesCalculated", "bool"),
        Field("invoice_total", "invoiceTotal", "decimal"),
        Field("total_summary", "totalSummary", "TotalSummary"),
        Field("payment_schedule", "paymentSchedule", "PaymentSchedule"),
        Field("payment_methods", "paymentMethods", "PaymentMethods"),
        Field("late_fees_configuration", "lateFeesConfiguration", "LateFeesConfiguration"),
        Field("tips_configuration", "tipsConfiguration", "TipsConfiguration"),
        Field("tips_received", "tipsReceived", "[any]"),
        Field("miscellaneous_charges", "miscellaneousCharges", "ProcessingFee"),
        Field("external_transactions", "externalTransactions", "[any]"),
        Field("reminders_configuration", "remindersConfiguration", "RemindersConfiguration"),
        Field("terms_notes", "termsNotes", "str"),
        Field("attachments", "attachments", "[Attachment]"),
        Field("sent_to", "sentTo", "SentTo"),
        Field("sent_from", "sentFrom", "any"),
        Field("sent_by", "sentBy", "any"),
        Field("sent_at", "sentAt", "datetime"),
        Field("manual_status_transitions", "manualStatusTransitions", "any"),
        Field("last_visited_at", "lastVisitedAt", "datetime"),
        Field("last_paid_at", "lastPaidAt", "datetime"),
        Field("opportunity_details", "opportunityDetails", "any"),
        Field("xero_details", "xeroDetails", "any"),
        Field("sync_details", "syncDetails", "[any]"),
        Field("updated_by", "updatedBy", "any"),
        Field("created_at", "createdAt", "datetime"),
        Field("updated_at", "updatedAt", "datetime"),
        Field("v", "__v", "int"),
        Field("trace_id", "traceId", "str"),
    )
