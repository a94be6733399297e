"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class CurrencyOptions(Model):
    """How the currency is written.

    Attributes:
        code: Three-letter code.
        symbol:
    """

    _role: ClassVar[str] = "answer"

    code: str | None = None
    symbol: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("code", "code", "str"),
        Field("symbol", "symbol", "str"),
    )
