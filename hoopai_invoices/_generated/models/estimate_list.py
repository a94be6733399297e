"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class EstimateList(Model):
    """One page of estimates.

    Attributes:
        estimates: The estimates of this page.
        total: Number of all matches.
        trace_id: Id of the request for the vendor's support.
    """

    _role: ClassVar[str] = "answer"

    estimates: list[models.Estimate]
    total: int
    trace_id: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("estimates", "estimates", "[Estimate]", required=True),
        Field("total", "total", "int", required=True),
        Field("trace_id", "traceId", "str"),
    )
