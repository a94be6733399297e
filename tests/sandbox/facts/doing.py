"""Bodies and short ways to the states that the facts speak of."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx

from ..samples import BUSINESS, CONTACT, LINE, SEND, estimate, invoice
from ..support import Api

Body = dict[str, Any]

RULE: Body = {"intervalType": "monthly", "interval": 1, "startDate": "2026-09-01", "dayOfMonth": 1}
TAX: Body = {"_id": "any", "name": "VAT", "rate": 13, "calculation": "exclusive"}
LATE_FEES: Body = {
    "enable": True,
    "type": "fixed",
    "value": 10,
    "frequency": {"intervalCount": 1, "interval": "day"},
}
START_PLAIN: Body = {"liveMode": False, "autoPayment": {"enable": False}}


def line(amount: int | Decimal, qty: int = 1, **more: Any) -> Body:
    """One line of an invoice or an estimate."""
    return {"name": "Work", "currency": "USD", "amount": amount, "qty": qty, **more}


def job(amount: int | Decimal, qty: int = 1, **more: Any) -> Body:
    """One line of an estimate, with the type that the database wants."""
    return line(amount, qty, type="one_time", **more)


def schedule(rule: Body | None = None, **changes: Any) -> Body:
    """A schedule with a rule."""
    return {
        "name": "Monthly plan",
        "contactDetails": CONTACT,
        "schedule": {"rrule": RULE if rule is None else rule},
        "liveMode": False,
        "businessDetails": BUSINESS,
        "currency": "USD",
        "items": [line(297)],
        "discount": {"type": "percentage", "value": 0},
        **changes,
    }


def template(**changes: Any) -> Body:
    return {
        "name": "New template",
        "businessDetails": BUSINESS,
        "currency": "USD",
        "items": [line(150)],
        **changes,
    }


def estimate_template(**changes: Any) -> Body:
    return {
        "name": "New template",
        "title": "ESTIMATE",
        "businessDetails": BUSINESS,
        "currency": "USD",
        "items": [job(150)],
        "discount": {"type": "percentage", "value": 0},
        **changes,
    }


def text2pay(**changes: Any) -> Body:
    return {
        "name": "New invoice",
        "currency": "USD",
        "items": [LINE],
        "contactDetails": CONTACT,
        "issueDate": "2026-08-26",
        "dueDate": "2026-09-26",
        "sentTo": {"email": ["alex@example.com"]},
        "liveMode": False,
        "action": "draft",
        "userId": "u1",
        "businessDetails": BUSINESS,
        **changes,
    }


async def raw(
    api: Api,
    method: str,
    path: str,
    *,
    token: str | None = None,
    headers: dict[str, str] | None = None,
    **request: Any,
) -> httpx.Response:
    """The whole answer to a request to which nothing is added but the usual headers."""
    sent = {"Authorization": f"Bearer {token or api.box.token}", "Version": "2021-07-28"}
    return await api.http.request(method, path, headers=sent | (headers or {}), **request)


async def drafted(api: Api, **changes: Any) -> Any:
    """An invoice that is a draft."""
    return await api.ok("POST", "/invoices/", invoice(**changes))


async def sent(api: Api, **changes: Any) -> Any:
    """An invoice that is sent."""
    made = await drafted(api, **changes)
    answer = await api.ok("POST", f"/invoices/{made['_id']}/send", SEND)
    return answer["invoice"]


async def seen(api: Api, made: Any) -> Any:
    """An invoice as it is now."""
    return await api.ok("GET", f"/invoices/{made['_id']}")


async def pay(api: Api, made: Any, **body: Any) -> tuple[int, Any]:
    """Record a payment, in cash unless told otherwise."""
    return await api("POST", f"/invoices/{made['_id']}/record-payment", {"mode": "cash", **body})


async def quoted(api: Api, **changes: Any) -> Any:
    """An estimate that is a draft."""
    return await api.ok("POST", "/invoices/estimate", estimate(**changes))


async def offered(api: Api, **changes: Any) -> Any:
    """An estimate that is sent."""
    made = await quoted(api, **changes)
    return await api.ok("POST", f"/invoices/estimate/{made['_id']}/send", SEND)


async def agreed(api: Api, **changes: Any) -> Any:
    """An estimate that is accepted."""
    made = await offered(api, **changes)
    api.box.customer.accept(made["_id"])
    return made


async def converted(api: Api, made: Any, *, mark: bool = True) -> tuple[int, Any]:
    """What the service answers to the conversion of an estimate."""
    path = f"/invoices/estimate/{made['_id']}/invoice"
    return await api("POST", path, {"markAsInvoiced": mark, "version": "v2"})


async def estimates(api: Api, **query: str) -> list[Any]:
    """The estimates that the list shows."""
    answer = await api.ok("GET", "/invoices/estimate/list", limit="100", offset="0", **query)
    found: list[Any] = answer["estimates"]
    return found


async def one_estimate(api: Api, made: Any) -> Any:
    """An estimate as it is now."""
    (found,) = await estimates(api, search=made["_id"])
    return found


async def invoices(api: Api, **query: str) -> list[Any]:
    """The invoices that the list shows."""
    answer = await api.ok("GET", "/invoices/", limit="100", offset="0", **query)
    found: list[Any] = answer["invoices"]
    return found


async def planned(api: Api, rule: Body | None = None, **changes: Any) -> Any:
    """A schedule that is a draft."""
    return await api.ok("POST", "/invoices/schedule", schedule(rule, **changes))


async def started(api: Api, rule: Body | None = None, **changes: Any) -> Any:
    """A schedule that was started, without auto-payment."""
    made = await planned(api, rule, **changes)
    return await api.ok("POST", f"/invoices/schedule/{made['_id']}/schedule", START_PLAIN)


async def plan(api: Api, made: Any) -> Any:
    """A schedule as it is now."""
    return await api.ok("GET", f"/invoices/schedule/{made['_id']}")


def texts(answer: Any) -> str:
    """The message of a refusal as one text."""
    told = answer["message"]
    return told if isinstance(told, str) else "\n".join(told)
