"""Pagers: a listing fetched page by page, each record once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from ._model import Model
from ._protocol import Operation, Page
from .errors import DecodeError, InvalidRequestError, ListingShifted

__all__ = ["ListPager"]

_LARGEST_PAGE = 100  # the largest page that has been seen to work


class ListPager:
    """The pager behind every list; see `Pager` for what it offers."""

    def __init__(
        self,
        operation: Operation,
        fetch: Callable[[int, int], Awaitable[Model]],
        *,
        page_size: int = _LARGEST_PAGE,
        cursor: str | None = None,
    ):
        if (
            isinstance(page_size, bool)
            or not isinstance(page_size, int)
            or not 1 <= page_size <= _LARGEST_PAGE
        ):
            raise InvalidRequestError(
                f"{page_size!r} is not from 1 to {_LARGEST_PAGE}",
                path="page_size",
                operation=operation.name,
            )
        assert operation.paging is not None
        self._operation = operation
        self._paging = operation.paging
        self._fetch = fetch
        self._page_size = page_size
        self._start = _offset_of(cursor, operation)
        self._after = self._start

    async def __aiter__(self) -> AsyncGenerator[Any, None]:
        walk = _Walk(self)
        while (found := await walk.next()) is not None:
            page, fresh = found
            for place, record in enumerate(page.items):
                # The place moves before the record is handed over, and past one that isn't.
                self._after = page.offset + place + 1
                if place in fresh:
                    yield record

    async def pages(self) -> AsyncGenerator[Page[Any], None]:
        walk = _Walk(self)
        while (found := await walk.next()) is not None:
            page = found[0]
            self._after = page.offset + len(page.items)
            yield page

    async def first(self) -> Any | None:
        page = await self._page(1, self._start)
        return page.items[0] if page.items else None

    async def first_page(self) -> Page[Any]:
        return await self._page(self._page_size, self._start)

    async def collect(self, *, limit: int | None = None) -> list[Any]:
        if limit is not None and (
            isinstance(limit, bool) or not isinstance(limit, int) or limit < 0
        ):
            msg = f"{limit!r} is no number of records"
            raise InvalidRequestError(msg, path="limit", operation=self._operation.name)
        records: list[Any] = []
        if limit == 0:
            return records
        async with aclosing(self.__aiter__()) as found:
            async for record in found:
                records.append(record)
                if len(records) == limit:
                    break
        return records

    @property
    def cursor(self) -> str:
        return str(self._after)

    async def _page(self, limit: int, offset: int) -> Page[Any]:
        answer = await self._fetch(limit, offset)
        read = {row.key: getattr(answer, row.name) for row in answer._fields}
        items = read[self._paging.items]
        if items is None:
            raise DecodeError(
                "a page without its records",
                path=self._paging.items,
                operation=self._operation.name,
            )
        return Page(items=items, total=read[self._paging.total], offset=offset)


class _Walk:
    """One way through a list, page by page."""

    def __init__(self, pager: ListPager):
        self._pager = pager
        self._offset = pager._start
        self._before: Page[Any] | None = None
        self._seen: set[str] = set()
        self._stale = 0
        self._ended = False

    async def next(self) -> tuple[Page[Any], set[int]] | None:
        """The next page and the places of its records that haven't come before; None at the end."""
        if self._ended:
            return None
        pager = self._pager
        page = await pager._page(pager._page_size, self._offset)
        while gone := self._gone(page):
            # Records that left the list have pulled others onto pages that were read already: go
            # back by as many. What comes twice is dropped.
            self._offset = max(pager._start, self._offset - gone)
            page = await pager._page(pager._page_size, self._offset)
        if not page.items:
            return None
        fresh = self._fresh(page)
        # Records inserted while paging push others onto the next page, so a page may bring nothing
        # new; one after the other is a list that stands still.
        same = self._before is not None and page.items == self._before.items
        self._stale = self._stale + 1 if same or not fresh else 0
        if self._stale > 1:
            msg = f"the pages up to offset {self._offset} bring nothing new"
            hint = "the list can't be trusted to be whole; try again, or with another page_size"
            raise ListingShifted(msg, hint=hint, operation=pager._operation.name)
        self._offset += len(page.items)
        self._before = page
        # A short page is no end by itself: the service may give fewer records than were asked
        # for. Without a total only an empty page is.
        short = len(page.items) < pager._page_size
        self._ended = short and page.total is not None and self._offset >= page.total
        return page, fresh

    def _gone(self, page: Page[Any]) -> int:
        """How many records left the list since the page before, if any page was read."""
        before = self._before
        if before is None or before.total is None or page.total is None:
            return 0
        gone = before.total - page.total
        self._before = Page(before.items, page.total, before.offset)
        return max(0, gone) if self._offset > self._pager._start else 0

    def _fresh(self, page: Page[Any]) -> set[int]:
        fresh = set()
        for place, record in enumerate(page.items):
            identifier = getattr(record, "id", None)
            if identifier is None or identifier not in self._seen:
                fresh.add(place)
                if identifier is not None:
                    self._seen.add(identifier)
        return fresh


def _offset_of(cursor: str | None, operation: Operation) -> int:
    if cursor is None:
        return 0
    if isinstance(cursor, str) and cursor.isascii() and cursor.isdigit() and len(cursor) < 16:
        return int(cursor)
    hint = "give the `cursor` of an earlier pager as it was"
    raise InvalidRequestError(
        f"{cursor!r} is no cursor", path="cursor", hint=hint, operation=operation.name
    )
