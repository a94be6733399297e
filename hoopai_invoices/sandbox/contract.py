"""The OpenAPI document as the sandbox uses it: operations, their routes, scopes and inputs."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import Any
from urllib.parse import unquote

__all__ = ["Contract", "Operation", "packaged"]

_METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document."""

    id: str
    name: str
    """The name people know it by, such as `estimates.create`."""
    method: str
    segments: tuple[str, ...]
    scopes: Mapping[str, frozenset[str]] | None
    """Scopes needed by kind of token; a kind that is missing may not call it. None: anyone."""
    query: Mapping[str, Any] | None
    """Schema of the query as one object, or None where the operation declares no query."""
    body: Mapping[str, Any] | None

    def match(self, segments: list[str]) -> dict[str, str] | None:
        """The path parameters when these segments are this operation's path."""
        if len(segments) != len(self.segments):
            return None
        found: dict[str, str] = {}
        for mine, given in zip(self.segments, segments, strict=True):
            if not _is_variable(mine):
                if mine != given:
                    return None
            elif not given:  # an empty id is the list's address, never an id
                return None
            else:
                found[mine[1:-1]] = given
        return found


class Contract:
    """A parsed document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.schemas: Mapping[str, Any] = document["components"]["schemas"]
        self._document = document
        # Literal segments win over templated ones: False sorts before True.
        self.operations = sorted(
            self._operations(), key=lambda op: [_is_variable(part) for part in op.segments]
        )

    def route(self, method: str, raw_path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation at a path (still percent-encoded) and its path parameters."""
        segments = [unquote(part) for part in raw_path.split("/")[1:]]
        for operation in self.operations:
            if operation.method == method:
                found = operation.match(segments)
                if found is not None:
                    return operation, found
        return None

    def _operations(self) -> Iterator[Operation]:
        for path, item in self._document["paths"].items():
            for method in _METHODS:
                if method in item:
                    yield self._operation(path, method, item)

    def _operation(self, path: str, method: str, item: Mapping[str, Any]) -> Operation:
        raw: Mapping[str, Any] = item[method]
        parameters = [
            self._resolved(parameter)
            for parameter in (*item.get("parameters", ()), *raw.get("parameters", ()))
        ]
        query = [parameter for parameter in parameters if parameter["in"] == "query"]
        security = raw.get("security")
        content = self._resolved(raw.get("requestBody", {})).get("content", {})
        return Operation(
            id=raw["operationId"],
            name=raw["operationId"].replace(f"{raw['tags'][0]}_", f"{raw['tags'][0]}.", 1),
            method=method.upper(),
            segments=tuple(path.split("/")[1:]),
            scopes=(
                {kind: frozenset(scopes) for need in security for kind, scopes in need.items()}
                if security
                else None
            ),
            query={
                "type": "object",
                "properties": {parameter["name"]: parameter["schema"] for parameter in query},
                "required": [p["name"] for p in query if p.get("required")],
            }
            if query
            else None,
            body=content["application/json"]["schema"] if content else None,
        )

    def _resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            found: Any = self._document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node


@functools.cache
def packaged() -> Contract:
    """The contract of the document that the package carries."""
    source = resources.files("hoopai_invoices").joinpath("_generated", "openapi.json")
    return Contract(json.loads(source.read_bytes(), parse_float=Decimal))


def _is_variable(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")
