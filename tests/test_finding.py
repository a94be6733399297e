"""Invoices by their number, and estimates by their id."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest
from edits import BARE, NAMES, make, opened
from strategies import LOCATION, Wire, text_of

from hoopai_invoices import CallOptions, InvoicesClient
from hoopai_invoices.errors import (
    BadRequestError,
    DuplicateDetected,
    InvalidRequestError,
    NotFoundError,
)
from hoopai_invoices.sandbox import Choices

pytestmark = pytest.mark.anyio

# --- Finding ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("000042", "000042"),
        ("42", "000042"),
        ("0042", "000042"),
        ("INV-000042", "000042"),
        ("INV-42", "000042"),
        (" 42 ", "000042"),
        ("A-7", "A-7"),
        ("07", "07"),  # exact beats alike
        ("7", "7"),
        ("INV-007", DuplicateDetected),
        ("13", DuplicateDetected),
        ("43", None),
        ("a-7", None),
        ("0", None),
        ("INV-", None),
    ],
)
async def test_an_invoice_is_found_by_its_number(wanted: str, found: Any) -> None:
    async with opened() as (box, client):
        made: dict[str, list[str]] = {}
        for number in ("000042", "A-7", "07", "7", "13", "13", "B13"):
            made.setdefault(number, []).append(box.add_invoice(number=number).id)
        if found is DuplicateDetected:
            with pytest.raises(DuplicateDetected) as caught:
                await client.invoices.find(number=wanted)
            same = made["13"] if wanted == "13" else made["07"] + made["7"]
            assert sorted(caught.value.ids) == sorted(same)
            assert caught.value.operation == "invoices.find"
        else:
            invoice = await client.invoices.find(number=wanted)
            assert (invoice and invoice.id) == (found and made[found][0])
        assert box.calls == ["invoices.list"]


async def test_numbers_that_come_as_json_numbers_are_found() -> None:
    async with opened(choices=Choices(invoice_number_type="number")) as (box, client):
        invoice = box.add_invoice(number="000042")
        for wanted in ("000042", "42", "INV-000042"):
            found = await client.invoices.find(number=wanted)
            assert found is not None
            assert found.id == invoice.id


@pytest.mark.parametrize("wanted", ["", "  ", 42, None])
async def test_no_number_is_refused(wanted: Any) -> None:
    async with opened() as (box, client):
        with pytest.raises(InvalidRequestError, match="000042") as caught:
            await client.invoices.find(number=wanted)
        assert (caught.value.path, caught.value.operation) == ("number", "invoices.find")
        assert box.calls == []


async def test_finding_costs_a_call_for_a_hundred_and_filters_make_them_fewer() -> None:
    async with opened() as (box, client):
        box.add_contact()  # to whom all others go
        kim = box.add_contact("Kim")
        theirs = box.add_invoice(contact=kim)
        for _ in range(150):
            box.add_invoice()
        found = await client.invoices.find(number="1")
        assert found is not None
        assert (found.id, len(box.calls)) == (theirs.id, 2)
        found = await client.invoices.find(number="1", contact_id=kim.id)
        assert found is not None
        assert (found.id, len(box.calls)) == (theirs.id, 3)
        late = date(2030, 1, 1)
        assert await client.invoices.find(number="1", start_at=late, end_at=late) is None
        assert box.arrivals[-1].query["startAt"] == "2030-01-01"


# --- Estimates by their id ----------------------------------------------------------------------


async def test_an_estimate_is_got_by_one_search() -> None:
    async with opened() as (box, client):
        wanted = box.add_estimate()
        for _ in range(30):
            box.add_estimate(name=f"Like {wanted.id}")
        box.add_estimate()
        found = await client.estimates.get(box.created("estimate")[-1].id)
        assert found.id == box.created("estimate")[-1].id
        assert box.calls == ["estimates.list"]
        assert (await client.estimates.get(wanted.id)).id == wanted.id


@pytest.mark.parametrize("scan", [True, False])
async def test_a_search_that_does_not_look_at_ids_falls_back_to_the_list(scan: bool) -> None:
    def answer(request: httpx.Request) -> str:
        searched = "search" in request.url.params
        found = [] if searched else [BARE | {"_id": "e0"}, BARE]
        return text_of({"estimates": found, "total": len(found)})

    wire = Wire(answer)
    async with InvoicesClient(token="t", location_id=LOCATION, transport=wire) as client:
        if scan:
            assert (await client.estimates.get("e1")).id == "e1"
        else:
            with pytest.raises(NotFoundError):
                await client.estimates.get("e1", scan=False)
        with pytest.raises(NotFoundError, match="e2"):
            await client.estimates.get("e2")
    searches = ["search" in request.url.params for request in wire.requests]
    assert searches == ([True, False] if scan else [True]) + [True, False]


@pytest.mark.parametrize("scan", [True, False])
async def test_a_search_that_is_ignored_costs_one_call_more_than_the_list(scan: bool) -> None:
    records = [BARE | {"_id": f"e{number}"} for number in range(450)]

    def answer(request: httpx.Request) -> str:
        start, size = (int(request.url.params[name]) for name in ("offset", "limit"))
        return text_of({"estimates": records[start : start + size], "total": 450})

    wire = Wire(answer)
    async with InvoicesClient(token="t", location_id=LOCATION, transport=wire) as client:
        with pytest.raises(NotFoundError):
            await client.estimates.get("e450", scan=scan)
        assert len(wire.requests) == (1 + 5 if scan else 1)
        if scan:
            assert (await client.estimates.get("e449")).id == "e449"


@pytest.mark.parametrize("hostile", ["", "../x", "a/b", "a b", "é", "x" * 129, None])
async def test_a_hostile_id_is_refused_before_it_is_sent(hostile: Any) -> None:
    async with opened() as (box, client):
        with pytest.raises(InvalidRequestError) as caught:
            await client.estimates.get(hostile)
        assert caught.value.path == "estimate_id"
        if hostile is not None:
            for name in NAMES:
                with pytest.raises(InvalidRequestError):
                    await getattr(client, name).edit(hostile).__aenter__()
        assert box.calls == []


@pytest.mark.parametrize("name", NAMES)
async def test_what_is_not_there_is_not_found_and_options_reach_every_call(name: str) -> None:
    async with opened() as (box, client):
        options = CallOptions(headers={"X-Job": "7"})
        with pytest.raises((NotFoundError, BadRequestError)):
            await getattr(client, name).edit("0" * 24, options=options).__aenter__()
        record = await make(client, name)
        start = len(box.arrivals)
        async with getattr(client, name).edit(record.id, options=options) as draft:
            draft.name = "Roofing"
        assert [arrival.headers.get("x-job") for arrival in box.arrivals[start:]] == ["7"] * 3
