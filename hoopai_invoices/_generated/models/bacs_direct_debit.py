"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class BacsDirectDebit(Model):
    """A British direct debit, by what may be shown of it.

    Attributes:
        sort_code:
        last4: Last four digits.
    """

    _role: ClassVar[str] = "shared"

    sort_code: str
    last4: str

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("sort_code", "sort_code", "str", required=True),
        Field("last4", "last4", "str", required=True),
    )
