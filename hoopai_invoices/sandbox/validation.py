"""Requests held against the document, refused in the service's words.

The service checks a body twice. First its class-validator rules, with a whitelist at every depth,
answer 422; then, for estimates, what slipped through is refused by the database with a 500.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from .errors import SandboxError

if TYPE_CHECKING:
    import jsonschema_rs

    from .contract import Contract, Operation

__all__ = ["RequestValidator"]

_Path = Sequence[str | int]

# The document is stricter than the service so that callers are stopped early. The service takes an
# empty userId (and then sends nothing), a PUT of an invoice that repeats its sentTo, a status of an
# estimate that is only a filter (and then ignores it), and a count of occurrences that is a text; and it fails over a start without autoPayment instead of refusing it.
_EMPTY_ALLOWED = (("InvoiceSend", "userId"), ("EstimateSend", "userId"), ("Text2Pay", "userId"))
_MISSING_ALLOWED = (("ScheduleStart", "autoPayment"),)
_TOLERATED = {
    "EstimateUpdate": {"estimateStatus": {"$ref": "#/components/schemas/EstimateStatusFilter"}},
    "InvoiceUpdate": {"sentTo": {"$ref": "#/components/schemas/SentTo"}},
    "RecurrenceRule": {
        "count": {"type": ["integer", "string"], "minimum": 1, "pattern": "^[1-9][0-9]{0,8}$"}
    },
}
# The document names the states known so far; the service takes any text and finds nothing.
_ANY_STATUS = ("invoices_list", "schedules_list")
# Required only by the database: missing ones are answered with mongoose's text and a 500.
_LATE = {"estimates_create": "estimates", "estimates_update": "estimates"}

_TYPES = {
    "string": "must be a string",
    "boolean": "must be a boolean value",
    "number": "must be a number conforming to the specified constraints",
    "integer": "must be an integer number",
    "array": "must be an array",
    "object": "must be an object",
}


class RequestValidator:
    """Validates the query and the body of every operation of a contract."""

    def __init__(self, contract: Contract) -> None:
        self._schemas = {name: _request_form(s) for name, s in contract.schemas.items()}
        for name, prop in _EMPTY_ALLOWED:
            if name in self._schemas:
                self._schemas[name]["properties"][prop].pop("minLength", None)
        for name, prop in _MISSING_ALLOWED:
            if name in self._schemas:
                needed = self._schemas[name]["required"]
                self._schemas[name]["required"] = [n for n in needed if n != prop]
        for name, extra in _TOLERATED.items():
            if name in self._schemas:
                self._schemas[name]["properties"] |= extra
        self._queries: dict[str, dict[str, Any]] = {}
        self._compiled: dict[tuple[str, str], jsonschema_rs.Draft202012Validator] = {}

    def check_query(self, operation: Operation, query: Mapping[str, str]) -> None:
        """Refuse a query with a 422. Where none is declared, none is looked at."""
        if operation.query is not None:
            form = self._queries.get(operation.id)
            if form is None:
                form = self._queries[operation.id] = _request_form(operation.query)
                if operation.id in _ANY_STATUS:
                    form["properties"]["status"] = {"type": "string"}
            faults = [*self._faults(operation, "query", form, query)]
            _refuse([text for text, _ in faults])

    def check_body(self, operation: Operation, body: Any, database_refusal: int = 500) -> None:
        """Refuse a body with a 422, or with another status where the database is what objects."""
        if operation.body is None:
            return
        if not isinstance(body, dict):
            raise SandboxError(400, "The request body must be a JSON object")
        faults = [*self._faults(operation, "body", operation.body, body)]
        late = dict.fromkeys(p for _, p in faults if operation.id in _LATE and _is_late(p))
        early = [text for text, path in faults if path not in late]
        _refuse(early)
        if late:
            texts = [f"{'.'.join(map(str, path))}: Path `{path[-1]}` is required." for path in late]
            collection = _LATE[operation.id]
            text = f"{collection} validation failed: {', '.join(texts)}"
            raise SandboxError(database_refusal, text)

    def _faults(
        self, operation: Operation, part: str, schema: Mapping[str, Any], instance: Any
    ) -> Iterator[tuple[str, _Path]]:
        """Each fault's text, with the path of the property when the fault is its absence."""
        validator = self._validator(operation, part, schema)
        if validator.is_valid(instance):
            return
        unknown: list[tuple[str, _Path]] = []
        others: list[tuple[str, _Path]] = []
        for error in validator.iter_errors(instance):
            if error.kind.name == "additionalProperties":
                prefix = "".join(f"{part}." for part in error.instance_path)
                for name in error.kind.as_dict()["unexpected"]:
                    unknown.append((f"{prefix}property {name} should not exist", ()))
        for error in validator.iter_errors(_without_nulls(instance)):
            if error.kind.name != "additionalProperties":
                others.extend(self._texts(schema, error))
        yield from unknown
        yield from others

    def _texts(
        self, schema: Mapping[str, Any], error: jsonschema_rs.ValidationError
    ) -> Iterator[tuple[str, _Path]]:
        path = tuple(error.instance_path)
        facts = error.kind.as_dict()
        if error.kind.name == "required":
            missing = (*path, facts["property"])
            for text in self._when_missing(self._at(schema, missing)):
                yield f"{'.'.join(map(str, missing))} {text}", missing
        elif path and isinstance(path[-1], int):
            yield f"each value in {'.'.join(map(str, path[:-1]))} {_text(error)}", ()
        else:
            yield f"{'.'.join(map(str, path))} {_text(error)}".strip(), ()

    def _when_missing(self, schema: Mapping[str, Any]) -> list[str]:
        if "enum" in schema:
            return [f"must be one of the following values: {', '.join(schema['enum'])}"]
        if schema.get("format") in ("date", "date-time"):
            return ["must be a valid ISO 8601 date string"]
        kind = schema.get("type")
        if kind in ("boolean", "number", "integer"):
            return [_TYPES[kind]]
        return ["should not be empty", *([_TYPES[kind]] if kind in _TYPES else [])]

    def _at(self, schema: Mapping[str, Any], path: _Path) -> Mapping[str, Any]:
        """The schema of the property at a path, as far as it can be told without alternatives."""
        for part in (*path, None):
            while "$ref" in schema:
                schema = self._schemas[schema["$ref"].rsplit("/", 1)[1]]
            if part is not None:
                at = schema.get("items") if isinstance(part, int) else schema["properties"][part]
                schema = at or {}
        return schema

    def _validator(
        self, operation: Operation, part: str, schema: Mapping[str, Any]
    ) -> jsonschema_rs.Draft202012Validator:
        found = self._compiled.get((operation.id, part))
        if found is None:
            import jsonschema_rs  # in the extra `sandbox`

            found = self._compiled[operation.id, part] = jsonschema_rs.Draft202012Validator(
                {**schema, "components": {"schemas": self._schemas}},
                validate_formats=True,
                formats={"date": _is_date},
            )
        return found


def _is_date(text: str) -> bool:
    # Day and year arithmetic must stay inside what datetime can hold.
    try:
        return len(text) == 10 and 1900 <= date.fromisoformat(text).year < 3000
    except ValueError:
        return False


def _refuse(texts: list[str]) -> None:
    if texts:
        raise SandboxError(422, texts)


def _is_late(path: _Path) -> bool:
    if len(path) == 3:
        return path[0] == "items" and path[2] == "type"
    return tuple(path) == ("title",)


def _request_form(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema as requests must meet it: closed, and without what only answers carry."""
    form = {key: value for key, value in schema.items() if not key.startswith(("x-", "example"))}
    if "properties" in form:
        form["properties"] = {
            name: dict(child)
            for name, child in form["properties"].items()
            if not child.get("x-response-only")
        }
        form["required"] = [n for n in form.get("required", ()) if n in form["properties"]]
        form["additionalProperties"] = False
    return form


def _without_nulls(value: Any) -> Any:
    # The service's optional properties take null as not given; required ones are then missing.
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_nulls(v) for v in value]
    return value


def _text(error: jsonschema_rs.ValidationError) -> str:
    keyword, facts = error.kind.name, error.kind.as_dict()
    limit = facts.get("limit")
    match keyword:
        case "type":
            return " and ".join(_TYPES[kind] for kind in facts["types"] if kind in _TYPES)
        case "enum":
            return f"must be one of the following values: {', '.join(map(str, facts['options']))}"
        case "minLength" | "minItems" if limit == 1:
            return "should not be empty"
        case "minLength":
            return f"must be longer than or equal to {limit} characters"
        case "maxLength":
            return f"must be shorter than or equal to {limit} characters"
        case "minItems":
            return f"must contain at least {limit} elements"
        case "maxItems":
            return f"must contain no more than {limit} elements"
        case "pattern" if error.instance == "":
            return "should not be empty"
        case "pattern" if facts["pattern"] == "^[0-9]+$":
            return "must be a number string"
        case "pattern":
            return f"must match {facts['pattern']} regular expression"
        case "format":
            return "must be a valid ISO 8601 date string"
        case "exclusiveMinimum" if limit == 0:
            return "must be a positive number"
        case "minimum":
            return f"must not be less than {limit}"
        case "maximum":
            return f"must not be greater than {limit}"
    return "has an invalid value"
