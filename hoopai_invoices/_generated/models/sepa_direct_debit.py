"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class SepaDirectDebit(Model):
    """A European direct debit, by what may be shown of it.

    Attributes:
        bank_code:
        last4: Last four digits.
        branch_code:
    """

    _role: ClassVar[str] = "shared"

    bank_code: str
    last4: str
    branch_code: str

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("bank_code", "bank_code", "str", required=True),
        Field("last4", "last4", "str", required=True),
        Field("branch_code", "branch_code", "str", required=True),
    )
