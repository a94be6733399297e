"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define, field

from ..._model import Field, Model
from .. import models
from .grace_interval import as_grace_interval


@define(kw_only=True, eq=False, repr=False)
class LateFeesGrace(Model):
    """How long after the due day no late fee is charged yet.

    Attributes:
        interval_count: Number of days.
        interval: Unit of the grace period; always days.
    """

    _role: ClassVar[str] = "shared"

    interval_count: int
    interval: models.GraceInterval = field(converter=as_grace_interval)

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("interval_count", "intervalCount", "int", required=True),
        Field("interval", "interval", "GraceInterval", required=True),
    )
