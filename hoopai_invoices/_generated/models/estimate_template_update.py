"""Generated: do not edit."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import define

from ..._model import UNSET, Field, Model, Unset
from .. import models


@define(kw_only=True, eq=False, repr=False)
class EstimateTemplateUpdate(Model):
    """The whole new contents of an estimate template; what is left out is cleared.

    Attributes:
        name: Name of the template, 40 characters at most.
        business_details: Who offers.
        currency: Three-letter code of the currency of all amounts.
        items: The lines.
        discount: The service asks for it even when there is none.
        live_mode: Whether real money is asked for; false is test mode. Left out, the service
            would choose live.
        terms_notes: Terms and notes under the lines; HTML is possible. Left out, they are
            cleared.
        title: Heading of the documents made from it, 40 characters at most.
        automatic_taxes_enabled: Whether taxes are worked out automatically; the service
            assumes they are not.
        meta: Values of your own, as an object. Keys come back in camel case, so avoid
            underscores in them.
        send_estimate_details: How to send estimates made from it; not documented further.
        estimate_number_prefix: What is put before the number; the service assumes EST-.
        attachments: Files that go with the documents.
        miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
    """

    _role: ClassVar[str] = "request"
    _located: ClassVar[bool] = True

    name: str
    business_details: models.BusinessDetails
    currency: str
    items: list[models.EstimateItem]
    discount: models.Discount | Unset = UNSET
    live_mode: bool | Unset = UNSET
    terms_notes: str | Unset = UNSET
    title: str | Unset = UNSET
    automatic_taxes_enabled: bool | Unset = UNSET
    meta: Any | Unset = UNSET
    send_estimate_details: models.EstimateSend | Unset = UNSET
    estimate_number_prefix: str | Unset = UNSET
    attachments: list[models.Attachment] | Unset = UNSET
    miscellaneous_charges: models.ProcessingFee | Unset = UNSET

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("name", "name", "str", required=True, bounds={"minLength": 1}),
        Field("business_details", "businessDetails", "BusinessDetails", required=True),
        Field("currency", "currency", "str", required=True, bounds={"pattern": "^[A-Z]{3}$"}),
        Field("items", "items", "[EstimateItem]", required=True),
        Field(
            "discount",
            "discount",
            "Discount",
            required=True,
            omitted={"type": "percentage", "value": 0},
        ),
        Field("live_mode", "liveMode", "bool", explicit=True),
        Field("terms_notes", "termsNotes", "str"),
        Field("title", "title", "str", bounds={"minLength": 1}),
        Field("automatic_taxes_enabled", "automaticTaxesEnabled", "bool"),
        Field("meta", "meta", "any"),
        Field("send_estimate_details", "sendEstimateDetails", "EstimateSend"),
        Field("estimate_number_prefix", "estimateNumberPrefix", "str"),
        Field("attachments", "attachments", "[Attachment]"),
        Field("miscellaneous_charges", "miscellaneousCharges", "ProcessingFee"),
    )
