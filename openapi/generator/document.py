"""Reads the document, refuses what can't become a client, and prepares it for the templates.

The generator hands neither an operation's `security` and `x-` hints to its templates nor a
property's bounds, and it would render a mistake in a hint as a quietly wrong method. So the facts
are gathered here, checked with messages that name the place, and laid where templates see them:
on each operation's success answer (`x-operation`) and on each property (`x-name`, `x-bounds`).
"""

from __future__ import annotations

import copy
import datetime
import keyword
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from openapi_python_client.strings import PythonIdentifier
from ruamel.yaml import YAML

Json = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "patch")
RETRY_BY_METHOD = {"get": {"read"}, "put": {"replace"}, "delete": {"remove"}}
RETRY_OTHER = {"set_state", "create", "notify", "pay"}
KEYED = {"create", "notify", "pay"}
DEFAULTS = {"live_mode", "user_id", "currency", "business_details"}
BOUNDS = (
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "pattern",
)
# A keyword that isn't here would be dropped on the way, and a guard of the client with it.
OBJECT_KEYWORDS = {"type", "description", "properties", "required", "examples"}
PROPERTY_KEYWORDS = {
    "$ref", "type", "description", "format", "items", "anyOf", "oneOf", "enum", "examples", "default", "const", *BOUNDS,
}  # fmt: skip
HINTS_OF_OPERATIONS = {"x-retry", "x-vendor-operation", "x-positional"}
HINTS_OF_SCHEMAS = {"x-role", "x-paging"}
HINTS_OF_PROPERTIES = {
    "x-response-only",
    "x-default",
    "x-explicit",
    "x-when-omitted",
    "x-argument",
    "x-from-path",
    "x-earliest",
}
# What the generated classes and methods use under these very names.
ALWAYS = {"self", "options", "body", "call", "models", "builtins", "dt"}
ATTRIBUTES = {
    "extra", "from_dict", "to_dict", "field", "define", "models", "dt", "decimal", "decimals", "list", "str",
    "int", "bool", "optional_decimal", "optional_decimals",
}  # fmt: skip
CLIENT = {
    "aclose", "from_env", "location", "location_id", "locations", "flows", "writes", "raw", "can", "capture",
    "stats",
}  # fmt: skip
LOCATION = {"altId", "altType"}
PAGE = {"limit", "offset"}


class DocumentError(Exception):
    """The document can't become a client; the message says where and why."""


def load(path: Path) -> Json:
    """The document as plain JSON values."""
    document = YAML(typ="safe", pure=True).load(path)
    assert isinstance(document, dict)
    _check_values(document)
    return document


def _check_values(document: Json) -> None:
    for where, value in _walk(document, "#"):
        reference = value.get("$ref", "#/") if isinstance(value, dict) else "#/"
        if not str(reference).startswith("#/"):
            raise DocumentError(
                f"{where}: external $ref {reference!r}; keep everything in one file"
            )
        if isinstance(value, datetime.date):
            raise DocumentError(f"{where}: write the date in quotes; YAML made {value!r} of it")


def _target(document: Any, where: str, reference: str) -> Any:
    target = document
    for part in reference.removeprefix("#/").split("/"):
        part = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(target, dict) or part not in target:
            raise DocumentError(f"{where}: $ref {reference!r} names nothing")
        target = target[part]
    return target


def _hints(where: str, value: Json, known: set[str]) -> None:
    """A misspelt hint would be ignored, and a guard of the client lost with it."""
    for key in value:
        if isinstance(key, str) and key.startswith("x-") and key not in known:
            close = get_close_matches(key, known, 1)
            meant = f"; did you mean {close[0]!r}?" if close else ""
            raise DocumentError(f"{where}: unknown hint {key!r}{meant}")


def _walk(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    yield where, value
    items: Any = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in items:
        yield from _walk(inner, f"{where}/{str(key).replace('~', '~0').replace('/', '~1')}")


def python_name(key: str) -> str:
    """The Python name of a JSON key: snake case; only keywords take a trailing underscore."""
    name = str(PythonIdentifier(key, prefix=""))
    bare = name.removesuffix("_")
    return name if keyword.iskeyword(bare) else bare


class Document:
    """The document, checked; `operations` holds the facts of each of its operations."""

    def __init__(self, source: Json):
        self.source = source
        self.schemas: Json = source["components"]["schemas"]
        self.operations: dict[str, Json] = {}
        for name, schema in self.schemas.items():
            self._check_schema(name, schema)
        for path, item in source["paths"].items():
            if "$ref" in item:
                raise DocumentError(
                    f"paths {path}: a path can't be a $ref; the generator would drop it"
                )
            for method, operation in item.items():
                if method not in METHODS:
                    raise DocumentError(f"paths {path}: unknown method {method!r}")
                facts = self._facts(path, method, operation)
                if facts["name"] in self.operations:
                    raise DocumentError(f"{facts['name']}: two operations have this operationId")
                self.operations[facts["name"]] = facts
        for facts in self.operations.values():
            facts["reserved"] = self._reserved(facts["path"])
        for where, value in _walk(source, "#"):
            if isinstance(value, dict) and "$ref" in value:
                _target(source, where, str(value["$ref"]))

    def resolve(self, value: Json) -> Json:
        """The value itself, or what its `$ref` names."""
        while "$ref" in value:
            value = _target(self.source, "$ref", value["$ref"])
        return value

    # -- schemas -------------------------------------------------------------------------------

    def _check_schema(self, name: str, schema: Json) -> None:
        where = f"schema {name}"
        _hints(where, schema, HINTS_OF_SCHEMAS)
        if "enum" in schema:
            self._check_enum(where, schema)
            return
        if schema.get("type") != "object":
            raise DocumentError(f"{where}: a component is an object or an enum")
        if unknown := {k for k in schema if not k.startswith("x-")} - OBJECT_KEYWORDS:
            raise DocumentError(f"{where}: {sorted(unknown)} would be ignored")
        if "allOf" in schema or not schema.get("properties"):
            raise DocumentError(
                f"{where}: write it flat, with properties; free-form values are {{}}"
            )
        role = schema.get("x-role")
        if role not in (None, "request", "answer"):
            raise DocumentError(f"{where}: x-role is 'request' or 'answer', not {role!r}")
        names: dict[str, str] = {}
        for key, prop in schema["properties"].items():
            here = f"{where}, property {key}"
            attribute = prop.get("x-argument") or python_name(key)
            if attribute in names:
                raise DocumentError(
                    f"{here}: {names[attribute]!r} is named {attribute!r} in Python too; use x-argument"
                )
            if not attribute.isidentifier() or attribute.startswith("_") or attribute in ATTRIBUTES:
                raise DocumentError(f"{here}: {attribute!r} can't be an attribute; use x-argument")
            _hints(here, prop, HINTS_OF_PROPERTIES)
            names[attribute] = key
            if prop.get("x-default", "live_mode") not in DEFAULTS:
                raise DocumentError(
                    f"{here}: x-default {prop['x-default']!r} is none of {sorted(DEFAULTS)}"
                )
            if role != "answer" and "default" in prop:
                raise DocumentError(
                    f"{here}: no default in a request; use x-when-omitted, or say it in the description"
                )
            if "x-earliest" in prop and (
                prop["x-earliest"] != "today" or prop.get("format") != "date"
            ):
                raise DocumentError(f"{here}: x-earliest is today, of a date")
            for bound in BOUNDS:
                if isinstance(prop.get(bound), float):
                    raise DocumentError(f"{here}: {bound} must be a whole number")
            self._check_type(here, prop)
        for key in schema.get("required", ()):
            if key not in schema["properties"]:
                raise DocumentError(f"{where}: requires {key!r}, which is no property of it")
        paging = schema.get("x-paging")
        if paging is not None:
            if not isinstance(paging, dict):
                raise DocumentError(f"{where}: x-paging names items and total")
            self._item_class(name, schema, paging)

    def _check_enum(self, where: str, schema: Json) -> None:
        names = [python_name(str(value)) for value in schema["enum"]]
        if schema.get("type") != "string" or not all(isinstance(v, str) for v in schema["enum"]):
            raise DocumentError(f"{where}: an enum is one of texts")
        if len(set(names)) < len(names):
            raise DocumentError(f"{where}: two of its values have one Python name")

    def _check_type(self, where: str, prop: Json) -> None:
        if unknown := {key for key in prop if not key.startswith("x-")} - PROPERTY_KEYWORDS:
            raise DocumentError(f"{where}: {sorted(unknown)} would be ignored")
        if isinstance(prop.get("pattern"), str):
            try:
                re.compile(prop["pattern"])
            except re.error as error:
                raise DocumentError(f"{where}: pattern: {error}") from None
        if prop.get("type") == "array" and "items" not in prop:
            raise DocumentError(
                f"{where}: an array needs items; the generator would drop every user of it"
            )
        kind = prop.get("type")
        if kind == "object" or (isinstance(kind, list) and "object" in kind):
            raise DocumentError(f"{where}: make it a component, or {{}} when it is free-form")
        if "enum" in prop:
            raise DocumentError(f"{where}: make the enum a component, so that it becomes one class")
        for inner in (
            *prop.get("anyOf", ()),
            *prop.get("oneOf", ()),
            *([prop["items"]] if "items" in prop else ()),
        ):
            self._check_type(where, inner)

    def _item_class(self, name: str, schema: Json, paging: Json) -> str:
        where = f"schema {name}: x-paging"
        items = schema["properties"].get(paging.get("items"))
        if items is None or items.get("type") != "array" or "$ref" not in items["items"]:
            raise DocumentError(
                f"{where}: items {paging.get('items')!r} is no property that lists a component"
            )
        total = schema["properties"].get(paging.get("total"))
        if total is None or total.get("type") != "integer":
            raise DocumentError(f"{where}: total {paging.get('total')!r} is no integer property")
        return str(items["items"]["$ref"].rpartition("/")[2])

    # -- operations ----------------------------------------------------------------------------

    def _facts(self, path: str, method: str, operation: Json) -> Json:
        identifier = operation.get("operationId", "")
        tags = operation.get("tags", [])
        if len(tags) != 1 or not identifier.startswith(f"{tags[0]}_"):
            raise DocumentError(
                f"{method} {path}: operationId {identifier!r} must be <tag>_<method>, with one tag"
            )
        name = f"{tags[0]}.{identifier.removeprefix(tags[0] + '_')}"
        _hints(name, operation, HINTS_OF_OPERATIONS)
        for part in name.split("."):
            if not part.isidentifier() or keyword.iskeyword(part) or part in CLIENT:
                raise DocumentError(f"{name}: {part!r} can't be a name on the client")
        retry = operation.get("x-retry")
        if retry not in RETRY_BY_METHOD.get(method, RETRY_OTHER):
            raise DocumentError(f"{name}: x-retry {retry!r} doesn't go with {method.upper()}")
        parameters = [self.resolve(parameter) for parameter in operation.get("parameters", ())]
        in_path = [p["name"] for p in parameters if p["in"] == "path"]
        for parameter in parameters:
            if parameter["in"] not in ("path", "query"):
                raise DocumentError(f"{name}: a parameter in {parameter['in']} would not be sent")
        if in_path != re.findall(r"{(\w+)}", path):
            raise DocumentError(f"{name}: path parameters {in_path} don't match {path}")
        query = [p for p in parameters if p["in"] == "query"]
        body, body_required = self._body(name, operation)
        success, answer = self._answer(name, operation)
        located = "query" if any(p["name"] in LOCATION for p in query) else "no"
        properties: Json = self.schemas[body]["properties"] if body else {}
        if LOCATION & properties.keys():
            located = "body"
        paging = self.schemas[answer].get("x-paging") if answer else None
        if paging and not {p["name"] for p in query} >= PAGE:
            raise DocumentError(
                f"{name}: its answer has x-paging, but it takes no limit and offset"
            )
        facts: Json = {
            "name": name,
            "resource": tags[0],
            "method": name.partition(".")[2],
            "http": method.upper(),
            "path": path,
            "vendor": operation.get("x-vendor-operation", ""),
            "retry": retry,
            "keyed": retry in KEYED,
            "scopes": self._scopes(name, operation),
            "access": [next(iter(requirement)) for requirement in operation.get("security", ())],
            "located": located,
            "ids": [python_name(key) for key in in_path],
            "query": [
                self._parameter(name, p)
                for p in query
                if p["name"] not in LOCATION | (PAGE if paging else set())
            ],
            "body": body,
            "body_required": body_required,
            "answer": None if retry == "remove" else answer,
            "success": success,
            "paging": paging,
            "item": self._item_class(answer or "", self.schemas[answer or ""], paging)
            if paging
            else None,
            "positional": None,
            "from_path": {},
            "renamed": {},
        }
        self._arguments(facts, properties, operation.get("x-positional"), in_path)
        return facts

    def _body(self, name: str, operation: Json) -> tuple[str | None, bool]:
        if "requestBody" not in operation:
            return None, False
        content = operation["requestBody"].get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        if set(content) != {"application/json"} or "$ref" not in schema:
            raise DocumentError(f"{name}: its body must be one JSON component")
        body = schema["$ref"].rpartition("/")[2]
        if self.resolve(schema).get("x-role") != "request":
            raise DocumentError(f"{name}: its body {body} must have x-role: request")
        return body, bool(operation["requestBody"].get("required"))

    def _answer(self, name: str, operation: Json) -> tuple[str, str | None]:
        codes = [code for code in operation["responses"] if str(code).startswith("2")]
        if len(codes) != 1:
            raise DocumentError(f"{name}: one success answer is wanted, not {codes}")
        response = operation["responses"][codes[0]]
        if "$ref" in response:
            raise DocumentError(f"{name}: write its success answer in place")
        schema = response.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            return codes[0], None
        if "$ref" not in schema:
            raise DocumentError(f"{name}: its answer must be a component")
        self.resolve(schema)
        return codes[0], schema["$ref"].rpartition("/")[2]

    def _scopes(self, name: str, operation: Json) -> list[str]:
        found = {
            tuple(scopes)
            for requirement in operation.get("security", ())
            for scopes in requirement.values()
        }
        if len(found) != 1:
            raise DocumentError(
                f"{name}: its security must ask the same scopes of every kind of token"
            )
        schemes = self.source["components"]["securitySchemes"]
        for requirement in operation["security"]:
            for scheme, scopes in requirement.items():
                flows = schemes.get(scheme, {}).get("flows", {}).values()
                known = {scope for flow in flows for scope in flow["scopes"]}
                if unknown := set(scopes) - known:
                    raise DocumentError(f"{name}: {scheme} doesn't define {sorted(unknown)}")
        return list(found.pop())

    def _parameter(self, name: str, parameter: Json) -> Json:
        where = f"{name}: parameter {parameter['name']}"
        if "enum" in parameter["schema"]:
            raise DocumentError(f"{where}: make the enum a component, so that it becomes one class")
        schema = self.resolve(parameter["schema"])
        if schema.get("type") not in ("string", "integer", "boolean", "number"):
            raise DocumentError(f"{where}: its type must be string, integer, boolean or number")
        kind = {"date": "date"}.get(schema.get("format", ""), "")
        kind = (
            kind
            or {"string": "str", "integer": "int", "boolean": "bool", "number": "decimal"}[
                schema["type"]
            ]
        )
        return {
            "name": python_name(parameter["name"]),
            "key": parameter["name"],
            "type": kind,
            "required": bool(parameter.get("required")),
            "bounds": {bound: schema[bound] for bound in BOUNDS if bound in schema} or None,
            "choices": schema.get("enum", []),
        }

    def _arguments(
        self, facts: Json, properties: Json, positional: str | None, in_path: list[str]
    ) -> None:
        """Give every argument of the method a name of its own, or stop."""
        name = facts["name"]
        reserved = set(ALWAYS)
        reserved |= {"key", "settle"} if facts["keyed"] else set()
        reserved |= (
            {"page_size", "prefetch", "cursor", "limit", "offset", "fetch"}
            if facts["paging"]
            else set()
        )
        taken: dict[str, str] = dict.fromkeys(reserved, "an argument of the client's own")

        def take(argument: str, what: str) -> None:
            if argument in taken:
                raise DocumentError(
                    f"{name}: argument {argument!r} ({what}) collides with {taken[argument]}; use x-argument"
                )
            taken[argument] = what

        for key in facts["ids"]:
            take(key, "path")
        for parameter in facts["query"]:
            take(parameter["name"], f"query {parameter['key']}")
        for key, prop in properties.items():
            if key in LOCATION:
                continue
            if "x-from-path" in prop:
                if prop["x-from-path"] not in in_path:
                    raise DocumentError(
                        f"{name}: x-from-path {prop['x-from-path']!r} names no parameter of {facts['path']}"
                    )
                facts["from_path"][prop.get("x-argument") or python_name(key)] = python_name(
                    prop["x-from-path"]
                )
                continue
            if "x-argument" in prop:
                facts["renamed"][key] = prop["x-argument"]
            take(prop.get("x-argument") or python_name(key), f"body {key}")
        if positional is not None:
            if positional not in properties and positional not in {
                p["key"] for p in facts["query"]
            }:
                raise DocumentError(
                    f"{name}: x-positional {positional!r} names no body field or query parameter"
                )
            facts["positional"] = properties.get(positional, {}).get("x-argument") or python_name(
                positional
            )

    def _reserved(self, path: str) -> list[list[str]]:
        """For each path parameter, the literals that other paths have at the same place."""
        parts = path.split("/")
        found = []
        for place, part in enumerate(parts):
            if part.startswith("{"):
                others = (other.split("/") for other in self.source["paths"])
                before = parts[:place]
                found.append(
                    sorted(
                        {
                            o[place]
                            for o in others
                            if len(o) > place
                            and o[:place] == before
                            and o[place][:1] not in ("{", "")
                        }
                    )
                )
        return found

    # -- for the templates ---------------------------------------------------------------------

    def prepared(self) -> Json:
        """A copy of the document with the facts where the templates can read them."""
        document = copy.deepcopy(self.source)
        for schema in document["components"]["schemas"].values():
            properties = schema.get("properties", {})
            if schema.get("x-role") == "request" and LOCATION & properties.keys():
                schema["x-located"] = True
                for key in LOCATION:
                    properties.pop(key, None)
                schema["required"] = [
                    key for key in schema.get("required", ()) if key not in LOCATION
                ]
            for key, prop in properties.items():
                prop["x-name"] = prop.get("x-argument") or python_name(key)
                bounds = {bound: prop[bound] for bound in BOUNDS if bound in prop}
                if "x-earliest" in prop:
                    bounds["earliest"] = prop["x-earliest"]
                if bounds and schema.get("x-role") != "answer":
                    prop["x-bounds"] = bounds
        for path, item in document["paths"].items():
            for operation in item.values():
                name = operation["operationId"].replace(
                    operation["tags"][0] + "_", operation["tags"][0] + ".", 1
                )
                facts = self.operations[name]
                assert facts["path"] == path
                operation["responses"][facts["success"]]["x-operation"] = facts
                hidden = LOCATION | (PAGE if facts["paging"] else set())
                operation["parameters"] = [
                    p
                    for p in operation.get("parameters", ())
                    if self.resolve(p)["name"] not in hidden
                ]
        return document
