"""Grants at the wrong moment: cancelled, raced, answered wrongly, refused at random, or slow."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Callable, Mapping
from itertools import pairwise
from traceback import TracebackException
from typing import Any, Literal, cast
from urllib.parse import parse_qsl

import httpx
import pytest
from granting import (
    BACK,
    Faulty,
    company_of,
    consented,
    entry_of,
    given,
    new_box,
    statuses,
    wrong_tokens,
)
from hypothesis import given as given_
from hypothesis import strategies as st
from strategies import cases
from virtual import VirtualTime, answer

from hoopai_invoices import InvoicesClient, RateLimit
from hoopai_invoices._core.secret import Secret
from hoopai_invoices.auth import Grant, MemoryStore, OAuthApp, PrivateToken, private
from hoopai_invoices.auth.pace import _Learning
from hoopai_invoices.errors import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
    MissingScopeError,
    PermissionDeniedError,
    ReauthorizationRequired,
    TokenStoreError,
)
from hoopai_invoices.sandbox import Choices, Sandbox

pytestmark = pytest.mark.anyio
MINT, TOKEN, CALL = "oauth.location_token", "oauth.token", "invoices.list"
DAY = 86_399
PLACE, COMPANY, OTHER = "location01", "company01", "anotherAgency02"
FEW, MORE = ["invoices.readonly"], ["invoices.readonly", "invoices/estimate.readonly"]


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with new_box() as made:
        yield made


async def listed(client: Any) -> None:
    await client.invoices.list().first()


def on_box(box: Sandbox, **settings: Any) -> tuple[OAuthApp, InvoicesClient]:
    app = box.oauth_app(**{"redirect_uri": BACK, **settings})
    return app, box.client(token=app)


def grant_of(
    kind: Literal["Company", "Location"] = "Location",
    place: str = PLACE,
    company: str = COMPANY,
    **facts: Any,
) -> Grant:
    """A grant that nobody has asked the service for."""
    return Grant(
        kind=kind,
        **{
            "access_token": Secret(f"access-of-{place if kind == 'Location' else company}"),
            "refresh_token": Secret(f"refresh-of-{place if kind == 'Location' else company}"),
            "company_id": company,
            "location_id": place if kind == "Location" else None,
            "scopes": frozenset({"oauth.write", "oauth.readonly", *MORE}),
            "obtained_at": 0.0,
            "expires_in": None,
            **facts,
        },
    )


def refused(status: int, message: str = "no", **headers: str) -> httpx.Response:
    body = {"message": message, "statusCode": status}
    return answer(status, body, {name.replace("_", "-"): text for name, text in headers.items()})


class Service(httpx.AsyncBaseTransport):
    """The service by a virtual clock; each answer takes a tenth of a second.

    Attributes:
        log: When each request arrived, and its path.
        token: Answers a form of `/oauth/token` in place of the usual answer, where it gives one.
        mint: The same of `/oauth/locationToken`.
        call: The same of every other request.
        life: For how many seconds its tokens are good.
    """

    def __init__(self, clock: VirtualTime) -> None:
        self.clock = clock
        self.log: list[tuple[float, str]] = []
        self.token: Callable[[dict[str, str]], httpx.Response | None] = lambda form: None
        self.mint: Callable[[dict[str, str]], httpx.Response | None] = lambda form: None
        self.call: Callable[[httpx.Request], httpx.Response | None] = lambda request: None
        self.life: float = DAY

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.extensions["trace"](
            "http11.send_request_headers.started", {"request": request}
        )
        path = request.url.path
        self.log.append((self.clock.now, path))
        await self.clock.sleep(0.1)
        form = dict(parse_qsl((request.content or b"").decode())) if "/oauth/" in path else {}
        number = len(self.log)
        if path == "/oauth/token":
            return self.token(form) or answer(200, self.granted(form, number))
        if path == "/oauth/locationToken":
            return self.mint(form) or answer(200, self.minted(form, number))
        return self.call(request) or answer(200, {"invoices": [], "total": 0})

    def granted(self, form: Mapping[str, str], number: int = 0) -> dict[str, Any]:
        kind = form.get("user_type", "Location")
        where = {"locationId": PLACE} if kind == "Location" else {}
        return {
            "access_token": f"access-number-{number}",
            "refresh_token": f"refresh-number-{number}",
            "expires_in": self.life,
            "userType": kind,
            "companyId": COMPANY,
            "scope": "oauth.write oauth.readonly invoices.readonly invoices.write",
            **where,
        }

    def minted(self, form: Mapping[str, str], number: int = 0) -> dict[str, Any]:
        return {
            "access_token": f"minted-number-{number}",
            "expires_in": self.life,
            "locationId": form["locationId"],
            "scope": "invoices.readonly invoices.write",
        }

    def asked(self, path: str, since: float = 0.0) -> int:
        return sum(1 for at, what in self.log if what == f"/oauth/{path}" and at >= since)


def on(
    service: Service, store: MemoryStore | None = None, **settings: Any
) -> tuple[OAuthApp, InvoicesClient]:
    clock = service.clock
    app = OAuthApp(
        "app1-x",
        "the-secret-of-the-app",
        store=store or MemoryStore(_now=clock.monotonic),
        base_url="http://localhost",
        transport=service,
        _clock=clock,
        **settings,
    )
    return app, also(app, service)


def also(app: OAuthApp, service: Service, **settings: Any) -> InvoicesClient:
    """Another client of an app."""
    return InvoicesClient(
        token=app,
        transport=service,
        base_url="http://localhost",
        location_id=PLACE,
        _clock=service.clock,
        **settings,
    )


async def kept_by(app: OAuthApp, **who: str) -> Grant:
    found = await app.grant(**who)
    assert found is not None
    return found


def frames_of(error: BaseException) -> str:
    """An error as reporters show it, with the variables of the package's frames."""
    shown = TracebackException.from_exception(error, capture_locals=True)
    own = [frame for frame in shown.stack if "hoopai_invoices" in frame.filename]
    assert own
    return "".join([*map(repr, (frame.locals for frame in own)), *shown.format_exception_only()])


# --- Cancelled at each await ---------------------------------------------------------------------


class Rounds(MemoryStore):
    """A store that takes a round of the event loop for everything."""

    async def get(self, name: str) -> Secret | None:
        await asyncio.sleep(0)
        found = await super().get(name)
        await asyncio.sleep(0)
        return found

    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        await asyncio.sleep(0)
        done = await super().swap(name, old, new)
        await asyncio.sleep(0)
        return done

    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        await asyncio.sleep(0)
        done = await super().lease(name, owner, seconds)
        await asyncio.sleep(0)
        return done

    async def release(self, name: str, owner: str) -> None:
        await asyncio.sleep(0)
        await super().release(name, owner)


class Strict(httpx.AsyncBaseTransport):
    """A service whose refresh tokens are good for one use, or, with grace, for the same use again.

    Attributes:
        good: The refresh token that is good.
        read: Whether an answer that gave it was read to its end.
        uses: How many refresh tokens were used up.
    """

    def __init__(self, *, grace: bool) -> None:
        self.grace, self.good, self.read = grace, "refresh-of-location01", False
        self.uses = 0
        self._before: str | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        await request.extensions["trace"](
            "http11.send_request_headers.started", {"request": request}
        )
        await asyncio.sleep(0)
        shown = dict(parse_qsl(request.content.decode()))["refresh_token"]
        if shown == self.good:
            self._before, self.good = shown, f"refresh-after-{shown}"
            self.uses += 1
        elif not (self.grace and shown == self._before):
            return answer(400, {"error": "invalid_grant", "message": "Invalid grant"})
        await asyncio.sleep(0)
        found = {
            "access_token": f"access-after-{self.good}",
            "refresh_token": self.good,
            "expires_in": DAY,
            "userType": "Location",
            "locationId": PLACE,
        }
        return httpx.Response(200, stream=_Halves(self, json.dumps(found).encode()))


class _Halves(httpx.AsyncByteStream):
    def __init__(self, service: Strict, data: bytes) -> None:
        self._service, self._data = service, data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data[:50]
        await asyncio.sleep(0)
        yield self._data[50:]
        self._service.read = True

    async def aclose(self) -> None:
        await asyncio.sleep(0)


@pytest.mark.parametrize("grace", [False, True], ids=["strict", "with grace"])
@pytest.mark.parametrize("whom", ["the renewal", "every task"])
async def test_a_renewal_that_is_cancelled_anywhere(whom: str, grace: bool) -> None:
    """The end of an event loop cancels every task once, and waits for them."""
    lost = moment = 0
    done = False
    others = asyncio.all_tasks()
    while not done:
        service, store = Strict(grace=grace), Rounds()
        app = OAuthApp(
            "app1-x",
            "the-secret-of-the-app",
            store=store,
            base_url="http://localhost",
            transport=service,
        )
        await app._grants.keep(grant_of(expires_in=10.0, obtained_at=1.0))
        holder = app._grants.location(PLACE)
        waiter = asyncio.create_task(holder.access(batch=False))
        for _ in range(moment):
            await asyncio.sleep(0)
        done = waiter.done()
        task = holder._task
        for one in asyncio.all_tasks() - others:
            if whom == "every task" or one is task:
                one.cancel()
        was_read = service.read
        while tasks := asyncio.all_tasks() - others:
            await asyncio.wait(tasks)
        if whom == "the renewal":  # who waits for it goes on, and at once
            assert service.uses == 1
            assert waiter.result().secret == Secret(f"access-after-{service.good}")
            assert store._leases == {}
        kept = await entry_of(app, store, f"location:{PLACE}")
        if kept["refresh_token"] != service.good:
            # It was in the air, and nobody gives it again.
            assert (whom, grace, was_read) == ("every task", False, False), moment
            lost += 1
        moment += 1
    assert moment > 25
    assert (lost > 0) is (whom == "every task" and not grace)


async def test_a_pause_before_the_store_is_tried_again_may_be_cancelled() -> None:
    async with VirtualTime() as clock:
        service, store = Service(clock), Faulty()
        app, client = on(service, store)
        await app._grants.keep(grant_of(expires_in=10.0, obtained_at=1.0))
        store.broken, store.calls["swap"] = {"swap"}, 0
        call = asyncio.create_task(listed(client))
        while not store.calls["swap"]:
            await clock.sleep(0.01)
        store.broken = set()
        task = app._grants.location(PLACE)._task
        assert task is not None
        for one in (task, call):
            one.cancel()
        await asyncio.wait([task, call])
        kept = await kept_by(app, location_id=PLACE)
        assert kept.refresh_token == Secret("refresh-number-1")
        assert not task.cancelled()
        assert store.calls["swap"] == 2


async def test_a_lease_whose_answer_was_too_late_is_given_back() -> None:
    class Slow(MemoryStore):
        late = True

        async def lease(self, name: str, owner: str, seconds: float) -> bool:
            found = await super().lease(name, owner, seconds)
            if self.late:
                self.late = False
                await clock.sleep(11)  # a request has ten
            return found

    async with VirtualTime() as clock:
        service, store = Service(clock), Slow(_now=lambda: clock.now)
        app, client = on(service, store)
        await app._grants.keep(grant_of(expires_in=10.0, obtained_at=1.0))
        with pytest.raises(APIConnectionError) as caught:
            await listed(client)
        assert not caught.value.sent
        assert store._leases == {}
        await clock.sleep(3)
        began = clock.now
        await listed(client)
        assert clock.now - began < 2  # nobody has waited for the end of a lease of nobody's
        assert service.asked("token") == 1


async def test_an_error_that_nobody_waits_for_any_more_is_no_one_s_oversight() -> None:
    overlooked = list[Any]()
    loop = asyncio.get_running_loop()
    usual = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: overlooked.append(context))
    try:
        async with VirtualTime() as clock:
            service = Service(clock)
            service.token = lambda form: refused(400)
            app, client = on(service)
            await app._grants.keep(grant_of(expires_in=10.0, obtained_at=1.0))
            for work in (listed(client), app.exchange_code("a-code-that-is-wrong")):
                call = asyncio.create_task(work)
                await clock.sleep(0.05)
                call.cancel()
                await asyncio.wait([call])
                await clock.sleep(5)
            app._grants.locations.clear()
            del work, call
            gc.collect()
            await clock.sleep(1)
            gc.collect()
        assert service.asked("token") == 2
    finally:
        loop.set_exception_handler(usual)
    assert overlooked == []


# --- Closed while it waits -----------------------------------------------------------------------


async def test_closing_waits_for_nothing_that_waits_for_its_turn() -> None:
    """300 tokens to be minted at five a minute take an hour."""
    async with VirtualTime() as clock:
        service = Service(clock)
        app, client = on(service, mint_limit=RateLimit(burst=5, seconds=60.0))
        await app._grants.keep(grant_of("Company"))
        calls = [
            asyncio.create_task(listed(client.location(f"place{number}", priority="batch")))
            for number in range(300)
        ]
        await clock.sleep(20)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        began = clock.now
        await client.aclose()
        assert clock.now - began < 1
        await clock.sleep(600)
        assert service.asked("locationToken", began) == 0


@pytest.mark.parametrize("how", ["closed", "cancelled"])
async def test_nobody_waits_for_429s_in_the_background(how: str) -> None:
    async with VirtualTime() as clock:
        service = Service(clock)
        app, client = on(service)
        await app._grants.keep(grant_of(obtained_at=clock.time(), expires_in=DAY))
        await listed(client)
        await clock.sleep(DAY * 0.96)
        service.token = lambda form: refused(429)
        await listed(client)  # the token is good still; another is asked for meanwhile
        await clock.sleep(1)
        task = app._grants.location(PLACE)._task
        assert task is not None
        assert not task.done()
        began = clock.now
        if how == "closed":
            await client.aclose()
        else:
            task.cancel()
            await asyncio.wait([task])
        assert task.cancelled()
        assert clock.now - began < 1


async def test_a_request_that_is_cancelled_and_then_refused_with_429_ends() -> None:
    async with VirtualTime() as clock:
        service = Service(clock)
        service.token = lambda form: refused(429)
        app, client = on(service)
        await app._grants.keep(grant_of(expires_in=10.0, obtained_at=1.0))
        call = asyncio.create_task(listed(client))
        await clock.sleep(0.05)
        assert service.asked("token") == 1
        task = app._grants.location(PLACE)._task
        assert task is not None
        for one in (task, call):
            one.cancel()
        await asyncio.wait([task, call])
        assert clock.now < 1
        assert service.asked("token") == 1


async def test_another_client_s_call_outlives_the_client_that_is_closed() -> None:
    async with VirtualTime() as clock:
        service = Service(clock)
        app, one = on(service, token_limit=RateLimit(burst=1, seconds=60.0))
        other = also(app, service, timeout=300)
        await app.exchange_code("a-code-that-is-good")
        await app._grants.keep(grant_of(expires_in=10.0, obtained_at=1.0))
        calls = [asyncio.create_task(listed(client)) for client in (one, other)]
        await clock.sleep(10)
        began = clock.now
        await one.aclose()
        assert clock.now - began < 1
        assert service.asked("token") == 1
        await calls[1]
        await asyncio.wait([calls[0]])
        assert service.asked("token") == 2


# --- Answers that are wrong ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["minted", "refreshed"])
async def test_a_service_that_gives_the_same_token_again_is_not_asked_for_ever(kind: str) -> None:
    async with VirtualTime() as clock:
        service = Service(clock)
        same = {"access_token": "always-the-same-one"}
        service.token = lambda form: answer(200, service.granted(form, len(service.log)) | same)
        service.mint = lambda form: answer(200, service.minted(form) | same)
        app, client = on(service, token_limit=None, mint_limit=None)
        mints = kind == "minted"
        user_type: Literal["Company", "Location"] = "Company" if mints else "Location"
        await app.exchange_code("a-code-that-is-good", user_type=user_type)
        await listed(client)
        await clock.sleep(DAY * 0.96)
        began = clock.now
        for _ in range(12):
            await listed(client)
            await clock.sleep(10)
        assert 1 <= service.asked("locationToken" if mints else "token", began) <= 4


async def test_a_life_shorter_than_the_store_is_slow() -> None:
    """What is over before it is kept is sent once none the less."""

    class Slow(MemoryStore):
        async def get(self, name: str) -> Secret | None:
            await clock.sleep(1.2)
            return await super().get(name)

        async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
            await clock.sleep(1.2)
            return await super().swap(name, old, new)

    async with VirtualTime() as clock:
        service = Service(clock)
        service.life = 1
        app, client = on(service, Slow(), token_limit=None)
        await app.exchange_code("a-code-that-is-good", user_type="Location")
        began = clock.now
        await listed(client)
        asked = service.asked("token", began)
        assert asked <= 4  # while it waits for its turn; then it goes with what there is
        await clock.sleep(60)
        assert service.asked("token", began) == asked


@pytest.mark.parametrize("kind", ["location", "agency"])
async def test_another_s_answer_leaves_that_one_s_grant_as_it_is(box: Sandbox, kind: str) -> None:
    """A refresh that answers for somebody else is kept by nobody, and sent by nobody."""
    app, client = on_box(box, token_limit=None)
    other = box.add_location()
    if kind == "location":
        await consented(box, app)
        await consented(box, app, location=other)
        whose: dict[str, str] = {"location_id": other.id}
        wrong = given(box, location=other) | {"scope": "invoices.readonly"}
    else:
        await consented(box, app, "Company")
        await app._grants.keep(grant_of("Company", company=OTHER))
        whose = {"company_id": OTHER}
        wrong = given(box, "Company") | {"companyId": OTHER}
        app.company_id = app._grants._company_id = company_of(box)
    before = await kept_by(app, **whose)
    async with client:
        box.expire_token(company=kind == "agency")
        box.faults.wrong_type(TOKEN, wrong, times=None)
        sent = len(box.arrivals)
        with pytest.raises(APIConnectionError, match="is another's") as caught:
            await listed(client)
        assert not caught.value.sent
        now = [one for one in box.arrivals[sent:] if one.operation != TOKEN]
        assert {one.status for one in now} <= {401}
        assert await kept_by(app, **whose) == before
        if kind == "location":
            await listed(client.location(other.id))
    assert wrong_tokens(box) == []


@pytest.mark.parametrize("kind", ["empty", "no token", "no object"])
async def test_an_answer_without_a_grant_is_asked_for_again_at_once(kind: str) -> None:
    """Services that allow for a lost answer give the same one again, for some seconds."""
    async with new_box(choices=Choices(refresh_grace_seconds=30)) as box:
        app, client = on_box(box)
        await consented(box, app)
        await listed(client)
        box.expire_token()
        if kind == "empty":
            box.faults.empty(TOKEN)
        else:
            box.faults.wrong_type(TOKEN, {"access_token": None} if kind == "no token" else [])
        async with client:
            await listed(client)
            assert statuses(box, TOKEN) == [200] * 3
            for seconds in (20, 65):
                box.clock.advance(seconds=seconds)
                await listed(client)
        assert (box.oauth.refreshes, box.oauth.refused) == (1, 0)


async def test_what_a_grant_allows_is_unknown_where_nobody_has_told(box: Sandbox) -> None:
    app, client = on_box(box)
    told = given(box, scopes=FEW)
    del told["scope"]
    box.faults.wrong_type(TOKEN, told)
    await consented(box, app)
    async with client:
        await listed(client)
        assert client.can("estimates.list") is None
        with pytest.raises(MissingScopeError):
            await client.estimates.list().first()
        assert statuses(box, "estimates.list") == [401]  # the service was asked, and said it


# --- Refused, and slow ---------------------------------------------------------------------------


async def test_one_attempt_is_enough_for_a_token_that_has_ended(box: Sandbox) -> None:
    """A call that was refused for its token was done by nobody: it counts as no attempt."""
    app, _ = on_box(box)
    await consented(box, app)
    async with box.client(token=app, max_attempts=1) as client:
        await listed(client)
        box.expire_token()
        for _ in range(3):
            await listed(client)
    assert box.oauth.refreshes == 1
    assert statuses(box, CALL) == [200, 401, 200, 200, 200]


async def test_a_slow_renewal_after_a_refusal_is_a_time_out(box: Sandbox) -> None:
    """Five refreshes a minute, and twelve tokens that the service refuses: seven come too late."""
    app, client = on_box(box)
    places = [box.location_id, *(box.add_location().id for _ in range(11))]
    for place in places:
        grant = Grant.read(given(box, location=place), box.clock.now().timestamp())
        await app._grants.keep(grant)
        box.expire_token(place)
    async with client:
        ends = await asyncio.gather(
            *(listed(client.location(place)) for place in places), return_exceptions=True
        )
        late = [end for end in ends if end is not None]
        assert len(late) == 7
        for end in late:
            assert isinstance(end, APITimeoutError), end
            assert not end.sent
            assert end.message.startswith("never sent")
    assert statuses(box, CALL).count(200) == 5


async def test_a_put_that_went_out_was_sent_whatever_became_of_its_next_token() -> None:
    """Its answer is lost, its token ends meanwhile, and there is no other for the second attempt."""

    class Gone(Service):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.method != "PUT":
                return await super().handle_async_request(request)
            await request.extensions["trace"](
                "http11.send_request_headers.started", {"request": request}
            )
            self.log.append((self.clock.now, "PUT"))
            await self.clock.sleep(2)
            raise httpx.ReadError("gone")

    async with VirtualTime() as clock:
        service = Gone(clock)

        def unreachable(form: Mapping[str, str]) -> httpx.Response:
            raise ConnectionRefusedError

        service.token = unreachable
        app, client = on(service)
        await app._grants.keep(grant_of(obtained_at=clock.time(), expires_in=DAY))
        await clock.sleep(DAY - 60 - 1)
        with pytest.raises(APIConnectionError, match="may have taken effect") as caught:
            await client.raw("PUT", "/invoices/x1", json={"name": "a"})
        assert caught.value.sent
        assert "never sent" not in caught.value.message
        assert sum(1 for _, path in service.log if path == "PUT") == 1


async def test_batch_calls_wait_and_a_hurried_one_is_not_stuck_behind_them() -> None:
    """300 tokens take two minutes and a half; a hurried call for the last of them doesn't."""
    async with VirtualTime() as clock:
        service = Service(clock)
        app, client = on(service, mint_limit=RateLimit(burst=20, seconds=10.0))
        await app._grants.keep(grant_of("Company"))
        calls = [
            asyncio.create_task(listed(client.location(f"place{number}", priority="batch")))
            for number in range(300)
        ]
        await clock.sleep(1)
        for number in (299, 5000):
            began = clock.now
            await listed(client.location(f"place{number}"))
            assert clock.now - began < 15
        assert await asyncio.gather(*calls) == [None] * 300
        assert clock.now > 100
        assert service.asked("locationToken") == 301


async def test_a_wall_clock_that_is_set_back_keeps_no_refusal_alive() -> None:
    async with VirtualTime() as clock:
        service = Service(clock)
        service.mint = lambda form: refused(403) if clock.now < 100 else None
        app, client = on(service)
        await app._grants.keep(grant_of("Company"))
        with pytest.raises(PermissionDeniedError):
            await listed(client)
        clock._start -= 7200
        await clock.sleep(3600)
        await listed(client)
        assert service.asked("locationToken") == 2


# --- Learning how fast minting may be ------------------------------------------------------------


async def minted_in_a_row(clock: VirtualTime, refusals: Mapping[int, httpx.Response]) -> float:
    """How long it takes to mint for 500 locations, when those calls, by number, are refused."""
    service, mints = Service(clock), 0

    def mint(form: Mapping[str, str]) -> httpx.Response | None:
        nonlocal mints
        mints += 1
        return refusals.get(mints)

    service.mint = mint
    app, client = on(service)
    await app._grants.keep(grant_of("Company"))
    for number in range(2):
        await listed(client.location(f"first{number}"))
        await clock.sleep(3600)
    began = clock.now
    done = await app.premint(f"place{number}" for number in range(500))
    assert (done.ready, dict(done.failed)) == (500, {})
    return clock.now - began - app.plan_minting(500).seconds


@pytest.mark.parametrize("number", [1, 2, 3, 250])
@pytest.mark.parametrize("after", [None, "1"])
async def test_one_stray_refusal_teaches_nothing(number: int, after: str | None) -> None:
    async with VirtualTime() as clock:
        stray = refused(429, **({} if after is None else {"retry_after": after}))
        assert await minted_in_a_row(clock, {number: stray}) < 30


async def test_two_refusals_within_a_minute_teach_a_limit() -> None:
    async with VirtualTime() as clock:
        stray = {number: refused(429, retry_after="1") for number in (3, 20)}
        # A few minutes at that rate, then at twice that, and so on: never back at once.
        slower = await minted_in_a_row(clock, stray)
        assert slower > 300
        assert slower < 500 / 5 * 60 / 2  # and far from five a minute to the end


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1_772_323_200.0 + self.now


class Minting:
    """A lane as a limiter uses it, under a service that is told what to answer."""

    def __init__(self, burst: int, seconds: float) -> None:
        self.clock = cast(Any, Hand())
        self.burst, self.seconds = burst, seconds
        self.lane = _Learning(RateLimit(burst=burst, seconds=seconds), self.clock)
        self.flying = 0
        self.ended = list[float]()  # those that were taken

    def take(self) -> bool:
        if not self.lane.room(self.clock):
            return False
        self.lane.take(self.clock)
        self.flying += 1
        return True

    def end(self, how: str) -> None:
        if not self.flying:
            return
        self.flying -= 1
        if how == "unused":
            self.lane.give_back(None)
            return
        if how == "refused":
            self.lane.shut(1.0, self.clock, daily=False)
        else:
            self.ended.append(self.clock.now)
        self.lane.used(None, self.clock)
        self.lane.heed({}, self.clock)

    def taken_in(self, seconds: float) -> int:
        return sum(1 for at in self.ended if at > self.clock.now - seconds)

    def check(self) -> None:
        lane = self.lane
        assert lane._flying == self.flying
        assert all(one <= other for one, other in pairwise(lane._free_at))
        assert lane._learned is None or lane._learned >= 5
        # The places in the window, and those that are being used.
        assert self.taken_in(self.seconds) + self.flying <= self.burst

    def wait(self) -> None:
        """Be where a limiter looks again; there is room then, or something to wait for."""
        while not self.lane.room(self.clock):
            delay = self.lane.delay(self.clock)
            if delay is None:
                assert self.flying
                return
            assert 0 < delay <= 61
            self.clock.now += delay


@cases(300)
@given_(
    st.sampled_from(
        [(100, 10.0), (5, 60.0), (20, 60.0), (3, 1.0), (1, 10.0), (3, 10.0), (6, 10.0)]
    ),
    st.lists(
        st.one_of(
            st.tuples(st.just("calls"), st.integers(1, 120), st.just("done")),
            st.tuples(st.just("take"), st.integers(1, 20), st.just("")),
            st.tuples(st.just("end"), st.integers(1, 20), st.sampled_from(["done", "unused"])),
            st.tuples(st.just("end"), st.integers(1, 20), st.just("refused")),
            st.tuples(st.just("pass"), st.sampled_from([1, 7, 61, 301, 4000]), st.just("")),
        ),
        max_size=25,
    ),
)
def test_a_lane_that_learns_never_sends_more_than_was_set(
    limit: tuple[int, float], steps: list[tuple[str, int, str]]
) -> None:
    minting = Minting(*limit)
    for what, number, how in steps:
        if what == "pass":
            minting.clock.now += number
        for _ in range(0 if what == "pass" else number):
            if what == "calls":
                minting.wait()
            if what in ("calls", "take"):
                minting.take()
            if what in ("calls", "end"):
                minting.end(how)
            minting.check()


def test_what_was_learned_is_given_up_by_doubling() -> None:
    """Minutes that are used to the full, one after the other, from two refusals on."""
    minting = Minting(100, 10.0)
    for _ in range(2):
        minting.take()
        minting.end("refused")
        minting.clock.now += 2
    assert minting.lane._learned == 5
    found, began = list[int](), minting.clock.now
    while minting.lane._learned is not None:
        minting.wait()
        assert minting.take()
        minting.end("done")
        minting.check()
        found.append(minting.lane._learned or 0)
        assert minting.clock.now - began < 1000  # five minutes, then one for each step
    assert list(dict.fromkeys(found)) == [5, 10, 20, 40, 80, 160, 320, 0]


# --- Another consent, and none -------------------------------------------------------------------


async def test_a_wider_consent_is_noticed_by_another_process_within_a_minute(box: Sandbox) -> None:
    store = MemoryStore()
    web, _ = on_box(box, store=store)
    await consented(box, web, scopes=FEW)
    _, client = on_box(box, store=store)
    async with client:
        await listed(client)
        with pytest.raises(MissingScopeError):
            await client.estimates.list().first()
        await consented(box, web, scopes=MORE)
        box.clock.advance(seconds=61)
        await client.estimates.list().first()
        assert client.can("estimates.list") is True
    assert statuses(box, "estimates.list") == [200]


async def test_a_wider_consent_of_an_agency_mints_anew(box: Sandbox) -> None:
    app, client = on_box(box)
    await consented(box, app, "Company", scopes=[*FEW, "oauth.write"])
    async with client:
        await listed(client)
        await consented(box, app, "Company", scopes=[*MORE, "oauth.write"])
        await client.estimates.list().first()
        await listed(client)
    assert box.oauth.minted == {box.location_id: 2}
    assert statuses(box, "estimates.list") == [200]


class Gate(MemoryStore):
    """A store whose next read, when it is shut, ends only when it is opened again."""

    def __init__(self) -> None:
        super().__init__()
        self.shut = False
        self.reached, self.open = asyncio.Event(), asyncio.Event()

    async def get(self, name: str) -> Secret | None:
        found = await super().get(name)
        if self.shut:
            self.shut = False
            self.reached.set()
            await self.open.wait()
        return found


async def test_a_consent_wins_over_a_call_that_has_read_the_one_before(box: Sandbox) -> None:
    store = Gate()
    await consented(box, on_box(box, store=store)[0], scopes=FEW)
    app, client = on_box(box, store=store)
    async with client:
        store.shut = True
        call = asyncio.create_task(listed(client))
        await store.reached.wait()
        await consented(box, app, scopes=MORE)
        store.open.set()
        await call
        await client.estimates.list().first()


async def test_who_is_forgotten_while_a_call_reads_his_grant_stays_so(box: Sandbox) -> None:
    store = Gate()
    await consented(box, on_box(box, store=store)[0])
    app, client = on_box(box, store=store)
    async with client:
        store.shut = True
        call = asyncio.create_task(listed(client))
        await store.reached.wait()
        await app.forget(location_id=box.location_id)
        store.open.set()
        for work in (call, listed(client)):
            with pytest.raises(ReauthorizationRequired):
                await work
    assert CALL not in box.calls
    assert await app.grant(location_id=box.location_id) is None


async def test_with_an_agency_what_was_minted_is_forgotten(box: Sandbox) -> None:
    app, client = on_box(box)
    grant = await consented(box, app, "Company")
    async with client:
        await listed(client)
        await app.forget(company_id=grant.company_id)
        for hours in (0, 23):
            box.clock.advance(hours=hours)
            with pytest.raises(ReauthorizationRequired):
                await listed(client)
    assert await app.grant(location_id=box.location_id) is None
    assert box.calls == [TOKEN, MINT, CALL]


# --- Several agencies ----------------------------------------------------------------------------


async def two_agencies(box: Sandbox, store: MemoryStore) -> tuple[OAuthApp, str]:
    """The sandbox's agency, of which one location was chosen, and another of nobody's."""
    app, _ = on_box(box, store=store)
    await consented(box, app, "Company", locations=[box.location_id])
    await app._grants.keep(grant_of("Company", company=OTHER))
    return box.oauth_app(store=store), company_of(box)


async def test_what_is_minted_beforehand_for_an_agency_is_minted_by_it(box: Sandbox) -> None:
    app, company = await two_agencies(box, MemoryStore())
    later = box.add_location()
    box.oauth.install(later)
    done = await app.premint([later.id], company_id=company)
    assert (done.ready, dict(done.failed)) == (1, {})
    async with box.client(token=app, location_id=None) as client:
        await listed(client.location(later.id))
    assert box.calls[-2:] == [MINT, CALL]


async def test_a_client_s_locations_are_those_of_the_agency_that_is_named(box: Sandbox) -> None:
    app, company = await two_agencies(box, MemoryStore())
    later = box.add_location()
    box.oauth.install(later)
    async with box.client(token=app, location_id=None) as client:
        with pytest.raises(ConfigurationError, match="2 agencies"):
            await anext(client.locations())
        found = [one async for one in client.locations(company)]
        assert [one.location_id for one in found] == [box.location_id, later.id]
        for one in found:
            await listed(one)  # also the one whose agency no consent has told
    assert box.oauth.minted == {box.location_id: 1, later.id: 1}
    assert wrong_tokens(box) == []


async def test_a_location_that_another_process_was_given_is_found(box: Sandbox) -> None:
    """Which agency has chosen it is read from the store, and not remembered."""
    store = MemoryStore()
    app, _ = await two_agencies(box, store)
    later = box.add_location()
    async with box.client(token=app) as client:
        await listed(client)
        elsewhere = on_box(box, store=store)[0]
        await consented(box, elsewhere, "Company", locations=[box.location_id, later.id])
        await listed(client.location(later.id))
    assert box.oauth.minted == {box.location_id: 1, later.id: 1}


async def test_a_dead_grant_is_no_other_agency_s_business(box: Sandbox) -> None:
    app, client = on_box(box)
    await consented(box, app)
    async with client:
        await listed(client)
        await app._grants.keep(grant_of("Company", company=OTHER))
        box.oauth.uninstall()
        with pytest.raises(ReauthorizationRequired) as caught:
            await listed(client)
    assert caught.value.location_id == box.location_id
    assert MINT not in box.calls


@pytest.mark.parametrize("how", ["its agency leaves", "another's user chooses it"])
async def test_one_that_moves_to_another_agency_is_minted_for_there(how: str) -> None:
    async with VirtualTime() as clock:
        service, minters = Service(clock), list[str]()
        service.mint = lambda form: minters.append(form["companyId"])
        app, client = on(service)
        await app._grants.keep(grant_of("Company", approved_locations=(PLACE,)))
        await listed(client)
        if how == "its agency leaves":
            await app.forget(company_id=COMPANY)
        else:
            await app._grants.keep(grant_of("Company", approved_locations=("elsewhere01",)))
        await app._grants.keep(grant_of("Company", company=OTHER, approved_locations=(PLACE,)))
        await clock.sleep(86_400)
        await listed(client)
    assert minters == [COMPANY, OTHER]


async def test_minting_beforehand_ends_with_one_error(box: Sandbox) -> None:
    """No group of errors, of which a caller would have to know."""
    app, _ = on_box(box)
    await consented(box, app, "Company", scopes=["oauth.write", *FEW])
    with pytest.raises(MissingScopeError, match=r"oauth\.readonly"):
        await app.premint()

    def mine() -> Any:
        yield box.location_id
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await app.premint(mine())
    assert box.oauth.minted == {box.location_id: 1}


class Unlisted(MemoryStore):
    """A store whose list of agencies can't be written, so many times."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        if name.endswith(":companies") and self.failures:
            self.failures -= 1
            raise OSError(5, "Input/output error")
        return await super().swap(name, old, new)


async def test_an_agency_s_grant_is_listed_also_when_that_fails_at_first(box: Sandbox) -> None:
    store = Unlisted(1)
    app, client = on_box(box, store=store)
    await consented(box, app, "Company")
    assert store.failures == 0
    async with client:
        await listed(client)


async def test_what_can_t_be_listed_is_not_kept(box: Sandbox) -> None:
    """A grant that no call would find is told to whoever consents."""
    store = Unlisted(100)
    app, _ = on_box(box, store=store)
    with pytest.raises(TokenStoreError):
        await consented(box, app, "Company")
    assert store._kept == {}


# --- Taken over, and given out -------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Location", "Company"])
async def test_a_grant_is_taken_over_from_another_program(
    box: Sandbox, kind: Literal["Location", "Company"]
) -> None:
    old = given(box, kind)
    who = (
        {"location_id": box.location_id} if kind == "Location" else {"company_id": company_of(box)}
    )
    app, client = on_box(box)
    grant = await app.adopt(old["refresh_token"], **who)
    assert grant.kind == kind
    assert grant.refresh_token != Secret(old["refresh_token"])
    assert await app.grant(**who) == grant
    async with client:
        await listed(client)
        box.clock.advance(days=2)
        await listed(client)
    assert box.calls.count(TOKEN) == 2
    assert box.oauth.refused == 0


@pytest.mark.parametrize("hidden", [False, True])
async def test_what_is_dead_is_not_taken_over(box: Sandbox, hidden: bool) -> None:
    store = MemoryStore()
    app, _ = on_box(box, store=store)
    old = given(box)["refresh_token"]
    box.oauth.refresh(old)
    with pytest.raises(ReauthorizationRequired, match="refresh token is used up") as caught:
        await app.adopt(Secret(old) if hidden else old, location_id=box.location_id)
    assert old not in frames_of(caught.value)
    assert store._kept == {}


@pytest.mark.parametrize(
    "who",
    [{}, {"location_id": PLACE, "company_id": COMPANY}, {"location_id": "../x"}],
    ids=["neither", "both", "hostile"],
)
async def test_whose_it_is_must_be_said(box: Sandbox, who: dict[str, str]) -> None:
    app, _ = on_box(box)
    old = given(box)["refresh_token"]
    with pytest.raises(InvalidRequestError) as caught:
        await app.adopt(old, **who)
    assert old not in frames_of(caught.value)
    with pytest.raises(InvalidRequestError):
        await app.token(**who)
    assert box.calls == []


async def test_an_answer_that_is_lost_is_no_leak_either(box: Sandbox) -> None:
    app, _ = on_box(box)
    old = given(box)["refresh_token"]
    box.faults.drop(TOKEN, times=None)
    with pytest.raises(APIConnectionError) as caught:
        await app.adopt(old, location_id=box.location_id)
    assert old not in frames_of(caught.value)


async def test_a_token_for_calls_of_one_s_own(box: Sandbox) -> None:
    app, _ = on_box(box)
    with pytest.raises(ReauthorizationRequired):
        await app.token(location_id=box.location_id)
    await consented(box, app, "Company")
    minted = await app.token(location_id=box.location_id)
    own = await app.token(company_id=company_of(box))
    assert minted != own
    assert await app.token(location_id=box.location_id) == minted
    for token, place in ((minted, box.location_id), (own, company_of(box))):
        async with box.client(token=token) as client:
            await listed(client)
        assert box.arrivals[-1].token_of == place
    box.clock.advance(days=2)
    assert await app.token(location_id=box.location_id) != minted
    assert box.oauth.refreshes == 1
    box.clock.advance(days=400)
    with pytest.raises(ReauthorizationRequired):
        await app.token(company_id=company_of(box))


def test_the_state_is_not_shown() -> None:
    app = OAuthApp(
        "app1-x", "the-secret-of-the-app", store=MemoryStore(), redirect_uri=BACK, scopes=["a.b"]
    )
    asked = app.authorization_url()
    assert asked.state in asked.url
    assert asked.state not in repr(asked)


# --- A private token that many calls are refused with --------------------------------------------


class Later:
    """A source that takes its time; counts how often it is read."""

    def __init__(self, text: str) -> None:
        self.text, self.reads = text, 0

    async def __call__(self) -> str:
        self.reads += 1
        for _ in range(5):
            await asyncio.sleep(0)
        return self.text


async def test_many_refused_calls_read_a_source_once(box: Sandbox) -> None:
    source = Later(box.token)
    async with box.client(token=PrivateToken(source)) as client:
        await asyncio.gather(*(listed(client) for _ in range(40)))
        assert source.reads == 1
        box.expire_token()
        source.text = box.add_token()
        await asyncio.gather(*(listed(client) for _ in range(40)))
    assert source.reads == 2
    assert statuses(box, CALL).count(200) == 80


async def test_a_token_that_is_refused_and_unchanged_is_read_once_a_second(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(private, "monotonic", lambda: now)
    source = Later(box.token)
    async with box.client(token=PrivateToken(source)) as client:
        await listed(client)
        box.expire_token()
        for seconds, reads in ((0.0, 2), (0.5, 2), (0.6, 3), (5.0, 4)):
            now += seconds
            for _ in range(2):
                ends = await asyncio.gather(
                    *(listed(client) for _ in range(40)), return_exceptions=True
                )
                assert {type(end) for end in ends} == {AuthenticationError}
            assert source.reads == reads
        source.text = box.add_token()
        now += 1.1
        await listed(client)
