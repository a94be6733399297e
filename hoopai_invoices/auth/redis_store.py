"""Grants in a Redis or Valkey, for the processes of many machines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from math import ceil
from typing import TYPE_CHECKING, Any, Final, TypeVar

from .._core.secret import Secret
from ..errors import ConfigurationError, HoopAIError, TokenStoreError
from .files import wholly

if TYPE_CHECKING:
    from redis.asyncio import Redis

__all__ = ["RedisStore"]

T = TypeVar("T")
_PATIENCE: Final = 5.0  # seconds in which an operation is over, or has failed
_TOGETHER: Final = 8  # connections

# A text that isn't there comes as `false`, and so does one that must not be there.
_SWAP: Final = """
local old = ARGV[1] == '1' and ARGV[2]
if redis.call('GET', KEYS[1]) ~= old then return 0 end
if ARGV[3] == '1' then redis.call('SET', KEYS[1], ARGV[4]) else redis.call('DEL', KEYS[1]) end
return 1
"""
_LEASE: Final = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
"""


class RedisStore:
    """Keeps grants in a Redis or Valkey, for the processes of many machines.

    What is kept is as safe as that server makes it: without persistence (`appendonly yes`, best with
    `appendfsync always`) it forgets all grants when it restarts, and somebody must consent again;
    with an eviction policy other than `noeviction` it may forget them at any time; a replica that
    takes over may lack the last ones. Leases go by the server's clock.

    Connections are made when they are needed, and closed as soon as nothing is under way, so a store
    can be used in one event loop after another.

    Args:
        url: `redis://…`, `rediss://…` or `unix://…`; or a `redis.asyncio.Redis` of your own, which
            belongs to its loop and isn't closed. Make it with `retry=Retry(NoBackoff(), 0)`: a `swap`
            that the client repeats after a lost answer says False though it was carried out.
        prefix: What the names of its keys begin with.

    Raises:
        ConfigurationError: The package is missing, or the address is none.
    """

    def __init__(self, url: str | Redis, *, prefix: str = "hoopai:tokens:"):
        try:
            from redis import asyncio as redis
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff
        except ImportError:
            msg = "a token store in Redis needs a package that isn't there"
            raise ConfigurationError(msg, hint="pip install 'hoopai-invoices[redis]'") from None
        self._prefix = prefix
        self._used: dict[asyncio.AbstractEventLoop, _Used] = {}
        self._theirs = url if isinstance(url, redis.Redis) else None
        if self._theirs is not None:
            return
        address = Secret(url) if isinstance(url, str) else Secret("")
        del url  # a password may be in it, and a traceback shows what its frames hold

        def make() -> Redis:
            return redis.Redis.from_url(
                address.reveal(),
                socket_timeout=_PATIENCE,
                socket_connect_timeout=_PATIENCE,
                retry=Retry(NoBackoff(), 0),  # what may have been carried out isn't repeated
            )

        self._make = make
        with suppress(Exception):
            make()
            return
        msg = "that is no address of a Redis"  # nor the error, which may repeat it
        raise ConfigurationError(msg, hint="redis://…, rediss://… or unix://…")

    async def get(self, name: str) -> Secret | None:
        async def ask(redis: Redis) -> Secret | None:
            kept = await redis.get(self._kept(name))
            if kept is None:
                return None
            return Secret(kept if isinstance(kept, str) else kept.decode())

        return await self._do(ask)

    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        return await self._run(_SWAP, self._kept(name), lambda: [*_given(old), *_given(new)])

    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        milliseconds = max(ceil(seconds * 1000), 1)
        return await self._run(_LEASE, self._leased(name), lambda: [owner, milliseconds])

    async def release(self, name: str, owner: str) -> None:
        await self._run(_RELEASE, self._leased(name), lambda: [owner])

    async def aclose(self) -> None:
        """Nothing is held between calls; it can be used again."""

    def _kept(self, name: str) -> str:
        return f"{self._prefix}kept:{name}"

    def _leased(self, name: str) -> str:
        return f"{self._prefix}lease:{name}"

    async def _run(self, script: str, key: str, values: Callable[[], list[Any]]) -> bool:
        async def run(redis: Redis) -> bool:
            answer: Any = redis.eval(script, 1, key, *values())
            return int(await answer) == 1

        return await self._do(run)

    async def _do(self, work: Callable[[Redis], Awaitable[T]]) -> T:
        """Do it to its end, also when the caller is cancelled meanwhile."""
        return await wholly(asyncio.ensure_future(self._done(work)))

    async def _done(self, work: Callable[[Redis], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(_PATIENCE), self._connected() as redis:
                return await work(redis)
        except HoopAIError:
            raise
        except TimeoutError:
            why = f"no answer within {_PATIENCE:g} s"
        except Exception as error:
            why = type(error).__name__  # its text may repeat what was asked
        raise TokenStoreError(f"the token store's Redis has failed ({why})")

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Redis]:
        if self._theirs is not None:
            yield self._theirs
            return
        loop = asyncio.get_running_loop()
        used = self._used.get(loop)
        if used is None:
            used = self._used[loop] = _Used(self._make())
        used.by += 1
        try:
            async with used.gate:
                yield used.redis
        finally:
            used.by -= 1
            if not used.by:
                del self._used[loop]
                with suppress(Exception):
                    await used.redis.aclose()


class _Used:
    """A client, and how many use it."""

    def __init__(self, redis: Redis):
        self.redis = redis
        self.by = 0
        self.gate = asyncio.Semaphore(_TOGETHER)


def _given(text: Secret | None) -> tuple[str, str]:
    """A text for a script, and before it whether there is one."""
    return ("0", "") if text is None else ("1", text.reveal())
