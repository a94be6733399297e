"""An edit leaves the calendar days of an estimate where they are, wherever that is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from edits import calls_since, opened, stored, values_of
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import cases

from hoopai_invoices import InvoicesClient, LocationDefaults
from hoopai_invoices.errors import (
    InvalidRequestError,
)
from hoopai_invoices.models import (
    Estimate,
)
from hoopai_invoices.resources.days import estimate_day
from hoopai_invoices.sandbox.resources.days import day_end, day_start, instant

pytestmark = pytest.mark.anyio

# --- Calendar days ------------------------------------------------------------------------------

ZONES = [
    "Pacific/Midway",
    "Pacific/Honolulu",
    "Pacific/Marquesas",
    "America/Anchorage",
    "America/Los_Angeles",
    "America/Denver",
    "America/Costa_Rica",
    "America/New_York",
    "America/Halifax",
    "America/Santiago",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Nuuk",
    "America/Noronha",
    "Atlantic/Azores",
    "Atlantic/Cape_Verde",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Helsinki",
    "Africa/Cairo",
    "Asia/Beirut",
    "Africa/Nairobi",
    "Asia/Tehran",
    "Asia/Dubai",
    "Asia/Kabul",
    "Asia/Karachi",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Dhaka",
    "Asia/Yangon",
    "Asia/Bangkok",
    "Asia/Shanghai",
    "Australia/Eucla",
    "Asia/Tokyo",
    "Australia/Adelaide",
    "Australia/Darwin",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Guadalcanal",
    "Pacific/Norfolk",
    "Pacific/Auckland",
    "Pacific/Fiji",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Pacific/Tongatapu",
    "Pacific/Kiritimati",
    "America/Havana",
    "America/Asuncion",
    "Antarctica/Troll",
]
SPANS = [(date(2026, 1, 20), date(2026, 8, 10)), (date(2026, 7, 1), date(2027, 1, 31))]
HOUR = timedelta(hours=1)


def is_ambiguous(zone: str, issued: date) -> bool:
    """Whether another zone, a day away, has its midnight at the same time."""
    at = datetime(issued.year, issued.month, issued.day, tzinfo=ZoneInfo(zone))
    offset = at.utcoffset() or timedelta()
    return -11 * HOUR <= offset <= -10 * HOUR or 13 * HOUR <= offset <= 14 * HOUR


async def estimate_of(client: InvoicesClient, issued: date, last: date) -> Estimate:
    values = values_of("estimates", issue_date=issued, expiry_date=last)
    return await client.estimates.create(**values)


@pytest.mark.parametrize("span", SPANS, ids=["north", "south"])
@pytest.mark.parametrize("zone", ZONES)
async def test_ten_edits_leave_the_days_where_they_are(zone: str, span: tuple[date, date]) -> None:
    async with opened(timezone=None, zone=zone) as (box, client):
        record = await estimate_of(client, *span)
        told = client.location(box.location_id, defaults=LocationDefaults(timezone=zone))
        before = stored(box, "estimates")
        for number in range(10):
            untold = number % 2 and not is_ambiguous(zone, span[0])
            async with (client if untold else told).estimates.edit(record.id) as draft:
                assert (draft.issue_date, draft.expiry_date) == span
                draft.name = f"Roof {number}"
        assert stored(box, "estimates") == before | {"name": "Roof 9"}

        if is_ambiguous(zone, span[0]):
            start = len(box.calls)
            with pytest.raises(InvalidRequestError, match="LocationDefaults") as caught:
                await client.estimates.edit(record.id).__aenter__()
            assert "timezone=" in (caught.value.hint or "")
            assert (caught.value.path, caught.value.operation) == ("issue_date", "estimates.edit")
            assert calls_since(box, start) == ["list"]


def test_the_zones_have_every_offset_that_people_live_in() -> None:
    found = set()
    for zone in ZONES:
        for issued, _ in SPANS:
            at = datetime(issued.year, issued.month, issued.day, tzinfo=ZoneInfo(zone))
            found.add((at.utcoffset() or timedelta()) / HOUR)
    assert set(range(-11, 15)) <= found
    assert {-9.5, -3.5, 3.5, 5.75, 8.75, 9.5, 10.5, 12.75, 13.75} <= found


@pytest.mark.parametrize("zone", ["Africa/Cairo", "Asia/Beirut", "America/Havana", "Asia/Tehran"])
@pytest.mark.parametrize("shift", range(-2, 3))
async def test_days_whose_midnight_is_skipped_or_comes_twice_stay(zone: str, shift: int) -> None:
    # The spring of 2021 for Tehran, and the days around each change of 2024 for the others.
    changes = {
        "Africa/Cairo": (date(2024, 4, 26), date(2024, 10, 31)),
        "Asia/Beirut": (date(2024, 3, 31), date(2024, 10, 27)),
        "America/Havana": (date(2024, 3, 10), date(2024, 11, 3)),
        "Asia/Tehran": (date(2021, 3, 22), date(2021, 9, 22)),
    }
    issued, last = (day + timedelta(days=shift) for day in changes[zone])
    async with opened(timezone=None, zone=zone) as (box, client):
        record = await estimate_of(client, issued, last)
        before = stored(box, "estimates")
        for place in (None, zone):
            view = client.location(box.location_id, defaults=LocationDefaults(timezone=place))
            async with view.estimates.edit(record.id) as draft:
                draft.name = f"Roof {place}"
        assert stored(box, "estimates") == before | {"name": f"Roof {zone}"}


@pytest.mark.parametrize("place", ["Asia/Tokyo", "America/New_York", "America/Phoenix"])
async def test_a_wrong_zone_is_refused(place: str) -> None:
    # Phoenix has Denver's winter, and not its summer: the end of the offer gives it away.
    async with opened(timezone=place, zone="America/Denver") as (box, client):
        record = await estimate_of(client, *SPANS[0])
        start = len(box.calls)
        with pytest.raises(InvalidRequestError, match="timezone of LocationDefaults") as caught:
            await client.estimates.edit(record.id).__aenter__()
        assert caught.value.path == ("expiry_date" if "Phoenix" in place else "issue_date")
        assert calls_since(box, start) == ["list"]


async def test_days_that_are_set_are_days_of_the_location() -> None:
    async with opened(timezone="Asia/Tokyo", zone="Asia/Tokyo") as (box, client):
        record = await estimate_of(client, *SPANS[0])
        async with client.estimates.edit(record.id) as draft:
            draft.expiry_date = date(2026, 12, 24)
        after = stored(box, "estimates")
    assert after["issueDate"] == "2026-01-19T15:00:00.000Z"
    assert after["expiryDate"] == "2026-12-24T14:59:59.999Z"


def estimate(issued: str | None, last: str | None = None) -> Estimate:
    return Estimate.from_dict({"issueDate": issued, "expiryDate": last})


INHABITED = sorted(
    zone
    for zone in available_timezones()
    if all(
        -11 * HOUR <= (datetime(2026, m, 1, tzinfo=ZoneInfo(zone)).utcoffset() or HOUR) <= 14 * HOUR
        for m in (1, 7)
    )
)
# Samoa jumped over a day of 2011, which no estimate has; since then offsets have been of today.
DAYS = st.dates(date(2016, 1, 1), date(2037, 12, 31))


@given(zone=st.sampled_from(INHABITED), issued=DAYS, last=DAYS)
@cases(300)
def test_the_days_of_any_zone_are_told(zone: str, issued: date, last: date) -> None:
    there = ZoneInfo(zone)
    read = estimate(day_start(issued.isoformat(), there), day_end(last.isoformat(), there))
    days = [estimate_day(read, name, there) for name in ("issue_date", "expiry_date")]
    assert days == [issued, last]
    if is_ambiguous(zone, issued):
        with pytest.raises(InvalidRequestError, match="more than one zone"):
            estimate_day(read, "expiry_date", None)
    else:
        days = [estimate_day(read, name, None) for name in ("issue_date", "expiry_date")]
        assert days == [issued, last]


@given(
    zone=st.sampled_from(INHABITED),
    wrong=st.sampled_from(INHABITED),
    issued=DAYS,
    last=DAYS,
)
@cases(300)
def test_another_zone_is_refused_or_has_the_same_days(
    zone: str, wrong: str, issued: date, last: date
) -> None:
    there, elsewhere = ZoneInfo(zone), ZoneInfo(wrong)
    start = datetime(issued.year, issued.month, issued.day, tzinfo=there)
    # A whole day apart both have midnight: nothing in the instants could tell.
    apart = (start.utcoffset() or HOUR) - (start.astimezone(elsewhere).utcoffset() or HOUR)
    assume(abs(apart) < 23 * HOUR)
    read = estimate(day_start(issued.isoformat(), there), day_end(last.isoformat(), there))
    try:
        days = [estimate_day(read, name, elsewhere) for name in ("issue_date", "expiry_date")]
    except InvalidRequestError:
        return
    assert days == [issued, last]


@pytest.mark.parametrize("zone", [None, ZoneInfo("Asia/Tokyo")])
def test_days_without_a_zone_are_taken_as_they_are(zone: ZoneInfo | None) -> None:
    plain = estimate("2026-08-26", "2026-09-26T23:59:59")
    assert estimate_day(plain, "issue_date", zone) == date(2026, 8, 26)
    assert estimate_day(plain, "expiry_date", zone) == date(2026, 9, 26)
    assert estimate_day(estimate(None), "issue_date", zone) is None


@pytest.mark.parametrize(
    ("issued", "shown"),
    [
        ("2026-08-26T06:00:00.001Z", "no zone"),
        ("2026-08-26T06:07:00.000Z", "no zone"),
        ("2026-08-26", "no zone"),
        (None, "nothing"),
        ("2026-08-26T10:00:00.000Z", "more than one zone"),
        ("2026-08-26T11:00:00.000Z", "more than one zone"),
    ],
)
def test_an_instant_that_proves_no_offset_is_refused(issued: str | None, shown: str) -> None:
    read = estimate(issued, "2026-09-27T05:59:59.999Z")
    with pytest.raises(InvalidRequestError, match=shown) as caught:
        estimate_day(read, "expiry_date", None)
    assert caught.value.path == "expiry_date"
    assert "LocationDefaults(timezone=" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("issued", "day"),
    [
        ("2026-08-26T12:00:00.000Z", date(2026, 8, 27)),
        ("2026-08-26T09:59:59.000Z", None),
        ("2026-08-26T09:45:00.000Z", date(2026, 8, 26)),
        ("2026-08-26T00:00:00.000Z", date(2026, 8, 26)),
        ("2026-08-26T08:00:00.000+02:00", date(2026, 8, 26)),
    ],
)
def test_an_offset_is_proved_by_a_midnight_in_one_zone(issued: str, day: date | None) -> None:
    read = estimate(issued)
    if day is None:
        with pytest.raises(InvalidRequestError):
            estimate_day(read, "issue_date", None)
    else:
        assert estimate_day(read, "issue_date", None) == day


@pytest.mark.parametrize("off", [timedelta(seconds=2), timedelta(hours=1), timedelta(hours=12)])
@pytest.mark.parametrize("name", ["issue_date", "expiry_date"])
def test_an_instant_that_is_no_edge_of_a_day_is_refused(name: str, off: timedelta) -> None:
    zone = ZoneInfo("America/Denver")
    edge = datetime(2026, 8, 26, 6, tzinfo=UTC)
    for moment in (edge + off, edge - off - timedelta(milliseconds=1)):
        read = estimate(instant(moment), instant(moment))
        with pytest.raises(InvalidRequestError, match="America/Denver"):
            estimate_day(read, name, zone)
