"""Generated: do not edit."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from attrs import define, field

from ..._convert import decimal
from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class PaidCharge(Model):
    """A charge that was paid.

    Attributes:
        id: Id of the charge; the service asks for it in requests too.
        name:
        charge: The rate or price of the charge.
        amount: What it came to, in major units.
    """

    _role: ClassVar[str] = "shared"

    id: str
    name: str
    charge: Decimal = field(converter=decimal)
    amount: Decimal = field(converter=decimal)

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("id", "_id", "str", required=True),
        Field("name", "name", "str", required=True),
        Field("charge", "charge", "decimal", required=True),
        Field("amount", "amount", "decimal", required=True),
    )
