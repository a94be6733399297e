"""What lists show, and in what pages."""

from __future__ import annotations

from typing import Any

import pytest

from hoopai_invoices.sandbox import Choices

from .estimating import ESTIMATE, make
from .samples import estimate, invoice
from .support import Api, api_of, new_box

pytestmark = pytest.mark.anyio

PAGE = {"limit": "100", "offset": "0"}
ZOE = {"id": "zoe", "name": "Zoë", "email": "zoe@example.com", "phoneNo": "+15550100"}


async def names(api: Api, path: str = f"{ESTIMATE}/list", **query: str) -> list[str]:
    """The names on a page of a list."""
    answer = await api.ok("GET", path, **{**PAGE, **query})
    found: list[Any] = answer["invoices" if path == "/invoices/" else "estimates"]
    return [each["name"] for each in found]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["C", "Bravo", "A"]),
        ({"status": "all"}, ["C", "Bravo", "A"]),
        ({"status": "sent"}, ["Bravo"]),
        ({"status": "accepted"}, []),
        ({"search": "bravo"}, ["Bravo"]),
        ({"search": "ZOE@"}, ["C"]),
        ({"search": "ZOË"}, ["C"]),
        ({"search": "5550100"}, ["C"]),
        ({"search": "none"}, []),
        ({"search": ""}, ["C", "Bravo", "A"]),
        ({"contactId": "zoe"}, ["C"]),
        ({"contactId": "zo"}, []),
        ({"startAt": "2026-08-27"}, ["C", "Bravo"]),
        ({"endAt": "2026-08-26"}, ["A"]),
        ({"startAt": "2026-08-27", "endAt": "2026-08-27"}, ["Bravo"]),
        ({"startAt": "2026-08-29"}, []),
        ({"endAt": "2026-08-25"}, []),
        ({"startAt": "2026-08-27", "contactId": "zoe", "search": "c"}, ["C"]),
        ({"limit": "1", "offset": "1"}, ["Bravo"]),
        ({"limit": "2", "offset": "0"}, ["C", "Bravo"]),
        ({"limit": "10", "offset": "3"}, []),
        ({"limit": "0", "offset": "0"}, []),
        ({"limit": "10", "offset": "9" * 5000}, []),
    ],
)
async def test_lists(api: Api, query: dict[str, str], expected: list[str]) -> None:
    await make(api, name="A")
    await make(api, "sent", name="Bravo", issueDate="2026-08-27")
    await make(api, name="C", issueDate="2026-08-28", contactDetails=ZOE)
    answer = await api.ok("GET", f"{ESTIMATE}/list", **{**PAGE, **query})
    assert [each["name"] for each in answer["estimates"]] == expected
    assert set(answer) == {"estimates", "total", "traceId"}
    assert answer["total"] == (3 if "limit" in query else len(expected))


async def test_only_the_locations_own_records_are_shown(api: Api) -> None:
    other = api.box.add_location()
    both = api.box.add_token(locations=[api.box.location_id, other.id])
    for place in (api.box.location_id, other.id):
        for path, body in ((ESTIMATE, estimate), ("/invoices/", invoice)):
            status, _ = await api("POST", path, body(altId=place, name=f"Of {place}"), token=both)
            assert status == 201
    for place in (api.box.location_id, other.id):
        for path in (f"{ESTIMATE}/list", "/invoices/"):
            _, answer = await api("GET", path, token=both, **PAGE, altId=place)
            shown = answer["invoices" if path == "/invoices/" else "estimates"]
            assert [each["name"] for each in shown] == [f"Of {place}"]
            assert answer["total"] == 1


@pytest.mark.parametrize(
    ("zone", "day", "shown"),
    [
        ("Asia/Tokyo", "2026-08-26", ["A"]),
        ("Asia/Tokyo", "2026-08-25", []),  # though it began on the 25th in UTC
        ("America/Costa_Rica", "2026-08-26", ["A"]),
        ("America/Costa_Rica", "2026-08-27", []),
    ],
)
async def test_the_days_of_a_period_are_the_locations(
    api: Api, zone: str, day: str, shown: list[str]
) -> None:
    place = api.box.add_location(timezone=zone)
    token = api.box.add_token(locations=[place.id])
    await api("POST", ESTIMATE, estimate(altId=place.id, name="A"), token=token)
    query = {**PAGE, "altId": place.id, "startAt": day, "endAt": day}
    _, answer = await api("GET", f"{ESTIMATE}/list", token=token, **query)
    assert [each["name"] for each in answer["estimates"]] == shown


@pytest.mark.parametrize("path", [f"{ESTIMATE}/list", "/invoices/"])
@pytest.mark.parametrize(
    ("period", "shown"),
    [
        ({"startAt": "2026-09-13"}, ["A"]),
        ({"startAt": "2026-09-14"}, []),
        ({"endAt": "2026-09-13"}, ["A"]),
        ({"endAt": "2026-09-12"}, []),
        ({"startAt": "2026-09-13", "endAt": "2026-09-13"}, ["A"]),
        ({"startAt": "2026-09-14", "endAt": "2026-09-12"}, []),
    ],
)
async def test_both_ends_of_a_period_belong_to_it(
    api: Api, path: str, period: dict[str, str], shown: list[str]
) -> None:
    await make(api, name="A", issueDate="2026-09-13")
    await api.ok("POST", "/invoices/", invoice(name="A", issueDate="2026-09-13"))
    assert await names(api, path, **period) == shown


async def test_what_is_deleted_is_shown_no_more(api: Api) -> None:
    first, _ = await make(api, name="A"), await make(api, name="B")
    await api.ok("DELETE", f"{ESTIMATE}/{first}", {})
    answer = await api.ok("GET", f"{ESTIMATE}/list", **PAGE)
    assert ([each["name"] for each in answer["estimates"]], answer["total"]) == (["B"], 1)


@pytest.mark.parametrize("path", [f"{ESTIMATE}/list", "/invoices/"])
@pytest.mark.parametrize(
    ("choice", "made", "issued"),
    [("issue", [], ["A"]), ("creation", ["A"], [])],
)
async def test_which_day_counts_is_a_choice(
    path: str, choice: Any, made: list[str], issued: list[str]
) -> None:
    # Made on the 26th of August where it is, and issued on the first of September.
    api = api_of(new_box(choices=Choices(list_dates=choice)))
    await make(api, name="A", issueDate="2026-09-01")
    await api.ok("POST", "/invoices/", invoice(name="A", issueDate="2026-09-01"))
    assert await names(api, path, startAt="2026-08-26", endAt="2026-08-26") == made
    assert await names(api, path, startAt="2026-09-01", endAt="2026-09-01") == issued


@pytest.mark.parametrize(("choice", "found"), [(False, []), (True, ["A"])])
async def test_whether_numbers_are_searched_is_a_choice(choice: bool, found: list[str]) -> None:
    api = api_of(new_box(choices=Choices(search_numbers=choice)))
    await make(api, name="A", estimateNumber=70417)
    await make(api, name="B")
    for name, number in (("A", "I-70417"), ("B", None)):
        await api.ok("POST", "/invoices/", invoice(name=name, invoiceNumber=number))
    assert await names(api, search="70417") == found
    assert await names(api, "/invoices/", search="i-70417") == found


@pytest.mark.parametrize("path", [f"{ESTIMATE}/list", "/invoices/", f"{ESTIMATE}/template"])
async def test_a_limit_is_at_most_a_hundred(api: Api, path: str) -> None:
    await api.ok("GET", path, limit="100", offset="0")
    status, answer = await api("GET", path, limit="101", offset="0")
    assert (status, answer["message"]) == (422, ["limit must not be greater than 100"])


async def test_a_larger_limit_may_give_the_largest_page() -> None:
    api = api_of(new_box(choices=Choices(largest_page=2, larger_limit="capped")))
    for name in "ABC":
        await make(api, name=name)
    answer = await api.ok("GET", f"{ESTIMATE}/list", limit="9" * 5000, offset="0")
    assert [each["name"] for each in answer["estimates"]] == ["C", "B"]
    assert answer["total"] == 3
    assert await names(api, limit="3", offset="1") == ["B", "A"]
    assert await names(api, limit="1", offset="0") == ["C"]


async def test_pages_follow_each_other_without_a_gap(api: Api) -> None:
    for number in range(7):
        await make(api, name=f"N{number}")
    shown = [name for at in range(0, 9, 3) for name in await names(api, limit="3", offset=str(at))]
    assert shown == ["N6", "N5", "N4", "N3", "N2", "N1", "N0"]


async def test_what_changed_keeps_its_place(api: Api) -> None:
    first = await make(api, name="A")
    await make(api, name="B")
    await api.ok("PUT", f"{ESTIMATE}/{first}", estimate(name="A again"))
    assert await names(api) == ["B", "A again"]


async def test_templates_are_filtered_by_the_day_they_were_made(api: Api) -> None:
    body = {key: value for key, value in invoice(name="T").items() if key in TEMPLATE}
    await api.ok("POST", "/invoices/template", body)
    for query, total in (
        ({"startAt": "2026-08-26", "endAt": "2026-08-26"}, 1),
        ({"startAt": "2026-08-27"}, 0),
        ({"endAt": "2026-08-25"}, 0),
    ):
        answer = await api.ok("GET", "/invoices/template", **PAGE, **query)
        assert answer["totalCount"] == total


TEMPLATE = ("name", "businessDetails", "currency", "items", "title", "termsNotes")
