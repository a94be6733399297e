"""From a call to what goes over the wire: location and defaults filled in, everything checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode

from attrs import frozen

from .._convert import OpenEnum, choices_refused
from .._model import UNSET, Sending, check
from .._protocol import Call, CallOptions, Parameter
from .._values import Count, Day, Flag, Kind, Number, Text
from ..errors import InvalidRequestError
from .codec import dumps
from .ids import check_id, path_of

__all__ = ["Outgoing", "Request", "build", "checked_options", "own_headers", "query_of"]

_KINDS: Final[dict[str, Kind]] = {
    "str": Text(),
    "int": Count(),
    "bool": Flag(),
    "decimal": Number(),
    "date": Day(),
}
# Sent by the pipeline alone: a caller's own would break authentication or the framing of the body.
_OWN_HEADERS: Final = {
    *("authorization", "version", "location-id", "cookie", "proxy-authorization", "host"),
    *("content-length", "content-type", "content-encoding", "accept-encoding", "transfer-encoding"),
    *("connection", "keep-alive", "upgrade", "te", "trailer", "expect"),
}
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+").fullmatch


_LONGEST_TARGET = 8000  # what servers of this kind take


class Outgoing(Protocol):
    """What goes over the wire, but for its token."""

    @property
    def method(self) -> str: ...

    @property
    def target(self) -> str: ...

    @property
    def headers(self) -> dict[str, str]: ...

    @property
    def json(self) -> Any: ...

    @property
    def content(self) -> bytes | None: ...


@frozen
class Request:
    """One request, ready but for its token."""

    method: str
    target: str
    headers: dict[str, str]
    json: Any
    content: bytes | None
    left_out: list[str]


def build(
    call: Call,
    *,
    location_id: str | None,
    defaults: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
    today: Callable[[], date | None] = lambda: None,
) -> Request:
    """The request of a call; `headers` are what all requests carry, `today` is the location's day.

    Raises:
        InvalidRequestError: Something in it can't be sent.
    """
    operation = call.operation
    options = checked_options(call.options)
    send_unknown = options is not None and options.send_unknown
    target = path_of(operation, call.ids)
    location = {}
    if operation.located != "no":
        location = {"altId": _location(location_id), "altType": "location"}
    if operation.query or operation.located == "query":
        pairs = dict(location) if operation.located == "query" else {}
        for parameter in operation.query:
            value = call.query.get(parameter.key, UNSET)
            if value is not UNSET:
                pairs[parameter.key] = _query_text(parameter, value, send_unknown)
        target += query_of(pairs, len(target))
    json = content = None
    carried = dict(headers or {})
    if options is not None and options.headers:
        carried |= own_headers(options.headers)
    left_out: list[str] = []
    if call.body is not None:
        sending = Sending(location, defaults, send_unknown, today)
        try:
            json = call.body._write(sending)
            content = dumps(json)
        except RecursionError:
            raise InvalidRequestError(
                "is nested too deeply, or holds itself", path="body"
            ) from None
        if sending.left_out:
            left_out = list(call.body._not_sent())
        carried["content-type"] = "application/json"
    return Request(operation.method, target, carried, json, content, left_out)


def checked_options(options: object) -> CallOptions | None:
    """The options of a call, if they are any.

    Raises:
        InvalidRequestError: They are something else.
    """
    if options is not None and not isinstance(options, CallOptions):
        raise InvalidRequestError("CallOptions(…) is wanted", path="options")
    return options


def query_of(pairs: Mapping[str, str], taken: int) -> str:
    """The query, with its question mark.

    Raises:
        InvalidRequestError: Servers wouldn't take so long an address, or a text is none.
    """
    try:
        query = "?" + urlencode(pairs, quote_via=quote)
    except UnicodeEncodeError:
        msg = "a text holds half of a surrogate pair, which is no character"
        raise InvalidRequestError(msg, path="query") from None
    if taken + len(query) > _LONGEST_TARGET:
        raise InvalidRequestError("the filters are too long for one request")
    return query


def _location(location_id: str | None) -> str:
    if location_id is None:
        hint = "InvoicesClient(location_id=…), HOOPAI_LOCATION_ID with from_env(), or client.location(…)"
        raise InvalidRequestError("is missing", path="location_id", hint=hint)
    return check_id(location_id, "location_id")


def _query_text(parameter: Parameter, value: Any, send_unknown: bool) -> str:
    try:
        sending = Sending(send_unknown=send_unknown)
        plain = _KINDS[parameter.type].write(value, sending)
        # A state read from a record may be asked for, also one that the document doesn't know.
        known = not parameter.choices or plain in parameter.choices or isinstance(value, OpenEnum)
        if not known and not send_unknown:
            raise choices_refused(parameter.choices, plain)
        if parameter.bounds:
            check(parameter.bounds, plain, sending)
    except InvalidRequestError as error:
        raise error.under(parameter.name) from None
    return str(plain).lower() if isinstance(plain, bool) else str(plain)


def own_headers(given: Mapping[str, str]) -> dict[str, str]:
    """The caller's headers, their names in lower case as the client's own are."""
    if not isinstance(given, Mapping):
        raise InvalidRequestError("a mapping of header names is wanted", path="options.headers")
    headers = {}
    for name, value in given.items():
        path = f"options.headers[{name!r}]"
        if not isinstance(name, str) or not _HEADER_NAME(name):
            raise InvalidRequestError("the name of a header is one word of ASCII text", path=path)
        if name.lower() in _OWN_HEADERS:
            raise InvalidRequestError("this header is the client's own", path=path)
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():
            raise InvalidRequestError("a header is printable ASCII text", path=path)
        if value != value.strip():
            raise InvalidRequestError("a header has no spaces around it", path=path)
        headers[name.lower()] = value
    return headers
