"""Time and chance, handed in so that a test can hold both in its hands."""

from __future__ import annotations

import asyncio
import random
import time
from types import TracebackType
from typing import Protocol

__all__ = ["Clock", "Deadline", "SystemClock"]


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


class Clock(Protocol):
    """What the pipeline asks of time and chance."""

    def monotonic(self) -> float:
        """Seconds since some beginning; never goes back."""
        ...

    def random(self) -> float:
        """A number from 0 up to 1."""
        ...

    def timeout(self, delay: float) -> Deadline:
        """A context that ends what runs in it after `delay` seconds."""
        ...


class SystemClock:
    """The machine's own time and chance."""

    def monotonic(self) -> float:
        return time.monotonic()

    def random(self) -> float:
        return random.random()

    def timeout(self, delay: float) -> Deadline:
        return asyncio.timeout(delay)
