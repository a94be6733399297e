"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class Cheque(Model):
    """A cheque that was received.

    Attributes:
        number:
    """

    _role: ClassVar[str] = "shared"

    number: str

    _fields: ClassVar[tuple[Field, ...]] = (Field("number", "number", "str", required=True),)
