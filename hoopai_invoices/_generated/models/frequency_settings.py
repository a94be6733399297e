"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class FrequencySettings(Model):
    """Whether an accepted estimate is billed again and again.

    Attributes:
        enabled: Whether it repeats.
        schedule: The repetition; not needed when enabled is false.
    """

    _role: ClassVar[str] = "shared"

    enabled: bool
    schedule: models.ScheduleOptions | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("enabled", "enabled", "bool", required=True),
        Field("schedule", "schedule", "ScheduleOptions"),
    )
