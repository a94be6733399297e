"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class EstimateVisited(Model):
    """The estimate that was opened.

    Attributes:
        estimate_id: Id of the estimate.
    """

    _role: ClassVar[str] = "request"

    estimate_id: str

    _fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "estimate_id",
            "estimateId",
            "str",
            required=True,
            bounds={"pattern": "^[A-Za-z0-9_-]{1,128}$"},
        ),
    )
