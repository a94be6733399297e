"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class ProductSettings(Model):
    """How products from the catalogue become lines.

    Attributes:
        enable_import_product_description: Whether the product's description is taken over.
        description_optional: Whether a line may go without a description.
    """

    _role: ClassVar[str] = "answer"

    enable_import_product_description: bool | None = None
    description_optional: bool | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("enable_import_product_description", "enableImportProductDescription", "bool"),
        Field("description_optional", "descriptionOptional", "bool"),
    )
