"""The eight operations on estimates."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from . import invoices, totals
from .call import Answer, Call, Handler
from .days import day_end, day_start, local_text
from .errors import SandboxError
from .records import given, lines, page, require_status, visited, window
from .state import Location, Record, State

__all__ = ["HANDLERS", "set_status"]

# Carried over as sent; a PUT that leaves one out clears it.
_OPTIONAL = (
    "termsNotes",
    "sentTo",
    "automaticTaxesEnabled",
    "meta",
    "estimateNumberPrefix",
    "autoInvoice",
    "miscellaneousCharges",
    "paymentScheduleConfig",
)
# Informational only. The rate for colones is the one that a recorded answer shows.
_USD_RATES = {"CRC": Decimal("0.0021998")}


def set_status(state: State, estimate: Record, status: str) -> None:
    """Move an estimate on, and keep its history as the service does."""
    now = state.now()
    zone = state.locations[estimate["altId"]].zone
    estimate["estimateStatus"] = status
    estimate["estimateActionHistory"].append(
        {"estimateStatus": status, "updatedAt": local_text(now, zone)}
    )
    estimate["updatedAt"] = state.timestamp()


def _create(call: Call) -> Answer:
    state, location = call.state, call.location
    number = _number(state, location, call.body.get("estimateNumber"), None)
    created = state.timestamp()
    estimate: Record = {
        "_id": state.new_record_id(),
        "altType": "location",
        "altId": location.id,
        "companyId": location.company_id,
        "estimateStatus": "draft",
        "estimateNumber": number,
        **_contents(state, location, call.body),
        "deleted": False,
        "automaticTaxesCalculated": False,
        "estimateActionHistory": [],
        "configuration": {"precision": totals.PRECISION},
        "createdAt": created,
        "updatedAt": created,
        "__v": 0,
    }
    state.estimates[estimate["_id"]] = estimate
    return Answer(201, call.traced(estimate))


def _update(call: Call) -> Answer:
    estimate = _found(call)
    number = _number(call.state, call.location, call.body.get("estimateNumber"), estimate)
    contents = _contents(call.state, call.location, call.body)
    cleared: Record = {name: None for name in _OPTIONAL if name in estimate}
    # estimateStatus is taken without complaint and ignored.
    estimate |= {**cleared, **contents, "estimateNumber": number}
    estimate["updatedAt"] = call.state.timestamp()
    return Answer(200, call.traced(estimate))


def _delete(call: Call) -> Answer:
    estimate = _found(call)
    estimate |= {"deleted": True, "updatedAt": call.state.timestamp()}
    return Answer(200, call.traced(estimate))


def _list(call: Call) -> Answer:
    status = call.query.get("status") or "all"
    found = [
        estimate
        for estimate in page(call, call.state.estimates, ("_id", "name"))
        if status in ("all", estimate["estimateStatus"])
    ]
    return Answer(
        200,
        {"estimates": window(call, found), "total": len(found), "traceId": call.trace_id},
    )


def _send(call: Call) -> Answer:
    estimate = _found(call)
    # Without a user the service answers success and sends nothing. Later sends are reminders.
    if call.body["userId"]:
        estimate["sentBy"] = call.body["userId"]
        if estimate["estimateStatus"] == "draft":
            set_status(call.state, estimate, "sent")
    return Answer(201, call.traced(estimate))


def _create_invoice(call: Call) -> Answer:
    state, location = call.state, call.location
    estimate = _found(call)
    require_status(estimate, "estimateStatus", ("accepted",), "estimate_not_accepted")
    source = given(
        estimate,
        (
            *("name", "businessDetails", "currency", "contactDetails", "discount", "termsNotes"),
            *("liveMode", "sentTo", "automaticTaxesEnabled", "miscellaneousCharges"),
        ),
    )
    items = [
        {key: value for key, value in item.items() if key not in ("_id", "attachments")}
        for item in estimate["items"]
    ]
    body = {**source, "items": items, "issueDate": state.today(location)}
    invoice = invoices.new(state, location, body)
    if call.body["markAsInvoiced"]:
        set_status(state, estimate, "invoiced")
    return Answer(201, {"estimate": estimate, "invoice": invoice, "traceId": call.trace_id})


def _generate_number(call: Call) -> Answer:
    number = call.location.next_estimate_number
    return Answer(200, {"estimateNumber": number, "traceId": call.trace_id})


def _mark_visited(call: Call) -> Answer:
    estimate = call.find(call.state.estimates, call.body["estimateId"], "Estimate")
    if visited(call.state, estimate, "estimateStatus"):
        set_status(call.state, estimate, "viewed")
    return Answer(200)


def _found(call: Call) -> Record:
    return call.find(call.state.estimates, call.path["estimateId"], "Estimate")


def _number(
    state: State, location: Location, wanted: Decimal | int | None, current: Record | None
) -> int:
    """The estimate's number, unique in its location; the series goes on after the highest."""
    if wanted is None:
        number = current["estimateNumber"] if current else location.next_estimate_number
    else:
        number = int(wanted)
    for other in state.estimates.values():
        taken = other["altId"] == location.id and other["estimateNumber"] == number
        if taken and other is not current:
            raise SandboxError(400, "Estimate number already exists")
    location.next_estimate_number = max(location.next_estimate_number, number + 1)
    return int(number)


def _contents(state: State, location: Location, body: Mapping[str, Any]) -> Record:
    """All that the caller decides, as stored: a PUT replaces exactly this."""
    items = lines(
        state, body["items"], taxes=[], type="one_time", taxInclusive=False, attachments=[]
    )
    sums = totals.compute(items, body.get("discount"))
    rate = _USD_RATES.get(body["currency"], 1)
    contents = {
        **given(body, ("name", "title", "currency", "businessDetails", "contactDetails")),
        **given(body, ("discount", "frequencySettings", *_OPTIONAL)),
        "items": items,
        "issueDate": day_start(body["issueDate"], location.zone),
        "expiryDate": day_end(body["expiryDate"], location.zone),
        "liveMode": body.get("liveMode") is not False,  # the service bills live unless told not to
        "attachments": given(body, ("attachments",)).get("attachments", []),
        "total": sums.total,
        "totalamountInUSD": totals.rounded(Fraction(sums.total) * Fraction(rate), places=2),
    }
    if "meta" in contents:
        contents["meta"] = _camel(contents["meta"])
    if body.get("userId"):
        contents["updatedBy"] = body["userId"]
    return contents


def _camel(value: Any) -> Any:
    """The service gives snake_case keys of `meta` back in camelCase."""
    if isinstance(value, dict):
        return {_camel_key(key): _camel(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_camel(child) for child in value]
    return value


def _camel_key(key: str) -> str:
    first, *rest = key.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


HANDLERS: dict[str, Handler] = {
    "estimates_create": _create,
    "estimates_update": _update,
    "estimates_delete": _delete,
    "estimates_list": _list,
    "estimates_send": _send,
    "estimates_create_invoice": _create_invoice,
    "estimates_generate_number": _generate_number,
    "estimates_mark_visited": _mark_visited,
}
