"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class LateFeesUpdate(Model):
    """New late fees of an invoice or an invoice template.

    Attributes:
        late_fees_configuration: What is charged when an invoice is paid late.
    """

    _role: ClassVar[str] = "request"
    _located: ClassVar[bool] = True

    late_fees_configuration: models.LateFeesConfiguration

    _fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "late_fees_configuration",
            "lateFeesConfiguration",
            "LateFeesConfiguration",
            required=True,
        ),
    )
