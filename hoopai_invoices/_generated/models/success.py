"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class Success(Model):
    """Whether the operation succeeded.

    Attributes:
        success:
    """

    _role: ClassVar[str] = "answer"

    success: bool

    _fields: ClassVar[tuple[Field, ...]] = (Field("success", "success", "bool", required=True),)
