"""Generated: do not edit."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Literal

from attrs import define

from ..._model import UNSET, Field, Model, Unset
from .. import models


@define(kw_only=True, eq=False, repr=False)
class EstimateUpdate(Model):
    """The whole new contents of an estimate; what is left out is cleared.

    Attributes:
        name: Name of the estimate, 40 characters at most.
        business_details: Who offers.
        currency: Three-letter code of the currency of all amounts.
        items: The lines, at least one.
        discount: The service asks for it even when there is none.
        title: Heading of the document, 40 characters at most. Without it the service fails
            with 500.
        contact_details: Who is billed. The service takes id and name alone, though its
            documents ask for phone and e-mail too; sending needs the address or number of its
            channel.
        issue_date: Day of issue.
        expiry_date: Last day that the customer can accept.
        frequency_settings: Whether it is billed again and again; the service asks for it even
            when it is not.
        live_mode: Whether real money is asked for; false is test mode. Left out, the service
            would choose live.
        terms_notes: Terms and notes under the lines; HTML is possible. Left out, they are
            cleared.
        estimate_number: Number, unique in the sub-account; one already taken is refused.
        sent_to: Where the estimate will be sent.
        automatic_taxes_enabled: Whether taxes are worked out automatically; the service
            assumes they are not.
        meta: Values of your own, as an object. Keys come back in camel case, so avoid
            underscores in them.
        send_estimate_details: How to send it; whether it is sent at once is not documented.
        estimate_number_prefix: What is put before the number; the service assumes EST-.
        user_id: Id of the user on whose behalf it is changed.
        attachments: Files that go with the estimate.
        auto_invoice: Whether the service makes the invoice itself when the estimate is
            accepted.
        miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
        payment_schedule_config: Payment of an estimate's invoice in parts.
        estimate_status: Taken and ignored; other values than these are refused.
    """

    _role: ClassVar[str] = "request"
    _located: ClassVar[bool] = True

    name: str
    business_details: models.BusinessDetails
    currency: str
    items: list[models.EstimateItem]
    discount: models.Discount | Unset = UNSET
    title: str
    contact_details: models.ContactDetails
    issue_date: dt.date
    expiry_date: dt.date
    frequency_settings: models.FrequencySettings | Unset = UNSET
    live_mode: bool | Unset = UNSET
    terms_notes: str | Unset = UNSET
    estimate_number: int | Unset = UNSET
    sent_to: models.SentTo | Unset = UNSET
    automatic_taxes_enabled: bool | Unset = UNSET
    meta: Any | Unset = UNSET
    send_estimate_details: models.EstimateSend | Unset = UNSET
    estimate_number_prefix: str | Unset = UNSET
    user_id: str | Unset = UNSET
    attachments: list[models.Attachment] | Unset = UNSET
    auto_invoice: models.AutoInvoice | Unset = UNSET
    miscellaneous_charges: models.ProcessingFee | Unset = UNSET
    payment_schedule_config: models.PaymentScheduleConfig | Unset = UNSET
    estimate_status: (
        models.EstimateStatus
        | Literal["draft", "sent", "viewed", "accepted", "declined", "invoiced"]
        | Unset
    ) = UNSET

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("name", "name", "str", required=True, bounds={"minLength": 1, "maxLength": 40}),
        Field("business_details", "businessDetails", "BusinessDetails", required=True),
        Field("currency", "currency", "str", required=True, bounds={"pattern": "^[A-Z]{3}$"}),
        Field("items", "items", "[EstimateItem]", required=True, bounds={"minItems": 1}),
        Field(
            "discount",
            "discount",
            "Discount",
            required=True,
            omitted={"type": "percentage", "value": 0},
        ),
        Field("title", "title", "str", required=True, bounds={"minLength": 1, "maxLength": 40}),
        Field("contact_details", "contactDetails", "ContactDetails", required=True),
        Field("issue_date", "issueDate", "date", required=True),
        Field("expiry_date", "expiryDate", "date", required=True),
        Field(
            "frequency_settings",
            "frequencySettings",
            "FrequencySettings",
            required=True,
            omitted={"enabled": False},
        ),
        Field("live_mode", "liveMode", "bool", explicit=True),
        Field("terms_notes", "termsNotes", "str"),
        Field("estimate_number", "estimateNumber", "int"),
        Field("sent_to", "sentTo", "SentTo"),
        Field("automatic_taxes_enabled", "automaticTaxesEnabled", "bool"),
        Field("meta", "meta", "any"),
        Field("send_estimate_details", "sendEstimateDetails", "EstimateSend"),
        Field("estimate_number_prefix", "estimateNumberPrefix", "str"),
        Field("user_id", "userId", "str", bounds={"minLength": 1}),
        Field("attachments", "attachments", "[Attachment]"),
        Field("auto_invoice", "autoInvoice", "AutoInvoice"),
        Field("miscellaneous_charges", "miscellaneousCharges", "ProcessingFee"),
        Field("payment_schedule_config", "paymentScheduleConfig", "PaymentScheduleConfig"),
        Field("estimate_status", "estimateStatus", "EstimateStatus"),
    )
