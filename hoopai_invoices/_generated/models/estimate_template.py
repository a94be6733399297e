"""Generated: do not edit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class EstimateTemplate(Model):
    """An estimate template. Amounts are in major units and reckoned by the service.

    Attributes:
        id: Id of the template.
        live_mode: Whether real money is asked for; false is test mode.
        alt_id: Id of the sub-account (location).
        name: Name of the template.
        currency: Three-letter code of the currency of all amounts.
        total: Sum after discount and taxes.
        deleted: Whether it was deleted.
        alt_type: What altId names; always a location.
        company_id: Id of the agency.
        title: Heading of the documents made from it.
        estimate_number_prefix: What is put before the number.
        business_details: Who bills. A copy is kept in the record when it is created; nothing
            is filled in from the settings, so send the logo as well.
        configuration: How the service reckons an estimate.
        items: The lines.
        discount: A discount on the whole document. It comes off the sum of the lines before
            taxes are added.
        automatic_taxes_enabled: Whether taxes are worked out automatically.
        automatic_taxes_calculated: Whether the automatic taxes have been worked out.
        totalamount_in_usd: The total in dollars of the United States, for information only.
        terms_notes: Terms and notes under the lines; HTML is possible.
        meta: Values of your own. Keys come back in camel case.
        attachments: Files that go with the documents.
        miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
        updated_by: Who changed it last.
        created_at:
        updated_at:
        v: Revision counter of the service's database.
        trace_id: Id of the request for the vendor's support.
    """

    _role: ClassVar[str] = "answer"

    id: str
    live_mode: bool
    alt_id: str
    name: str
    currency: str
    total: Decimal
    deleted: bool | None = None
    alt_type: models.AltType | None = None
    company_id: str | None = None
    title: str | None = None
    estimate_number_prefix: str | None = None
    business_details: models.BusinessDetails | None = None
    configuration: models.EstimateConfiguration | None = None
    items: list[models.EstimateItem] | None = None
    discount: models.Discount | None = None
    automatic_taxes_enabled: bool | None = None
    automatic_taxes_calculated: bool | None = None
    totalamount_in_usd: Decimal | None = None
    terms_notes: str | None = None
    meta: Any = None
    attachments: list[models.Attachment] | None = None
    miscellaneous_charges: models.ProcessingFee | None = None
    updated_by: str | None = None
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    v: int | None = None
    trace_id: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("id", "_id", "str", required=True),
        Field("live_mode", "liveMode", "bool", required=True),
        Field("alt_id", "altId", "str", required=True),
        Field("name", "name", "str", required=True),
        Field("currency", "currency", "str", required=True),
        Field("total", "total", "decimal", required=True),
        Field("deleted", "deleted", "bool"),
        Field("alt_type", "altType", "AltType"),
        Field("company_id", "companyId", "str"),
        Field("title", "title", "str"),
        Field("estimate_number_prefix", "estimateNumberPrefix", "str"),
        Field("business_details", "businessDetails", "BusinessDetails"),
        Field("configuration", "configuration", "EstimateConfiguration"),
        Field("items", "items", "[EstimateItem]"),
        Field("discount", "discount", "Discount"),
        Field("automatic_taxes_enabled", "automaticTaxesEnabled", "bool"),
        Field("automatic_taxes_calculated", "automaticTaxesCalculated", "bool"),
        Field("totalamount_in_usd", "totalamountInUSD", "decimal"),
        Field("terms_notes", "termsNotes", "str"),
        Field("meta", "meta", "any"),
        Field("attachments", "attachments", "[Attachment]"),
        Field("miscellaneous_charges", "miscellaneousCharges", "ProcessingFee"),
        Field("updated_by", "updatedBy", "str"),
        Field("created_at", "createdAt", "datetime"),
        Field("updated_at", "updatedAt", "datetime"),
        Field("v", "__v", "int"),
        Field("trace_id", "traceId", "str"),
    )
