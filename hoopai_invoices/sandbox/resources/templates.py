"""The operations on invoice templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..call import Answer, Call, Handler
from ..state import Record, State
from . import totals
from .records import given, lines, page, window

__all__ = ["HANDLERS"]

# As sent; a PUT that leaves one out clears it.
_REPLACED = ("internal", "discount", "termsNotes", "title", "miscellaneousCharges")
# A PUT has no way to say these: they stay. Two of them have operations of their own.
_KEPT = (
    "automaticTaxesEnabled",
    "tipsConfiguration",
    "lateFeesConfiguration",
    "invoiceNumberPrefix",
    "paymentMethods",
    "attachments",
)


def _create(call: Call) -> Answer:
    state, created = call.state, call.state.timestamp()
    template: Record = {
        "_id": state.new_record_id(),
        "altId": call.location.id,
        "altType": "location",
        **given(call.body, _KEPT),
        **_contents(state, call.body),
        "createdAt": created,
        "updatedAt": created,
    }
    return call.posted(call.traced(state.templates.add(template)))


def _list(call: Call) -> Answer:
    # A template has neither a state nor a mode: filters for them change nothing.
    found = page(call, call.state.templates, ("_id", "name"))
    return Answer(200, {"data": window(call, found), "totalCount": len(found)})


def _get(call: Call) -> Answer:
    return Answer(200, call.traced(_found(call)))


def _update(call: Call) -> Answer:
    template = _found(call)
    cleared: Record = {name: None for name in _REPLACED if name in template}
    call.state.templates.change(template, {**cleared, **_contents(call.state, call.body)})
    return Answer(200, call.traced(template))


def _delete(call: Call) -> Answer:
    call.state.templates.remove(_found(call))
    return Answer(200, {"success": True})


def _update_late_fees(call: Call) -> Answer:
    return _set(call, "lateFeesConfiguration")


def _update_payment_methods(call: Call) -> Answer:
    return _set(call, "paymentMethods")


def _set(call: Call, name: str) -> Answer:
    template = _found(call)
    call.state.templates.change(template, given(call.body, (name,)))
    return Answer(200, call.traced(template))


def _contents(state: State, body: Mapping[str, Any]) -> Record:
    """All that an update decides, as stored."""
    items = lines(state, body["items"], taxes=[], taxInclusive=False)
    return {
        **given(body, ("name", "businessDetails", "currency", *_REPLACED)),
        "items": items,
        "total": totals.compute(items, body.get("discount")).total,
    }


def _found(call: Call) -> Record:
    return call.find(call.state.templates, call.path["templateId"], "Template")


HANDLERS: dict[str, Handler] = {
    "templates_create": _create,
    "templates_list": _list,
    "templates_get": _get,
    "templates_update": _update,
    "templates_delete": _delete,
    "templates_update_late_fees": _update_late_fees,
    "templates_update_payment_methods": _update_payment_methods,
}
