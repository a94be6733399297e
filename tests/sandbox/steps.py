"""Steps that tests of invoices take time and again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hoopai_invoices.sandbox import Sandbox

from .samples import CASH, SEND, invoice
from .support import Api

PAGE = {"limit": "100", "offset": "0"}


async def make(api: Api, status: str = "draft", **changes: Any) -> str:
    """An invoice of 1800 brought into a state; returns its id."""
    made: str = (await api.ok("POST", "/invoices/", invoice(**changes)))["_id"]
    path = f"/invoices/{made}"
    if status in ("sent", "viewed", "void", "payment_processing"):
        await api.ok("POST", f"{path}/send", SEND)
    if status == "viewed":
        await visit(api, made)
    if status == "void":
        await api.ok("POST", f"{path}/void", {})
        return made
    if status == "partially_paid":
        await api.ok("POST", f"{path}/record-payment", {**CASH, "amount": 1})
    if status == "paid":
        await api.ok("POST", f"{path}/record-payment", CASH)
    if status == "payment_processing":
        api.box.customer.pay(made, clears_in=3600)
    assert (await read(api, made))["status"] == status
    return made


async def read(api: Api, invoice_id: str) -> Any:
    """The invoice as a GET shows it."""
    return await api.ok("GET", f"/invoices/{invoice_id}")


async def visit(api: Api, invoice_id: str) -> None:
    """The invoice's page was opened."""
    path = "/invoices/stats/last-visited-at"
    assert await api("PATCH", path, {"invoiceId": invoice_id}) == (200, None)


def go_to(box: Sandbox, moment: str) -> None:
    """Move the clock to an instant."""
    goal = datetime.fromisoformat(moment)
    box.clock.advance(seconds=(goal - box.clock.now()).total_seconds())
