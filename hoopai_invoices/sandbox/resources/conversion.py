"""How an estimate moves on, up to the invoice that it becomes."""

from __future__ import annotations

from fractions import Fraction

from ..call import Answer, Call, Handler
from ..errors import SandboxError
from ..state import Record, State
from . import invoices
from .days import local_text
from .payment_plans import add_up
from .records import given, require_status

__all__ = ["HANDLERS", "check_plan", "convert", "set_status"]

_CARRIED_OVER = (
    "name",
    "businessDetails",
    "currency",
    "contactDetails",
    "discount",
    "termsNotes",
    "liveMode",
    "sentTo",
    "automaticTaxesEnabled",
    "miscellaneousCharges",
    "items",  # the invoice's lines get ids of their own
)


def set_status(state: State, estimate: Record, status: str) -> None:
    """Move an estimate on, and keep its history as the service does."""
    now = state.now()
    zone = state.locations[estimate["altId"]].zone
    entry = {"estimateStatus": status, "updatedAt": local_text(now, zone)}
    history = [*estimate["estimateActionHistory"], entry]
    state.estimates.change(estimate, estimateStatus=status, estimateActionHistory=history)
    if status == "accepted" and (estimate.get("autoInvoice") or {}).get("enabled"):
        seconds = state.choices.auto_invoice_seconds
        state.clock.after(seconds, lambda: _invoice_by_itself(state, estimate))


def convert(state: State, estimate: Record, *, mark: bool) -> Record:
    """Make the invoice of an accepted estimate; `mark` says whether that settles the estimate."""
    location = state.locations[estimate["altId"]]
    body = {
        **given(estimate, _CARRIED_OVER),
        "issueDate": state.today(location),
        **_payment_plan(estimate),
    }
    invoice = invoices.new(state, location, body)
    state.converted.add(estimate["_id"])
    if mark:
        set_status(state, estimate, "invoiced")
    return invoice


def check_plan(contents: Record) -> None:
    """Refuse a payment plan that the invoice could not have."""
    plan = contents.get("paymentScheduleConfig")
    if plan is None:
        return
    values = [Fraction(part["value"]) for part in plan["schedules"]]
    name = "paymentScheduleConfig.schedules"
    texts = [f"{name}.{i}.value must be a positive number" for i, v in enumerate(values) if v <= 0]
    if not texts and not add_up(plan["type"], values, contents["total"]):
        texts = [f"{name} must add up to {'100' if plan['type'] == 'percentage' else 'the total'}"]
    if texts:
        raise SandboxError(422, texts)


def _payment_plan(estimate: Record) -> Record:
    """The invoice's part of an estimate's payment plan."""
    plan = estimate.get("paymentScheduleConfig")
    if not plan:
        return {}
    history = reversed(estimate["estimateActionHistory"])
    accepted = next(e["updatedAt"] for e in history if e["estimateStatus"] == "accepted")
    # An estimate has no way to name an interval or a date, and then all parts fall on one day.
    day = accepted[: len("2026-01-31")]
    rows = [{"value": part["value"], "dueDate": day} for part in plan["schedules"]]
    return {"paymentSchedule": {"type": plan["type"], "schedules": rows}}


def _invoice_by_itself(state: State, estimate: Record) -> None:
    """What `autoInvoice` does, some seconds after the acceptance."""
    # Converted with markAsInvoiced, the estimate is no longer accepted. Converted without, it still
    # is: then there are two invoices, as has been seen.
    if estimate["deleted"] or estimate["estimateStatus"] != "accepted":
        return
    invoice = convert(state, estimate, mark=True)
    direct = (estimate.get("autoInvoice") or {}).get("directPayments")
    if direct and state.choices.direct_payments == "sent":
        invoices.mark_sent(state, invoice, estimate["sentBy"])


def _create_invoice(call: Call) -> Answer:
    estimate = call.find(call.state.estimates, call.path["estimateId"], "Estimate")
    require_status(estimate, "estimateStatus", ("accepted",), "estimate_not_accepted")
    converted = estimate["_id"] in call.state.converted
    if converted and call.state.choices.second_conversion == "refused":
        raise SandboxError(400, "estimate_already_converted")
    invoice = convert(call.state, estimate, mark=call.body["markAsInvoiced"])
    shown = invoices.shown(call.state, invoice)
    return call.posted({"estimate": estimate, "invoice": shown, "traceId": call.trace_id})


HANDLERS: dict[str, Handler] = {"estimates_create_invoice": _create_invoice}
