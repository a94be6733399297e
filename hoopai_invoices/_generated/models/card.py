"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class Card(Model):
    """A card, by what may be shown of it.

    Attributes:
        brand:
        last4: Last four digits.
    """

    _role: ClassVar[str] = "shared"

    brand: str
    last4: str

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("brand", "brand", "str", required=True),
        Field("last4", "last4", "str", required=True),
    )
