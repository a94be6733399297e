"""The one error of the sandbox: a request that the service would have turned down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["SandboxError"]

# What the service writes into `error`. The recorded 401 and 403 bodies carry none, nor a trace.
_TITLES = {
    400: "Bad Request",
    404: "Not Found",
    409: "Conflict",
    422: "Unprocessable Entity",
    500: "Internal Server Error",
}


class SandboxError(Exception):
    """A refusal: over HTTP it becomes the service's error body, in process it is raised.

    Attributes:
        status: The HTTP status the service answers with.
        message: One text, or the list of texts of a validation error.
        headers: Headers of the answer.
        code: The error's name where it has one of its own, such as `invalid_grant`.
    """

    def __init__(
        self,
        status: int,
        message: str | list[str],
        headers: Mapping[str, str] | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message if isinstance(message, str) else "; ".join(message))
        self.status = status
        self.message = message
        self.headers = dict(headers or {})
        self.code = code

    def body(self, trace_id: str) -> dict[str, Any]:
        """The error body, with the keys that the service gives for this status."""
        if self.code is not None:  # OAuth's own keys beside the service's
            text = {"error_description": self.message, "message": self.message}
            return {"error": self.code, **text, "statusCode": self.status, "traceId": trace_id}
        if self.status not in _TITLES:
            return {"statusCode": self.status, "message": self.message}
        title = _TITLES[self.status]
        if self.status == 422:  # recorded in this order
            body = {"message": self.message, "error": title, "statusCode": 422}
        else:
            body = {"statusCode": self.status, "message": self.message, "error": title}
        return {**body, "traceId": trace_id}
