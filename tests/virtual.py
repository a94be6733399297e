"""A clock that moves only when every task waits, and a wire in memory that obeys a script.

Nothing here knows what the client should do: it only says when something arrived, and answers.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from random import Random
from types import TracebackType
from typing import Any, Self

import httpx
from attrs import define, field
from recording import ANSWER, DEFAULTS, LOCATION

from hoopai_invoices import InvoicesClient

__all__ = ["Arrival", "Script", "VirtualTime", "Wire", "answer", "client_on"]

START = 1_772_323_200.0  # 2026-03-01T00:00:00Z: a day begins


class VirtualTime:
    """A `Clock`, and the context in which it goes: from one timer to the next, without waiting.

    When everybody waits and no timer is left, nothing can happen any more: the block is ended with
    an AssertionError instead of standing still for ever.
    """

    def __init__(self, *, at: float = START, seed: int = 1) -> None:
        self.now = 0.0
        self.chance = Random(seed)
        self.timers: list[tuple[float, int, _Timer]] = []
        self._start = at
        self._order = itertools.count()
        self._stuck = False

    async def __aenter__(self) -> Self:
        self._owner = asyncio.current_task()
        self._driver = asyncio.create_task(self._drive())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._driver.cancel()
        await asyncio.wait([self._driver])
        if not self._driver.cancelled():
            self._driver.result()
        if self._stuck and self._owner is not None:
            self._owner.uncancel()
            msg = f"at {self.now:.3f} s everybody waits, and nothing is to come"
            raise AssertionError(msg)

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self._start + self.now

    def random(self) -> float:
        return self.chance.random()

    async def sleep(self, delay: float) -> None:
        woken = asyncio.Event()
        timer = self.call_later(delay, woken.set)
        try:
            await woken.wait()
        finally:
            timer.cancel()

    def call_later(self, delay: float, action: Callable[[], object]) -> _Timer:
        timer = _Timer(action)
        heapq.heappush(self.timers, (self.now + max(delay, 0), next(self._order), timer))
        return timer

    def timeout(self, delay: float) -> _Deadline:
        return _Deadline(self, delay)

    async def _drive(self) -> None:
        # Whatever is about to run stands in the loop's own queue; this task takes no part in it.
        ready = vars(asyncio.get_running_loop())["_ready"]
        while True:
            while ready:
                await asyncio.sleep(0)
            while self.timers and self.timers[0][2].action is None:
                heapq.heappop(self.timers)
            if not self.timers:
                self._stuck = True
                if self._owner is not None:
                    self._owner.cancel()
                return
            self.now, _, timer = heapq.heappop(self.timers)
            timer.fire()
            await asyncio.sleep(0)


class _Timer:
    __slots__ = ("action",)

    def __init__(self, action: Callable[[], object]) -> None:
        self.action: Callable[[], object] | None = action

    def cancel(self) -> None:
        self.action = None

    def fire(self) -> None:
        action, self.action = self.action, None
        assert action is not None
        action()


class _Deadline:
    """`asyncio.timeout` by the virtual clock."""

    def __init__(self, clock: VirtualTime, delay: float) -> None:
        self._clock = clock
        self._delay = delay
        self._timeout = asyncio.timeout(None)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._timer = self._clock.call_later(self._delay, lambda: self._timeout.reschedule(0))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        await self._timeout.__aexit__(kind, error, traceback)

    def expired(self) -> bool:
        return self._timeout.expired()


@define
class Arrival:
    """One request as it reached the other side; `ended` when its answer had gone out."""

    at: float
    method: str
    path: str
    location: str
    token: str
    ended: float | None = None


Script = Callable[[Arrival], Awaitable[httpx.Response]]


def answer(
    status: int = 200,
    body: bytes | str | Mapping[str, Any] = ANSWER,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """One whole answer."""
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    data = content.encode() if isinstance(content, str) else content
    return httpx.Response(status, headers=headers, stream=_Body(data))


class _Body(httpx.AsyncByteStream):
    def __init__(self, data: bytes) -> None:
        self._data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data


@define
class Wire(httpx.AsyncBaseTransport):
    """Asks its script for every answer. It tells the steps as httpcore tells them."""

    clock: VirtualTime
    script: Script
    arrivals: list[Arrival] = field(factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        note = request.extensions["trace"]
        await note("http11.send_request_headers.started", {"request": request})
        body = json.loads(request.content or b"{}")
        arrival = Arrival(
            self.clock.now,
            request.method,
            request.url.path,
            request.url.params.get("altId") or body.get("altId", ""),
            request.headers["authorization"].removeprefix("Bearer "),
        )
        self.arrivals.append(arrival)
        try:
            return await self.script(arrival)
        finally:
            arrival.ended = self.clock.now

    @property
    def gaps(self) -> list[float]:
        """Seconds from each answer to the next arrival."""
        pairs = itertools.pairwise(self.arrivals)
        return [later.at - (one.ended or 0.0) for one, later in pairs]


def client_on(
    wire: httpx.AsyncBaseTransport, clock: VirtualTime, **settings: Any
) -> InvoicesClient:
    """A client whose time is the clock's."""
    settings = {
        "token": "pit-virtual",
        "location_id": LOCATION,
        "base_url": "http://localhost",
        "defaults": DEFAULTS,
        **settings,
    }
    return InvoicesClient(transport=wire, _clock=clock, **settings)
