"""Pagers: each record once and in order, whatever happens to the list meanwhile."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import LOCATION, ODD, SCHEMAS, Wire, cases, text_of

from hoopai_invoices import InvoicesClient, Page, Pager, loads, models
from hoopai_invoices.errors import DecodeError, InvalidRequestError, ListingShifted

pytestmark = pytest.mark.anyio

METHODS = {
    "InvoiceList": "invoices",
    "TemplateList": "templates",
    "ScheduleList": "schedules",
    "EstimateList": "estimates",
    "EstimateTemplateList": "estimate_templates",
}


class Listing:
    """A list of the service, in memory: `wire` answers pages of `records`.

    Attributes:
        records: What is listed; it may change between pages.
        asked: The query of every request.
        cap: The most records that one page holds, whatever was asked for.
        total: What the service says there are; by default what there are.
        after: Called with the listing after every page.
    """

    def __init__(self, records: list[Any], name: str = "InvoiceList"):
        self.records = records
        self.asked: list[dict[str, str]] = []
        self.cap = 1000
        self.total: Callable[[Listing], Any] = lambda listing: len(listing.records)
        self.after: Callable[[Listing], None] = lambda _: None
        self.keys = SCHEMAS[name]["x-paging"]
        self.wire = Wire(self._answer)

    def _answer(self, request: httpx.Request) -> str:
        query = dict(request.url.params)
        self.asked.append(query)
        offset = int(query["offset"])
        size = min(int(query["limit"]), self.cap)
        page = {
            self.keys["items"]: self.records[offset : offset + size],
            self.keys["total"]: self.total(self),
        }
        text = text_of(page)
        self.after(self)
        return text

    def client(self) -> InvoicesClient:
        return InvoicesClient(token="t", location_id=LOCATION, transport=self.wire)


def numbered(count: int) -> list[dict[str, Any]]:
    """Records whose ids are their places."""
    return [{"_id": f"i{number}", "total": number} for number in range(count)]


def ids(records: list[Any]) -> list[str]:
    return [record.id for record in records]


async def pour(pager: Pager[Any], found: list[Any]) -> None:
    """Iterate, and keep what came before an error."""
    async for record in pager:
        found.append(record)


# --- Order, pages, sizes ---------------------------------------------------------------------


@given(count=st.integers(0, 25), size=st.integers(1, 8))
@cases(60)
async def test_each_record_comes_once_and_in_order(count: int, size: int) -> None:
    listing = Listing(numbered(count))
    async with listing.client() as client:
        found = [invoice async for invoice in client.invoices.list(page_size=size)]

    assert ids(found) == [f"i{number}" for number in range(count)]
    assert all(isinstance(invoice, models.Invoice) for invoice in found)
    # No request beyond the first that can't hold more.
    assert len(listing.asked) == (1 if count < size else 2 + (count - size) // size)


@pytest.mark.parametrize("name", METHODS)
async def test_every_list_can_be_paged(name: str) -> None:
    listing = Listing(numbered(5), name)
    async with listing.client() as client:
        pager: Pager[Any] = getattr(client, METHODS[name]).list(page_size=2)
        assert ids([record async for record in pager]) == ["i0", "i1", "i2", "i3", "i4"]
        page = await pager.first_page()

    assert (ids(page.items), page.total, page.offset) == (["i0", "i1"], 5, 0)


async def test_limit_and_offset_are_sent_as_text_beside_the_filters() -> None:
    listing = Listing(numbered(5))
    async with listing.client() as client:
        await client.invoices.list(status="sent", search="Alex", page_size=2).collect()

    where = {"altId": LOCATION, "altType": "location", "status": "sent", "search": "Alex"}
    pages = [("2", "0"), ("3", "1"), ("3", "3")]
    assert listing.asked == [where | {"limit": size, "offset": at} for size, at in pages]


async def test_a_page_is_of_a_hundred_unless_said_otherwise() -> None:
    listing = Listing(numbered(150))
    async with listing.client() as client:
        assert len(await client.invoices.list().collect()) == 150

    assert [(query["limit"], query["offset"]) for query in listing.asked] == [
        ("100", "0"),
        ("100", "99"),
    ]


async def test_making_a_pager_asks_nothing() -> None:
    listing = Listing(numbered(5))
    async with listing.client() as client:
        pager = client.invoices.list()
        pager.pages()
        assert pager.cursor == "0"
    assert listing.asked == []


async def test_a_pager_begins_anew_with_every_iteration() -> None:
    async with Listing(numbered(5)).client() as client:
        pager = client.invoices.list(page_size=2)
        first = [invoice async for invoice in pager]
        assert [invoice async for invoice in pager] == first
        assert await pager.collect() == first


async def test_pages_hold_each_record_once() -> None:
    async with Listing(numbered(5)).client() as client:
        pager = client.invoices.list(page_size=2)
        pages = [(page, pager.cursor) async for page in pager.pages()]

    assert [(ids(page.items), page.total, page.offset) for page, _ in pages] == [
        (["i0", "i1"], 5, 0),
        (["i2", "i3"], 5, 2),
        (["i4"], 5, 4),
    ]
    assert [cursor for _, cursor in pages] == ["2~i0~i1", "4~i1~i2~i3", "5~i2~i3~i4"]
    assert all(isinstance(page, Page) for page, _ in pages)


async def test_first_asks_for_one_record() -> None:
    listing = Listing(numbered(5))
    async with listing.client() as client:
        first = await client.invoices.list().first()
    assert first is not None
    assert first.id == "i0"
    assert [query["limit"] for query in listing.asked] == ["1"]


async def test_of_an_empty_list_there_is_no_first() -> None:
    async with Listing([]).client() as client:
        pager = client.invoices.list()
        assert await pager.first() is None
        assert await pager.collect() == []
        assert [page async for page in pager.pages()] == []
        assert await pager.first_page() == Page(items=[], total=0, offset=0)


@pytest.mark.parametrize(
    ("limit", "count", "requests"), [(None, 5, 3), (0, 0, 0), (1, 1, 1), (3, 3, 2), (9, 5, 3)]
)
async def test_collect_takes_as_many_as_it_is_told(
    limit: int | None, count: int, requests: int
) -> None:
    listing = Listing(numbered(5))
    async with listing.client() as client:
        records = await client.invoices.list(page_size=2).collect(limit=limit)

    assert ids(records) == [f"i{number}" for number in range(count)]
    assert len(listing.asked) == requests


@pytest.mark.parametrize("limit", [-1, True, "5", 2.0])
async def test_a_limit_is_a_number_of_records(limit: Any) -> None:
    async with Listing(numbered(5)).client() as client:
        with pytest.raises(InvalidRequestError) as caught:
            await client.invoices.list().collect(limit=limit)
    assert caught.value.path == "limit"


@pytest.mark.parametrize("size", [0, -1, 101, True, "10", None])
async def test_a_page_size_is_from_one_to_a_hundred(size: Any) -> None:
    async with Listing([]).client() as client:
        with pytest.raises(InvalidRequestError) as caught:
            client.invoices.list(page_size=size)
    assert caught.value.path == "page_size"
    assert caught.value.operation == "invoices.list"


# --- Where a list ends -----------------------------------------------------------------------


async def test_a_short_page_goes_on_when_there_is_more() -> None:
    listing = Listing(numbered(7))
    listing.cap = 3
    async with listing.client() as client:
        found = await client.invoices.list(page_size=5).collect()

    assert ids(found) == [f"i{number}" for number in range(7)]
    assert [query["offset"] for query in listing.asked] == ["0", "2", "4"]


@pytest.mark.parametrize("total", [None, "many", [], 0, 2])
async def test_a_total_that_is_none_or_too_small_ends_nothing_early(total: Any) -> None:
    listing = Listing(numbered(5))
    listing.total = lambda _: total
    async with listing.client() as client:
        assert len(await client.invoices.list(page_size=2).collect()) == 5


async def test_an_empty_page_ends_whatever_the_total_says() -> None:
    listing = Listing(numbered(4))
    listing.total = lambda _: 1000
    async with listing.client() as client:
        assert len(await client.invoices.list(page_size=2, prefetch=0).collect()) == 4
    assert [query["offset"] for query in listing.asked] == ["0", "1", "3", "4"]


async def test_a_page_that_repeats_is_no_list() -> None:
    async with InvoicesClient(
        token="t",
        location_id=LOCATION,
        transport=Wire(text_of({"invoices": numbered(2), "total": 10})),
    ) as client:
        found: list[Any] = []
        with pytest.raises(ListingShifted) as caught:
            await pour(client.invoices.list(page_size=2), found)

    assert ids(found) == ["i0", "i1"]
    assert caught.value.operation == "invoices.list"
    assert caught.value.hint


# --- A list that changes ---------------------------------------------------------------------


@given(
    count=st.integers(1, 20),
    size=st.integers(1, 6),
    inserts=st.lists(st.integers(0, 3), max_size=6),
)
@cases(80)
async def test_records_inserted_between_pages_push_none_out_and_repeat_none(
    count: int, size: int, inserts: list[int]
) -> None:
    listing = Listing(numbered(count))
    waiting = [f"new{turn}-{number}" for turn, many in enumerate(inserts) for number in range(many)]
    turns = iter(inserts)

    def insert(at: Listing) -> None:
        # Newest first, as the service lists them, but fewer than a page: a page that comes three
        # times running can't be told from a list that stands still.
        for _ in range(min(next(turns, 0), size - 1)):
            at.records.insert(0, {"_id": waiting.pop()})

    listing.after = insert
    async with listing.client() as client:
        found = ids([invoice async for invoice in client.invoices.list(page_size=size)])

    assert len(found) == len(set(found))
    assert [one for one in found if one.startswith("i")] == [f"i{n}" for n in range(count)]


async def test_a_whole_page_inserted_at_once_repeats_none_and_loses_none() -> None:
    listing = Listing(numbered(4))

    def insert(at: Listing) -> None:
        at.records[:0] = [{"_id": "n1"}, {"_id": "n2"}]
        at.after = lambda _: None

    listing.after = insert
    async with listing.client() as client:
        # The second page is the first once more, and the third goes on.
        found = ids(await client.invoices.list(page_size=2).collect())
    assert [one for one in found if one.startswith("i")] == ["i0", "i1", "i2", "i3"]
    assert len(found) == len(set(found))


# --- Cursors ---------------------------------------------------------------------------------


@given(count=st.integers(0, 20), size=st.integers(1, 6), again=st.integers(1, 6), data=st.data())
@cases(80)
async def test_a_cursor_goes_on_with_exactly_the_rest(
    count: int, size: int, again: int, data: st.DataObject
) -> None:
    stop = data.draw(st.integers(0, count))
    async with Listing(numbered(count)).client() as client:
        pager = client.invoices.list(page_size=size)
        before = []
        if stop:
            async for invoice in pager:
                before.append(invoice)
                if len(before) == stop:
                    break
        cursor = pager.cursor
        after = await client.invoices.list(page_size=again, cursor=cursor).collect()

    assert cursor == "~".join((str(stop), *ids(before)[-3:]))
    assert ids(before) + ids(after) == [f"i{number}" for number in range(count)]


async def test_a_cursor_after_collect_goes_on_behind_it() -> None:
    async with Listing(numbered(5)).client() as client:
        pager = client.invoices.list(page_size=2)
        assert ids(await pager.collect(limit=3)) == ["i0", "i1", "i2"]
        rest = client.invoices.list(page_size=2, cursor=pager.cursor)
        first = await rest.first()
        assert first is not None
        assert first.id == "i3"
        assert (await rest.first_page()).offset == 3
        assert ids(await rest.collect()) == ["i3", "i4"]


async def test_a_cursor_of_an_iteration_is_that_iterations_own() -> None:
    async with Listing(numbered(5)).client() as client:
        pager = client.invoices.list(page_size=2)
        await pager.collect()
        assert pager.cursor == "5~i2~i3~i4"
        async for invoice in pager:
            assert (invoice.id, pager.cursor) == ("i0", "1~i0")
            break


@pytest.mark.parametrize(
    "cursor", ["", "-1", "1.0", "one", " 1", "\u0661", "9" * 16, 5, True, "1~", "1~a~b~c~d"]
)
async def test_what_is_no_cursor_is_refused(cursor: Any) -> None:
    async with Listing([]).client() as client:
        with pytest.raises(InvalidRequestError) as caught:
            client.invoices.list(cursor=cursor)
    assert caught.value.path == "cursor"


# --- Odd pages -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("came", ["missing", "none", None, {}, 5])
async def test_a_page_without_its_records_is_no_page(name: str, came: Any) -> None:
    key = SCHEMAS[name]["x-paging"]["items"]
    text = text_of({"total": 0} if came == "missing" else {"total": 0, key: came})
    async with InvoicesClient(token="t", location_id=LOCATION, transport=Wire(text)) as client:
        pager = getattr(client, METHODS[name]).list()
        for attempt in (pager.collect, pager.first, pager.first_page):
            with pytest.raises(DecodeError) as caught:
                await attempt()
            assert caught.value.path == key
            assert caught.value.operation == f"{METHODS[name]}.list"


@given(records=st.lists(ODD, max_size=12), size=st.integers(1, 5))
@cases(60)
async def test_odd_records_are_yielded_as_they_came(records: list[Any], size: int) -> None:
    # A record with an id between them, so that no page equals the one before it.
    mixed = [one for number, odd in enumerate(records) for one in (odd, {"_id": f"i{number}"})]
    async with Listing(mixed).client() as client:
        found = await client.invoices.list(page_size=size).collect()

    plain = [one.to_dict() if isinstance(one, models.Invoice) else one for one in found]
    assert text_of(plain) == text_of(loads(text_of(mixed)))


async def test_odd_records_alone_are_no_repeated_page() -> None:
    async with Listing([None, None, 5, 5]).client() as client:
        assert await client.invoices.list(page_size=4).collect() == [None, None, 5, 5]


async def test_an_early_break_leaves_nothing_behind() -> None:
    # Warnings are errors, and a generator that is left open would warn when it is collected.
    async with Listing(numbered(5)).client() as client:
        async for invoice in client.invoices.list(page_size=2):
            assert invoice.id == "i0"
            break
        async for page in client.invoices.list(page_size=2).pages():
            assert page.offset == 0
            break
        await client.invoices.list(page_size=2).collect(limit=1)
        gc.collect()
    gc.collect()


async def test_an_error_of_a_later_page_comes_after_the_records_before_it() -> None:
    listing = Listing(numbered(5))

    def lose(at: Listing) -> None:
        at.records = "gone"  # type: ignore[assignment]
        at.total = lambda _: None

    listing.after = lose
    found: list[Any] = []
    async with listing.client() as client:
        pager = client.invoices.list(page_size=2)
        with pytest.raises(DecodeError):
            await pour(pager, found)
    assert ids(found) == ["i0", "i1"]
    assert pager.cursor == "2~i0~i1"


# --- A list that shrinks ---------------------------------------------------------------------


@given(count=st.integers(0, 40), size=st.integers(1, 10))
@cases(60)
async def test_records_that_leave_the_list_meanwhile_take_no_others_along(
    count: int, size: int
) -> None:
    # As when every draft of a filtered list is deleted, or sent, as it comes.
    listing = Listing(numbered(count))
    found = []
    async with listing.client() as client:
        async for invoice in client.invoices.list(page_size=size):
            found.append(invoice.id)
            listing.records = [one for one in listing.records if one["_id"] != invoice.id]
    assert sorted(found, key=lambda one: int(one[1:])) == [f"i{n}" for n in range(count)]


async def test_without_a_total_only_an_empty_page_is_the_end() -> None:
    listing = Listing(numbered(9))
    listing.total = lambda _: None
    listing.cap = 4  # the service gives fewer than were asked for
    async with listing.client() as client:
        assert len(await client.invoices.list(page_size=6).collect()) == 9
