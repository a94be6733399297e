"""Generated: do not edit."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class ContactDetails(Model):
    """Who is billed. The service takes id and name alone, though its documents ask for phone and
    e-mail too; sending needs the address or number of its channel.

    Attributes:
        id: Id of the contact. Estimates are taken even when no such contact exists.
        name: Name shown on the document.
        phone_no: Telephone number in international form, such as +15555550100.
        email:
        additional_emails: Further e-mail addresses.
        company_name:
        address: A postal address.
        custom_fields: Custom fields shown with the contact. Ids when sent; what comes back is
            not known.
    """

    _role: ClassVar[str] = "shared"

    id: str
    name: str
    phone_no: str | None = None
    email: str | None = None
    additional_emails: list[models.AdditionalEmail] | None = None
    company_name: str | None = None
    address: models.Address | None = None
    custom_fields: list[Any] | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("id", "id", "str", required=True, bounds={"minLength": 1}),
        Field("name", "name", "str", required=True),
        Field("phone_no", "phoneNo", "str"),
        Field("email", "email", "str"),
        Field("additional_emails", "additionalEmails", "[AdditionalEmail]"),
        Field("company_name", "companyName", "str"),
        Field("address", "address", "Address"),
        Field("custom_fields", "customFields", "[any]"),
    )
