"""Limits that all processes of an app share through a Redis or Valkey.

There a location's window is a set of places, each with the instant, by the server's clock, at which
it is free again: a window after the answer, or after a lease when its process was killed. Lanes ask
for places, and tell of them, in the background; a call waits for one round trip at most besides.

Without that server everyone keeps to a share: after a window of waiting, because nobody knows what
the others have just sent. A server that comes up may have forgotten all of it, so whoever comes back
tells what it has sent, and everyone keeps to the share until all have had the time to do so.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from math import ceil, inf
from uuid import uuid4

from ..errors import ConfigurationError
from .clock import Clock
from .limiter import Lane, Limiter, RateLimit

__all__ = ["SharedLane", "SharedLimits"]

_log = logging.getLogger("hoopai_invoices")
_PATIENCE = 1.0  # seconds in which the server answers, or is taken for gone
_AGAIN = 2.0  # seconds between looks whether it is back
_LONGEST = 60.0  # seconds after which a request that nobody has told of any more was counted
_AT_ONCE = 25  # places that are asked for in one go: the others want some too
_TOGETHER = 8  # connections

# One step for all there is to tell and to ask: who was here before, what was sent, what is wanted.
# `born` names what the server remembers: who knows another name must first tell what it has sent.
_SCRIPT = """
local a, time = cjson.decode(ARGV[1]), redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local places, gate, state = KEYS[1], KEYS[2], KEYS[3]
local function day(at) return places .. ':day:' .. math.floor(at / 86400000) end

local known = redis.call('HMGET', state, 'born', 'settled', 'seen')
local born, settled, seen = tonumber(known[1]), tonumber(known[2]), tonumber(known[3])
if not born or (a.dark and now - seen > a.span) then born, settled = now, now + a.soon end
local strange = a.born > 0 and a.born ~= born
if strange then settled = math.max(settled, born + a.soon + a.span) end
redis.call('HSET', state, 'born', born, 'settled', settled, 'seen', now)
redis.call('PEXPIRE', state, 30 * 86400000)

for id, left in pairs(a.held) do redis.call('ZADD', places, now + left, id) end
for _, id in ipairs(a.done) do redis.call('ZADD', places, now + a.span, id) end
for _, id in ipairs(a.unused) do
  local ends = redis.call('ZSCORE', places, id)
  redis.call('ZREM', places, id)
  if ends and redis.call('EXISTS', day(ends - a.lease)) == 1 then
    redis.call('DECR', day(ends - a.lease))
  end
end
if a.shut > math.max(0, redis.call('PTTL', gate)) then
  redis.call('SET', gate, 1, 'PX', a.shut)
end
redis.call('ZREMRANGEBYSCORE', places, '-inf', now)

local shut = redis.call('PTTL', gate)
local left = a.daily - (redis.call('GET', day(now)) or 0) - a.uncounted
local free = math.min(#a.want, a.burst - redis.call('ZCARD', places), left)
if strange or shut > 0 then free = 0 end
for n = 1, free do redis.call('ZADD', places, now + a.lease, a.want[n]) end
free = math.max(free, 0)
if free + a.uncounted > 0 then
  redis.call('INCRBY', day(now), free + a.uncounted)
  redis.call('PEXPIRE', day(now), 2 * 86400000)
end
redis.call('PEXPIRE', places, a.lease)
local first = redis.call('ZRANGE', places, 0, 0, 'WITHSCORES')
return {free, first[2] and first[2] - now or 0, shut, left - free, born, settled - now}
"""


class SharedLimits:
    """A client's connection to what it shares, and whether it works.

    Raises:
        ConfigurationError: The package is missing, or the address is none.
    """

    def __init__(self, limit: RateLimit, limiter: Limiter):
        try:
            from redis.asyncio import Redis
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff
        except ImportError:
            msg = "limits that are shared through Redis need a package that isn't there"
            raise ConfigurationError(msg, hint="pip install 'hoopai-invoices[redis]'") from None
        try:
            self._redis = Redis.from_url(
                limit.redis or "",
                socket_timeout=_PATIENCE,
                socket_connect_timeout=_PATIENCE,
                retry=Retry(NoBackoff(), 0),  # a place that may have been given is given back
            )
        except Exception:
            # Neither the address nor an error that repeats it: a password may be in it.
            msg = "rate_limit.redis is no address of a Redis"
            raise ConfigurationError(msg, hint="redis://…, rediss://… or unix://…") from None
        self._script = self._redis.register_script(_SCRIPT)
        self._limit = limit
        self.limiter = limiter
        self._gate = asyncio.Semaphore(_TOGETHER)
        self._looking: asyncio.Task[None] | None = None
        self._back = -inf  # when it was last lost and found
        self.dark = self.closed = False

    def lane(self, place: str) -> SharedLane:
        """A lane for a location."""
        return SharedLane(self._limit, self.limiter.clock, self, place)

    @property
    def _lanes(self) -> list[SharedLane]:
        return [lane for lane in self.limiter.lanes if isinstance(lane, SharedLane)]

    async def ask(self, place: str, what: Mapping[str, object]) -> list[int]:
        """One step of the script."""
        root = f"hoopai:{{{self._limit.app}}}"
        keys = [f"{root}:place:{place}", f"{root}:gate:{place}", f"{root}:state"]
        async with self._gate:
            if self.dark and not what["dark"]:
                raise ConnectionResetError  # lost while this one waited
            async with asyncio.timeout(_PATIENCE):
                answer: list[int] = await self._script(keys, [json.dumps(what)])
        return answer

    def lost(self, why: str) -> None:
        """From now on everyone keeps to the share, until the server is back."""
        if self.dark or self.closed:
            return
        self.dark = True
        _log.warning(
            "the Redis of the shared limits was lost (%s): this process keeps to %g of them",
            why,
            self._limit.share,
        )
        self._looking = asyncio.get_running_loop().create_task(self._look())
        for lane in self._lanes:
            lane.darken()

    async def _look(self) -> None:
        """Come back with all that was sent meanwhile."""
        # At once, unless that was of no use a moment ago.
        pause = _AGAIN if self.limiter.clock.monotonic() < self._back + _AGAIN else 0
        while True:
            await asyncio.sleep(pause)
            pause = _AGAIN
            try:
                for lane in self._lanes:
                    await lane.tell()
                break
            except Exception as error:
                _log.debug(
                    "the Redis of the shared limits is still lost (%s)", type(error).__name__
                )
        self.dark, self._back = False, self.limiter.clock.monotonic()
        _log.info("the Redis of the shared limits is back")
        for lane in self._lanes:
            lane.stir()
            self.limiter.wake(lane)

    async def aclose(self) -> None:
        """Tell the last, if that is possible soon, and leave nothing running."""
        self.closed = True
        with suppress(Exception):
            async with asyncio.timeout(_PATIENCE):
                if not self.dark:
                    await asyncio.gather(*(x.leave() for x in self._lanes), return_exceptions=True)
        tasks = [task for task in (self._looking, *(x.task for x in self._lanes)) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(Exception):
            async with asyncio.timeout(_PATIENCE):
                await self._redis.aclose()


class SharedLane(Lane):
    """One location, whose window and day are the app's."""

    def __init__(self, limit: RateLimit, clock: Clock, shared: SharedLimits, place: str):
        super().__init__(limit, clock)
        self._clock = clock
        self._shared = shared
        self._place = place
        self._cap = max(1, int(limit.burst * limit.share))
        self._ids = map(f"{uuid4().hex[:16]}-{{}}".format, count())
        self._bank: deque[tuple[float, str]] = deque()  # places that were given, not yet taken
        self._out: set[str] = set()  # those of requests under way
        self._flown: deque[tuple[float, str]] = deque()  # those of the last window
        self._untold: set[str] = set()  # those of `_out` that the server hasn't given
        self._uncounted = 0  # requests that are missing in the server's day
        self._done: list[str] = []
        self._unused: list[str] = []
        self._shutting = self._asking = False
        self._ask_at = 0.0
        self._born = 0  # what the server remembers goes back to then; 0 before the first contact
        self._settled = 0.0  # until then everyone keeps to the share
        self._still = 0.0  # until then nobody sends who keeps to the share
        self._telling = asyncio.Lock()
        self._tidying: asyncio.TimerHandle | None = None
        self.task: asyncio.Task[None] | None = None
        self._stirred = False

    def _wait(self, now: float) -> float | None:
        """Seconds until the share has room, 0 when it has; None while only an answer makes some."""
        if not self._shared.dark and now >= self._settled:
            return 0.0
        ends, over = self._still, len(self._free_at) + self._flying - self._cap
        if over >= 0:
            ends = max(ends, self._free_at[over] if over < len(self._free_at) else inf)
        if not self._shared.dark:
            # Not long: a timer that is set isn't moved when an answer makes room before.
            ends = min(ends, self._settled, now + self._span / 10)
        return None if ends == inf else max(ends - now, 0.0)

    def room(self, clock: Clock) -> bool:
        now = clock.monotonic()
        if not super().room(clock) or self._wait(now) != 0.0:
            return False
        self._tidy()
        # Who has no connection either asks for a place when there is one.
        return self._shared.dark or bool(self._bank) or not self._shared.limiter.free

    def delay(self, clock: Clock) -> float | None:
        if not super().room(clock):
            return super().delay(clock)
        now = clock.monotonic()
        wait = self._wait(now)
        if wait == 0.0:
            wait = self._ask_at - now if self._ask_at > now else None
            if wait is None:
                self._asking = True
                self.stir()
        return wait

    def take(self, clock: Clock) -> object:
        if self._shared.dark:
            place = next(self._ids)
            self._untold.add(place)
            self._uncounted += 1
        else:
            place = self._bank.popleft()[1]
        self._out.add(place)
        super().take(clock)
        return place

    def used(self, permit: object, clock: Clock) -> None:
        super().used(permit, clock)
        place, now = str(permit), clock.monotonic()
        self._untold.discard(place)
        self._out.discard(place)
        while self._flown and self._flown[0][0] <= now:
            self._flown.popleft()
        self._flown.append((now + self._span, place))
        self._done.append(place)
        self.stir()

    def give_back(self, permit: object) -> None:
        super().give_back(permit)
        place = str(permit)
        self._out.discard(place)
        if place in self._untold:
            self._untold.discard(place)
            self._uncounted -= 1
        self._unused.append(place)
        self.stir()

    def heed(self, headers: Mapping[str, str], clock: Clock) -> None:
        if not self._shared.dark:  # what the others have sent is counted already
            headers = {k: v for k, v in headers.items() if k != "x-ratelimit-remaining"}
        super().heed(headers, clock)

    def shut(self, seconds: float | None, clock: Clock, *, daily: bool) -> float:
        self._shutting = self._shutting or not daily
        return super().shut(seconds, clock, daily=daily)

    def idle(self, clock: Clock) -> bool:
        return super().idle(clock) and not self._bank and (self.task is None or self.task.done())

    def darken(self) -> None:
        """The server is gone."""
        if self._born:
            self._still = self._clock.monotonic() + self._span + _PATIENCE
        self._empty()
        self._shared.limiter.wake(self)

    async def leave(self) -> None:
        """Tell the last: what is under way is broken off."""
        if self.task is not None:
            await asyncio.wait([self.task])
        self._empty()
        self._asking = False
        if self._tidying is not None:
            self._tidying.cancel()
        self._done.extend(self._out)
        if self._news():
            await self.tell()

    async def tell(self, want: int = 0) -> int:
        """Tell the server what it doesn't know, and ask for places; returns how many came."""
        async with self._telling:
            now, dark = self._clock.monotonic(), self._shared.dark
            lease, wanted = _ms(_LONGEST + self._span), [next(self._ids) for _ in range(want)]
            held = dict.fromkeys(self._out if dark else self._untold, lease)
            if dark:  # a server that has forgotten is told the whole window
                held |= {place: _ms(end - now) for end, place in self._flown if end > now}
            untold, uncounted = frozenset(self._untold), self._uncounted
            done, self._done = [] if dark else self._done, []
            unused, self._unused = self._unused, []
            shut = max(0, _ms(self._opens - now)) if self._shutting else 0
            self._shutting = False
            what = {
                **{"born": self._born, "dark": dark, "span": _ms(self._span), "lease": lease},
                **{"soon": _ms(_AGAIN + _PATIENCE), "burst": self._most, "daily": self._set.daily},
                **{"held": held, "done": done, "unused": unused, "want": wanted},
                **{"uncounted": uncounted, "shut": shut},
            }
            try:
                free, first, pause, left, born, settled = await self._shared.ask(self._place, what)
            except BaseException:
                self._unused = unused + wanted + self._unused
                self._shutting = self._shutting or shut > 0
                raise
            now = self._clock.monotonic()
            forgotten, self._born = self._born not in (0, born), born
            self._settled = now + settled / 1000
            self._untold -= untold
            self._uncounted -= uncounted
            self._opens = max(self._opens, now + pause / 1000)
            if forgotten and not dark:
                raise ConnectionResetError  # and come back with all that was sent
            if self._shared.dark:  # lost by another lane meanwhile
                self._unused.extend(wanted)
                return 0
            self._bank.extend((now, place) for place in wanted[:free])
            if self._bank and self._tidying is None:
                self._tidying = asyncio.get_running_loop().call_later(_PATIENCE, self._tidied)
            if want and not free:
                if left <= 0:
                    self._left = 0
                # Places that nobody has used come free unannounced: look again before long.
                self._ask_at = now + max(0.001, min(first / 1000, self._span / 10, 1.0))
            return free

    def stir(self) -> None:
        """There is something to tell or to ask."""
        over = self.task is not None and self.task.done()
        if (self._stirred and not over) or self._shared.closed or self._shared.dark:
            return
        self._stirred = True  # before the task is made: an eager one begins at once
        self.task = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        shared = self._shared
        try:
            while not shared.dark and self._news():
                asked, self._asking = self._asking, False
                await self.tell(self._wanted() if asked else 0)
                if asked and not shared.closed:
                    shared.limiter.wake(self)
                if self._bank and not (self._asking or any(self.waiting)):
                    self._empty()
        except Exception as error:  # whatever it is: what can't be shared isn't unlimited
            shared.lost(type(error).__name__)
        finally:
            self._stirred = False

    def _wanted(self) -> int:
        most = self._cap if self._clock.monotonic() < self._settled else self._most
        room = most - len(self._free_at) - self._flying
        waiting = sum(map(len, self.waiting))
        return max(0, min(waiting, room, self._shared.limiter.free, _AT_ONCE) - len(self._bank))

    def _news(self) -> bool:
        return bool(self._asking or self._done or self._unused or self._untold or self._shutting)

    def _tidy(self) -> None:
        """Give back what was kept too long: who went for a connection, or left."""
        while self._bank and self._bank[0][0] <= self._clock.monotonic() - _PATIENCE:
            self._unused.append(self._bank.popleft()[1])

    def _tidied(self) -> None:
        self._tidying = None
        if self._bank:
            self._empty()
            self.stir()
            self._shared.limiter.wake(self)

    def _empty(self) -> None:
        self._unused.extend(place for _, place in self._bank)
        self._bank.clear()


def _ms(seconds: float) -> int:
    return ceil(seconds * 1000) + 1  # the server's clock is read in whole ones
