"""Generated: do not edit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class InvoiceSettings(Model):
    """The invoicing settings of a sub-account.

    Attributes:
        alt_id: Id of the sub-account (location).
        alt_type: What altId names; always a location.
        terms_note: Terms put under new invoices; elsewhere the field is called termsNotes.
        estimates_terms_note: Terms put under new estimates.
        title: Heading of new invoices.
        estimates_title: Heading of new estimates.
        invoice_number_prefix: What is put before invoice numbers.
        estimate_number_prefix: What is put before estimate numbers.
        due_after_x_days: Days from issue to due day.
        estimates_expire_after_x_days: Days from issue to expiry of an estimate.
        minimum_percentage_partial_payment: The least share of an invoice, in percent, that a
            customer may pay at once.
        custom_fields: Ids of the custom fields shown on documents, three at most.
        custom_notification: The messages that the service sends by itself, to customers and
            to the team.
        business_details: Who bills. A copy is kept in the record when it is created; nothing
            is filled in from the settings, so send the logo as well.
        sender_configuration: Name and address that a message comes from.
        product_settings: How products from the catalogue become lines.
        reminder_settings: The reminders of a sub-account or of an invoice.
        late_fees_configuration: What is charged when an invoice is paid late.
        tips_configuration: Tips offered to the customer at payment.
        payment_methods: Which payment methods are offered.
        created_at:
        updated_at:
        trace_id: Id of the request for the vendor's support.
    """

    _role: ClassVar[str] = "answer"

    alt_id: str | None = None
    alt_type: models.AltType | None = None
    terms_note: str | None = None
    estimates_terms_note: str | None = None
    title: str | None = None
    estimates_title: str | None = None
    invoice_number_prefix: str | None = None
    estimate_number_prefix: str | None = None
    due_after_x_days: int | None = None
    estimates_expire_after_x_days: int | None = None
    minimum_percentage_partial_payment: Decimal | None = None
    custom_fields: list[str] | None = None
    custom_notification: models.CustomNotification | None = None
    business_details: models.BusinessDetails | None = None
    sender_configuration: models.SenderConfiguration | None = None
    product_settings: models.ProductSettings | None = None
    reminder_settings: models.ReminderSettings | None = None
    late_fees_configuration: models.LateFeesConfiguration | None = None
    tips_configuration: models.TipsConfiguration | None = None
    payment_methods: models.PaymentMethods | None = None
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    trace_id: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("alt_id", "altId", "str"),
        Field("alt_type", "altType", "AltType"),
        Field("terms_note", "termsNote", "str"),
        Field("estimates_terms_note", "estimatesTermsNote", "str"),
        Field("title", "title", "str"),
        Field("estimates_title", "estimatesTitle", "str"),
        Field("invoice_number_prefix", "invoiceNumberPrefix", "str"),
        Field("estimate_number_prefix", "estimateNumberPrefix", "str"),
        Field("due_after_x_days", "dueAfterXDays", "int"),
        Field("estimates_expire_after_x_days", "estimatesExpireAfterXDays", "int"),
        Field("minimum_percentage_partial_payment", "minimumPercentagePartialPayment", "decimal"),
        Field("custom_fields", "customFields", "[str]"),
        Field("custom_notification", "customNotification", "CustomNotification"),
        Field("business_details", "businessDetails", "BusinessDetails"),
        Field("sender_configuration", "senderConfiguration", "SenderConfiguration"),
        Field("product_settings", "productSettings", "ProductSettings"),
        Field("reminder_settings", "reminderSettings", "ReminderSettings"),
        Field("late_fees_configuration", "lateFeesConfiguration", "LateFeesConfiguration"),
        Field("tips_configuration", "tipsConfiguration", "TipsConfiguration"),
        Field("payment_methods", "paymentMethods", "PaymentMethods"),
        Field("created_at", "createdAt", "datetime"),
        Field("updated_at", "updatedAt", "datetime"),
        Field("trace_id", "traceId", "str"),
    )
