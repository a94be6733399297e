"""Pagers: a listing fetched page by page, each record once."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from ._core.walk import Place, Step, Walk
from ._model import Model
from ._protocol import Operation, Page
from .errors import DecodeError, InvalidRequestError, ListingShifted

__all__ = ["ListPager"]

_LARGEST_PAGE = 100  # the largest page that has been seen to work
_FARTHEST_AHEAD = 32
_LONGEST = 10**15
# A cursor names the last records, so that a deleted one doesn't cost the place.
_NAMED = 3
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}").fullmatch
_CURSOR = re.compile(r"([0-9]{1,15})((?:~[A-Za-z0-9_-]{1,128}){0,3})(!?)").fullmatch


class ListPager:
    """The pager behind every list; see `Pager` for what it offers."""

    def __init__(
        self,
        operation: Operation,
        fetch: Callable[[int, int], Awaitable[Model]],
        *,
        page_size: int = _LARGEST_PAGE,
        prefetch: int = 0,
        cursor: str | None = None,
    ):
        assert operation.paging is not None
        self._operation = operation
        self._paging = operation.paging
        self._fetch = fetch
        self._page_size = self._number(page_size, "page_size", 1, _LARGEST_PAGE)
        self._prefetch = self._number(prefetch, "prefetch", 0, _FARTHEST_AHEAD)
        self._start = Place() if cursor is None else self._place(cursor)
        # Where the records of a page begin to count, the page, and how many of them were given.
        self._at: tuple[Place, Step | None, int] = (self._start, None, 0)

    def __aiter__(self) -> AsyncGenerator[Any, None]:
        return self._records(None)

    async def pages(self) -> AsyncGenerator[Page[Any], None]:
        async with aclosing(self._steps(None)) as steps:
            async for before, step in steps:
                page, fresh = step.page, step.fresh
                self._at = (before, step, len(fresh))
                items = page.items
                if len(fresh) < len(items):
                    items = [items[place] for place in fresh]
                yield Page(items=items, total=page.total, offset=page.offset + fresh[0])

    async def first(self) -> Any | None:
        if self._start.last or not self._start.sure:
            found = await self.collect(limit=1)
        else:
            found = (await self._page(1, self._start.offset)).items
        return found[0] if found else None

    async def first_page(self) -> Page[Any]:
        if self._start.sure and not self._start.last:
            return await self._page(self._page_size, self._start.offset)
        async with aclosing(self.pages()) as pages:
            async for page in pages:
                return page
        return Page(items=[], total=None, offset=self._start.offset)

    async def collect(self, *, limit: int | None = None) -> list[Any]:
        if limit is not None:
            limit = self._number(limit, "limit", 0, _LONGEST)
        records: list[Any] = []
        if limit == 0:
            return records
        async with aclosing(self._records(limit)) as found:
            async for record in found:
                records.append(record)
                if len(records) == limit:
                    break
        return records

    @property
    def cursor(self) -> str:
        offset, last, sure = self._place_now()
        return "~".join((str(offset), *last)) if sure else f"{offset}!"

    async def _records(self, most: int | None) -> AsyncGenerator[Any, None]:
        async with aclosing(self._steps(most)) as steps:
            async for before, step in steps:
                items = step.page.items
                for count, place in enumerate(step.fresh, 1):
                    # The place moves before the record is handed over.
                    self._at = (before, step, count)
                    yield items[place]

    async def _steps(self, most: int | None) -> AsyncGenerator[tuple[Place, Step], None]:
        """The pages that bring something new, each with the place before it."""
        walk = Walk(
            self._page,
            size=self._page_size,
            largest=_LARGEST_PAGE,
            prefetch=self._prefetch,
            start=self._start,
            most=most,
        )
        before = self._start
        try:
            while (step := await walk.next()) is not None:
                yield before, step
                before = _behind(before, step, len(step.fresh))
        except ListingShifted as error:
            error.operation = self._operation.name
            raise
        finally:
            await walk.aclose()

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

    def _place_now(self) -> Place:
        before, step, given = self._at
        return before if step is None else _behind(before, step, given)

    def _place(self, cursor: object) -> Place:
        found = _CURSOR(cursor) if isinstance(cursor, str) and cursor.isascii() else None
        if found is None or (found[2] and not int(found[1])):
            hint = "give the `cursor` of an earlier pager as it was"
            raise InvalidRequestError(
                f"{cursor!r} is no cursor", path="cursor", hint=hint, operation=self._operation.name
            )
        return Place(int(found[1]), tuple(found[2].split("~")[1:]), not found[3])

    def _number(self, number: object, path: str, least: int, most: int) -> int:
        if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
            msg = f"{number!r} is not from {least} to {most}"
            raise InvalidRequestError(msg, path=path, operation=self._operation.name)
        return number


def _behind(before: Place, step: Step, given: int) -> Place:
    """The place behind so many of a page's new records."""
    page, fresh, sure = step
    ids = (
        getattr(page.items[place], "id", None) for place in fresh[max(0, given - _NAMED) : given]
    )
    named = (*before.last, *(one for one in ids if isinstance(one, str) and _ID(one)))
    return Place(page.offset + fresh[given - 1] + 1, named[-_NAMED:], sure)
