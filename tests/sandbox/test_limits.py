"""The service's rate limits: a window and a day, for each app in each location."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoopai_invoices.sandbox import Limits, Sandbox, SandboxError
from hoopai_invoices.sandbox.limits import Meter

from .samples import invoice
from .support import Api, App, api_of, new_box

pytestmark = pytest.mark.anyio

WINDOW = timedelta(seconds=10)
COMPANY = ("oauth.readonly", "oauth.write", "invoices.readonly")


async def call(
    api: Api,
    path: str = "/invoices/settings",
    *,
    token: str | None = None,
    location: str | None = None,
    **query: str,
) -> httpx.Response:
    """One read; its status and headers matter."""
    headers = {"Authorization": f"Bearer {token or api.box.token}", "Version": "2021-07-28"}
    where = {"altId": location or api.box.location_id, "altType": "location"}
    return await api.http.get(path, params={**where, **query}, headers=headers)


async def statuses(api: Api, times: int, **how: Any) -> list[int]:
    return [(await call(api, **how)).status_code for _ in range(times)]


def quota(response: httpx.Response) -> dict[str, str]:
    """The limits' headers of an answer."""
    return {
        name.removeprefix("x-ratelimit-"): value
        for name, value in response.headers.items()
        if name.startswith("x-ratelimit-")
    }


@settings(max_examples=60, deadline=None)
@given(
    burst=st.integers(1, 6),
    waits=st.lists(
        st.one_of(st.integers(0, 400), st.sampled_from([9_990, 9_998, 9_999, 10_000]))
        | st.integers(0, 20_000),
        max_size=60,
    ),
)
async def test_any_window_is_full_at_most_and_used_to_the_full(
    burst: int, waits: list[int]
) -> None:
    """In no ten seconds do more than `burst` pass, and nothing is refused while fewer did."""
    async with new_box(limits=Limits(burst=burst)) as box:
        api = api_of(box)
        for wait in waits:
            box.clock.advance(seconds=wait / 1000)
            await call(api)
        seen = [(arrival.at, arrival.status) for arrival in box.arrivals]
    passed = [at for at, status in seen if status == 200]
    assert len(seen) == len(waits)
    for at, status in seen:
        before = sum(at - WINDOW < other < at for other in passed)
        assert (before < burst) is (status == 200)
        assert status in (200, 429)


async def test_a_hundred_in_ten_seconds(api: Api) -> None:
    assert await statuses(api, 102) == [200] * 100 + [429] * 2
    first, last, refused = api.box.arrivals[0].at, api.box.arrivals[99].at, api.box.arrivals[100].at
    assert (last - first, refused - first) == (
        timedelta(milliseconds=99),
        timedelta(milliseconds=100),
    )
    api.box.clock.advance(seconds=9.897)  # the next request is 9.999 s after the first
    assert await statuses(api, 1) == [429]
    assert await statuses(api, 3) == [200, 200, 200]


async def test_a_429_does_nothing_and_does_not_count(api: Api) -> None:
    await statuses(api, 100)
    status, answer = await api("POST", "/invoices/", invoice())
    assert (status, answer) == (429, {"statusCode": 429, "message": "Too many requests"})
    assert api.box.created("invoice") == []
    for _ in range(300):  # however often one knocks
        assert (await call(api)).status_code == 429
    api.box.clock.advance(seconds=9.6)
    assert (await call(api)).status_code == 200
    assert quota(await call(api))["daily-remaining"] == "199898"


async def test_what_is_left_stands_on_every_counted_answer(api: Api) -> None:
    box = api.box
    unlimited = {"limit-daily": "200000", "interval-milliseconds": "10000", "max": "100"}
    fine = await call(api)
    assert (fine.status_code, quota(fine)) == (
        200,
        {**unlimited, "remaining": "99", "daily-remaining": "199999"},
    )
    refused = await call(api, "/invoices/", limit="x", offset="0")
    assert (refused.status_code, quota(refused)) == (
        422,
        {**unlimited, "remaining": "98", "daily-remaining": "199998"},
    )
    missing = await call(api, "/invoices/nothing")
    assert (missing.status_code, quota(missing)) == (
        404,
        {**unlimited, "remaining": "97", "daily-remaining": "199997"},
    )
    await statuses(api, 97)
    over = await call(api)
    assert (over.status_code, quota(over)) == (
        429,
        {**unlimited, "remaining": "0", "daily-remaining": "199900"},
    )
    assert "retry-after" not in over.headers
    box.clock.advance(seconds=10)
    assert quota(await call(api))["remaining"] == "99"


async def test_what_is_turned_away_at_the_door_is_not_counted(api: Api) -> None:
    other = api.box.add_location()
    shut = api.box.add_location(suspended=True)
    for response, status in (
        (await call(api, token="nobody"), 401),
        (await call(api, token=api.box.add_token(scopes=[])), 401),
        (await call(api, location=other.id), 403),
        (
            await call(api, location=shut.id, token=api.box.add_token(locations=[shut.id])),
            400,
        ),
        (await call(api, "/nowhere"), 404),
    ):
        assert (response.status_code, quota(response)) == (status, {})
    assert quota(await call(api))["remaining"] == "99"


async def test_each_app_has_a_window_in_each_location() -> None:
    async with new_box(limits=Limits(burst=3)) as box:
        api, here, there = api_of(box), box.location_id, box.add_location().id
        both = box.add_token(locations=[here, there])
        assert await statuses(api, 4, token=both) == [200, 200, 200, 429]
        assert await statuses(api, 4, token=both, location=there) == [200, 200, 200, 429]
        assert await statuses(api, 4) == [200, 200, 200, 429]
        assert await statuses(api, 4, token=box.add_token()) == [200, 200, 200, 429]


async def test_tokens_of_one_app_share_its_windows() -> None:
    async with new_box(limits=Limits(burst=3)) as box:
        api, oauth = api_of(box), box.oauth
        form = {
            "client_id": oauth.client_id,
            "client_secret": oauth.client_secret,
            "grant_type": "authorization_code",
        }
        tokens = []
        for kind in ("Location", "Location", "Company"):
            code = oauth.authorize(kind, scopes=COMPANY)
            answer = await api.http.post("/oauth/token", data={**form, "code": code})
            tokens.append(answer.json()["access_token"])
        here = [(await call(api, token=token)).status_code for token in (*tokens, *tokens)]
        assert here == [200, 200, 200, 429, 429, 429]
        # The company's own calls count apart from those in its locations.
        path = "/oauth/installedLocations"
        headers = {"Authorization": f"Bearer {tokens[2]}", "Version": "2021-07-28"}
        of_company = {"companyId": answer.json()["companyId"], "appId": oauth.app_id}
        seen = [
            (await api.http.get(path, params=of_company, headers=headers)).status_code
            for _ in range(4)
        ]
        assert seen == [200, 200, 200, 429]


async def test_minting_may_have_a_limit_of_its_own() -> None:
    async with new_box(limits=Limits(mint_calls=3, burst=5)) as box:
        app = App(box)
        tokens = [(await app.tokens("Company"))["access_token"] for _ in range(2)]
        start = box.clock.now()
        minted = [await app.mint(tokens[n % 2]) for n in range(3)]  # one app's, together
        assert [answer.status_code for answer in minted] == [201] * 3
        for _ in range(9):  # however often one knocks
            over = await app.mint(tokens[0])
            assert (over.status_code, quota(over)) == (429, {})
            assert over.json() == {"statusCode": 429, "message": "Too many requests"}
        assert box.oauth.minted == {box.location_id: 3}
        # What it refused counts for no limit: of the company's five calls two are left.
        seen = [await app.installed(tokens[0]) for _ in range(3)]
        assert [answer.status_code for answer in seen] == [200, 200, 429]
        burst = await app.mint(tokens[0])
        assert (burst.status_code, quota(burst)["remaining"]) == (429, "0")  # the burst's own
        box.clock.advance(seconds=59.998 - (box.clock.now() - start).total_seconds())
        assert (await app.mint(tokens[0])).status_code == 429
        box.clock.advance(seconds=0.001)
        assert [(await app.mint(tokens[0])).status_code for _ in range(4)] == [201] * 3 + [429]


async def test_without_a_limit_of_its_own_minting_has_the_company_s() -> None:
    assert Limits().mint_calls is None
    async with new_box(limits=Limits(burst=20)) as box:
        app = App(box)
        token = (await app.tokens("Company"))["access_token"]
        minted = [(await app.mint(token)).status_code for _ in range(21)]
        assert minted == [201] * 20 + [429]


async def test_calls_that_name_no_location_count_for_the_token_s() -> None:
    async with new_box(limits=Limits(burst=2)) as box:
        api, contact = api_of(box), box.add_contact()
        assert await statuses(api, 1) == [200]
        assert await statuses(api, 2, path=f"/contacts/{contact.id}") == [200, 429]


async def test_a_day_begins_at_midnight_utc() -> None:
    async with Sandbox(
        now=datetime(2026, 8, 27, 23, 59, 50, tzinfo=UTC), limits=Limits(burst=None, daily=3)
    ) as box:
        api = api_of(box)
        assert await statuses(api, 3) == [200, 200, 200]
        over = await call(api)
        assert (over.status_code, over.json()["message"]) == (429, "Daily quota exceeded")
        assert quota(over) == {"limit-daily": "3", "daily-remaining": "0"}
        box.clock.advance(seconds=9.9)
        assert await statuses(api, 1) == [429]
        box.clock.advance(seconds=0.2)
        assert quota(await call(api)) == {"limit-daily": "3", "daily-remaining": "2"}


async def test_the_window_goes_on_over_midnight() -> None:
    async with Sandbox(
        now=datetime(2026, 8, 27, 23, 59, 59, tzinfo=UTC), limits=Limits(burst=2)
    ) as box:
        api = api_of(box)
        assert await statuses(api, 2) == [200, 200]
        box.clock.advance(seconds=2)
        assert await statuses(api, 1) == [429]
        box.clock.advance(seconds=8)
        assert quota(await call(api))["daily-remaining"] == "199999"


async def test_a_fixed_window_begins_anew_with_the_first_request_after_it() -> None:
    async with new_box(limits=Limits(burst=3, window="fixed")) as box:
        api = api_of(box)
        await statuses(api, 1)
        box.clock.advance(seconds=9.9)
        assert await statuses(api, 3) == [200, 200, 429]
        box.clock.advance(seconds=0.097)  # 10 s after the first
        assert await statuses(api, 4) == [200, 200, 200, 429]  # five within 0.2 s
        box.clock.advance(seconds=9.9)
        assert await statuses(api, 1) == [429]
        box.clock.advance(seconds=0.1)
        assert quota(await call(api))["remaining"] == "2"


async def test_without_limits_nothing_is_refused_or_told() -> None:
    async with new_box(limits=None) as box:
        api = api_of(box)
        assert await statuses(api, 150) == [200] * 150
        assert quota(await call(api)) == {}


async def test_what_commits_late_counts_when_it_does() -> None:
    async with new_box(limits=Limits(burst=1)) as box:
        api = api_of(box)
        box.faults.commit_late("invoices.create", seconds=5)
        with pytest.raises(ConnectionError):
            await api("POST", "/invoices/", invoice())
        box.clock.advance(seconds=8)
        assert await statuses(api, 1) == [429]
        box.clock.advance(seconds=8)
        assert await statuses(api, 1) == [200]
        assert len(box.created("invoice")) == 1


def test_memory_does_not_grow_with_the_calls() -> None:
    meter, now = Meter(Limits(mint_calls=5)), datetime(2026, 8, 27, tzinfo=UTC)
    sizes = []
    for _ in range(3):
        for _ in range(20_000):
            now += timedelta(milliseconds=40)  # refused and passed by turns
            try:
                meter.count("app", "place", now, mints=True)
                meter.count_token_call("client", now)
            except SandboxError:
                continue
        sizes.append(len(pickle.dumps(meter)))
    assert max(sizes) < 3_000
    assert max(sizes) - min(sizes) < 100
