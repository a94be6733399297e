"""The OpenAPI document as the sandbox uses it: operations, their routes, scopes and inputs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import Any
from urllib.parse import unquote

__all__ = ["Contract", "Operation", "packaged"]

_METHODS = ("get", "put", "post", "delete", "patch")
_METHODS_UPPER = tuple(method.upper() for method in _METHODS)


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
    body_required: bool = True
    location: str | None = "altId"
    """The property that names the location, in the body where there is one, else in the query."""
    token: bool = True
    """Whether a bearer token is asked for."""

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

    def __init__(self, document: Mapping[str, Any], beside: Iterable[Operation] = ()) -> None:
        self.schemas: Mapping[str, Any] = document["components"]["schemas"]
        self._document = document
        # Literal segments win over templated ones: False sorts before True.
        self.operations = sorted(
            (*self._operations(), *beside),
            key=lambda op: [_is_variable(part) for part in op.segments],
        )
        self._by_shape: dict[tuple[str, int], list[Operation]] = {}
        for operation in self.operations:
            shape = operation.method, len(operation.segments)
            self._by_shape.setdefault(shape, []).append(operation)
        self._literal: dict[str, list[str]] = {}
        for operation in self.operations:
            if not any(map(_is_variable, operation.segments)):
                path = "/" + "/".join(operation.segments)
                self._literal.setdefault(path, []).append(operation.method)

    def route(self, method: str, raw_path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation at a path (still percent-encoded) and its path parameters."""
        segments = [unquote(part) for part in raw_path.split("/")[1:]]
        for operation in self._by_shape.get((method, len(segments)), ()):
            found = operation.match(segments)
            if found is not None:
                return operation, found
        return None

    def methods(self, raw_path: str) -> list[str]:
        """The methods that a path has; a literal path has its own alone."""
        own = self._literal.get(raw_path)
        return own or [method for method in _METHODS_UPPER if self.route(method, raw_path)]

    def is_strange(self, method: str, raw_path: str) -> bool:
        """Whether a literal path doesn't have a method, though a templated one beside it has."""
        return method not in self._literal.get(raw_path, (method,))

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
        request = self._resolved(raw.get("requestBody", {}))
        content = request.get("content", {})
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
            body_required=request.get("required", False),
        )

    def _resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            found: Any = self._document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node


def packaged() -> Mapping[str, Any]:
    """The document that the package carries."""
    source = resources.files("hoopai_invoices").joinpath("_generated", "openapi.json")
    document: Mapping[str, Any] = json.loads(source.read_bytes(), parse_float=Decimal)
    return document


def _is_variable(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")
