"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model


@define(kw_only=True, eq=False, repr=False)
class ErrorBody(Model):
    """What the service says when it refuses. Match on the status and on keys, not on whole texts,
    which are nowhere listed. A gateway may answer with HTML instead.

    Attributes:
        status_code: The HTTP status once more.
        message: What is wrong; one text, or a list of texts when several fields are refused.
        error: Name of the status, or a code.
        trace_id: Id of the request for the vendor's support; often absent.
    """

    _role: ClassVar[str] = "answer"

    status_code: int | None = None
    message: str | list[str] | None = None
    error: str | None = None
    trace_id: str | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("status_code", "statusCode", "int"),
        Field("message", "message", "str|[str]"),
        Field("error", "error", "str"),
        Field("trace_id", "traceId", "str"),
    )
