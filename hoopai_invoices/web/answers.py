"""JSON answers with exact money, for Starlette and for whoever builds an answer by hand."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from .._model import Model
from .._protocol import Page
from .._values import json_of

__all__ = ["InvoicesResponse", "json_response", "plain"]


class InvoicesResponse(Response):
    """JSON of models, and of what holds them; amounts are texts with every digit."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        text = json.dumps(
            plain(content), ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
        return text.encode(errors="backslashreplace")  # a lone surrogate stays what JSON calls it


def json_response(
    content: Any, status_code: int = 200, headers: Mapping[str, str] | None = None
) -> InvoicesResponse:
    """An answer with a model, or with lists and dicts of models."""
    return InvoicesResponse(content, status_code, headers)


def plain(value: Any) -> Any:
    """The JSON values of a model, a page, or of lists and dicts that hold such; Decimals as text.

    Raises:
        TypeError: It is none of these; binary fractions are refused, too.
    """
    if isinstance(value, Model):
        return value.to_dict(money=str)
    if isinstance(value, Decimal):
        return json_of(value, str)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {_name(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Page):
        return {"items": plain(value.items), "total": value.total, "offset": value.offset}
    cure = ": Decimal('1.5') keeps the digits" if isinstance(value, float) else ""
    msg = f"{type(value).__name__} can't be answered as JSON{cure}"
    raise TypeError(msg)


def _name(key: Any) -> str:
    if not isinstance(key, str):
        msg = f"names in JSON are texts, not {type(key).__name__}"
        raise TypeError(msg)
    return key
