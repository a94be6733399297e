"""Where grants are kept: what a store must do, and one in memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from .._core.secret import Secret

__all__ = ["MemoryStore", "TokenStore"]


@runtime_checkable
class TokenStore(Protocol):
    """Keeps texts by name, for all processes of an app. Three rules make refreshing safe:

    - What `swap` has answered True to is kept: another process reads it, also after a crash.
    - Of several `swap` with the same `old`, one is True.
    - Between `lease` and its end nobody else gets the lease of that name.

    The texts are JSON and hold tokens in the clear: whoever wants them encrypted wraps a store.
    Names are printable ASCII without spaces, of at most 200 characters. A store that can't be read
    or written raises; the client says so in a `TokenStoreError`. `check_store` of
    `hoopai_invoices.auth.checks` tells whether a store of your own keeps the rules.
    """

    async def get(self, name: str) -> Secret | None:
        """What is kept under the name now; None when there is nothing."""
        ...

    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        """Keep `new` in place of `old`: True, or False when something else than `old` is kept.

        None stands for nothing: `old=None` makes an entry, `new=None` removes it.
        """
        ...

    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        """Have the name to oneself for so long, anew or for longer; False while another has it.

        By a clock that all processes share: the store's own. The name needn't be kept yet.
        """
        ...

    async def release(self, name: str, owner: str) -> None:
        """Give the lease back, if `owner` still has it."""
        ...


class MemoryStore:
    """Grants of one process: for tests, and for tokens that are minted anew anyway.

    What is refreshed here and not kept elsewhere is lost with the process, and with it the grant.
    """

    def __init__(self, *, _now: Callable[[], float] = time.monotonic) -> None:
        self._now = _now
        self._kept: dict[str, Secret] = {}
        self._leases: dict[str, tuple[str, float]] = {}

    async def get(self, name: str) -> Secret | None:
        return self._kept.get(name)

    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        if self._kept.get(name) != old:
            return False
        if new is None:
            self._kept.pop(name, None)
        else:
            self._kept[name] = new
        return True

    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        held, until = self._leases.get(name, (owner, 0.0))
        if held != owner and until > self._now():
            return False
        self._leases[name] = (owner, self._now() + seconds)
        return True

    async def release(self, name: str, owner: str) -> None:
        if self._leases.get(name, ("", 0.0))[0] == owner:
            del self._leases[name]
