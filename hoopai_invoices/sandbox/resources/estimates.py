"""The operations on estimates, conversion aside."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..call import Answer, Call, Handler
from ..errors import SandboxError
from ..state import Location, Record, State
from . import totals
from .conversion import check_plan, set_status
from .days import day_end, day_start
from .records import given, lines, page, visited, window

__all__ = ["HANDLERS", "camel", "mark_sent", "new", "set_status", "view"]

# Stored as sent; a PUT that leaves one out clears it.
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


def new(state: State, location: Location, body: Mapping[str, Any]) -> Record:
    """Store an estimate made of a validated body: a draft, or sent when it says so."""
    contents = _contents(state, location, body)
    number = _number(state, location, body.get("estimateNumber"), None)
    created = state.timestamp()
    estimate: Record = {
        "_id": state.new_record_id(),
        "altType": "location",
        "altId": location.id,
        "companyId": location.company_id,
        "estimateStatus": "draft",
        "estimateNumber": number,
        **contents,
        "deleted": False,
        "automaticTaxesCalculated": False,
        "estimateActionHistory": [],
        "configuration": {"precision": totals.PRECISION},
        "createdAt": created,
        "updatedAt": created,
        "__v": 0,
    }
    state.estimates.add(estimate)
    details = body.get("sendEstimateDetails")
    if details and state.choices.send_details == "sent":
        mark_sent(state, estimate, details["userId"])
    return estimate


def mark_sent(state: State, estimate: Record, user_id: str) -> None:
    """Send: without a user nothing happens, and later sends are reminders."""
    if not user_id:
        return
    state.estimates.change(estimate, sentBy=user_id)
    if estimate["estimateStatus"] == "draft":
        set_status(state, estimate, "sent")


def view(state: State, estimate: Record) -> None:
    """Note that the customer opened the estimate."""
    visited(state, state.estimates, estimate)
    if estimate["estimateStatus"] == "sent":
        set_status(state, estimate, "viewed")


def _create(call: Call) -> Answer:
    estimate = new(call.state, call.location, call.body)
    return call.posted(call.traced(estimate), 201)


def _update(call: Call) -> Answer:
    estimate = _found(call)
    contents = _contents(call.state, call.location, call.body)
    number = _number(call.state, call.location, call.body.get("estimateNumber"), estimate)
    cleared: Record = {name: None for name in _OPTIONAL if name in estimate}
    # estimateStatus is taken without complaint and ignored.
    changes = {**cleared, **contents, "estimateNumber": number}
    call.state.estimates.change(estimate, changes)
    return Answer(200, call.traced(estimate))


def _delete(call: Call) -> Answer:
    estimate = _found(call)
    call.state.estimates.change(estimate, deleted=True)
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
    mark_sent(call.state, estimate, call.body["userId"])
    return call.posted(call.traced(estimate), 201)


def _generate_number(call: Call) -> Answer:
    number = call.location.next_estimate_number
    return Answer(200, {"estimateNumber": number, "traceId": call.trace_id})


def _mark_visited(call: Call) -> Answer:
    estimate = call.find(call.state.estimates, call.body["estimateId"], "Estimate")
    view(call.state, estimate)
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
    # The counter is above every number there ever was, so most need no looking for.
    if number < location.next_estimate_number and any(
        other["estimateNumber"] == number and other is not current
        for other in state.estimates.of(location.id)
    ):
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
        # frequencySettings is kept as it came: what it would repeat isn't run.
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
        contents["meta"] = camel(contents["meta"])
    if body.get("userId"):
        contents["updatedBy"] = body["userId"]
    check_plan(contents)
    return contents


def camel(value: Any) -> Any:
    """The service gives snake_case keys of `meta` back in camelCase."""
    if isinstance(value, dict):
        return {_camel_key(key): camel(child) for key, child in value.items()}
    if isinstance(value, list):
        return [camel(child) for child in value]
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
    "estimates_generate_number": _generate_number,
    "estimates_mark_visited": _mark_visited,
}
