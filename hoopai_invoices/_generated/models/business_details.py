"""Generated: do not edit."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class BusinessDetails(Model):
    """Who bills. A copy is kept in the record when it is created; nothing is filled in from the
    settings, so send the logo as well.

    Attributes:
        logo_url: Address of the logo shown on the document.
        name: Name of the business.
        phone_no: Telephone number in international form, such as +15555550100.
        address: A postal address.
        website:
        custom_values: Custom values shown with the business; objects with name, fieldKey, id
            and value were seen.
    """

    _role: ClassVar[str] = "shared"

    logo_url: str | None = None
    name: str | None = None
    phone_no: str | None = None
    address: models.Address | None = None
    website: str | None = None
    custom_values: list[Any] | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("logo_url", "logoUrl", "str"),
        Field("name", "name", "str"),
        Field("phone_no", "phoneNo", "str"),
        Field("address", "address", "Address"),
        Field("website", "website", "str"),
        Field("custom_values", "customValues", "[any]"),
    )
