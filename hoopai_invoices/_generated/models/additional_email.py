"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class AdditionalEmail(Model):
    """One more e-mail address of a contact.

    Attributes:
        email:
    """

    _role: ClassVar[str] = "shared"

    email: str

    _fields: ClassVar[tuple[Field, ...]] = (Field("email", "email", "str", required=True),)
