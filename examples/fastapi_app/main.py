"""The application: each request is for the location of whoever asks, and each write has a key."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Response
from starlette.requests import Request
from starlette.responses import RedirectResponse

from hoopai_invoices import InvoicesClient, LocationClient, LocationDefaults
from hoopai_invoices.auth import FileStore, Grant, OAuthApp, required_scopes
from hoopai_invoices.errors import OutcomeUnknown
from hoopai_invoices.ledger import SQLLedger
from hoopai_invoices.models import BusinessDetails, Invoice, InvoiceSendResult
from hoopai_invoices.web import (
    add_error_handlers,
    install_routes,
    lifespan,
    tenant,
)

from .bodies import Listed, NewInvoice, Outcome
from .sessions import Sessions
from .settings import Settings

log = logging.getLogger("billing")

SCOPES = required_scopes("invoices.create", "invoices.send", "invoices.get", "invoices.list")
AGENCY = {"oauth.write", "oauth.readonly"}  # to mint tokens for its locations
SETTLE_EVERY = 30.0

Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200)]


async def located(request: Request) -> str | None:
    """Whose session it is. 401 when it is nobody's: that is the application's to say."""
    location_id: str | None = request.app.state.sessions.location_of(request)
    if location_id is None:
        raise HTTPException(401, "log in first", {"WWW-Authenticate": "Cookie"})
    return location_id


async def billing(request: Request) -> LocationClient:
    """The client of the location whose user asks."""
    return await tenant(located, defaults=request.app.state.defaults)(request)


Billing = Annotated[LocationClient, Depends(billing)]


def outcome_url(error: OutcomeUnknown) -> str | None:
    if error.key is None or error.operation is None:
        return None
    return f"/outcomes?{urlencode({'key': error.key, 'operation': error.operation})}"


async def create(body: NewInvoice, key: Key, client: Billing) -> Invoice:
    return await client.invoices.create(
        key=key,
        settle="defer",  # a browser can't wait: 202, and where to ask again
        name=body.name,
        contact_details=body.contact(),
        currency=body.currency,
        items=body.items(),
        issue_date=body.issue_date,
        due_date=body.due_date,
    )


async def listed(
    client: Billing,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Listed:
    pager = client.invoices.list(cursor=cursor, page_size=limit)
    items = await pager.collect(limit=limit)
    more = len(items) == limit and not pager.cursor.endswith("!")
    return Listed(items=items, cursor=pager.cursor if more else None)


async def get(invoice_id: str, client: Billing) -> Invoice:
    return await client.invoices.get(invoice_id)


async def send(invoice_id: str, key: Key, client: Billing) -> InvoiceSendResult:
    return await client.invoices.send(invoice_id, key=key, settle="defer", action="email")


async def outcome(
    key: str,
    request: Request,
    client: Billing,
    response: Response,
    operation: str = "invoices.create",
) -> Outcome:
    """What became of a write; the settling job finds it out."""
    assert client.location_id is not None
    ledger: SQLLedger = request.app.state.ledger
    entry = await ledger.find(client.location_id, operation, key)
    if entry is None:
        raise HTTPException(404, "there was no such write")
    response.headers["Cache-Control"] = "no-store"
    if entry.state == "done":
        return Outcome(state="done", record_id=entry.record_id)
    if entry.state == "refused" or (entry.state == "reserved" and not entry.leased_for):
        return Outcome(state="not done")
    # While nobody works on it, nothing is found out before the job comes round.
    soonest = 1.0 if entry.leased_for else SETTLE_EVERY
    wait = math.ceil(max(entry.look_in, entry.leased_for, soonest))
    return Outcome(state="open", ask_again_in=wait)


async def settle(client: InvoicesClient) -> None:
    """Find out, time and again, what became of writes whose answers were lost, or that a crash has left."""
    while True:
        await asyncio.sleep(SETTLE_EVERY)
        try:
            for settled in await client.writes.settle_pending():
                log.info("%s: %s", settled.entry.operation, settled.error or "done")
        except Exception:  # whatever it is, the next round may go well
            log.exception("settling")


def make_app(settings: Settings) -> FastAPI:
    oauth = OAuthApp(
        settings.client_id,
        settings.client_secret,
        store=FileStore(settings.store),
        redirect_uri=f"{settings.url}/oauth/callback",
        scopes=SCOPES | AGENCY,
        base_url=settings.base_url,
        authorize_url=settings.consent_url,
    )
    sessions = Sessions(settings.secret, secure=settings.url.startswith("https:"))

    @asynccontextmanager
    async def make_client() -> AsyncIterator[InvoicesClient]:
        async with (
            SQLLedger(settings.ledger) as ledger,
            InvoicesClient(token=oauth, base_url=settings.base_url, ledger=ledger) as client,
        ):
            app.state.ledger = ledger
            yield client

    @asynccontextmanager
    async def own(app: FastAPI) -> AsyncIterator[None]:
        job = asyncio.create_task(settle(app.state.hoopai_client))
        try:
            yield
        finally:
            job.cancel()
            await asyncio.wait([job])

    async def connect(request: Request, grant: Grant) -> Response:
        """Whoever has consented is logged in: a stand-in, as all of `sessions`."""
        answer = RedirectResponse("/docs", 303)
        if grant.location_id is not None:
            sessions.log_in(answer, grant.location_id)
        return answer

    app = FastAPI(title="Billing", lifespan=lifespan(make_client, own))
    app.state.sessions = sessions
    app.state.defaults = LocationDefaults(
        live_mode=settings.live,
        user_id=settings.user_id,
        business_details=BusinessDetails(name="Example LLC"),
    )
    app.post("/invoices", status_code=201)(create)
    app.get("/invoices")(listed)
    app.get("/invoices/{invoice_id}")(get)
    app.post("/invoices/{invoice_id}/send")(send)
    app.get("/outcomes")(outcome)
    app.router.routes.extend(install_routes(oauth, on_installed=connect))
    add_error_handlers(app, outcome_url=outcome_url)
    return app
