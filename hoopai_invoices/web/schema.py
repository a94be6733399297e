"""What pydantic is told of the models, so that FastAPI can answer with them.

Only pydantic asks, so it is there when this is imported; nothing else of `web` is needed for it.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import reduce
from inspect import cleandoc
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, GetJsonSchemaHandler, TypeAdapter
from pydantic_core import (
    CoreSchema,
    PydanticCustomError,
    PydanticSerializationUnexpectedValue,
    core_schema,
)

from .. import _values as kinds
from .._model import _plan

if TYPE_CHECKING:
    from .._model import Model

__all__ = ["json_schema_of", "schema_of"]

_MONEY = Annotated[str, Field(json_schema_extra={"format": "decimal"})]
_TYPES: dict[type[kinds.Kind], Any] = {
    kinds.Text: str,
    kinds.Flag: bool,
    kinds.Count: int,
    kinds.Number: _MONEY,
    kinds.Day: dt.date,
    kinds.Instant: dt.datetime,
    kinds.Free: Any,
}


def schema_of(cls: type[Model]) -> CoreSchema:
    """A model as pydantic handles it: written as `to_dict` does, never made of input."""

    def check(value: Any) -> Any:
        if isinstance(value, cls):
            return value
        # By now a JSON parser has made binary fractions of its amounts.
        raise PydanticCustomError(
            "hoopai_answer",
            "{model} is what the service answers and can't be taken from a request: declare a pydantic"
            " model of your own, with its amounts as Decimal",
            {"model": cls.__name__},
        )

    def write(value: Any, info: core_schema.SerializationInfo) -> Any:
        if not isinstance(value, cls):
            msg = f"expected {cls.__name__}"  # in a union the next one is tried
            raise PydanticSerializationUnexpectedValue(msg)
        return _sound(value.to_dict(money=str)) if info.mode == "json" else value.to_dict()

    return core_schema.no_info_plain_validator_function(
        check,
        ref=f"{cls.__module__}.{cls.__qualname__}:{id(cls)}",
        serialization=core_schema.plain_serializer_function_ser_schema(write, info_arg=True),
    )


def _sound(value: Any) -> Any:
    """A copy of JSON values with U+FFFD for lone surrogates, which pydantic can't write."""
    if isinstance(value, str):
        return (
            value
            if value.isascii()
            else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        )
    if isinstance(value, list):
        return [_sound(item) for item in value]
    if isinstance(value, dict):
        return {_sound(key): _sound(item) for key, item in value.items()}
    return value


def json_schema_of(cls: type[Model], handler: GetJsonSchemaHandler) -> dict[str, Any]:
    """The JSON Schema of a model, as `to_dict(money=str)` writes it."""
    plan = _plan(cls)
    always = {row.key for row, _ in plan if row.required and cls._role == "answer"}
    shown = core_schema.typed_dict_schema(
        {
            row.key: core_schema.typed_dict_field(
                TypeAdapter(_type_of(kind)).core_schema, required=row.key in always
            )
            for row, kind in plan
        },
        extra_behavior="allow",  # a field that the service adds is passed on
    )
    found = handler.resolve_ref_schema(handler(shown))
    summary, told = _documented(cls)
    for row, _ in plan:
        there = found["properties"][row.key]
        there.pop("title", None)
        if row.name in told:
            there["description"] = told[row.name]
    return {"title": cls.__name__, **({"description": summary} if summary else {}), **found}


def _type_of(kind: kinds.Kind) -> Any:
    if isinstance(kind, kinds.Items):
        return list[_type_of(kind.inner)]  # type: ignore[misc]
    if isinstance(kind, kinds.Either):
        return reduce(or_, [_type_of(one) for one in kind.kinds])
    if isinstance(kind, kinds.Nested):
        return kind.model
    if isinstance(kind, kinds.Choice):
        # No closed list: a value that nobody knew is answered as it came.
        return Annotated[str, Field(examples=list(kind.known))]
    return _TYPES[type(kind)]


def _documented(cls: type[Model]) -> tuple[str, dict[str, str]]:
    """The summary of a model's docstring, and what it says of each attribute."""
    text = cleandoc(cls.__doc__ or "")
    summary, _, listed = text.partition("\nAttributes:\n")
    rows = re.findall(r"^    (\w+): (.+(?:\n {8}.+)*)", listed, re.MULTILINE)
    return " ".join(summary.split()), {name: " ".join(said.split()) for name, said in rows}
