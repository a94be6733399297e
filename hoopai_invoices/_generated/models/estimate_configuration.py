"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class EstimateConfiguration(Model):
    """How the service reckons an estimate.

    Attributes:
        precision: Number of decimals it keeps.
    """

    _role: ClassVar[str] = "answer"

    precision: int | None = None

    _fields: ClassVar[tuple[Field, ...]] = (Field("precision", "precision", "int"),)
