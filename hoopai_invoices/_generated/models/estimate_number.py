"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class EstimateNumber(Model):
    """The next estimate number. It is not reserved.

    Attributes:
        estimate_number: Number, without its prefix.
        trace_id: Id of the request for the vendor's support.
    """

    _role: ClassVar[str] = "answer"

    estimate_number: int
    trace_id: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("estimate_number", "estimateNumber", "int", required=True),
        Field("trace_id", "traceId", "str"),
    )
