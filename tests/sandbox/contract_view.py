"""The document as one location of a sandbox sees it, for a generator of requests.

A generator knows no location, no record and no calendar: without this every request would end at
the 403 for a foreign location, and every valid one at a due date that is past. And it must be told
what the document says in words only: requests are closed (no unknown property, nothing that only
answers carry), while answers are open.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

__all__ = ["seen_from"]

_REF = "#/components/schemas/"
_FUTURE = {"type": "string", "enum": ["2026-10-01", "2026-12-31", "2027-02-28"]}
_DAYS = {"type": "string", "enum": ["2026-08-01", "2026-08-27", "2026-09-30"]}
_NARROW: dict[str, Any] = {
    "dueDate": _FUTURE,
    "issueDate": _DAYS,
    "expiryDate": _FUTURE,
    "startAt": _DAYS,
    "endAt": _DAYS,
    "limit": {"type": "string", "enum": ["1", "20", "100"]},
    "paymentScheduleIds": {"type": "array", "maxItems": 0},
    # Where the service is known to take more than the document lets callers send.
    "userId": {"type": "string"},
}
# Values whose parts must fit each other, which no schema can say.
_WHOLE: dict[str, Any] = {
    "PaymentSchedule": {
        "type": "percentage",
        "schedules": [
            {"dueDate": "2026-08-27", "value": 33.3333},
            {"dueDate": "2026-08-28", "value": 66.6667},
        ],
    },
    "PaymentScheduleConfig": {
        "type": "percentage",
        "dateConfig": {
            "depositDateType": "estimate_accepted",
            "scheduleDateType": "regular_interval",
        },
        "schedules": [{"value": 50}, {"value": 50}],
    },
    "ScheduleOptions": {
        "rrule": {"intervalType": "monthly", "interval": 1, "startDate": "2026-09-30"}
    },
}


def seen_from(location_id: str, ids: dict[str, list[str]]) -> dict[str, Any]:
    """The packaged document, narrowed to a location and to the ids of its records."""
    source = files("hoopai_invoices").joinpath("_generated", "openapi.json")
    document: dict[str, Any] = json.loads(source.read_bytes())
    narrow = {
        **_NARROW,
        "altId": {"type": "string", "enum": [location_id]},
        "sendEstimateDetails": {
            "enum": [
                {
                    "altId": location_id,
                    "altType": "location",
                    "action": "email",
                    "liveMode": False,
                    "userId": "u1",
                }
            ]
        },
        **{name: {"type": "string", "enum": found} for name, found in ids.items()},
    }
    schemas = document["components"]["schemas"]
    for name in list(schemas):
        whole = _WHOLE.get(name)
        schemas[f"Request.{name}"] = (
            {"enum": [whole]} if whole else _request_form(schemas[name], narrow)
        )
    # Not looked at where nothing repeats.
    frequency = schemas["Request.FrequencySettings"]["properties"]
    frequency["schedule"]["anyOf"].append({"type": "object", "maxProperties": 0})
    schemas["Request.ScheduleAutoPayment"]["properties"]["id"] = narrow["scheduleId"]
    for name in [name for name in schemas if not name.startswith("Request.")]:
        schemas[name] = _answer_form(schemas[name])
    for parameter in document["components"]["parameters"].values():
        parameter["schema"] = narrow.get(parameter["name"], parameter["schema"])
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                if operation.get("operationId") in ("invoices_list", "schedules_list"):
                    for parameter in operation["parameters"]:
                        if parameter.get("name") == "status":
                            parameter["schema"] = {"type": "string"}  # free text for the vendor
                for media in operation.get("requestBody", {}).get("content", {}).values():
                    media["schema"] = _request_form(media["schema"], narrow)
    return document


def _request_form(schema: Any, narrow: dict[str, Any]) -> Any:
    """A schema as requests must meet it."""
    if isinstance(schema, list):
        return [_request_form(child, narrow) for child in schema]
    if not isinstance(schema, dict):
        return schema
    form = {
        key: _request_form(child, narrow)
        for key, child in schema.items()
        if key not in ("properties", "examples", "example", "required")
    }
    if "$ref" in form:
        form["$ref"] = form["$ref"].replace(_REF, f"{_REF}Request.")
    if "required" in schema:
        form["required"] = schema["required"]
    if "properties" in schema:
        form["properties"] = {
            name: narrow.get(name) or _request_form(child, narrow)
            for name, child in schema["properties"].items()
            if not child.get("x-response-only")
        }
        form["required"] = [n for n in form.get("required", ()) if n in form["properties"]]
        form["additionalProperties"] = False
        for name, child in form["properties"].items():
            if name not in form["required"]:  # null is not given
                form["properties"][name] = {"anyOf": [child, {"type": "null"}]}
    return form


def _answer_form(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema as answers meet it: any property may be null, and a part of a record may be empty."""
    if "properties" not in schema:
        return schema
    form = dict(schema)
    if schema.get("x-role") != "answer":
        form.pop("required", None)
    form["properties"] = {
        name: {"anyOf": [child, {"type": "null"}]} for name, child in schema["properties"].items()
    }
    return form
