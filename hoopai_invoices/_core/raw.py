"""Calls that the document doesn't know, through the same pipeline: `client.raw(…)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, get_args

from .._protocol import Call, CallOptions, Operation, RetryClass
from ..errors import InvalidRequestError
from .codec import dumps
from .request import Request, checked_options, own_headers, query_of

__all__ = ["raw_call", "raw_request"]

_RETRY: Final[dict[str, RetryClass]] = {
    "GET": "read",
    "HEAD": "read",
    "PUT": "replace",
    "DELETE": "remove",
    "POST": "create",
    "PATCH": "create",
}
_CLASSES = get_args(RetryClass)
# Nothing is encoded, and "." and ".." are refused: what is written here is what is called.
_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9_.~-]+)+/?").fullmatch


def raw_call(method: str, path: str, retry: RetryClass | None, options: CallOptions | None) -> Call:
    """The call of an operation that is made up here.

    Raises:
        InvalidRequestError: It can't be sent.
    """
    if method not in _RETRY:
        raise InvalidRequestError(f"{method!r} is none of {', '.join(_RETRY)}", path="method")
    if not isinstance(path, str) or not _PATH(path) or len(path) > 1000:
        hint = "such as /contacts/abc123, relative to base_url; what follows a ? goes into query="
        raise InvalidRequestError(f"{path!r:.60} is no path", path="path", hint=hint)
    if retry is not None and retry not in _CLASSES:
        raise InvalidRequestError(f"{retry!r} is none of {', '.join(_CLASSES)}", path="retry")
    operation = Operation(
        name=f"{method} {path}",
        method=method,
        path=path,
        retry=retry or _RETRY[method],
        access=("Location", "Company"),
    )
    return Call(operation, options=checked_options(options))


def raw_request(
    call: Call, query: Mapping[str, object] | None, json: object, headers: Mapping[str, str]
) -> Request:
    """The request of such a call.

    Raises:
        InvalidRequestError: Something in it can't be sent.
    """
    operation, options = call.operation, call.options
    carried = dict(headers)
    if options is not None and options.headers:
        carried |= own_headers(options.headers)
    target = operation.path
    if query is not None and not isinstance(query, Mapping):
        raise InvalidRequestError("a mapping of names is wanted", path="query")
    if query:
        pairs = {name: _text(name, value) for name, value in query.items()}
        target += query_of(pairs, len(target))
    content = None
    if json is not None:
        _exact(json, "json", 0)
        content = dumps(json)
        carried["content-type"] = "application/json"
    return Request(operation.method, target, carried, json, content, [])


def _text(name: object, value: object) -> str:
    path = f"query[{name!r}]"
    if not isinstance(name, str):
        raise InvalidRequestError("the name is a text", path=path)
    if isinstance(value, bool):
        return str(value).lower()
    # Written out, a large exponent would fill the memory.
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 1000:
        return format(value, "f")
    if isinstance(value, str | int | date):
        return value.isoformat() if isinstance(value, date | datetime) else str(value)
    raise InvalidRequestError("a text, a whole number, a Decimal, a bool or a date", path=path)


def _exact(value: Any, path: str, depth: int) -> None:
    """Refuse what JSON can't say exactly."""
    if depth > 100:
        raise InvalidRequestError("is nested too deeply, or holds itself", path="json")
    if isinstance(value, float):
        hint = "give an int, or a Decimal made from text"
        raise InvalidRequestError(f"{value!r} is a float", path=path, hint=hint)
    if isinstance(value, Decimal) and not value.is_finite():
        raise InvalidRequestError(f"{value} is no number", path=path)
    if isinstance(value, Mapping):
        for key, one in value.items():
            if not isinstance(key, str):
                raise InvalidRequestError(f"{key!r} is no name of a field", path=path)
            _exact(one, f"{path}.{key}", depth + 1)
    elif isinstance(value, list | tuple):
        for place, one in enumerate(value):
            _exact(one, f"{path}[{place}]", depth + 1)
    elif value is not None and not isinstance(value, str | int | Decimal | date):
        raise InvalidRequestError(f"{type(value).__name__} is nothing of JSON", path=path)
