"""Payment of an invoice in parts: its `paymentSchedule`.

A stored part carries, beside what was sent, an `_id`, its `amount` and a `status`: `pending` or
`paid`. The service's own names for these were never recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..errors import SandboxError
from ..state import Record, State
from .money import in_minor_units, minus, plus, written

__all__ = ["add_up", "filled", "last_day", "next_open", "planned", "rows"]

# Thirds, sixths, … can't add up to 100 in the four decimals the service keeps: each part may be
# off by half of the last one.
_SLACK = Fraction(5, 100_000)


def planned(
    state: State, plan: Mapping[str, Any], total: Decimal, currency: str, before: Record | None
) -> Record:
    """A plan as stored, with the amount of each part; together they are the total exactly.

    Args:
        state: Where ids come from.
        plan: The plan as sent. Parts that come back with the `_id` they had keep it.
        total: What the parts share out.
        currency: Whose smallest unit the amounts are rounded to; the last takes what is left.
        before: The plan that is replaced.

    Raises:
        SandboxError: A part has no day or value, or they don't add up.
    """
    sent: list[Any] = plan["schedules"]
    _check(sent)
    percentage = plan["type"] == "percentage"
    values = [Fraction(row["value"]) for row in sent]
    if not add_up(plan["type"], values, total):
        whole = "100" if percentage else f"the invoice's total, {written(total)}"
        raise SandboxError(422, [f"paymentSchedule.schedules must add up to {whole}"])
    known = {row["_id"] for row in rows(before)}
    left = total
    stored: list[Record] = []
    for row, value in zip(sent, values, strict=True):
        share = value * Fraction(total) / 100 if percentage else value
        amount = min(in_minor_units(share, currency), left)  # rounding up may exhaust it early
        if len(stored) == len(sent) - 1:
            amount = left
        left = minus(left, amount)
        row_id = row["_id"] if row.get("_id") in known else state.new_record_id()
        known.discard(row_id)
        status = "pending" if amount else "paid"
        stored.append({**row, "_id": row_id, "amount": amount, "status": status})
    return {**plan, "schedules": stored}


def rows(plan: Record | None) -> list[Record]:
    """The stored parts of a plan, none without one."""
    return list((plan or {}).get("schedules", ()))


def last_day(plan: Record | None) -> str:
    """The day on which the last part falls due; empty without a plan."""
    return max((row["dueDate"][:10] for row in rows(plan)), default="")


def add_up(kind: str, values: Sequence[Fraction], total: Decimal) -> bool:
    """Whether the values of the parts make the whole: 100 percent, or the total."""
    if kind == "percentage":
        return abs(sum(values, Fraction(0)) - 100) <= _SLACK * len(values)
    return sum(values, Fraction(0)) == Fraction(total)


def filled(plan: Record, paid: Decimal, named: Collection[str] = ()) -> Record:
    """The plan when so much of its invoice is paid.

    Named parts are paid. What was paid beside them pays the others in the order of their days, each
    as soon as the money reaches it whole.
    """
    done = {row["_id"] for row in rows(plan) if row["status"] == "paid" or row["_id"] in named}
    left = _beside(plan, paid, done)
    for row in _open(plan, done):
        if row["amount"] > left:
            break
        left = minus(left, row["amount"])
        done.add(row["_id"])
    parts = [{**r, "status": "paid" if r["_id"] in done else r["status"]} for r in rows(plan)]
    return {**plan, "schedules": parts}


def next_open(plan: Record | None, paid: Decimal) -> Decimal | None:
    """What is still to pay on the next part; None where there is none."""
    done = {row["_id"] for row in rows(plan) if row["status"] == "paid"}
    for row in _open(plan, done):
        return minus(row["amount"], _beside(plan, paid, done))
    return None


def _open(plan: Record | None, done: Collection[str]) -> list[Record]:
    waiting = [row for row in rows(plan) if row["_id"] not in done]
    return sorted(waiting, key=lambda row: str(row["dueDate"][:10]))


def _beside(plan: Record | None, paid: Decimal, done: Collection[str]) -> Decimal:
    return minus(paid, plus(*(row["amount"] for row in rows(plan) if row["_id"] in done)))


def _check(sent: list[Any]) -> None:
    faults = []
    for number, row in enumerate(sent):
        name = f"paymentSchedule.schedules.{number}"
        if not isinstance(row, dict):
            faults.append(f"{name} must be an object")
            continue
        if not _is_day(row.get("dueDate")):
            faults.append(f"{name}.dueDate must be a valid ISO 8601 date string")
        value = row.get("value")
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            faults.append(f"{name}.value must be a number conforming to the specified constraints")
        elif value <= 0:
            faults.append(f"{name}.value must be a positive number")
    if faults:
        raise SandboxError(422, faults)


def _is_day(value: object) -> bool:
    # A date, or an instant whose day is taken as it stands.
    try:
        date.fromisoformat(value[:10] if isinstance(value, str) else "")
    except ValueError:
        return False
    return True
