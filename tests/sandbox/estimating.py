"""Steps that tests of estimates take time and again."""

from __future__ import annotations

from typing import Any

from .samples import SEND, estimate
from .support import Api

ESTIMATE = "/invoices/estimate"
PAGE = {"limit": "100", "offset": "0"}


async def make(api: Api, status: str = "draft", **changes: Any) -> str:
    """An estimate brought into a state; returns its id."""
    made: str = (await api.ok("POST", ESTIMATE, estimate(**changes)))["_id"]
    if status != "draft":
        await api.ok("POST", f"{ESTIMATE}/{made}/send", SEND)
    if status == "viewed":
        await visit(api, made)
    if status in ("accepted", "invoiced"):
        api.box.customer.accept(made)
    if status == "declined":
        api.box.customer.decline(made)
    if status == "invoiced":
        await convert(api, made, mark=True)
    return made


async def visit(api: Api, estimate_id: str) -> None:
    """The estimate's page was opened."""
    path = f"{ESTIMATE}/stats/last-visited-at"
    assert await api("PATCH", path, {"estimateId": estimate_id}) == (200, None)


async def convert(api: Api, estimate_id: str, *, mark: bool) -> Any:
    """Make the estimate's invoice by hand."""
    return await api.ok("POST", f"{ESTIMATE}/{estimate_id}/invoice", {"markAsInvoiced": mark})


async def one(api: Api, estimate_id: str) -> Any:
    """The estimate as the list shows it, or None."""
    answer = await api.ok("GET", f"{ESTIMATE}/list", **PAGE, search=estimate_id)
    return next(iter(answer["estimates"]), None)


async def all_invoices(api: Api) -> list[Any]:
    """The location's invoices, newest first."""
    answer = await api.ok("GET", "/invoices/", **PAGE)
    found: list[Any] = answer["invoices"]
    return found
