"""The client's side of the campaign: calls of all operations, and what may come of each."""

from __future__ import annotations

import asyncio
import logging
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NamedTuple

from recording import DEFAULTS, LEAST

from hoopai_invoices import InvoicesClient
from hoopai_invoices._core.clock import Deadline, SystemClock, Timer
from hoopai_invoices._core.retry import REPEATABLE
from hoopai_invoices._generated.catalogue import OPERATIONS
from hoopai_invoices.errors import (
    APIConnectionError,
    APIStatusError,
    DecodeError,
    HoopAIError,
    OutcomeUnknown,
)

from .replies import CAP, STRANGER, draw, operation_of
from .server import Seen, What, served

__all__ = ["CAUSED", "Ended", "Tally", "run"]

TOKEN = "soak-"  # each call has one of its own, with its number
AT_ONCE = 48
CLIENT_LASTS = 4000  # calls
ATTEMPTS = (1, 1, 1, 2, 3)  # at most, by the call's number
DEADLINE = 1.0  # seconds

# Every error of the tree that an answer, or its absence, can cause.
CAUSED = (
    *("APIConnectionError", "APITimeoutError", "APIStatusError", "BadRequestError"),
    *("AuthenticationError", "MissingScopeError", "PermissionDeniedError", "NotFoundError"),
    *("LocationInactiveError", "ConflictError", "UnprocessableEntityError", "RateLimitError"),
    *("DailyQuotaExceeded", "InternalServerError", "OutcomeUnknown", "DecodeError"),
)


class FastClock(SystemClock):
    """A clock on which the client's usual 30 seconds are one: pauses are short, deadlines hold."""

    RATE = 30.0 / DEADLINE

    def monotonic(self) -> float:
        return super().monotonic() * self.RATE

    def call_later(self, delay: float, action: Callable[[], object]) -> Timer:
        return super().call_later(delay / self.RATE, action)

    def timeout(self, delay: float) -> Deadline:
        return super().timeout(delay / self.RATE)


class Ended(NamedTuple):
    """How a call ended: with a value, or an error."""

    number: int
    value: object
    error: BaseException | None
    seconds: float
    stolen: float = 0.0  # seconds of these that the machine gave to others

    @property
    def outcome(self) -> str:
        return "value" if self.error is None else type(self.error).__name__

    @property
    def operation(self) -> str:
        return operation_of(self.number)


@dataclass
class Tally:
    """What has been seen, and what was wrong."""

    seed: int
    what: What
    slack: float = 0.5
    calls: int = 0
    requests: int = 0
    seconds: float = 0.0
    late: int = 0
    slowest: float = 0.0
    strays: int = 0  # connections at the other origin
    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)  # of replies, by operation
    results: Counter[tuple[str, str]] = field(default_factory=Counter)  # outcomes, by kind
    memory: list[int] = field(default_factory=list)  # the process's peak so far, in MiB
    wrong: list[str] = field(default_factory=list)

    def judge(self, ended: Ended, seen: list[Seen]) -> None:
        """Take one call in."""
        self.calls += 1
        self.requests += len(seen)
        self.slowest = max(self.slowest, ended.seconds)
        self.late += ended.seconds >= DEADLINE
        self.outcomes[ended.outcome] += 1
        for one in seen:
            self.kinds[ended.operation, one.kind] += 1
        self.results[seen[-1].kind if seen else "(none)", ended.outcome] += 1
        if ended.seconds - ended.stolen > DEADLINE + self.slack:
            self._report(ended, seen, f"it took {ended.seconds:.2f} s")
        for why in _faults(ended, seen):
            self._report(ended, seen, why)

    def _report(self, ended: Ended, seen: list[Seen], why: str) -> None:
        came = "".join(f"\n    answered: {one.kind}, which means {one.fate}" for one in seen)
        if self.what == "replies":
            for attempt in range(1, len(seen) + 1):
                reply = draw(self.seed, ended.number, attempt, _token_of(ended.number).encode())
                came += f"\n    {str(reply.steps)[:400]} {reply.end}"
        again = f"--{self.what} 1 --first {ended.number} --seed {self.seed}"
        self.wrong.append(
            f"{ended.operation}: {why}; again: {again}\n"
            f"    {ended.outcome}: {ended.error or ended.value!s:.400}{came}"
        )


def _faults(ended: Ended, seen: list[Seen]) -> Iterator[str]:
    """What must not be, whatever was answered."""
    error = ended.error
    once = OPERATIONS[ended.operation].retry not in REPEATABLE
    in_time = ended.seconds < DEADLINE
    if isinstance(error, APIConnectionError):
        # After a 429 nothing was done, though time may run out before it may be sent again.
        if error.sent and once and not (seen and seen[-1].fate == "limited"):
            yield "a write that was sent ended as a mere connection error"
        if not error.sent and len(seen) >= max(error.attempts, 1):
            yield "it says that nothing was sent, but it arrived"
    elif error is not None and not isinstance(error, HoopAIError):
        yield "an error outside of the tree"
    if error is not None and TOKEN in f"{error} {error!r} {error.__cause__!r} {vars(error)}":
        yield "the token is shown"
    if STRANGER in f"{error} {getattr(ended.value, 'id', None)}":
        yield "it took an answer that belongs to no request"
    if isinstance(error, OutcomeUnknown) and not once:
        yield "nothing but a write that can't be repeated may be unknown"
    if not seen:
        # A line that the server closes while it is kept may still take a request, which is lost.
        if in_time and not isinstance(error, OutcomeUnknown | APIConnectionError):
            yield "no request arrived"
        return
    if once and any(one.fate not in ("limited", "any") for one in seen[:-1]):
        yield "a write was sent again"
    if len(seen) > 1 and any(one.kind.startswith("redirect") for one in seen):
        yield "a redirect was followed, or asked for again"
    # A server that closes before it has read everything resets the line, and its answer with it.
    torn = "(ReadError" in str(error)
    if in_time and not torn:  # or else it may be anything that a time-out may be
        yield from _unfit(ended, seen, once=once)


def _unfit(ended: Ended, seen: list[Seen], *, once: bool) -> Iterator[str]:
    """What doesn't go with the answer that came last."""
    error, fate = ended.error, seen[-1].fate
    retry = OPERATIONS[ended.operation].retry
    if isinstance(error, DecodeError) and error.committed == (retry == "read"):
        yield "an unreadable answer says wrongly whether a write was done"
    if fate == "done" and not (error is None or isinstance(error, DecodeError)):
        yield "a success ended as a failure"
    if fate in ("refused", "limited") and not isinstance(error, APIStatusError):
        removed = retry == "remove" and len(seen) > 1  # a 404 is what was wanted, then
        if not (removed and error is None):
            yield "a refusal ended as something else"
    if fate == "unknown" and (error is None or isinstance(error, DecodeError)):
        yield "a success that never came"
    elif fate == "unknown" and once and not isinstance(error, OutcomeUnknown):
        yield "a write whose fate is unknown ended as something else"


class _Listener(logging.Handler):
    """Reads the client's log lines for the token."""

    def __init__(self, tally: Tally):
        super().__init__(logging.INFO)
        self._tally = tally

    def emit(self, record: logging.LogRecord) -> None:
        if TOKEN in record.getMessage():
            self._tally.wrong.append(f"the token is logged: {record.getMessage():.300}")


class _Machine:
    """How long this process had work to do, and the machine did another's."""

    def __init__(self) -> None:
        self.stolen = 0.0

    async def watch(self) -> None:
        while True:
            began, used = time.monotonic(), time.process_time()
            await asyncio.sleep(0.02)
            late = time.monotonic() - began - 0.02
            self.stolen += max(0.0, late - (time.process_time() - used))


_number: ContextVar[int] = ContextVar("number")


def _token_of(number: int) -> str:
    return f"{TOKEN}{number:08d}"  # long enough to be masked


async def run(seed: int, what: What, count: int, *, first: int = 0, slack: float = 0.5) -> Tally:
    """Make so many calls, from the first number on."""
    tally = Tally(seed, what, slack)
    log, listener = logging.getLogger("hoopai_invoices"), _Listener(tally)
    log.addHandler(listener)
    log.setLevel(logging.INFO)
    began = time.monotonic()
    with served(seed, what) as server:
        for begin in range(first, first + count, CLIENT_LASTS):
            numbers = range(begin, min(begin + CLIENT_LASTS, first + count))
            ended = await _calls(server.url, numbers)
            seen, tally.strays = server.take()
            for one in ended:
                tally.judge(one, seen.get(one.number, []))
            tally.memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
            print(f"{tally.calls:,} {what}, {len(tally.wrong)} wrong", file=sys.stderr)
    tally.seconds = time.monotonic() - began
    log.removeHandler(listener)
    log.setLevel(logging.NOTSET)
    return tally


async def _calls(url: str, numbers: range) -> list[Ended]:
    ended: list[Ended] = []
    left = iter(numbers)
    async with AsyncExitStack() as stack:
        clients = {
            most: await stack.enter_async_context(_client(url, most)) for most in set(ATTEMPTS)
        }

        async def work() -> None:
            for number in left:
                most = ATTEMPTS[number // len(OPERATIONS) % len(ATTEMPTS)]
                before = machine.stolen
                one = await _call(clients[most], number)
                ended.append(one._replace(stolen=machine.stolen - before))

        machine = _Machine()
        watch = asyncio.create_task(machine.watch())
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        watch.cancel()
    return ended


def _client(url: str, most: int) -> InvoicesClient:
    return InvoicesClient(
        token=lambda: _token_of(_number.get()),
        base_url=url,
        max_attempts=most,
        max_answer_bytes=CAP,
        rate_limit=None,
        _clock=FastClock(),
    )


async def _call(client: InvoicesClient, number: int) -> Ended:
    _number.set(number)
    # A location of its own: after a 429 the client makes the whole location wait.
    view = client.location(f"soak{number}", defaults=DEFAULTS)
    value, error = None, None
    began = time.monotonic()
    try:
        value = await LEAST[operation_of(number)](view)
    except BaseException as raised:
        if isinstance(raised, KeyboardInterrupt | SystemExit):
            raise
        error = raised
    seconds = time.monotonic() - began
    if error is not None:
        error.__traceback__ = None
    return Ended(number, value, error, seconds)
