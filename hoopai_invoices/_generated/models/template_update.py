"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import UNSET, Field, Model, Unset
from .. import models


@define(kw_only=True, eq=False, repr=False)
class TemplateUpdate(Model):
    """The whole new contents of an invoice template; what is left out is taken as cleared. Late
    fees and payment methods have operations of their own.

    Attributes:
        name: Name of the template.
        business_details: Who bills.
        currency: Three-letter code of the currency of all amounts.
        items: The lines.
        internal: A flag of the service; what it does is not documented.
        discount: A discount on the whole document. It comes off the sum of the lines before
            taxes are added.
        terms_notes: Terms and notes under the lines; HTML is possible.
        title: Heading of the documents made from it.
        miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
    """

    _role: ClassVar[str] = "request"
    _located: ClassVar[bool] = True

    name: str
    business_details: models.BusinessDetails
    currency: str
    items: list[models.InvoiceItem]
    internal: bool | Unset = UNSET
    discount: models.Discount | Unset = UNSET
    terms_notes: str | Unset = UNSET
    title: str | Unset = UNSET
    miscellaneous_charges: models.ProcessingFee | Unset = UNSET

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("name", "name", "str", required=True, bounds={"minLength": 1}),
        Field("business_details", "businessDetails", "BusinessDetails", required=True),
        Field("currency", "currency", "str", required=True, bounds={"pattern": "^[A-Z]{3}$"}),
        Field("items", "items", "[InvoiceItem]", required=True),
        Field("internal", "internal", "bool"),
        Field("discount", "discount", "Discount"),
        Field("terms_notes", "termsNotes", "str"),
        Field("title", "title", "str"),
        Field("miscellaneous_charges", "miscellaneousCharges", "ProcessingFee"),
    )
