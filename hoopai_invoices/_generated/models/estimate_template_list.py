"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class EstimateTemplateList(Model):
    """One page of estimate templates.

    Attributes:
        data: The templates of this page.
        total_count: Number of all matches.
        trace_id: Id of the request for the vendor's support.
    """

    _role: ClassVar[str] = "answer"

    data: list[models.EstimateTemplate]
    total_count: int
    trace_id: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("data", "data", "[EstimateTemplate]", required=True),
        Field("total_count", "totalCount", "int", required=True),
        Field("trace_id", "traceId", "str"),
    )
