"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import UNSET, Field, Model, Unset
from .. import models


@define(kw_only=True, eq=False, repr=False)
class ScheduleUpdateAndStart(Model):
    """Changes to make while starting a schedule. The service does not document this body; it is
    assumed to be that of an update.

    Attributes:
        name: Name of the schedule; the heading of its invoices is title.
        contact_details: Who is billed. The service takes id and name alone, though its
            documents ask for phone and e-mail too; sending needs the address or number of its
            channel.
        schedule: When to issue the invoices.
        live_mode: Whether real money is asked for; false is test mode.
        business_details: Who bills.
        currency: Three-letter code of the currency of all amounts.
        items: The lines of every invoice.
        discount: A discount on the whole document. It comes off the sum of the lines before
            taxes are added.
        terms_notes: Terms and notes under the lines; HTML is possible.
        title: Heading of the invoices.
        attachments: Files that go with the invoices.
        miscellaneous_charges: Charges on top of the invoice, such as a processing fee.
    """

    _role: ClassVar[str] = "request"
    _located: ClassVar[bool] = True

    name: str | Unset = UNSET
    contact_details: models.ContactDetails | Unset = UNSET
    schedule: models.ScheduleOptions | Unset = UNSET
    live_mode: bool | Unset = UNSET
    business_details: models.BusinessDetails | Unset = UNSET
    currency: str | Unset = UNSET
    items: list[models.InvoiceItem] | Unset = UNSET
    discount: models.Discount | Unset = UNSET
    terms_notes: str | Unset = UNSET
    title: str | Unset = UNSET
    attachments: list[models.Attachment] | Unset = UNSET
    miscellaneous_charges: models.ProcessingFee | Unset = UNSET

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("name", "name", "str", bounds={"minLength": 1}),
        Field("contact_details", "contactDetails", "ContactDetails"),
        Field("schedule", "schedule", "ScheduleOptions"),
        Field("live_mode", "liveMode", "bool"),
        Field("business_details", "businessDetails", "BusinessDetails"),
        Field("currency", "currency", "str", bounds={"pattern": "^[A-Z]{3}$"}),
        Field("items", "items", "[InvoiceItem]"),
        Field("discount", "discount", "Discount"),
        Field("terms_notes", "termsNotes", "str"),
        Field("title", "title", "str"),
        Field("attachments", "attachments", "[Attachment]"),
        Field("miscellaneous_charges", "miscellaneousCharges", "ProcessingFee"),
    )
