"""The operations on estimate templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..call import Answer, Call, Handler
from ..state import Record, State
from . import totals
from .estimates import camel
from .records import given, lines, page, window

__all__ = ["HANDLERS"]

# As sent; a PUT that leaves one out clears it. What sendEstimateDetails does isn't known, and
# answers don't show it.
_REPLACED = (
    "termsNotes",
    "title",
    "automaticTaxesEnabled",
    "meta",
    "estimateNumberPrefix",
    "miscellaneousCharges",
)


def _create(call: Call) -> Answer:
    state, created = call.state, call.state.timestamp()
    template: Record = {
        "_id": state.new_record_id(),
        "altId": call.location.id,
        "altType": "location",
        **_contents(state, call.body),
        "deleted": False,
        "createdAt": created,
        "updatedAt": created,
        "__v": 0,
    }
    return call.posted(call.traced(state.estimate_templates.add(template)), 201)


def _list(call: Call) -> Answer:
    found = page(call, call.state.estimate_templates, ("_id", "name"))
    data = window(call, found)
    return Answer(200, {"data": data, "totalCount": len(found), "traceId": call.trace_id})


def _preview(call: Call) -> Answer:
    return Answer(200, call.traced(_found(call, call.query["templateId"])))


def _update(call: Call) -> Answer:
    template = _found(call, call.path["templateId"])
    cleared: Record = {name: None for name in _REPLACED if name in template}
    contents = _contents(call.state, call.body)
    call.state.estimate_templates.change(template, {**cleared, **contents})
    return Answer(200, call.traced(template))


def _delete(call: Call) -> Answer:
    template = _found(call, call.path["templateId"])
    call.state.estimate_templates.change(template, deleted=True)
    return Answer(200, call.traced(template))


def _contents(state: State, body: Mapping[str, Any]) -> Record:
    """All that the caller decides, as stored."""
    items = lines(state, body["items"], taxes=[], taxInclusive=False, attachments=[])
    contents = {
        **given(body, ("name", "currency", "businessDetails", "discount", *_REPLACED)),
        "items": items,
        "liveMode": body.get("liveMode") is not False,  # live unless told not to, as estimates
        "attachments": given(body, ("attachments",)).get("attachments", []),
        "total": totals.compute(items, body["discount"]).total,
    }
    if "meta" in contents:
        contents["meta"] = camel(contents["meta"])
    return contents


def _found(call: Call, template_id: str) -> Record:
    return call.find(call.state.estimate_templates, template_id, "Estimate template")


HANDLERS: dict[str, Handler] = {
    "estimate_templates_create": _create,
    "estimate_templates_list": _list,
    "estimate_templates_preview": _preview,
    "estimate_templates_update": _update,
    "estimate_templates_delete": _delete,
}
