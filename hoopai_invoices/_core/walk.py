"""One way through a listing that others change meanwhile: each record once, or an error.

Offsets shift when records are inserted or deleted, so a page proves that it joins on: it begins with
the last record of the page before. Where it doesn't, earlier pages are read again until one holds a
record that was seen; what follows that record in the same answer can't have been missed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple

from .._protocol import Page
from ..errors import ListingShifted, QueueTimeoutError

__all__ = ["Place", "Step", "Walk"]

# Pages that are looked through, before and behind, for the place where another process stopped.
_FAR = 10
_AGAIN = "begin anew without a cursor, or collect() first what the work takes out of the list"


class Place(NamedTuple):
    """Where a walk begins or goes on.

    Attributes:
        offset: How many records come before it.
        last: The ids of the last of them.
        sure: Whether nothing that came before it can stand behind them.
    """

    offset: int = 0
    last: tuple[str, ...] = ()
    sure: bool = True


class Step(NamedTuple):
    """A page, and the places in it of the records that haven't come before.

    Attributes:
        page: The page.
        fresh: The places.
        sure: Whether they surely stand behind all records that have come before.
    """

    page: Page[Any]
    fresh: list[int]
    sure: bool


class Walk:
    """Goes from page to page; pages ahead are fetched meanwhile, as many as `prefetch`.

    Args:
        fetch: Gives the page of a limit and an offset.
        size: Records of a page.
        largest: The most that may be asked for at a time. One of them joins a page to the one before.
        prefetch: Pages to fetch ahead at most. It begins with none and doubles, so that who wants
            a few records asks for no more.
        start: Where to begin.
        most: How many records are wanted.
    """

    def __init__(
        self,
        fetch: Callable[[int, int], Awaitable[Page[Any]]],
        *,
        size: int,
        largest: int,
        prefetch: int,
        start: Place,
        most: int | None = None,
    ):
        self._fetch = fetch
        self._limit = min(size + 1, largest)
        self._asked = self._limit if start.last else size
        self._prefetch = prefetch
        self._start = start
        self._most = most
        self._seen = set(start.last)
        self._named = frozenset(start.last)
        self._frontier = start.last[-1] if start.last else None
        self._reached = self._furthest = start.offset
        self._last: Any = None
        self._total: int | None = None
        self._stride = self._limit - 1
        self._window = 0
        self._ahead: deque[tuple[int, asyncio.Future[Page[Any]]]] = deque()
        self._pages = self._useful = self._idle = self._stale = self._doubt = 0
        self._sure = True
        self._ended = False

    async def next(self) -> Step | None:
        """The next page that brings something new; None at the end.

        Raises:
            ListingShifted: It can't be told whether records were missed.
        """
        while not self._ended:
            step = self._taken(await self._joined())
            if step.fresh:
                return step
        return None

    async def aclose(self) -> None:
        """Cancel what is on its way."""
        ahead = [coming for _, coming in self._ahead]
        if ahead:
            self._window = 0  # it begins with none again
        self._ahead.clear()
        for coming in ahead:
            coming.cancel()
        if ahead:
            await asyncio.gather(*ahead, return_exceptions=True)

    # --- Which page is next ---------------------------------------------------------------------

    async def _joined(self) -> Page[Any]:
        """The next page, or an earlier one where that is needed to miss nothing."""
        if not self._pages:
            return await self._first()
        # At what may be the end, one page is asked for without the record that joins it.
        wanted = self._reached - 1 if self._sure else self._reached
        page = await self._page(max(0, wanted))
        if self._joins(page) or (not page.items and not self._sure):
            return page
        await self.aclose()  # what is on its way was asked for before the list had changed
        back = self._stride
        while True:
            offset = max(0, wanted - back)
            earlier = await self._fetch(self._limit, offset)
            if self._joins(earlier):
                return earlier
            if not offset:
                raise self._lost("nothing of what was read is there any more", _AGAIN)
            back *= 2

    async def _first(self) -> Page[Any]:
        """The page to begin with: where a cursor points, its last record has to be found."""
        offset, last, sure = self._start
        if not sure:
            raise self._lost("the list was changing just where the cursor stands", _AGAIN)
        if not last:
            return await self._fetch(self._asked, offset)
        ends = False
        for place in _around(offset - 1, self._stride):
            if place > offset and ends:
                continue
            page = await self._fetch(self._limit, place)
            if self._joins(page):
                return page
            ends = ends or (place >= offset - 1 and not page.items)
        raise self._lost("the record that the cursor stands behind isn't found", _AGAIN)

    async def _page(self, wanted: int) -> Page[Any]:
        ahead = self._ahead
        if ahead and ahead[0][0] != wanted:
            await self.aclose()
        if self._window or ahead:
            self._top_up(wanted)
            # It stays in the row while it is waited for, so that it is cancelled with the others.
            try:
                page = await ahead[0][1]
            except QueueTimeoutError:
                # It had to wait for those beside it; alone it may not.
                await self.aclose()
                return await self._fetch(self._limit, wanted)
            ahead.popleft()
        else:
            page = await self._fetch(self._limit, wanted)
        self._window = min(self._prefetch, max(1, self._window * 2))
        return page

    def _top_up(self, wanted: int) -> None:
        """Send for the page that is wanted, and for those after it that will be."""
        ahead = self._ahead
        offset = ahead[-1][0] + self._stride if ahead else wanted
        end = self._total or 0
        if self._most is not None:
            end = min(end, self._reached + self._most)
        # A page ahead is worth a request if it holds more than the record that joins it.
        while len(ahead) <= self._window and (offset == wanted or offset + 1 < end):
            coming = asyncio.ensure_future(self._fetch(self._limit, offset))
            ahead.append((offset, coming))
            offset += self._stride

    # --- What a page brings ---------------------------------------------------------------------

    def _joins(self, page: Page[Any]) -> bool:
        """Whether nothing can have been missed between the pages before and the end of this one."""
        if not page.offset and not self._start.offset:
            return True  # the beginning of the whole list
        for place, record in enumerate(page.items):
            identifier = _id(record)
            if identifier in self._seen:
                return True
            if identifier is None and page.offset + place == self._reached - 1:
                return bool(record == self._last)
        return False

    def _taken(self, page: Page[Any]) -> Step:
        items, end = page.items, page.offset + len(page.items)
        step = self._brought(page)
        grown = page.total is not None and self._total is not None and page.total > self._total
        self._pages += 1
        self._total = page.total
        if items:
            self._last = items[-1]
        if len(items) >= self._asked:
            self._stride = self._limit - 1
        elif len(items) > 1:
            self._stride = len(items) - 1  # the service may give fewer than were asked for
        beyond = end > self._furthest
        self._progress(bool(step.fresh), beyond and not grown)
        self._end(page, end, beyond)
        self._reached = end
        self._furthest = max(end, self._furthest)
        if self._most is not None:
            self._most -= len(step.fresh)
        return step

    def _brought(self, page: Page[Any]) -> Step:
        """What of a page hasn't come before."""
        ids = [_id(record) for record in page.items]
        known, fresh, twice = [], [], set()
        for place, identifier in enumerate(ids):
            # A record without an id is told by its place alone.
            given = page.offset + place < self._reached
            if given if identifier is None else identifier in self._seen:
                known.append(place)
            elif identifier is None or identifier not in twice:
                twice.add(identifier)
                fresh.append(place)
        if self._start.offset and known:
            # What stands before the records that the cursor names, or before all that this walk
            # knows, may have been given by the walk that it goes on from.
            cut = max(place for place in known if place == known[0] or ids[place] in self._named)
            fresh = [place for place in fresh if place > cut]
        if fresh:
            # Records that moved here, or were inserted, stand before others that have been given.
            # Without the last of those, it may be gone, or stand behind these. Either way two
            # further pages without an older record tell.
            doubtful = bool(known) and fresh[0] < known[-1]
            doubtful = doubtful or (self._frontier is not None and self._frontier not in ids)
            self._doubt = 3 if doubtful else max(0, self._doubt - 1)
            self._frontier = ids[-1]
        self._seen.update(one for one in twice if one is not None)
        return Step(page, fresh, not self._doubt)

    def _progress(self, fresh: bool, still: bool) -> None:
        """Give up a list that brings nothing new however often it is asked."""
        if fresh:
            self._useful += 1
            self._stale = self._idle = 0
            return
        # A further page of known records in a list that hasn't grown: once may be chance.
        self._stale += still
        self._idle += 1
        if self._stale > 1 or self._idle > 2 * self._useful + _FAR:
            raise self._lost("the pages bring nothing new", "try again, or with another page_size")

    def _end(self, page: Page[Any], end: int, beyond: bool) -> None:
        """Find out whether this was the last page."""
        short = len(page.items) < self._asked
        self._asked = self._limit
        if short and ((page.total is not None and end >= page.total) or not page.items):
            self._ended = True
        # A short page is no end by itself, for the service may give fewer records than were asked
        # for; without a total only an empty one is.
        self._sure = beyond or not short

    def _lost(self, what: str, hint: str) -> ListingShifted:
        return ListingShifted(f"{what} (offset {self._reached})", hint=hint)


def _id(record: Any) -> Any:
    return getattr(record, "id", None) or None


def _around(offset: int, stride: int) -> Iterator[int]:
    """Offsets nearer and farther, before and behind, of pages that overlap."""
    yield max(0, offset)
    for far in range(1, _FAR + 1):
        yield offset + far * stride
        if offset - (far - 1) * stride > 0:
            yield max(0, offset - far * stride)
