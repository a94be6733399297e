"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class Address(Model):
    """A postal address.

    Attributes:
        address_line_1:
        address_line_2:
        city:
        state:
        country_code: Country; two letters are usual, but three-letter codes occur and nothing
            enforces either.
        postal_code:
    """

    _role: ClassVar[str] = "shared"

    address_line_1: str | None = None
    address_line_2: str | None = None
    city: str | None = None
    state: str | None = None
    country_code: str | None = None
    postal_code: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("address_line_1", "addressLine1", "str"),
        Field("address_line_2", "addressLine2", "str"),
        Field("city", "city", "str"),
        Field("state", "state", "str"),
        Field("country_code", "countryCode", "str"),
        Field("postal_code", "postalCode", "str"),
    )
