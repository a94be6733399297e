"""The document: valid, complete, in the house's form, and true to what was recorded."""

from __future__ import annotations

import copy
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from openapi_spec_validator import validate

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "openapi" / "openapi.yaml"
RECORDED = ROOT / "tests" / "recorded"

sys.path.insert(0, str(ROOT / "openapi" / "generator"))  # the generator is scripts, not a package

from document import load  # noqa: E402

Json = dict[str, Any]

SOURCE = load(DOCUMENT)
SCHEMAS: dict[str, Json] = SOURCE["components"]["schemas"]
OPERATIONS: dict[str, tuple[str, str, Json]] = {
    operation["operationId"]: (method, path, operation)
    for path, item in SOURCE["paths"].items()
    for method, operation in item.items()
}
OBJECTS = [name for name, schema in SCHEMAS.items() if schema.get("type") == "object"]
SENT = {  # which body each recorded request is
    "estimate.create.request.json": "EstimateCreate",
    "estimate.delete.request.json": "LocationBody",
    "invoice.create.request.json": "InvoiceCreate",
    "invoice.record-payment.request.json": "PaymentRecord",
    "invoice.send.request.json": "InvoiceSend",
    "schedule.create.request.json": "ScheduleCreate",
    "schedule.start.request.json": "ScheduleStart",
}
ANSWERED = {
    "estimate.create.response.201.json": "Estimate",
    "error.401.invalid-jwt.json": "ErrorBody",
    "error.401.scope.json": "ErrorBody",
    "error.403.location.json": "ErrorBody",
    "error.422.unknown-property.json": "ErrorBody",
}
EVIDENCE = (
    "recorded live",
    "one client",
    "vendor example",
    "vendor document",
    "inferred",
    "house rule",
)


def closed(request: bool) -> Json:
    """The components with nothing in an object that its schema doesn't name; in requests, not what
    only answers carry either. The document leaves its objects open, for readers to be tolerant."""
    components = copy.deepcopy(SOURCE["components"])
    for schema in components["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
            if request:
                schema["properties"] = {
                    key: value
                    for key, value in schema["properties"].items()
                    if not value.get("x-response-only")
                }
    return {"components": components}


CLOSED = {True: closed(True), False: closed(False)}


def problems(name: str, value: object, *, request: bool) -> list[str]:
    """What is wrong with a value of this schema."""
    schema = {**CLOSED[request], "$ref": f"#/components/schemas/{name}"}
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]


def walk(value: object, where: str = "#") -> Iterator[tuple[str, Json]]:
    """Every object in a part of the document, with its place."""
    if isinstance(value, dict):
        yield where, value
        for key, inner in value.items():
            yield from walk(inner, f"{where}/{str(key).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from walk(inner, f"{where}/{index}")


def schema_parts(name: str) -> Iterator[tuple[str, Json]]:
    """A schema and the schemas inside it, without its examples."""
    schema = {key: value for key, value in SCHEMAS[name].items() if key != "examples"}
    yield from walk(schema, name)


def found(pointer: str) -> Any:
    """What a JSON pointer points at."""
    value: Any = SOURCE
    for part in pointer.removeprefix("#").split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def reachable(role: str) -> set[str]:
    """The schemas of this role, and all that they refer to."""
    todo = [name for name, schema in SCHEMAS.items() if schema.get("x-role") == role]
    names = set(todo)
    while todo:
        for _, part in schema_parts(todo.pop()):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name and name not in names:
                names.add(name)
                todo.append(name)
    return names


# -- the whole -----------------------------------------------------------------------------------


def test_it_is_a_valid_openapi_document() -> None:
    assert SOURCE["openapi"].startswith("3.1.")
    validate(SOURCE)


def test_every_yaml_reader_reads_the_same() -> None:
    # The older YAML makes a boolean of a bare `no`, and a date of a bare 2026-03-01.
    assert yaml.safe_load(DOCUMENT.read_text(encoding="utf-8")) == SOURCE


def test_the_package_carries_the_same_document() -> None:
    packaged = ROOT / "hoopai_invoices" / "_generated" / "openapi.json"
    assert json.loads(packaged.read_text(encoding="utf-8")) == SOURCE


def test_every_reference_is_inside_and_names_something() -> None:
    for where, part in walk(SOURCE):
        if "$ref" in part:
            assert part["$ref"].startswith("#/"), where
            assert found(part["$ref"]) is not None, where


def test_nothing_is_a_binary_number() -> None:
    assert "float" not in DOCUMENT.read_text(encoding="utf-8")
    for where, part in walk(SOURCE):
        assert part.get("format") not in ("float", "double"), where


def test_every_component_is_used() -> None:
    used = {part["$ref"] for _, part in walk(SOURCE) if "$ref" in part}
    for kind in ("schemas", "parameters", "responses"):
        for name in SOURCE["components"][kind]:
            assert f"#/components/{kind}/{name}" in used


# -- operations ----------------------------------------------------------------------------------


def test_it_has_the_forty_two_operations() -> None:
    assert Counter(operation["tags"][0] for _, _, operation in OPERATIONS.values()) == {
        "invoices": 13,
        "templates": 7,
        "schedules": 9,
        "estimates": 8,
        "estimate_templates": 5,
    }
    assert sum(len(item) for item in SOURCE["paths"].values()) == len(OPERATIONS) == 42
    assert [tag["name"] for tag in SOURCE["tags"]] == [
        "invoices",
        "templates",
        "schedules",
        "estimates",
        "estimate_templates",
    ]
    vendor = {operation["x-vendor-operation"] for _, _, operation in OPERATIONS.values()}
    assert len(vendor) == 42


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_described_whole(name: str) -> None:
    method, path, operation = OPERATIONS[name]
    for key in ("summary", "description", "x-vendor-operation", "x-retry"):
        assert isinstance(operation[key], str), key
        assert operation[key].strip(), key
    assert operation["summary"].endswith(".")
    assert "\n" not in operation["summary"]
    assert operation["description"].endswith(".")
    kinds = [next(iter(requirement)) for requirement in operation["security"]]
    assert kinds == (["Location"] if name == "invoices_text2pay" else ["Location", "Company"])
    by_method = {"get": {"read"}, "put": {"replace"}, "delete": {"remove"}}
    others = {"set_state", "create", "notify", "pay"}
    assert operation["x-retry"] in by_method.get(method, others)
    for parameter in operation.get("parameters", ()):
        parameter = found(parameter["$ref"]) if "$ref" in parameter else parameter
        assert parameter["in"] in ("path", "query"), parameter["name"]
        assert parameter["name"] not in ("Authorization", "Version")
        # The generator shows the schema's words alone.
        schema = parameter["schema"]
        words = schema.get("description") or found(schema["$ref"])["description"]
        assert words, parameter["name"]
        if parameter["in"] == "path":
            assert schema["pattern"] == "^[A-Za-z0-9_-]{1,128}$"
            assert f"{{{parameter['name']}}}" in path


def test_five_operations_declare_no_scope() -> None:
    without = {
        name
        for name, (_, _, operation) in OPERATIONS.items()
        if not operation["security"][0]["Location"]
    }
    assert len(without) == 5, without


def test_lists_are_paged() -> None:
    lists = [name for name in OPERATIONS if name.endswith("_list")]
    assert len(lists) == 5
    for name in lists:
        operation = OPERATIONS[name][2]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        page = found(schema["$ref"])
        paging = page["x-paging"]
        assert {paging["items"], paging["total"]} <= set(page["required"])
        taken = {parameter.get("$ref", "") for parameter in operation["parameters"]}
        assert {"#/components/parameters/Limit", "#/components/parameters/Offset"} <= taken


# -- schemas -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OBJECTS)
def test_a_schema_has_valid_examples(name: str) -> None:
    examples = SCHEMAS[name]["examples"]
    assert examples
    request = SCHEMAS[name].get("x-role") == "request"
    for example in examples:
        assert problems(name, example, request=request) == []


@pytest.mark.parametrize("name", [name for name in SCHEMAS if name not in OBJECTS])
def test_another_component_has_valid_examples_too(name: str) -> None:
    for example in SCHEMAS[name].get("examples", ()):
        assert problems(name, example, request=False) == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_has_the_houses_form(name: str) -> None:
    assert SCHEMAS[name]["description"].endswith((".", ":")), "a sentence"
    for where, part in schema_parts(name):
        if where.endswith("/properties"):
            continue
        assert "allOf" not in part, where
        assert "nullable" not in part, where
        assert "example" not in part, where
        kind = part.get("type")
        if kind == "object":
            assert part["properties"], where
            assert where == name, f"{where}: a component of its own"
        if kind == "array":
            assert part["items"] is not None, where
        if "enum" in part:
            assert where == name, f"{where}: a component of its own"
            assert kind == "string", where
        if "anyOf" in part or "oneOf" in part:
            assert kind is None, where
        for key in ("description", "title"):
            text = part.get(key, "")
            assert '"""' not in text, where
            assert "\\" not in text, where


@pytest.mark.parametrize("name", sorted(reachable("request")))
def test_a_request_has_no_default_and_no_null(name: str) -> None:
    # The service's own defaults are chosen by the service; one sent by the client could be live.
    for where, part in schema_parts(name):
        if where.endswith("/properties"):
            continue
        assert "default" not in part, where
        assert "null" not in (part.get("type") or ()), where


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_free_form_value_has_no_type(name: str) -> None:
    known = {"$ref", "type", "anyOf", "oneOf", "const", "enum"}
    for where, part in schema_parts(name):
        place = where.removeprefix(name)
        if place.count("/") and place.rpartition("/")[0].endswith(("/properties", "/items")):
            if not known & part.keys():
                assert part.get("description"), f"{where}: say what may be in it"
            else:
                assert part.get("type") != "object", where


def test_no_schema_of_a_request_is_an_answer() -> None:
    for name in reachable("request"):
        assert SCHEMAS[name].get("x-role") != "answer", name
    for name in reachable("answer"):
        assert SCHEMAS[name].get("x-role") != "request", name


def test_live_mode_is_never_assumed() -> None:
    # Left out, the service would bill for real. The changes of a schedule that is being started
    # are the exception: it keeps the mode that it was created with.
    requests = {name for name, schema in SCHEMAS.items() if schema.get("x-role") == "request"}
    for name in requests - {"ScheduleUpdateAndStart"}:
        schema = SCHEMAS[name]
        live = schema["properties"].get("liveMode")
        if live is not None:
            # No default for an update: it would turn a test record live.
            default = None if name.endswith("Update") else "live_mode"
            assert live.get("x-default") == default, name
            assert "liveMode" in schema.get("required", ()) or live.get("x-explicit"), name
            assert "x-when-omitted" not in live, name


def test_what_is_sent_when_left_out_is_valid() -> None:
    for name in OBJECTS:
        for key, prop in SCHEMAS[name]["properties"].items():
            if "x-when-omitted" in prop:
                schema = {**CLOSED[True], **{k: v for k, v in prop.items() if k[:2] != "x-"}}
                validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
                assert validator.is_valid(prop["x-when-omitted"]), f"{name}.{key}"


# -- what was recorded ---------------------------------------------------------------------------


def recorded(name: str) -> Any:
    return json.loads((RECORDED / name).read_text(encoding="utf-8"))


def test_every_recording_is_looked_at() -> None:
    assert {path.name for path in RECORDED.glob("*.json")} == SENT.keys() | ANSWERED.keys()


@pytest.mark.parametrize("name", SENT)
def test_a_recorded_request_is_valid(name: str) -> None:
    assert problems(SENT[name], recorded(name), request=True) == []


@pytest.mark.parametrize("name", ANSWERED)
def test_a_recorded_answer_is_valid(name: str) -> None:
    assert problems(ANSWERED[name], recorded(name), request=False) == []


# -- where it departs from the vendor ------------------------------------------------------------

DEVIATIONS: list[dict[str, str]] = yaml.safe_load(
    (ROOT / "openapi" / "deviations.yaml").read_text(encoding="utf-8")
)


def test_every_deviation_says_what_and_why() -> None:
    assert DEVIATIONS
    for entry in DEVIATIONS:
        assert list(entry) == ["where", "theirs", "ours", "why", "evidence"], entry
        for key, text in entry.items():
            assert isinstance(text, str), (entry["where"], key)
            assert text.strip(), (entry["where"], key)
        assert any(word in entry["evidence"] for word in EVIDENCE), entry


def test_every_deviation_is_about_something_that_exists() -> None:
    missing = []
    for entry in DEVIATIONS:
        try:
            found(entry["where"])
        except (KeyError, IndexError, ValueError, TypeError):
            missing.append(entry["where"])
    assert missing == []
    assert all(entry["where"].startswith("#/") for entry in DEVIATIONS)
