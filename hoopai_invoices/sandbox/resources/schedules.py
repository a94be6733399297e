"""The operations on schedules of invoices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..call import Answer, Call, Handler
from ..errors import SandboxError
from ..state import Record, State
from . import invoices, totals
from .records import given, lines, page, require_status, window
from .recurrence import check
from .schedule_runs import halt, left, run
from .settings import TITLE

__all__ = ["HANDLERS"]

_RUNNING = ("scheduled", "active")
_LIVING = ("draft", *_RUNNING)
_REQUIRED = (
    "name",
    "contactDetails",
    "schedule",
    "liveMode",
    "businessDetails",
    "currency",
    "discount",
)
# As sent; a PUT that leaves one out clears it.
_REPLACED = ("miscellaneousCharges",)
# A PUT has no way to say these: they stay as they were created.
_ONCE = (
    "automaticTaxesEnabled",
    "tipsConfiguration",
    "lateFeesConfiguration",
    "invoiceNumberPrefix",
    "paymentMethods",
)


def _create(call: Call) -> Answer:
    state, body = call.state, {"termsNotes": "", **call.body}
    check(body["schedule"])
    created = state.timestamp()
    schedule: Record = {
        "_id": state.new_record_id(),
        "status": "draft",
        "altId": call.location.id,
        "altType": "location",
        "invoices": [],
        **given(body, _ONCE),
        **_contents(body, _lines(state, body)),
        "createdAt": created,
        "updatedAt": created,
    }
    return _posted(call, state.schedules.add(schedule))


def _list(call: Call) -> Answer:
    query = call.query
    matches = [
        schedule
        for schedule in page(call, call.state.schedules, ("_id", "name"))
        if query.get("status") in (None, "", schedule["status"])
        and query.get("paymentMode", "default")
        in ("", "default", "live" if schedule["liveMode"] else "test")
    ]
    schedules = [_shown(call.state, schedule) for schedule in window(call, matches)]
    return Answer(200, {"schedules": schedules, "total": len(matches)})


def _get(call: Call) -> Answer:
    return _answer(call, _found(call))


def _update(call: Call) -> Answer:
    state, schedule = call.state, _found(call)
    _require(schedule, _LIVING, "updated")
    check(call.body["schedule"])
    cleared: Record = {name: None for name in _REPLACED if name in schedule}
    contents = _contents(call.body, _lines(state, call.body))
    state.schedules.change(schedule, {**cleared, **contents})
    if schedule["status"] in _RUNNING:  # from now on by the new rule
        run(state, schedule, left(state, schedule, schedule["schedule"]))
    return _answer(call, schedule)


def _delete(call: Call) -> Answer:
    schedule = _found(call)
    halt(call.state, schedule)
    call.state.schedules.remove(schedule)
    return Answer(200, {"success": True})


def _start(call: Call) -> Answer:
    schedule = _found(call)
    if call.body.get("autoPayment") is None:
        status = int(call.state.choices.late_refusals)
        raise SandboxError(status, "Cannot read properties of undefined (reading 'enable')")
    _require(schedule, ("draft",), "started")
    return _started(call, schedule, given(call.body, ("liveMode", "autoPayment")))


def _update_and_start(call: Call) -> Answer:
    """Nobody knows what the body may be: what is in it is changed, what isn't stays."""
    schedule = _found(call)
    _require(schedule, _LIVING, "started")
    written = given(call.body, (*_REQUIRED, *_REPLACED, "title", "termsNotes", "attachments"))
    body = {**schedule, **written}
    check(body["schedule"])
    kept = call.body.get("items") is None
    items = schedule["items"] if kept else _lines(call.state, call.body)
    return _started(call, schedule, _contents(body, items))


def _set_auto_payment(call: Call) -> Answer:
    schedule = _found(call)
    if call.body["id"] != schedule["_id"]:
        raise SandboxError(422, ["id must be the id of the schedule"])
    _require(schedule, _LIVING, "updated")
    call.state.schedules.change(schedule, given(call.body, ("autoPayment",)))
    return _posted(call, schedule)


def _cancel(call: Call) -> Answer:
    schedule = _found(call)
    _require(schedule, _RUNNING, "cancelled")
    halt(call.state, schedule)
    call.state.schedules.change(schedule, status=call.state.choices.cancelled_schedule)
    return _posted(call, schedule)


def _started(call: Call, schedule: Record, changes: Record) -> Answer:
    """Start, or go on from now with a new rule."""
    state = call.state
    coming = left(state, schedule, {**schedule, **changes}["schedule"])
    if coming is None:
        raise SandboxError(400, "Schedule has no occurrences left")
    status = "active" if schedule["invoices"] else "scheduled"
    state.schedules.change(schedule, changes, status=status)
    run(state, schedule, coming)
    return _posted(call, schedule)


def _lines(state: State, body: Mapping[str, Any]) -> list[Record]:
    return lines(state, body["items"], taxes=[], taxInclusive=False)


def _contents(body: Mapping[str, Any], items: list[Record]) -> Record:
    """All that an update decides, as stored."""
    terms = body.get("termsNotes")
    return {
        **given(body, (*_REQUIRED, *_REPLACED)),
        "termsNotes": terms,
        "compiledTermsNotes": terms,  # what placeholders there are is not known
        "title": body.get("title") or TITLE,
        "items": items,
        "attachments": given(body, ("attachments",)).get("attachments", []),
        "total": totals.compute(items, body["discount"]).total,
    }


def _shown(state: State, schedule: Record) -> Record:
    """A schedule as answers show it, with those of its invoices that are still there."""
    found = (state.invoices.get(invoice_id) for invoice_id in schedule["invoices"])
    made = [invoice for invoice in found if invoice and not invoices.is_gone(state, invoice)]
    if state.choices.schedule_invoices_as == "ids":
        return {**schedule, "invoices": [invoice["_id"] for invoice in made]}
    return {**schedule, "invoices": [invoices.shown(state, invoice) for invoice in made]}


def _answer(call: Call, schedule: Record) -> Answer:
    return Answer(200, call.traced(_shown(call.state, schedule)))


def _posted(call: Call, schedule: Record) -> Answer:
    return call.posted(call.traced(_shown(call.state, schedule)))


def _found(call: Call) -> Record:
    return call.find(call.state.schedules, call.path["scheduleId"], "Schedule")


def _require(schedule: Record, allowed: tuple[str, ...], done: str) -> None:
    text = f"Schedule cannot be {done}, it is {schedule['status']}"
    require_status(schedule, "status", allowed, text)


HANDLERS: dict[str, Handler] = {
    "schedules_create": _create,
    "schedules_list": _list,
    "schedules_get": _get,
    "schedules_update": _update,
    "schedules_delete": _delete,
    "schedules_start": _start,
    "schedules_update_and_start": _update_and_start,
    "schedules_set_auto_payment": _set_auto_payment,
    "schedules_cancel": _cancel,
}
