"""Generated: do not edit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class Estimate(Model):
    """An estimate. Amounts are in major units and reckoned by the service.

    Attributes:
        id: Id of the estimate.
        estimate_status: State of an estimate. Only the customer can accept or decline.
        live_mode: Whether real money is asked for; false is test mode.
        alt_id: Id of the sub-account (location).
        name: Name of the estimate; the heading of the document is title.
        currency: Three-letter code of the currency of all amounts.
        items: The lines.
        total: Sum after discount and taxes.
        deleted: Whether it was deleted.
        alt_type: What altId names; always a location.
        company_id: Id of the agency.
        title: Heading of the document.
        estimate_number: Number, without its prefix.
        estimate_number_prefix: What stands before the number.
        business_details: Who offers, as it was at creation.
        contact_details: Who is billed. The service takes id and name alone, though its
            documents ask for phone and e-mail too; sending needs the address or number of its
            channel.
        configuration: How the service reckons an estimate.
        issue_date: Day of issue, given as the moment that day begins in the sub-account's
            zone. Read it in that zone.
        expiry_date: Last day to accept, given as the moment that day ends in the sub-
            account's zone. Its date in UTC is often the next day, so read it in that zone.
        discount: A discount on the whole document. It comes off the sum of the lines before
            taxes are added.
        automatic_taxes_enabled: Whether taxes are worked out automatically.
        automatic_taxes_calculated: Whether the automatic taxes have been worked out.
        totalamount_in_usd: The total in dollars of the United States, for information only.
        terms_notes: Terms and notes under the lines; HTML is possible.
        meta: Values of your own. Keys come back in camel case.
        frequency_settings: Whether an accepted estimate is billed again and again.
        auto_invoice: Whether the service makes the invoice itself when the estimate is
            accepted.
        miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
        payment_schedule_config: Payment of an estimate's invoice in parts.
        attachments: Files that go with the estimate.
        sent_to: Where it was sent.
        sent_by: Who sent it.
        estimate_action_history: What happened to it; empty at first, later objects with
            estimateStatus and updatedAt, the latter in the sub-account's local time without a
            zone.
        last_visited_at: When the customer last opened it.
        updated_by: Who changed it last.
        created_at:
        updated_at:
        v: Revision counter of the service's database.
        trace_id: Id of the request for the vendor's support.
    """

    _role: ClassVar[str] = "answer"

    id: str
    estimate_status: models.EstimateStatus
    live_mode: bool
    alt_id: str
    name: str
    currency: str
    items: list[models.EstimateItem]
    total: Decimal
    deleted: bool | None = None
    alt_type: models.AltType | None = None
    company_id: str | None = None
    title: str | None = None
    estimate_number: int | None = None
    estimate_number_prefix: str | None = None
    business_details: models.BusinessDetails | None = None
    contact_details: models.ContactDetails | None = None
    configuration: models.EstimateConfiguration | None = None
    issue_date: dt.date | dt.datetime | None = None
    expiry_date: dt.date | dt.datetime | None = None
    discount: models.Discount | None = None
    automatic_taxes_enabled: bool | None = None
    automatic_taxes_calculated: bool | None = None
    totalamount_in_usd: Decimal | None = None
    terms_notes: str | None = None
    meta: Any = None
    frequency_settings: models.FrequencySettings | None = None
    auto_invoice: models.AutoInvoice | None = None
    miscellaneous_charges: models.ProcessingFee | None = None
    payment_schedule_config: models.PaymentScheduleConfig | None = None
    attachments: list[models.Attachment] | None = None
    sent_to: models.SentTo | None = None
    sent_by: str | None = None
    estimate_action_history: list[Any] | None = None
    last_visited_at: dt.datetime | None = None
    updated_by: str | None = None
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    v: int | None = None
    trace_id: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("id", "_id", "str", required=True),
        Field("estimate_status", "estimateStatus", "EstimateStatus", required=True),
        Field("live_mode", "liveMode", "bool", required=True),
        Field("alt_id", "altId", "str", required=True),
        Field("name", "name", "str", required=True),
        Field("currency", "currency", "str", required=True),
        Field("items", "items", "[EstimateItem]", required=True),
        Field("total", "total", "decimal", required=True),
        Field("deleted", "deleted", "bool"),
        Field("alt_type", "altType", "AltType"),
        Field("company_id", "companyId", "str"),
        Field("title", "title", "str"),
        Field("estimate_number", "estimateNumber", "int"),
        Field("estimate_number_prefix", "estimateNumberPrefix", "str"),
        Field("business_details", "businessDetails", "BusinessDetails"),
        Field("contact_details", "contactDetails", "ContactDetails"),
        Field("configuration", "configuration", "EstimateConfiguration"),
        Field("issue_date", "issueDate", "date|datetime"),
        Field("expiry_date", "expiryDate", "date|datetime"),
        Field("discount", "discount", "Discount"),
        Field("automatic_taxes_enabled", "automaticTaxesEnabled", "bool"),
        Field("automatic_taxes_calculated", "automaticTaxesCalculated", "bool"),
        Field("totalamount_in_usd", "totalamountInUSD", "decimal"),
        Field("terms_notes", "termsNotes", "str"),
        Field("meta", "meta", "any"),
        Field("frequency_settings", "frequencySettings", "FrequencySettings"),
        Field("auto_invoice", "autoInvoice", "AutoInvoice"),
        Field("miscellaneous_charges", "miscellaneousCharges", "ProcessingFee"),
        Field("payment_schedule_config", "paymentScheduleConfig", "PaymentScheduleConfig"),
        Field("attachments", "attachments", "[Attachment]"),
        Field("sent_to", "sentTo", "SentTo"),
        Field("sent_by", "sentBy", "str"),
        Field("estimate_action_history", "estimateActionHistory", "[any]"),
        Field("last_visited_at", "lastVisitedAt", "datetime"),
        Field("updated_by", "updatedBy", "str"),
        Field("created_at", "createdAt", "datetime"),
        Field("updated_at", "updatedAt", "datetime"),
        Field("v", "__v", "int"),
        Field("trace_id", "traceId", "str"),
    )
