"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class Attachment(Model):
    """A file that goes with a document.

    Attributes:
        id:
        name:
        url:
        type: Kind of the file, such as its MIME type.
        size: Size in bytes.
    """

    _role: ClassVar[str] = "shared"

    id: str
    name: str
    url: str
    type: str
    size: int

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("id", "id", "str", required=True),
        Field("name", "name", "str", required=True),
        Field("url", "url", "str", required=True),
        Field("type", "type", "str", required=True),
        Field("size", "size", "int", required=True),
    )
