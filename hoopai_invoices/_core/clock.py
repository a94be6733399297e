"""Time and chance, handed in so that a test can hold both in its hands."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

__all__ = ["Clock", "Deadline", "SystemClock", "Timer"]


class Deadline(Protocol):
    """What `asyncio.timeout` gives."""

    async def __aenter__(self) -> object: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> bool | None: ...

    def expired(self) -> bool:
        """Whether time ran out."""
        ...


class Timer(Protocol):
    """What `call_later` gives."""

    def cancel(self) -> None:
        """Let it not happen."""
        ...


class Clock(Protocol):
    """What the pipeline asks of time and chance."""

    def monotonic(self) -> float:
        """Seconds since some beginning; never goes back."""
        ...

    def time(self) -> float:
        """Seconds since 1970 in UTC."""
        ...

    def random(self) -> float:
        """A number from 0 up to 1."""
        ...

    def call_later(self, delay: float, action: Callable[[], object]) -> Timer:
        """Do something `delay` seconds later, in the running event loop."""
        ...

    def timeout(self, delay: float) -> Deadline:
        """A context that ends what runs in it after `delay` seconds."""
        ...


class SystemClock:
    """The machine's own time and chance."""

    def monotonic(self) -> float:
        return time.monotonic()

    def time(self) -> float:
        return time.time()

    def random(self) -> float:
        return random.random()

    def call_later(self, delay: float, action: Callable[[], object]) -> Timer:
        return asyncio.get_running_loop().call_later(delay, action)

    def timeout(self, delay: float) -> Deadline:
        return asyncio.timeout(delay)
