"""Generated: do not edit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class Schedule(Model):
    """A schedule and the invoices it issued.

    Attributes:
        id: Id of the schedule.
        status: State of a schedule. Other spellings, such as 'canceled' or 'ended', have been
            reported.
        live_mode: Whether real money is asked for; false is test mode.
        alt_id: Id of the sub-account (location).
        name: Name of the schedule; the heading of its invoices is title.
        currency: Three-letter code of the currency of all amounts.
        total: Sum of one invoice, after discount and taxes, in major units.
        alt_type: What altId names; always a location.
        title: Heading of the invoices.
        schedule: When the invoices are issued.
        invoices: Invoices issued so far, as objects or as bare ids; may be empty just after
            the start.
        business_details: Who bills. A copy is kept in the record when it is created; nothing
            is filled in from the settings, so send the logo as well.
        contact_details: Who is billed. The service takes id and name alone, though its
            documents ask for phone and e-mail too; sending needs the address or number of its
            channel.
        items: The lines of every invoice.
        discount: A discount on the whole document. It comes off the sum of the lines before
            taxes are added.
        automatic_taxes_enabled: Whether taxes are worked out automatically.
        terms_notes: Terms and notes under the lines; HTML is possible.
        compiled_terms_notes: The terms with their placeholders filled in.
        tips_configuration: Tips offered to the customer at payment.
        late_fees_configuration: What is charged when an invoice is paid late.
        invoice_number_prefix: What is put before the number.
        payment_methods: Which payment methods are offered.
        auto_payment: How a schedule or an invoice is paid without the customer's doing.
        attachments: Files that go with the invoices.
        miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
        created_at:
        updated_at:
        trace_id: Id of the request for the vendor's support.
    """

    _role: ClassVar[str] = "answer"

    id: str
    status: models.ScheduleStatus
    live_mode: bool
    alt_id: str
    name: str
    currency: str
    total: Decimal
    alt_type: models.AltType | None = None
    title: str | None = None
    schedule: models.ScheduleOptions | None = None
    invoices: list[models.Invoice | str] | None = None
    business_details: models.BusinessDetails | None = None
    contact_details: models.ContactDetails | None = None
    items: list[models.InvoiceItem] | None = None
    discount: models.Discount | None = None
    automatic_taxes_enabled: bool | None = None
    terms_notes: str | None = None
    compiled_terms_notes: str | None = None
    tips_configuration: models.TipsConfiguration | None = None
    late_fees_configuration: models.LateFeesConfiguration | None = None
    invoice_number_prefix: str | None = None
    payment_methods: models.PaymentMethods | None = None
    auto_payment: models.AutoPayment | None = None
    attachments: list[models.Attachment] | None = None
    miscellaneous_charges: models.ProcessingFee | None = None
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    trace_id: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("id", "_id", "str", required=True),
        Field("status", "status", "ScheduleStatus", required=True),
        Field("live_mode", "liveMode", "bool", required=True),
        Field("alt_id", "altId", "str", required=True),
        Field("name", "name", "str", required=True),
        Field("currency", "currency", "str", required=True),
        Field("total", "total", "decimal", required=True),
        Field("alt_type", "altType", "AltType"),
        Field("title", "title", "str"),
        Field("schedule", "schedule", "ScheduleOptions"),
        Field("invoices", "invoices", "[Invoice|str]"),
        Field("business_details", "businessDetails", "BusinessDetails"),
        Field("contact_details", "contactDetails", "ContactDetails"),
        Field("items", "items", "[InvoiceItem]"),
        Field("discount", "discount", "Discount"),
        Field("automatic_taxes_enabled", "automaticTaxesEnabled", "bool"),
        Field("terms_notes", "termsNotes", "str"),
        Field("compiled_terms_notes", "compiledTermsNotes", "str"),
        Field("tips_configuration", "tipsConfiguration", "TipsConfiguration"),
        Field("late_fees_configuration", "lateFeesConfiguration", "LateFeesConfiguration"),
        Field("invoice_number_prefix", "invoiceNumberPrefix", "str"),
        Field("payment_methods", "paymentMethods", "PaymentMethods"),
        Field("auto_payment", "autoPayment", "AutoPayment"),
        Field("attachments", "attachments", "[Attachment]"),
        Field("miscellaneous_charges", "miscellaneousCharges", "ProcessingFee"),
        Field("created_at", "createdAt", "datetime"),
        Field("updated_at", "updatedAt", "datetime"),
        Field("trace_id", "traceId", "str"),
    )
