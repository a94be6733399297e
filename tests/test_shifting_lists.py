"""A listing that others change while it is read: nothing twice, nothing missed, or an error."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)
from strategies import LOCATION, cases, text_of

from hoopai_invoices import InvoicesClient, Pager, models
from hoopai_invoices.errors import ListingShifted, PermissionDeniedError

SPOTS = st.integers(0, 10**6)


class Shelf(httpx.AsyncBaseTransport):
    """A list of the service that changes between its answers.

    Attributes:
        ids: What is listed, in its order; what is inserted takes a place among the others.
        throughout: What has been there since the walk began, and still is.
        coming: For each of the next requests, what is inserted (>= 0) and deleted (< 0) before it.
    """

    def __init__(self, count: int):
        self.ids = [f"i{number}" for number in range(count)]
        self.throughout = list(self.ids)
        self.coming: list[list[int]] = []
        self.requests = self.changes = self.made = 0
        self.under_way = self.most_under_way = 0

    def insert(self, spot: int) -> None:
        self.changes += 1
        self.made += 1
        self.ids.insert(spot % (len(self.ids) + 1), f"n{self.made}")

    def delete(self, spot: int) -> None:
        if self.ids:
            self.changes += 1
            gone = self.ids.pop(spot % len(self.ids))
            if gone in self.throughout:
                self.throughout.remove(gone)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0)
        finally:
            self.under_way -= 1
        for spot in self.coming.pop(0) if self.coming else ():
            self.insert(spot) if spot >= 0 else self.delete(-spot)
        query = request.url.params
        offset, limit = int(query["offset"]), int(query["limit"])
        assert limit <= 100
        page = [{"_id": one} for one in self.ids[offset : offset + limit]]
        return httpx.Response(200, text=text_of({"invoices": page, "total": len(self.ids)}))

    def client(self) -> InvoicesClient:
        return InvoicesClient(token="t", location_id=LOCATION, transport=self, rate_limit=None)


class Reading(RuleBasedStateMachine):
    """One who reads a list, stops and goes on elsewhere, while others insert and delete."""

    shelf: Shelf
    ended = False

    @initialize(count=st.integers(0, 60), size=st.integers(3, 12), prefetch=st.integers(0, 4))
    def begin(self, count: int, size: int, prefetch: int) -> None:
        self.loop = asyncio.new_event_loop()
        self.shelf = Shelf(count)
        self.client = self.shelf.client()
        self.found: list[str] = []
        self.cursor: str | None = None
        self._go_on(size, prefetch)

    def _go_on(self, size: int, prefetch: int) -> None:
        self.pager = self.client.invoices.list(
            page_size=size, prefetch=prefetch, cursor=self.cursor
        )
        self.reading: AsyncGenerator[models.Invoice, None] = self.pager.__aiter__()

    @precondition(lambda self: not self.ended)
    @rule(spot=SPOTS)
    def insert(self, spot: int) -> None:
        self.shelf.insert(spot)

    @precondition(lambda self: not self.ended)
    @rule(spot=SPOTS)
    def delete(self, spot: int) -> None:
        self.shelf.delete(spot)

    @precondition(lambda self: not self.ended)
    @rule(spots=st.lists(st.lists(st.integers(-(10**6), 10**6), max_size=4), max_size=4))
    def change_between_pages(self, spots: list[list[int]]) -> None:
        self.shelf.coming = spots

    @precondition(lambda self: not self.ended)
    @rule(many=st.integers(1, 12))
    def read(self, many: int) -> None:
        self.loop.run_until_complete(self._read(many))

    async def _read(self, many: int) -> None:
        try:
            for _ in range(many):
                self.found.append((await anext(self.reading)).id)
        except StopAsyncIteration:
            self.ended = True
            self._check_the_end()
        except ListingShifted:
            assert self.shelf.changes
            self.ended = True
        assert len(self.found) == len(set(self.found)), "a record came twice"

    @precondition(lambda self: not self.ended)
    @rule(size=st.integers(3, 12), prefetch=st.integers(0, 4))
    def go_on_elsewhere(self, size: int, prefetch: int) -> None:
        self.loop.run_until_complete(self.reading.aclose())
        if self.found:
            self.cursor = self.pager.cursor
        self._go_on(size, prefetch)

    @precondition(lambda self: self.ended)
    @rule(size=st.integers(3, 12), prefetch=st.integers(0, 4))
    def read_again(self, size: int, prefetch: int) -> None:
        self.shelf.throughout = list(self.shelf.ids)
        self.shelf.changes = 0
        self.shelf.coming = []
        self.found, self.cursor, self.ended = [], None, False
        self._go_on(size, prefetch)

    def _check_the_end(self) -> None:
        old = [one for one in self.found if one in set(self.shelf.throughout)]
        assert old == self.shelf.throughout, "a record was missed, or came out of order"

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            if not self.ended:
                self.loop.run_until_complete(self._read(10**6))
            self.loop.run_until_complete(self.reading.aclose())
            self.loop.run_until_complete(self.client.aclose())
            assert not asyncio.all_tasks(self.loop)
            self.loop.close()


Reading.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestReading = Reading.TestCase


# --- One by one ------------------------------------------------------------------------------


async def pour(pager: Pager[models.Invoice], found: list[str]) -> None:
    """Iterate, and keep what came before an error."""
    async for invoice in pager:
        found.append(invoice.id)


async def read(shelf: Shelf, many: int, **how: Any) -> tuple[list[str], str]:
    """The first ids of a list, and the cursor behind them."""
    async with shelf.client() as client:
        pager = client.invoices.list(**how)
        return [one.id for one in await pager.collect(limit=many)], pager.cursor


@pytest.mark.anyio
@pytest.mark.parametrize("prefetch", [0, 4])
@pytest.mark.parametrize("gone", [1, 9, 10, 11, 55, 300])
async def test_what_leaves_the_list_takes_nothing_along(gone: int, prefetch: int) -> None:
    shelf = Shelf(1000)
    async with shelf.client() as client:
        found = []
        async for invoice in client.invoices.list(page_size=10, prefetch=prefetch):
            found.append(invoice.id)
            if len(found) == 400:
                del shelf.ids[:gone]
                shelf.requests = 0

    assert found == [f"i{number}" for number in range(1000)]
    assert shelf.requests <= 60 + 2 * gone / 10 + 10  # earlier pages, not the whole list again


@pytest.mark.anyio
async def test_a_list_that_is_used_up_while_it_is_read() -> None:
    # Each draft is sent as it comes, and so leaves the list of drafts.
    shelf = Shelf(500)
    async with shelf.client() as client:
        found = []
        async for invoice in client.invoices.list(status="draft", page_size=20):
            found.append(invoice.id)
            shelf.ids.remove(invoice.id)
    assert sorted(found, key=lambda one: int(one[1:])) == [f"i{number}" for number in range(500)]


@pytest.mark.anyio
@pytest.mark.parametrize("inserted", [0, 1, 7, 30, 99])
@pytest.mark.parametrize("deleted", [0, 1, 7, 30])
async def test_another_process_goes_on_behind_the_last_record(inserted: int, deleted: int) -> None:
    shelf = Shelf(100)
    before, cursor = await read(shelf, 40, page_size=10)
    del shelf.ids[:deleted]
    shelf.ids[:0] = [f"n{number}" for number in range(inserted)]

    after, _ = await read(shelf, 1000, page_size=10, cursor=cursor)

    assert before + after == [f"i{number}" for number in range(100)]


@pytest.mark.anyio
@pytest.mark.parametrize("gone", [["i39"], ["i38", "i39"], ["i37", "i39", "i40"]])
async def test_a_cursor_outlives_some_of_its_records(gone: list[str]) -> None:
    shelf = Shelf(100)
    _, cursor = await read(shelf, 40, page_size=10)
    shelf.ids = [one for one in shelf.ids if one not in gone]
    after, _ = await read(shelf, 1000, page_size=10, cursor=cursor)
    assert after == [f"i{number}" for number in range(40, 100) if f"i{number}" not in gone]


@pytest.mark.anyio
async def test_a_cursor_whose_records_are_gone_is_no_place() -> None:
    shelf = Shelf(100)
    _, cursor = await read(shelf, 40, page_size=10)
    shelf.ids = [one for one in shelf.ids if one not in ("i37", "i38", "i39")]
    shelf.requests = 0
    for again in ({}, {"page_size": 20}):
        with pytest.raises(ListingShifted) as caught:
            await read(shelf, 1000, cursor=cursor, **again)
    assert caught.value.operation == "invoices.list"
    assert caught.value.hint
    assert shelf.requests <= 42


@pytest.mark.anyio
async def test_first_and_first_page_of_a_cursor_look_for_its_place_too() -> None:
    shelf = Shelf(100)
    _, cursor = await read(shelf, 40, page_size=10)
    shelf.ids[:0] = ["new"] * 3
    async with shelf.client() as client:
        pager = client.invoices.list(page_size=10, cursor=cursor)
        first = await pager.first()
        page = await pager.first_page()
    assert first is not None
    assert first.id == page.items[0].id == "i40"
    assert page.offset == 43


@pytest.mark.anyio
async def test_pages_are_fetched_ahead_once_a_second_one_is_needed() -> None:
    shelf = Shelf(1000)
    async with shelf.client() as client:
        pager = client.invoices.list(page_size=10, prefetch=4)
        most = []
        async for page in pager.pages():
            most.append(shelf.most_under_way)
            if len(most) == 1:
                assert shelf.requests == 1
            assert shelf.requests <= len(most) + 4
            assert len(page.items) == 10
    assert (most[0], max(most)) == (1, 5)
    assert shelf.requests == 101  # the last of them holds but the record that joins it


@pytest.mark.anyio
async def test_no_more_is_fetched_than_is_wanted() -> None:
    shelf = Shelf(1000)
    found, _ = await read(shelf, 25, page_size=10, prefetch=8)
    assert (len(found), shelf.requests) == (25, 3)


@pytest.mark.anyio
async def test_leaving_early_cancels_what_is_on_its_way() -> None:
    shelf = Shelf(1000)
    async with shelf.client() as client:
        others = asyncio.all_tasks()
        async for invoice in client.invoices.list(page_size=10, prefetch=4):
            if invoice.id == "i45":
                break
        asked = shelf.requests
        for _ in range(5):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == others
        assert client.stats().in_flight == 0
        assert shelf.requests == asked


@pytest.mark.anyio
async def test_a_page_that_fails_is_asked_for_again_and_not_the_list() -> None:
    shelf = Shelf(200)
    answer, failed = shelf.handle_async_request, Counter[str]()

    async def failing(request: httpx.Request) -> httpx.Response:
        offset = request.url.params["offset"]
        if offset in ("59", "119") and not failed[offset]:
            failed[offset] += 1
            return httpx.Response(503, headers={"retry-after": "0"})
        return await answer(request)

    shelf.handle_async_request = failing  # type: ignore[method-assign]
    found, _ = await read(shelf, 1000, page_size=20)
    assert found == [f"i{number}" for number in range(200)]
    assert failed == {"59": 1, "119": 1}
    assert shelf.requests == 11


@pytest.mark.anyio
async def test_an_error_of_a_page_ahead_comes_in_its_turn() -> None:
    shelf = Shelf(200)
    answer = shelf.handle_async_request

    async def failing(request: httpx.Request) -> httpx.Response:
        if request.url.params["offset"] == "99":
            return httpx.Response(403)
        return await answer(request)

    shelf.handle_async_request = failing  # type: ignore[method-assign]
    async with shelf.client() as client:
        pager = client.invoices.list(page_size=20)
        found: list[str] = []
        with pytest.raises(PermissionDeniedError):
            await pour(pager, found)
        assert found == [f"i{number}" for number in range(100)]
        shelf.handle_async_request = answer  # type: ignore[method-assign]
        rest = await client.invoices.list(cursor=pager.cursor).collect()
    assert [one.id for one in rest] == [f"i{number}" for number in range(100, 200)]


@given(seed=st.integers(0, 10**6), prefetch=st.integers(0, 8))
@cases(40)
@pytest.mark.anyio
async def test_a_list_that_only_grows_is_read_to_its_end(seed: int, prefetch: int) -> None:
    chance = random.Random(seed)
    shelf = Shelf(150)
    shelf.coming = [[chance.randrange(10**6)] * chance.randrange(4) for _ in range(30)]
    found, _ = await read(shelf, 10**6, page_size=chance.randrange(8, 30), prefetch=prefetch)
    assert [one for one in found if one.startswith("i")] == shelf.throughout


@pytest.mark.anyio
async def test_what_changes_places_is_given_as_long_as_it_is_seen() -> None:
    # Records of one day have no order of their own, and may stand in another one next time.
    shelf = Shelf(12)
    async with shelf.client() as client:
        found = []
        async for invoice in client.invoices.list(page_size=4):
            found.append(invoice.id)
            if len(found) == 4:
                shelf.ids[3], shelf.ids[4] = "i4", "i3"
    assert sorted(found) == sorted(f"i{number}" for number in range(12))


@pytest.mark.anyio
async def test_a_record_that_stands_twice_on_a_page_comes_once() -> None:
    shelf = Shelf(0)
    shelf.ids = [f"i{number // 2}" for number in range(40)]
    for prefetch in (0, 4):
        found, _ = await read(shelf, 100, page_size=10, prefetch=prefetch)
        assert found == [f"i{number}" for number in range(20)]


@pytest.mark.anyio
@pytest.mark.parametrize("many", [1, 20])
async def test_records_with_an_empty_id_are_told_by_their_places(many: int) -> None:
    shelf = Shelf(20)
    shelf.ids[20 - many :] = [""] * many
    found, cursor = await read(shelf, 10**6, page_size=5)
    assert len(found) == 20
    assert shelf.requests < 10
    assert not cursor.endswith("~")


@pytest.mark.anyio
async def test_pages_ahead_don_t_make_the_one_that_is_wanted_wait_too_long() -> None:
    shelf = Shelf(300)
    answer = shelf.handle_async_request

    async def slow(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.06)
        return await answer(request)

    shelf.handle_async_request = slow  # type: ignore[method-assign]
    async with InvoicesClient(
        token="t",
        location_id=LOCATION,
        transport=shelf,
        rate_limit=None,
        max_connections=1,
        queue_timeout=0.1,
    ) as client:
        found = await client.invoices.list(page_size=20, prefetch=8).collect()
    assert [one.id for one in found] == [f"i{number}" for number in range(300)]


@pytest.mark.anyio
async def test_who_takes_out_what_comes_gets_no_cursor_that_lies() -> None:
    shelf = Shelf(300)
    cursors = []
    async with shelf.client() as client:
        pager = client.invoices.list(page_size=20)
        async for invoice in pager:
            shelf.ids.remove(invoice.id)
            cursors.append(pager.cursor)
        doubtful = [cursor for cursor in cursors if cursor.endswith("!")]
        assert len(doubtful) > 200
        with pytest.raises(ListingShifted) as caught:
            await client.invoices.list(cursor=doubtful[0]).first()
    assert "begin anew" in str(caught.value)
