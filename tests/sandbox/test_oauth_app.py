"""The app's side of OAuth, as the sandbox hands it out."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from hoopai_invoices.errors import HoopAIError
from hoopai_invoices.sandbox import Sandbox

from .support import api_of

pytestmark = pytest.mark.anyio
BACK = "https://app.example/oauth/callback"


async def test_it_goes_through_the_consent_page_and_refreshes(box: Sandbox) -> None:
    app = box.oauth_app(redirect_uri=BACK, scopes=["invoices.readonly"])
    asked = urlsplit(app.authorization_url().url)
    answer = await api_of(box).http.get(f"/oauth/chooselocation?{asked.query}")
    back = dict(answer.next_request.url.params) if answer.next_request else {}
    grant = await app.complete(back, state=back["state"])
    assert (grant.kind, grant.location_id) == ("Location", box.location_id)
    assert grant.scopes == {"invoices.readonly"}
    box.clock.advance(days=2)
    async with box.client(token=app) as client:
        await client.invoices.list().first()
    assert box.calls == ["oauth.token", "oauth.token", "invoices.list"]
    assert (box.oauth.refreshes, box.arrivals[-1].token_of) == (1, box.location_id)
    await app.aclose()


async def test_keywords_win_and_each_app_has_a_store_of_its_own(box: Sandbox) -> None:
    first, second = box.oauth_app(redirect_uri=BACK), box.oauth_app(redirect_uri=BACK)
    await first.exchange_code(box.oauth.authorize())
    async with box.client(token=second) as client:
        with pytest.raises(HoopAIError):  # it has no grant
            await client.invoices.list().first()
    wrong = box.oauth_app(redirect_uri=BACK, client_secret="not-the-secret")
    with pytest.raises(HoopAIError):
        await wrong.exchange_code(box.oauth.authorize())
    assert [(arrival.operation, arrival.status) for arrival in box.arrivals] == [
        ("oauth.token", 200),
        ("oauth.token", 401),
    ]
    for app in (first, second, wrong):
        await app.aclose()
