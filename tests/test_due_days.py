"""A due day that has passed where the location is: refused before it is sent, by the day there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import cases

from hoopai_invoices import CallOptions, InvoicesClient, LocationClient, LocationDefaults
from hoopai_invoices.errors import InvalidRequestError, UnprocessableEntityError
from hoopai_invoices.models import BusinessDetails, ContactDetails, InvoiceItem, SentTo
from hoopai_invoices.sandbox import Sandbox

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 10, 10, 30, tzinfo=UTC)
WEST, EAST = "Pacific/Pago_Pago", "Pacific/Kiritimati"  # -11 and +14: the 9th and the 11th of March
THERE = {WEST: date(2026, 3, 9), EAST: date(2026, 3, 11)}
DAY = timedelta(days=1)
ISSUED = date(2026, 3, 1)
LINE = InvoiceItem(name="One hour", currency="USD", amount=150, qty=1)
CONTACT = ContactDetails(id="c1", name="Alex", email="alex@example.com")


def defaults_of(timezone: Any = None) -> LocationDefaults:
    return LocationDefaults(
        live_mode=False,
        currency="USD",
        business_details=BusinessDetails(name="Example LLC"),
        user_id="u1",
        timezone=timezone,
    )


async def create(client: LocationClient, due: date, options: CallOptions | None = None) -> Any:
    return await client.invoices.create(
        name="March",
        items=[LINE],
        contact_details=CONTACT,
        issue_date=ISSUED,
        due_date=due,
        options=options,
    )


async def text2pay(client: LocationClient, due: date, options: CallOptions | None = None) -> Any:
    return await client.invoices.text2pay(
        name="March",
        items=[LINE],
        contact_details=CONTACT,
        issue_date=ISSUED,
        due_date=due,
        sent_to=SentTo(email=["alex@example.com"]),
        action="draft",
        options=options,
    )


@dataclass(frozen=True)
class Billing:
    """An operation that takes a due day."""

    name: str
    bill: Callable[..., Awaitable[Any]]


WAYS = [Billing("invoices.create", create), Billing("invoices.text2pay", text2pay)]


@pytest.fixture(params=WAYS, ids=lambda way: way.name)
def way(request: pytest.FixtureRequest) -> Billing:
    found: Billing = request.param
    return found


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox(seed=7, now=NOW, limits=None) as made:
        yield made


@asynccontextmanager
async def client_in(box: Sandbox, zone: str, timezone: Any = None) -> AsyncIterator[InvoicesClient]:
    """The client of a new location in a zone, that takes it to be in `timezone`."""
    place = box.add_location(timezone=zone)
    token = box.add_token(locations=[place])
    async with box.client(
        location_id=place.id, token=token, defaults=defaults_of(timezone)
    ) as client:
        yield client


async def refusal(box: Sandbox, billing: Awaitable[Any]) -> InvalidRequestError:
    """The error of a call of which nothing was sent."""
    before = len(box.arrivals)
    with pytest.raises(InvalidRequestError) as caught:
        await billing
    assert len(box.arrivals) == before
    return caught.value


# --- The day there ---------------------------------------------------------------------------


@pytest.mark.parametrize("zone", THERE)
@pytest.mark.parametrize("days", [1, 2, 365])
async def test_what_was_due_before_the_day_there_is_refused(
    box: Sandbox, way: Billing, zone: str, days: int
) -> None:
    async with client_in(box, zone, zone) as client:
        due = THERE[zone] - days * DAY
        error = await refusal(box, way.bill(client, due))
    assert (error.path, error.operation) == ("due_date", way.name)
    assert str(THERE[zone]) in error.message
    assert str(due) in error.message
    assert "LocationDefaults(timezone=" in (error.hint or "")
    assert str(error).startswith(f"{way.name}: due_date: ")


@pytest.mark.parametrize("zone", THERE)
@pytest.mark.parametrize("days", [0, 1, 365])
async def test_the_same_day_and_later_ones_pass(
    box: Sandbox, way: Billing, zone: str, days: int
) -> None:
    async with client_in(box, zone, zone) as client:
        await way.bill(client, THERE[zone] + days * DAY)
    assert box.calls == [way.name]
    assert [one.due_date for one in box.created("invoice")] == [THERE[zone] + days * DAY]


async def test_the_day_changes_at_midnight_there(box: Sandbox, way: Billing) -> None:
    async with client_in(box, WEST, WEST) as client:
        box.clock.advance(minutes=29, seconds=59)
        await way.bill(client, date(2026, 3, 9))
        box.clock.advance(seconds=1)
        await refusal(box, way.bill(client, date(2026, 3, 9)))
        await way.bill(client, date(2026, 3, 10))


# Around midnight at either end of the world, around changes of the hour, and around the days that
# Samoa and Kwajalein left out.
MOMENTS = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),
    st.builds(
        lambda day, hour, second: datetime(2026, 1, 1) + timedelta(day, second, hours=hour),
        st.integers(0, 700),
        st.integers(0, 24),
        st.sampled_from([-1, 0, 1]),
    ),
    st.sampled_from([datetime(2011, 12, 30, 9, 59, 59), datetime(2011, 12, 30, 10, 0, 1)]),
    st.sampled_from([datetime(1993, 8, 21, 11, 59, 59), datetime(1993, 8, 21, 12, 0, 1)]),
)
ZONES = st.sampled_from(
    sorted({WEST, EAST, "Pacific/Apia", "Pacific/Kwajalein", "UTC"} & available_timezones())
) | st.sampled_from(sorted(zone for zone in available_timezones() if "/" in zone))


@given(moment=MOMENTS, zone=ZONES, days=st.integers(-2, 2), which=st.sampled_from(WAYS))
@cases(120)
async def test_what_is_refused_here_is_what_the_sandbox_refuses(
    moment: datetime, zone: str, days: int, which: Billing
) -> None:
    # A request takes the sandbox a millisecond: the day is the same before and after it.
    now = moment.replace(microsecond=0, tzinfo=UTC)
    due = now.date() + days * DAY
    outcomes = []
    for timezone in (zone, None):
        async with (
            Sandbox(seed=7, now=now, limits=None) as box,
            client_in(box, zone, timezone) as client,
        ):
            try:
                await which.bill(client, due)
                outcomes.append("taken")
            except (InvalidRequestError, UnprocessableEntityError) as error:
                outcomes.append(f"{type(error).__name__} after {len(box.calls)}")
    if due < now.astimezone(ZoneInfo(zone)).date():
        assert outcomes == ["InvalidRequestError after 0", "UnprocessableEntityError after 1"]
    else:
        assert outcomes == ["taken", "taken"]


# --- What isn't checked here -----------------------------------------------------------------


async def test_without_a_zone_the_service_says_so(box: Sandbox, way: Billing) -> None:
    for zone, today in THERE.items():
        async with client_in(box, zone) as client:
            before = len(box.arrivals)
            with pytest.raises(UnprocessableEntityError, match="dueDate must not be in the past"):
                await way.bill(client, today - DAY)
            assert len(box.arrivals) == before + 1
            await way.bill(client, today)


async def test_send_unknown_passes_it_on(box: Sandbox, way: Billing) -> None:
    async with client_in(box, EAST, EAST) as client:
        with pytest.raises(UnprocessableEntityError, match="dueDate must not be in the past"):
            await way.bill(client, ISSUED, CallOptions(send_unknown=True))
        await refusal(box, way.bill(client, ISSUED, CallOptions(timeout=5)))
    assert box.calls == [way.name]


async def test_send_unknown_serves_where_the_zone_was_wrong(box: Sandbox, way: Billing) -> None:
    async with client_in(box, WEST, EAST) as client:
        await refusal(box, way.bill(client, THERE[WEST]))
        await way.bill(client, THERE[WEST], CallOptions(send_unknown=True))
    assert [one.due_date for one in box.created("invoice")] == [THERE[WEST]]


async def test_without_a_due_day_nothing_is_refused(box: Sandbox) -> None:
    async with client_in(box, EAST, EAST) as client:
        made = await client.invoices.create(
            name="March", items=[LINE], contact_details=CONTACT, issue_date=date(2026, 3, 11)
        )
    assert made.due_date is not None


async def test_who_is_late_already_may_be_corrected(box: Sandbox) -> None:
    async with client_in(box, EAST, EAST) as client:
        late = box.add_invoice(status="sent", due_in=-5, location=client.location_id)
        async with client.invoices.edit(late) as draft:
            draft.name = "Corrected"
        found = await client.invoices.get(late.id)
        assert (found.name, found.due_date) == ("Corrected", late.due_date)
        assert isinstance(late.due_date, date)

        async def update(due: date) -> Any:
            return await client.invoices.update(
                late.id,
                name="Again",
                items=[LINE],
                contact_details=CONTACT,
                issue_date=ISSUED,
                due_date=due,
                currency="USD",
                live_mode=False,
            )

        assert (await update(late.due_date)).name == "Again"
        # Another day that has passed is left to the service.
        with pytest.raises(UnprocessableEntityError, match="dueDate must not be in the past"):
            await update(late.due_date + DAY)


# --- Whose zone it is ------------------------------------------------------------------------

NO_ZONES = [
    "Denver",
    "America",  # a folder
    "america/denvre",
    "",
    " ",
    "/etc/hostname",
    "../../etc/hostname",
    "America/Denver\0",
    "\udc80",
    "x" * 5000,
    5,
    -7.0,
    b"UTC",
    UTC,
    timedelta(hours=14),
    True,
]


@pytest.mark.parametrize("wrong", NO_ZONES, ids=lambda wrong: repr(wrong)[:24])
async def test_a_zone_that_there_isnt(box: Sandbox, wrong: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        box.client(defaults=LocationDefaults(timezone=wrong))
    assert caught.value.path == "timezone"
    assert "America/Denver" in (caught.value.hint or "")
    async with box.client() as client:
        with pytest.raises(InvalidRequestError) as caught:
            client.location("loc2", defaults=LocationDefaults(timezone=wrong))
    assert caught.value.path == "timezone"
    assert box.calls == []


async def test_each_location_has_its_own_zone(box: Sandbox, way: Billing) -> None:
    places = {zone: box.add_location(timezone=zone) for zone in THERE}
    token = box.add_token(locations=list(places.values()))
    async with box.client(
        token=token, location_id=places[WEST].id, defaults=defaults_of(WEST)
    ) as west:
        east = west.location(places[EAST].id, defaults=defaults_of(EAST))
        await way.bill(west, THERE[WEST])
        error = await refusal(box, way.bill(east, THERE[WEST]))
        assert str(THERE[EAST]) in error.message
        await refusal(box, way.bill(east, THERE[EAST] - DAY))
        await way.bill(east, THERE[EAST])
        await refusal(box, way.bill(west, THERE[WEST] - DAY))


def test_a_zone_object_will_do() -> None:
    zone: Any = ZoneInfo(EAST)
    box = Sandbox(seed=7, now=NOW)
    client = box.client(defaults=LocationDefaults(timezone=zone))
    with pytest.raises(InvalidRequestError, match="a date is wanted"):
        client.flows.overdue(as_of=NOW)
    client.flows.overdue()


async def test_who_inherits_the_zone(box: Sandbox) -> None:
    passed = THERE[EAST] - DAY  # in the zone of the default location it is the 10th: not passed
    mine, other = box.location_id, box.add_location(timezone="America/Costa_Rica").id
    token = box.add_token(locations=[mine, other])
    zoned = defaults_of(EAST)

    # A client without a location of its own passes its zone on.
    async with box.client(token=token, location_id=None, defaults=zoned) as client:
        for place in (mine, other):
            await refusal(box, create(client.location(place), passed))
        own = client.location(mine, defaults=defaults_of())
        await create(own, passed)

    # One that has a location keeps it to that.
    async with box.client(token=token, location_id=mine, defaults=zoned) as client:
        await refusal(box, create(client.location(mine), passed))
        with pytest.raises(InvalidRequestError) as caught:
            client.location(other).flows.overdue()
        assert caught.value.path == "as_of"
        client.location(mine).flows.overdue()
        # What is given for a view takes the place of all that would be inherited.
        await create(client.location(mine, defaults=defaults_of()), passed)
        with pytest.raises(InvalidRequestError):
            client.location(mine, defaults=LocationDefaults(user_id="u1")).flows.overdue()
