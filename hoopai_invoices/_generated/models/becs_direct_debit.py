"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class BecsDirectDebit(Model):
    """An Australian direct debit, by what may be shown of it.

    Attributes:
        bsb_number:
        last4: Last four digits.
    """

    _role: ClassVar[str] = "shared"

    bsb_number: str
    last4: str

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("bsb_number", "bsb_number", "str", required=True),
        Field("last4", "last4", "str", required=True),
    )
