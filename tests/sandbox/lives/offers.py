"""The lives of estimates, and of the invoices that they become."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, multiple, rule

from ..samples import estimate
from .bills import Bills
from .bookkeeping import Bill, Offer, total_of
from .draws import DISCOUNTS, LINES, USERS
from .wired import Wired

__all__ = ["Lives"]


class Lives(Bills):
    """Everything that can be done with invoices and estimates, allowed or not."""

    offers = Bundle("offers")

    @rule(
        target=offers,
        place=Wired.places,
        lines=LINES,
        discount=DISCOUNTS,
        number=st.sampled_from([None, None, 3]),
        stage=st.sampled_from(["accepted", "sent", "draft"]),
    )
    def offer(self, place: str, lines: Any, discount: Any, number: int | None, stage: str) -> Any:
        there = [offer for offer in self.estimates.values() if offer.place == place]
        if any(offer.number == number and offer.deleted for offer in there):
            return multiple()  # nobody knows whether a deleted estimate gives its number back
        taken = [offer.number for offer in there]
        body = estimate(currency="USD", items=lines, discount=discount, estimateNumber=number)
        status, answer = self.call("POST", "/invoices/estimate", {**body, "altId": place})
        assert status == (400 if number in taken else 201), answer
        if number in taken:
            return multiple()
        expected = max(taken, default=0) + 1 if number is None else number
        assert answer["estimateNumber"] == expected
        offer = Offer(answer["_id"], place, expected, total_of(lines, discount))
        self.estimates[offer.id] = offer
        if stage != "draft":
            self.send_offer(offer.id, "u1")
        if stage == "accepted":
            self.customer_answers(offer.id, "accept")
        return offer.id

    @rule(
        offer=offers, lines=LINES, discount=DISCOUNTS, status=st.sampled_from(["accepted", "draft"])
    )
    def replace_offer(self, offer: str, lines: Any, discount: Any, status: str) -> None:
        model = self.estimates[offer]
        body = estimate(currency="USD", items=lines, discount=discount, estimateStatus=status)
        self.attempt(model, 404 if model.deleted else None, "PUT", "", body)
        if not model.deleted:
            model.total = total_of(lines, discount)

    @rule(offer=offers, user=USERS)
    def send_offer(self, offer: str, user: str) -> None:
        model = self.estimates[offer]
        body = {"userId": user, "action": "email", "liveMode": False}
        self.attempt(model, 404 if model.deleted else None, "POST", "/send", body)
        if user and model.status == "draft" and not model.deleted:
            model.status = "sent"

    @rule(offer=offers, deed=st.sampled_from(["view", "accept", "accept", "decline"]))
    def customer_answers(self, offer: str, deed: str) -> None:
        model = self.estimates[offer]
        waits = model.status in ("sent", "viewed")
        refused = model.deleted or (deed != "view" and not waits)
        self.customer(refused, model, lambda: getattr(self.box.customer, deed)(offer))
        if not refused and waits:
            model.status = {"view": "viewed", "accept": "accepted", "decline": "declined"}[deed]

    @rule(target=Bills.bills, offer=offers, mark=st.booleans())
    def convert(self, offer: str, mark: bool) -> Any:
        model = self.estimates[offer]
        refusal = 404 if model.deleted else None if model.status == "accepted" else 400
        answer = self.attempt(model, refusal, "POST", "/invoice", {"markAsInvoiced": mark})
        if refusal is not None:
            return multiple()
        made, expected = answer["invoice"], self.number(model.place, None)
        assert (made["status"], made["invoiceNumber"]) == ("draft", expected)
        bill = Bill(made["_id"], model.place, expected, model.total, self.day(30))
        self.model[bill.id] = bill
        if mark:
            model.status = "invoiced"
        return bill.id

    @rule(offer=offers)
    def delete_offer(self, offer: str) -> None:
        model = self.estimates[offer]
        self.attempt(model, 404 if model.deleted else None, "DELETE", "", {})
        model.deleted = True
