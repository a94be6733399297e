"""The lives of invoices."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, multiple, precondition, rule

from ..samples import CASH, LINE, invoice, replacement
from .bookkeeping import COSTA_RICA, LIABLE, Bill, exact, half_up, parts_of, total_of
from .draws import DISCOUNTS, FEES, HOURS, LINES, PERCENTAGES, SHARES, USERS
from .wired import Wired

__all__ = ["Bills"]


class Bills(Wired):
    """Everything that can be done with invoices, allowed or not."""

    bills = Bundle("bills")

    @initialize(target=bills, fees=FEES, discount=DISCOUNTS, shares=PERCENTAGES)
    def bills_to_begin_with(self, fees: Any, discount: Any, shares: Any) -> Any:
        place, line = self.box.location_id, {**LINE, "amount": 333, "qty": 3}
        late = self.create(place, [line], discount, 0, None, fees, "u1")
        parts = self.create(place, [line], discount, 3, shares, fees, "u1")
        return multiple(late, parts, self.create(place, [line], discount, 20, None, None, ""))

    def day(self, ahead: int) -> str:
        return (self.then.astimezone(COSTA_RICA).date() + timedelta(days=ahead)).isoformat()

    def number(self, place: str, wanted: str | None) -> str:
        """The wanted number or the next, after the highest that there ever was."""
        number = wanted or f"{self.highest.get(place, 0) + 1:06}"
        self.highest[place] = max(self.highest.get(place, 0), int(number))
        return number

    def contents(
        self, lines: Any, discount: Any, ahead: int, shares: Any, number: str | None
    ) -> dict[str, Any]:
        day = self.day(ahead)
        plan = shares and {
            "type": "percentage",
            "schedules": [
                {"dueDate": self.day(ahead - after), "value": share}
                for after, share in enumerate(shares)
            ],
        }
        return {
            "items": lines,
            "discount": discount,
            "issueDate": self.day(0),
            "dueDate": day,
            "paymentSchedule": plan,
            "invoiceNumber": number,
            "tipsConfiguration": {"tipsEnabled": True, "tipsPercentage": [5]},
        }

    def taken(self, place: str, number: str | None, bill: Bill | None = None) -> bool:
        """Whether a living invoice of the place has the number."""
        others = (b for b in self.model.values() if b is not bill and not b.deleted)
        return number in [b.number for b in others if b.place == place]

    def describe(self, bill: Bill, changes: dict[str, Any], answer: Any) -> None:
        """Note what an invoice says from now on."""
        bill.contents = total_of(changes["items"], changes["discount"])
        bill.due_day = changes["dueDate"]
        bill.tips_on = True
        plan = changes["paymentSchedule"]
        bill.parts = parts_of(plan, bill.contents) if plan else []
        stored = (answer.get("paymentSchedule") or {"schedules": []})["schedules"]
        for part, row in zip(bill.parts, stored, strict=True):
            part.id = row["_id"]

    @rule(
        target=bills,
        place=Wired.places,
        lines=LINES,
        discount=DISCOUNTS,
        ahead=st.sampled_from([0, 0, 3, 20, -1]),
        shares=st.none() | PERCENTAGES,
        fees=FEES | st.none(),
        number=st.sampled_from([None, None, None, "000001", "000007"]),
        user=USERS | st.none(),
    )
    def create(
        self,
        place: str,
        lines: Any,
        discount: Any,
        ahead: int,
        shares: Any,
        fees: Any,
        user: str | None,
        number: str | None = None,
    ) -> Any:
        """Create, or with a user text2pay: create and send in one."""
        changes = self.contents(lines, discount, ahead, shares, number)
        refusal = 422 if ahead < 0 else 400 if self.taken(place, number) else None
        body = {**invoice(**changes, lateFeesConfiguration=fees), "altId": place}
        path = "/invoices/"
        if user is not None:
            path, body = "/invoices/text2pay", {**body, "action": "send", "userId": user}
        status, answer = self.call("POST", path, body)
        assert status == (refusal or 201), answer
        if refusal:
            return multiple()
        made = answer if user is None else answer["invoice"]
        expected = self.number(place, number)
        assert made["invoiceNumber"] == expected
        sent = bool(user)
        bill = Bill(made["_id"], place, expected, Fraction(0), "", fees or {}, sent=sent)
        bill.status = "sent" if sent else "draft"
        self.describe(bill, changes, made)
        self.model[bill.id] = bill
        return bill.id

    @rule(
        target=bills,
        bill=bills,
        lines=LINES,
        discount=DISCOUNTS,
        ahead=st.sampled_from([None, -1, 0, 10]),
        shares=st.none() | PERCENTAGES,
        number=st.sampled_from([None, None, "000001", "000007"]),
    )
    def update(
        self, bill: str, lines: Any, discount: Any, ahead: int | None, shares: Any, number: Any
    ) -> Any:
        model = self.model[bill]
        kept = (date.fromisoformat(model.due_day) - date.fromisoformat(self.day(0))).days
        late = ahead is not None and ahead < 0 and ahead != kept
        changes = self.contents(lines, discount, kept if ahead is None else ahead, shares, number)
        refusal = (
            404
            if model.deleted
            else 400
            if model.status not in ("draft", "sent", "viewed")
            else 422
            if late
            else 400
            if self.taken(model.place, number, model)
            else None
        )
        answer = self.attempt(model, refusal, "PUT", "", replacement(**changes))
        if refusal is None:
            self.describe(model, changes, answer)
            model.number = self.number(model.place, number) if number else model.number
        return multiple()

    @rule(bill=bills, user=USERS)
    def send(self, bill: str, user: str) -> None:
        model = self.model[bill]
        refusal = 404 if model.deleted else 400 if model.status in ("paid", "void") else None
        body = {"userId": user, "action": "email", "liveMode": False}
        self.attempt(model, refusal, "POST", "/send", body)
        if user and refusal is None:
            model.sent = True
            if model.status == "draft":
                model.status = "sent"

    @rule(bill=bills, on_page=st.booleans())
    def visit(self, bill: str, on_page: bool) -> None:
        model = self.model[bill]
        if on_page:
            self.customer(model.deleted, model, lambda: self.box.customer.view(bill))
        else:
            path = "/invoices/stats/last-visited-at"
            status, _ = self.call("PATCH", path, {"invoiceId": bill})
            assert status == (404 if model.deleted else 200)
        if model.status == "sent" and not model.deleted:
            model.status = "viewed"

    @rule(bill=bills, share=st.none() | SHARES)
    def record_payment(self, bill: str, share: int | None) -> None:
        model = self.model[bill]
        amount = model.due if share is None else half_up(model.due * share / 100, 2)
        refusal = self.unpayable(model) or (
            422 if share is not None and amount <= 0 else 400 if amount > model.due else None
        )
        # The body is checked before the invoice is looked for.
        if share is not None and amount <= 0:
            refusal = 422
        body = CASH if share is None else {**CASH, "amount": exact(amount)}
        self.attempt(model, refusal, "POST", "/record-payment", body)
        if refusal is None:
            model.pay(amount)

    def unpayable(self, model: Bill) -> int | None:
        if model.deleted:
            return 404
        if model.status == "payment_processing":
            return 409
        return 400 if model.status == "void" or model.due <= 0 else None

    @rule(bill=bills, which=st.integers(0, 7), wrong=st.sampled_from([False, False, True]))
    def pay_parts(self, bill: str, which: int, wrong: bool) -> None:
        model = self.model[bill]
        parts = [part for number, part in enumerate(model.parts) if which >> number & 1]
        ids = [part.id for part in parts] or ["nope"]
        amount = sum((part.amount for part in parts), Fraction(0))
        refusal = self.unpayable(model) or (
            422
            if not parts
            else 400
            if wrong or any(part.paid for part in parts) or amount > model.due
            else None
        )
        body: dict[str, Any] = {**CASH, "paymentScheduleIds": ids}
        if wrong:
            body["amount"] = exact(amount + 1)
        self.attempt(model, refusal, "POST", "/record-payment", body)
        if refusal is None:
            model.pay(amount, ids=tuple(ids))

    @rule(
        bill=bills,
        share=st.none() | SHARES,
        tip=st.sampled_from([0, 0, 3]),
        hours=st.sampled_from([None, None, 1, 30]),
    )
    def customer_pays(self, bill: str, share: int | None, tip: int, hours: int | None) -> None:
        model = self.model[bill]
        amount = model.due if share is None else half_up(model.due * share / 100, 2)
        refused = (
            model.deleted
            or model.status not in LIABLE
            or amount <= 0
            or amount > model.due
            or (amount < model.least() and amount < model.due)
            or (tip > 0 and not model.tips_on)
        )
        seconds = None if hours is None else hours * 3600 + 1800
        asked = None if share is None else exact(amount)
        now = self.box.clock.now()

        def pay() -> None:
            self.box.customer.pay(bill, asked, tip=tip, clears_in=seconds)

        self.customer(refused, model, pay)
        if refused:
            return
        if seconds is None:
            model.pay(amount, Fraction(tip))
        else:
            model.status = "payment_processing"
            # The look at it beforehand has moved the clock by a millisecond.
            cleared = now + timedelta(seconds=seconds, milliseconds=1)
            model.clearing = (cleared, amount, Fraction(tip))

    @rule(bill=bills, how=st.sampled_from(["void", "delete"]))
    def end(self, bill: str, how: str) -> None:
        model = self.model[bill]
        allowed = LIABLE if how == "void" else ("draft",)
        refusal = 404 if model.deleted else None if model.status in allowed else 400
        if how == "void":
            self.attempt(model, refusal, "POST", "/void", {})
        else:
            self.attempt(model, refusal, "DELETE", "", None)
        if refusal is None:
            model.status = "void" if how == "void" else model.status
            model.deleted = how == "delete"

    @rule(bill=bills, fees=FEES)
    def change_fees(self, bill: str, fees: Any) -> None:
        model = self.model[bill]
        allowed = ("draft", *LIABLE)
        refusal = 404 if model.deleted else None if model.status in allowed else 400
        body = {"lateFeesConfiguration": fees}
        self.attempt(model, refusal, "PATCH", "/late-fees-configuration", body)
        if refusal is None:
            model.fees_by = fees

    @precondition(lambda self: self.model)
    @rule(hours=HOURS)
    def advance(self, hours: int) -> None:
        self.box.clock.advance(hours=hours)
        self.catch_up()
