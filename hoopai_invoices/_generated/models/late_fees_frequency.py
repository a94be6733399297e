"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define, field

from ..._model import Field, Model
from .. import models
from .late_fee_interval import as_late_fee_interval


@define(kw_only=True, eq=False, repr=False)
class LateFeesFrequency(Model):
    """How often a late fee is charged.

    Attributes:
        interval_count: Number of intervals between two charges.
        interval: Unit of the time after which a late fee is charged again; 'one_time' charges
            it once.
    """

    _role: ClassVar[str] = "shared"

    interval_count: int
    interval: models.LateFeeInterval = field(converter=as_late_fee_interval)

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("interval_count", "intervalCount", "int", required=True),
        Field("interval", "interval", "LateFeeInterval", required=True),
    )
