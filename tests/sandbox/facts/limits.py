"""Section 5: rate limits."""

from __future__ import annotations

import httpx

from hoopai_invoices.sandbox import Limits

from ..samples import invoice
from ..support import Api
from .doing import raw
from .table import fact


async def look(api: Api, location: str | None = None, token: str | None = None) -> httpx.Response:
    where = {"altId": location or api.box.location_id, "altType": "location"}
    return await raw(api, "GET", "/invoices/settings", params=where, token=token)


@fact("5: a hundred requests within ten seconds, and no more")
async def _(api: Api) -> None:
    assert {(await look(api)).status_code for _ in range(100)} == {200}
    assert (await look(api)).status_code == 429
    api.box.clock.advance(seconds=10)
    assert (await look(api)).status_code == 200


@fact("5: the limits are counted by location")
async def _(api: Api) -> None:
    other = api.box.add_location()
    both = api.box.add_token(kind="Company", locations=[api.box.location_id, other.id])
    for _ in range(100):
        await look(api, token=both)
    assert (await look(api, token=both)).status_code == 429
    assert (await look(api, other.id, token=both)).status_code == 200


@fact("5: the limits are counted by app")
async def _(api: Api) -> None:
    for _ in range(101):
        await look(api)
    assert (await look(api)).status_code == 429
    assert (await look(api, token=api.box.add_token())).status_code == 200


@fact("5: five headers tell what is left")
async def _(api: Api) -> None:
    first, second = (await look(api)).headers, (await look(api)).headers
    assert first["X-RateLimit-Limit-Daily"] == "200000"
    assert first["X-RateLimit-Interval-Milliseconds"] == "10000"
    assert first["X-RateLimit-Max"] == "100"
    assert (first["X-RateLimit-Remaining"], second["X-RateLimit-Remaining"]) == ("99", "98")
    assert (first["X-RateLimit-Daily-Remaining"], second["X-RateLimit-Daily-Remaining"]) == (
        "199999",
        "199998",
    )


@fact("5: a burst's 429 has requests left in the day")
async def _(api: Api) -> None:
    for _ in range(100):
        await look(api)
    answer = await look(api)
    assert answer.status_code == 429
    assert isinstance(answer.json()["message"], str)
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert answer.headers["X-RateLimit-Daily-Remaining"] == "199900"


@fact("5: a day's 429 has none", limits=Limits(daily=3))
async def _(api: Api) -> None:
    assert [(await look(api)).status_code for _ in range(4)] == [200, 200, 200, 429]
    api.box.clock.advance(minutes=5)
    answer = await look(api)
    assert answer.status_code == 429
    assert answer.headers["X-RateLimit-Daily-Remaining"] == "0"
    api.box.clock.advance(days=1)
    assert (await look(api)).status_code == 200


@fact("5: nothing was done by a request that is one too many", limits=Limits(burst=1))
async def _(api: Api) -> None:
    await look(api)
    assert (await api("POST", "/invoices/", invoice()))[0] == 429
    assert api.box.created("invoice") == []


@fact("5: the window may slide", limits=Limits(burst=2, window="sliding"))
async def _(api: Api) -> None:
    await look(api)
    api.box.clock.advance(seconds=9)
    await look(api)
    api.box.clock.advance(seconds=2)
    assert [(await look(api)).status_code for _ in range(2)] == [200, 429]


@fact("5: the window may be fixed", limits=Limits(burst=2, window="fixed"))
async def _(api: Api) -> None:
    await look(api)
    api.box.clock.advance(seconds=9)
    await look(api)
    api.box.clock.advance(seconds=2)
    assert [(await look(api)).status_code for _ in range(3)] == [200, 200, 429]


@fact("5: a trial's limits can be set", limits=Limits(burst=25, daily=10_000))
async def _(api: Api) -> None:
    headers = (await look(api)).headers
    assert headers["X-RateLimit-Max"] == "25"
    assert headers["X-RateLimit-Limit-Daily"] == "10000"


@fact("5: a 429 may be asked for")
async def _(api: Api) -> None:
    api.box.faults.throttle("invoices.create", daily=True)
    assert (await api("POST", "/invoices/", invoice()))[0] == 429
    assert (await api("POST", "/invoices/", invoice()))[0] in (200, 201)
    assert len(api.box.created("invoice")) == 1
