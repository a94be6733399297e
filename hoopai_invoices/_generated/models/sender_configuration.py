"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class SenderConfiguration(Model):
    """Name and address that a message comes from.

    Attributes:
        from_name:
        from_email:
    """

    _role: ClassVar[str] = "shared"

    from_name: str | None = None
    from_email: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("from_name", "fromName", "str"),
        Field("from_email", "fromEmail", "str"),
    )
