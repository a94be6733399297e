"""Agencies: tokens minted for their locations, kept apart, and minted beforehand for a night's job."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any, Literal

import pytest
from granting import (
    BACK,
    START,
    Faulty,
    company_of,
    consented,
    entry_of,
    given,
    new_box,
    program,
    statuses,
    wrong_tokens,
)
from recording import CONTACT, DEFAULTS, LINE, MARCH

from hoopai_invoices import InvoicesClient, RateLimit
from hoopai_invoices.auth import MemoryStore, OAuthApp
from hoopai_invoices.errors import (
    APIConnectionError,
    ConfigurationError,
    HoopAIError,
    InvalidRequestError,
    LocationInactiveError,
    MissingScopeError,
    PermissionDeniedError,
    ReauthorizationRequired,
    TokenStoreError,
)
from hoopai_invoices.models import SentTo
from hoopai_invoices.sandbox import Choices, Limits, Sandbox

pytestmark = pytest.mark.anyio
MINT, CALL = "oauth.location_token", "invoices.list"
SOON = START.date() + timedelta(days=30)


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with new_box() as made:
        yield made


async def listed(client: Any) -> None:
    await client.invoices.list().first()


async def agency(
    box: Sandbox, places: int = 1, *, scopes: Any = None, **settings: Any
) -> tuple[OAuthApp, InvoicesClient, list[str]]:
    """An app with the grant of an agency, its client without a location, and the locations."""
    found = [box.location_id, *(box.add_location().id for _ in range(places - 1))]
    app = box.oauth_app(**{"redirect_uri": BACK, **settings})
    await consented(box, app, "Company", scopes=scopes)
    return app, box.client(token=app, location_id=None), found


# --- One location --------------------------------------------------------------------------------


async def test_a_token_is_minted_once_and_kept(box: Sandbox) -> None:
    store = MemoryStore()
    app, client, [place] = await agency(box, store=store)
    async with client:
        at_place = client.location(place)
        await asyncio.gather(*(listed(at_place) for _ in range(30)))
        await listed(client.location(place))
    assert box.calls.count(MINT) == 1
    assert box.oauth.minted == {place: 1}
    assert wrong_tokens(box) == []
    kept = await entry_of(app, store, f"location:{place}")
    assert (kept["userType"], kept["refresh_token"], kept["locationId"]) == (
        "Location",
        None,
        place,
    )
    # Another app object on the store has it from there.
    async with box.client(token=box.oauth_app(store=store), location_id=None) as other:
        await listed(other.location(place))
    assert box.calls.count(MINT) == 1
    body = box.arrivals[1].body
    assert body == {"companyId": kept["companyId"], "locationId": place}


async def test_a_minted_token_is_minted_anew_when_it_ends(box: Sandbox) -> None:
    _, client, [place] = await agency(box)
    async with client:
        await listed(client.location(place))
        box.expire_token(place)
        await asyncio.gather(*(listed(client.location(place)) for _ in range(10)))
        assert box.oauth.minted[place] == 2
        box.clock.advance(days=2)  # now the agency's own has ended too
        await listed(client.location(place))
    assert box.oauth.minted[place] == 3
    assert (box.oauth.refreshes, box.oauth.refused) == (1, 0)


async def test_an_agency_s_dead_token_is_refreshed_when_minting_is_refused(box: Sandbox) -> None:
    _, client, places = await agency(box, 6)
    box.expire_token(company=True)
    async with client:
        await asyncio.gather(*(listed(client.location(place)) for place in places))
    assert (box.oauth.refreshes, box.oauth.refused) == (1, 0)
    assert box.oauth.minted == dict.fromkeys(places, 1)
    assert statuses(box, CALL) == [200] * 6
    assert wrong_tokens(box) == []


async def test_it_is_refreshed_also_where_the_limit_leaves_no_room_for_the_replay(
    box: Sandbox,
) -> None:
    """A job's replay lets hurried calls go first, for longer than one request may take."""
    app, _, places = await agency(box, 250)
    box.expire_token(company=True)
    async with box.client(token=app, location_id=None, timeout=600) as client:
        job = (listed(client.location(place, priority="batch")) for place in places[:10])
        hurried = (listed(client.location(place)) for place in places[10:])
        await asyncio.gather(*job, *hurried)
    assert (box.oauth.refreshes, box.oauth.refused) == (1, 0)
    assert statuses(box, CALL) == [200] * 250


async def test_an_agency_s_dead_grant_is_told_by_each_location(box: Sandbox) -> None:
    app, client, places = await agency(box, 3)
    company = company_of(box)
    box.clock.advance(days=400)  # refresh tokens live for a year
    async with client:
        for _ in range(2):
            ends = await asyncio.gather(
                *(listed(client.location(place)) for place in places), return_exceptions=True
            )
            for end in ends:
                assert isinstance(end, ReauthorizationRequired)
                assert end.company_id == company
        assert statuses(box, "oauth.token") == [200, 400]
        assert box.calls.count(MINT) == box.calls.count(CALL) == 0
        await consented(box, app, "Company")
        await asyncio.gather(*(listed(client.location(place)) for place in places))
    assert statuses(box, CALL) == [200] * 3


async def test_a_lost_answer_to_minting_is_asked_for_again(box: Sandbox) -> None:
    _, client, [place] = await agency(box)
    async with client:
        for fault in ("lose_answer", "drop", "fail", "html"):
            getattr(box.faults, fault)(MINT)
            await listed(client.location(place))
            box.expire_token(place)
    assert statuses(box, CALL).count(200) == 4
    assert wrong_tokens(box) == []


# --- One never hurts another ---------------------------------------------------------------------

HURT: dict[str, tuple[Callable[[Sandbox, str], object], type[HoopAIError]]] = {
    "suspended": (
        lambda box, place: setattr(box._state.locations[place], "suspended", True),
        LocationInactiveError,
    ),
    "uninstalled": (lambda box, place: box.oauth.uninstall(place), PermissionDeniedError),
    "dead": (
        lambda box, place: box.faults.fail(
            MINT, 503, times=None, when=lambda one: one.body["locationId"] == place
        ),
        APIConnectionError,
    ),
    "silent": (
        lambda box, place: box.faults.drop(
            MINT, hang=True, times=None, when=lambda one: one.body["locationId"] == place
        ),
        APIConnectionError,
    ),
}


@pytest.mark.parametrize("minted", [False, True], ids=["before its first call", "in use"])
@pytest.mark.parametrize("kind", HURT)
async def test_one_location_s_trouble_is_its_own(box: Sandbox, kind: str, minted: bool) -> None:
    hurt, error = HURT[kind]
    _, client, places = await agency(box, 5)
    poor, *well = places
    async with client:
        if minted:
            for place in places:
                await listed(client.location(place))
            box.expire_token(poor)
        hurt(box, poor)
        began, ended = box.clock.monotonic(), dict[str, float]()

        async def call(place: str) -> object:
            try:
                await listed(client.location(place))
            except HoopAIError as end:
                return end
            else:
                ended[place] = box.clock.monotonic() - began
                return None

        ends = await asyncio.gather(*(call(place) for place in [poor, *well, poor, *well]))
        for end in (ends[0], ends[5]):
            assert isinstance(end, error), end
        assert [end for end in ends if end is not None] == [ends[0], ends[5]]
        assert ended.keys() == set(well)
        assert max(ended.values()) < 1  # seconds of the sandbox's own clock
    assert wrong_tokens(box) == []
    if kind == "uninstalled":
        assert "installed in this sub-account" in str(ends[0])


async def test_what_was_refused_is_not_asked_for_with_every_call(box: Sandbox) -> None:
    _, client, [place] = await agency(box)
    box.oauth.uninstall(place)
    async with client:
        for _ in range(10):
            with pytest.raises(PermissionDeniedError):
                await listed(client.location(place))
        assert box.calls.count(MINT) == 1
        box.oauth.install(place)
        box.clock.advance(seconds=61)
        await listed(client.location(place))
    assert box.calls.count(MINT) == 2


async def test_a_location_of_its_own_grant_needs_no_agency(box: Sandbox) -> None:
    app, client, [mine, other] = await agency(box, 2)
    await consented(box, app, location=mine)
    async with client:
        await asyncio.gather(*(listed(client.location(place)) for place in (mine, other)))
        assert box.oauth.minted == {other: 1}
        # Its own grant dead, the agency's isn't put in its place: its user has left.
        box.oauth.uninstall(mine)
        with pytest.raises(HoopAIError):
            await listed(client.location(mine))
        await listed(client.location(other))
    assert wrong_tokens(box) == []


# --- Several agencies ----------------------------------------------------------------------------


async def two_agencies(box: Sandbox, store: MemoryStore, **settings: Any) -> tuple[OAuthApp, str]:
    """A store with the grant of the sandbox's agency, and of another that it doesn't know."""
    app = box.oauth_app(store=store, redirect_uri=BACK, **settings)
    grant = await consented(box, app, "Company")
    other = given(box, "Company") | {"companyId": "anotherAgency02", "approvedLocations": ["far01"]}
    box.faults.wrong_type("oauth.token", other)
    await consented(box, app, "Company")
    assert grant.company_id is not None
    return app, grant.company_id


async def test_the_agency_is_the_one_whose_user_chose_the_location(box: Sandbox) -> None:
    app, company = await two_agencies(box, MemoryStore())
    async with box.client(token=app) as client:
        await listed(client)
        assert box.arrivals[-2].body["companyId"] == company
        with pytest.raises(PermissionDeniedError):
            await listed(client.location("far01"))
        assert box.arrivals[-1].body["companyId"] == "anotherAgency02"
        with pytest.raises(ConfigurationError, match="grants of 2 agencies") as caught:
            await listed(client.location("elsewhere01"))
        assert "company_id" in (caught.value.hint or "")
    with pytest.raises(ConfigurationError, match="2 agencies"):
        await app.installed_locations().first()
    assert (await app.installed_locations(company).first()) is not None


async def test_a_company_id_says_which_agency(box: Sandbox) -> None:
    store = MemoryStore()
    _, company = await two_agencies(box, store)
    new = box.add_location()
    box.oauth.install(new)
    app = box.oauth_app(store=store, company_id=company)
    async with box.client(token=app, location_id=new.id) as client:
        await listed(client)
        assert [one.location_id async for one in client.locations()] == [box.location_id, new.id]
    with pytest.raises(InvalidRequestError):
        box.oauth_app(company_id="../x")


async def test_a_forgotten_agency_is_no_longer_meant(box: Sandbox) -> None:
    app, company = await two_agencies(box, MemoryStore())
    await app.forget(company_id="anotherAgency02")
    assert await app.grant(company_id="anotherAgency02") is None
    async with box.client(token=app) as client:
        await listed(client)
        await app.forget(company_id=company)
        with pytest.raises(ReauthorizationRequired, match="nor of any agency"):
            await listed(client.location("elsewhere01"))


# --- An agency that may not mint -----------------------------------------------------------------

BILLING = ["invoices.readonly", "invoices.write", "oauth.readonly"]


async def test_without_oauth_write_calls_go_with_the_agency_s_own_token(box: Sandbox) -> None:
    _, client, places = await agency(box, 3, scopes=BILLING)
    async with client:
        for _ in range(3):
            await asyncio.gather(*(listed(client.location(place)) for place in places))
        box.expire_token(company=True)
        await asyncio.gather(*(listed(client.location(place)) for place in places))
        with pytest.raises(MissingScopeError, match=r"oauth\.write") as caught:
            await client.location(places[0], defaults=DEFAULTS).invoices.text2pay(
                name="March",
                items=[LINE],
                contact_details=CONTACT,
                issue_date=MARCH,
                sent_to=SentTo(email=["alex@example.com"]),
                action="draft",
            )
        assert caught.value.missing == ("oauth.write",)
    assert MINT not in box.calls
    assert "invoices.text2pay" not in box.calls
    assert {one.token_of for one in box.arrivals if one.operation == CALL} == {company_of(box)}
    assert (box.oauth.refreshes, box.oauth.refused) == (1, 0)


async def test_a_service_that_takes_no_agency_s_token_says_so() -> None:
    async with new_box(choices=Choices(company_calls="refused")) as box:
        _, client, [place] = await agency(box, scopes=BILLING)
        async with client:
            with pytest.raises(MissingScopeError):
                await listed(client.location(place))
        assert statuses(box, CALL) == [401]


# --- Who is there --------------------------------------------------------------------------------


async def test_every_installed_location_once(box: Sandbox) -> None:
    app, client, places = await agency(box, 250)
    box.oauth.uninstall(places[3])
    async with client:
        found = [one async for one in client.locations(defaults=DEFAULTS, priority="batch")]
        assert [one.location_id for one in found] == [
            place for place in places if place != places[3]
        ]
        assert MINT not in box.calls  # not before they are called
        await listed(found[200])
        assert box.oauth.minted == {found[200].location_id: 1}
    queries = [one.query for one in box.arrivals if one.operation == "oauth.installed_locations"]
    assert len(queries) >= 3
    for query in queries:
        assert (query["companyId"], query["appId"]) == (company_of(box), box.oauth.app_id)
        assert query["isInstalled"] == "true"
        assert query["limit"].isdigit()
        assert query["skip"].isdigit()
    rows = await app.installed_locations(page_size=50).collect()
    assert {row.id for row in rows} == set(places) - {places[3]}
    assert all(row.is_installed and row.installed_at and row.name for row in rows)


async def test_an_early_end_fetches_no_more(box: Sandbox) -> None:
    _, client, places = await agency(box, 250)
    async with client:
        walk = client.locations()
        async for one in walk:
            assert one.location_id == places[0]
            break
        await walk.aclose()
    assert box.calls.count("oauth.installed_locations") <= 1 + 4  # those that were fetched ahead
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    assert not [task for task in tasks if "walk" in repr(task).lower()]


async def test_the_pager_s_ways(box: Sandbox) -> None:
    app = box.oauth_app(redirect_uri=BACK)
    for number in range(30):
        box.add_location(name=f"Branch {number:02}" if number % 2 else f"Shop {number:02}")
    await consented(box, app, "Company")
    assert [one.name for one in await app.installed_locations(query="branch").collect(limit=3)] == [
        "Branch 01",
        "Branch 03",
        "Branch 05",
    ]
    first = await app.installed_locations(query="Shop").first()
    assert first is not None
    assert first.name == "Shop 00"
    assert await app.installed_locations(query="nobody's").first() is None
    pager = app.installed_locations(page_size=7)
    seen = []
    async for one in pager:
        seen.append(one.id)
        if len(seen) == 10:
            break
    rest = [one.id async for one in app.installed_locations(page_size=7, cursor=pager.cursor)]
    every = [one.id for one in await app.installed_locations().collect()]
    assert len(every) == 31
    assert set(seen) | set(rest) == set(every)
    assert rest[-1] == every[-1]


async def test_what_knows_no_locations_says_so(box: Sandbox) -> None:
    async with box.client() as client:
        with pytest.raises(ConfigurationError, match="only an OAuthApp") as caught:
            await anext(client.locations())
        assert "OAuthApp" in (caught.value.hint or "")
    app = box.oauth_app(redirect_uri=BACK)
    async with box.client(token=app) as client:
        with pytest.raises(ReauthorizationRequired):
            await anext(client.locations())
        await consented(box, app, "Company", scopes=["oauth.write"])
        with pytest.raises(MissingScopeError, match=r"oauth\.readonly"):
            await anext(client.locations())
    assert box.calls == ["oauth.token"]


# --- Many ----------------------------------------------------------------------------------------


async def test_a_thousand_locations_each_with_its_own_token() -> None:
    async with new_box() as box:
        store = MemoryStore()
        app, first, places = await agency(box, 1000, store=store)
        await first.aclose()
        # Minting them all takes longer than a call waits.
        clients = [
            box.client(token=one, location_id=None, timeout=600)
            for one in (app, box.oauth_app(store=store))
        ]
        for place in places[::100]:  # some have consented themselves
            await consented(box, app, location=place)
            box.clock.advance(seconds=15)
        shut = places[50::200]
        for place in shut:
            box._state.locations[place].suspended = True

        async def call(index: int, place: str) -> object:
            priority: Literal["batch", "interactive"] = "batch" if index % 3 else "interactive"
            try:
                await listed(clients[index % 2].location(place, priority=priority))
            except LocationInactiveError:
                return None if place in shut else place
            return place if place in shut else None

        wrong = list[object]()
        for turn in range(2):
            if turn:
                for place in places[::9]:
                    box.expire_token(place)
                box.expire_token(company=True)
            wrong += await asyncio.gather(*(call(*one) for one in enumerate(places)))
        assert set(wrong) == {None}
        for client in clients:
            await client.aclose()
        assert statuses(box, CALL).count(200) == 2 * (1000 - len(shut))
        named = [one for one in box.arrivals if one.location_id is not None]
        # A token that was expired is nobody's mistake; it was this location's all the same.
        assert [one for one in named if one.token_of != one.location_id] == []
        assert box.oauth.refused == 0


# --- Beforehand ----------------------------------------------------------------------------------


async def test_what_is_good_still_is_left_as_it_is(box: Sandbox) -> None:
    app, client, places = await agency(box, 8)
    async with client:
        await listed(client.location(places[0]))
        done = await app.premint(places)
        assert (done.ready, dict(done.failed)) == (8, {})
        assert box.oauth.minted == dict.fromkeys(places, 1)
        again = await app.premint()  # all in which it is installed
        assert again.ready == 8
        assert box.oauth.minted == dict.fromkeys(places, 1)
        await asyncio.gather(*(listed(client.location(place)) for place in places))
    assert box.oauth.minted == dict.fromkeys(places, 1)


async def test_one_that_fails_keeps_no_other_from_its_token(box: Sandbox) -> None:
    app, _, places = await agency(box, 6)
    box._state.locations[places[1]].suspended = True
    box.oauth.uninstall(places[2])
    done = await app.premint([*places, "../hostile"])
    assert done.ready == 4
    assert {place: type(error) for place, error in done.failed.items()} == {
        places[1]: LocationInactiveError,
        places[2]: PermissionDeniedError,
        "../hostile": InvalidRequestError,
    }


async def test_an_agency_s_dead_grant_ends_it(box: Sandbox) -> None:
    app, _, places = await agency(box, 20)
    box.clock.advance(days=400)
    with pytest.raises(ReauthorizationRequired) as caught:
        await app.premint(places)
    assert caught.value.company_id == company_of(box)
    assert box.calls == ["oauth.token", "oauth.token"]


async def test_a_grant_that_dies_on_the_way_ends_it(box: Sandbox) -> None:
    app, _, places = await agency(box, 60)
    deaths = list[int]()

    def dying(arrival: Any) -> bool:
        if len(box.oauth.minted) == 10 and not deaths:
            deaths.append(arrival.number)
            box.oauth._refreshes.clear()
            box.expire_token(company=True)
        return False

    box.faults.drop(MINT, when=dying, times=None)
    with pytest.raises(ReauthorizationRequired):
        await app.premint(places, at_once=4)
    assert len(deaths) == 1
    assert statuses(box, "oauth.token") == [200, 400]
    assert box.calls.count(MINT) < 30


async def test_it_can_be_cancelled_and_taken_up_again(box: Sandbox) -> None:
    app, _, places = await agency(box, 40)
    task = asyncio.create_task(app.premint(places, at_once=4))
    while box.calls.count(MINT) < 10:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await app.aclose()
    so_far = box.calls.count(MINT)
    assert so_far <= 10 + 4
    done = await app.premint(places)
    assert done.ready == 40
    assert box.oauth.minted == dict.fromkeys(places, 1)


@pytest.mark.parametrize("at_once", [0, -1, 1001, True, 2.5, "8"])
async def test_a_wrong_number_is_told(box: Sandbox, at_once: Any) -> None:
    app, _, _ = await agency(box)
    with pytest.raises(InvalidRequestError, match="at_once"):
        await app.premint(at_once=at_once)
    with pytest.raises(InvalidRequestError, match="letter by letter"):
        await app.premint("one-id-and-no-list")


@pytest.mark.parametrize("limit", [5, None])
async def test_how_long_many_take(limit: int | None) -> None:
    """The short form of `python -m benchmarks.minting`."""
    minting = program("benchmarks/minting")
    found = await minting.measured(60, Limits(mint_calls=limit), minting.limit_of(limit))
    assert (found.ready, found.failed) == (60, 0)
    assert found.refused == 0
    if limit is None:
        assert found.seconds < 60
    else:
        # Eleven windows after the first; a place is free again a minute after the answer.
        assert 660 <= found.seconds <= 700
    assert abs(found.seconds - found.plan.seconds) <= 60


async def test_a_limit_that_nobody_told_of_is_learned() -> None:
    minting = program("benchmarks/minting")
    found = await minting.measured(100, Limits(mint_calls=5))
    assert (found.ready, found.failed) == (100, 0)
    # Those that were under way when the first was refused, and now and then a few more.
    assert found.refused <= 20 + 8 * found.seconds / 600
    assert 19 * 60 <= found.seconds <= 1.25 * 19 * 60


def test_the_plan() -> None:
    from hoopai_invoices.auth.pace import plan_minting

    five = RateLimit(burst=5, seconds=60.0)
    assert plan_minting(10_000, five).seconds == 1999 * 60
    assert plan_minting(10_000, five).fits is False
    assert plan_minting(7_000, five).fits is True
    assert plan_minting(5, five).seconds == 0
    assert plan_minting(0, five).seconds == 0
    assert plan_minting(10_000, None) == plan_minting(10_000, RateLimit(burst=10_000))
    assert plan_minting(10_000, RateLimit(burst=100, seconds=10.0)).seconds == 990


# --- Keyed writes that have no token -------------------------------------------------------------


def create(client: Any) -> Any:
    return client.invoices.create(
        key="job-1", name="March", items=[LINE], contact_details=CONTACT, issue_date=SOON
    )


NO_TOKEN: dict[str, Callable[[Sandbox, Faulty, str], Callable[[], object]]] = {}


def no_token(setup: Callable[[Sandbox, Faulty, str], Callable[[], object]]) -> Any:
    """A way to have no token; it returns what ends the trouble."""
    NO_TOKEN[setup.__name__] = setup
    return setup


@no_token
def minting_is_down(box: Sandbox, store: Faulty, place: str) -> Callable[[], object]:
    box.faults.fail(MINT, 503, times=None)
    return box.faults.clear


@no_token
def minting_is_silent(box: Sandbox, store: Faulty, place: str) -> Callable[[], object]:
    box.faults.lose_answer(MINT, hang=True, times=None)
    return box.faults.clear


@no_token
def the_store_is_down(box: Sandbox, store: Faulty, place: str) -> Callable[[], object]:
    store.broken = {"get", "swap", "lease"}
    return store.broken.clear


@no_token
def it_is_not_installed(box: Sandbox, store: Faulty, place: str) -> Callable[[], object]:
    box.oauth.uninstall(place)
    return lambda: box.oauth.install(place)


@pytest.mark.parametrize("setup", NO_TOKEN)
async def test_a_keyed_write_without_a_token_sends_nothing_and_leaves_its_key(
    box: Sandbox, setup: str
) -> None:
    store = Faulty()
    _, client, [place] = await agency(box, store=store)
    over = NO_TOKEN[setup](box, store, place)
    async with client:
        there = client.location(place, defaults=DEFAULTS)
        for _ in range(2):
            with pytest.raises(
                (APIConnectionError, TokenStoreError, PermissionDeniedError)
            ) as caught:
                await create(there)
            assert getattr(caught.value, "sent", False) is False
        assert not [call for call in box.calls if call.startswith("invoices.")]
        over()
        box.clock.advance(seconds=120)
        invoice = await create(there)
        same = await create(there)
        assert invoice.id == same.id
    assert box.calls.count("invoices.create") == 1
    assert len(box.created("invoice")) == 1
    assert wrong_tokens(box) == []


async def test_a_keyed_write_whose_scope_is_missing_leaves_its_key(box: Sandbox) -> None:
    app, client, [place] = await agency(box, scopes=["invoices.readonly", "oauth.write"])
    async with client:
        there = client.location(place, defaults=DEFAULTS)
        with pytest.raises(MissingScopeError, match=r"invoices\.write"):
            await create(there)
        assert "invoices.create" not in box.calls
        await consented(box, app, "Company")
        box.expire_token(place)  # minted from the poorer grant
        box.clock.advance(days=1)
        await create(there)
    assert len(box.created("invoice")) == 1
