"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class UsBankAccount(Model):
    """A bank account in the United States, by what may be shown of it.

    Attributes:
        bank_name:
        last4: Last four digits.
    """

    _role: ClassVar[str] = "shared"

    bank_name: str
    last4: str

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("bank_name", "bank_name", "str", required=True),
        Field("last4", "last4", "str", required=True),
    )
