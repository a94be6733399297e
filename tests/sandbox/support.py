"""A bare HTTP caller that keeps numbers exact."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from hoopai_invoices.sandbox import Sandbox
from hoopai_invoices.sandbox.wire import render

START = datetime(2026, 8, 27, 3, 44, 48, 47000, tzinfo=UTC)
"""The evening of 26 August 2026 in the default location, and already the 27th in UTC."""


class Api:
    """Calls the sandbox as a program without the client would."""

    def __init__(self, http: httpx.AsyncClient, box: Sandbox) -> None:
        self.http = http
        self.box = box

    async def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: Any = None,
        headers: Any = None,
        **query: str,
    ) -> tuple[int, Any]:
        """Status and parsed answer. The location is filled in where the service wants it.

        `headers` are added to the usual ones; a header that is None is not sent.
        """
        sent: dict[str, str | None] = {
            "Authorization": f"Bearer {token or self.box.token}",
            "Version": "2021-07-28",
            "Content-Type": "application/json",
            **(headers or {}),
        }
        where = {"altId": self.box.location_id, "altType": "location"}
        response = await self.http.request(
            method,
            path,
            params=query if body is not None else {**where, **query},
            content=None if body is None else render(body if "/stats/" in path else where | body),
            headers={name: value for name, value in sent.items() if value is not None},
        )
        text = response.text
        return response.status_code, json.loads(text, parse_float=Decimal) if text else None

    async def ok(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """The answer of a call that must succeed."""
        status, answer = await self(method, path, body, **query)
        assert 200 <= status < 300, answer
        return answer


def new_box(**settings: Any) -> Sandbox:
    """A sandbox whose ids and times are the same in every run."""
    return Sandbox(**{"seed": 7, "now": START, **settings})


def api_of(box: Sandbox) -> Api:
    """A caller of the sandbox in process."""
    transport = httpx.ASGITransport(app=box.app)
    return Api(httpx.AsyncClient(transport=transport, base_url="http://sandbox.invalid"), box)


class App:
    """The marketplace app's side: what it sends, and what it gets."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.http = api_of(box).http

    async def post(self, **form: str) -> httpx.Response:
        """One call of the token endpoint, as a form; the app's credentials are filled in."""
        oauth = self.box.oauth
        app = {"client_id": oauth.client_id, "client_secret": oauth.client_secret}
        return await self.http.post("/oauth/token", data={**app, **form})

    async def exchange(self, code: str, **more: str) -> httpx.Response:
        return await self.post(grant_type="authorization_code", code=code, **more)

    async def refresh(self, token: str) -> httpx.Response:
        return await self.post(grant_type="refresh_token", refresh_token=token)

    async def tokens(self, user_type: Any = "Location", **consent: Any) -> Any:
        """The tokens of a new consent."""
        answer = await self.exchange(self.box.oauth.authorize(user_type, **consent))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def call(
        self, token: str, method: str = "GET", path: str = "/invoices/settings", **request: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "Version": "2021-07-28"}
        if path.startswith("/invoices"):
            where = {"altId": self.box.location_id, "altType": "location"}
            request["params"] = where | request.get("params", {})
        return await self.http.request(method, path, headers=headers, **request)

    async def mint(self, token: str, location: str | None = None, **more: Any) -> httpx.Response:
        company = more.pop("company", self.box.add_location().company_id)
        body = {"companyId": company, "locationId": location or self.box.location_id}
        return await self.call(token, "POST", "/oauth/locationToken", data=body, **more)

    async def installed(self, token: str, **query: str) -> httpx.Response:
        company, app = self.box.add_location().company_id, self.box.oauth.app_id
        params = {"companyId": company, "appId": app, **query}
        return await self.call(token, path="/oauth/installedLocations", params=params)
