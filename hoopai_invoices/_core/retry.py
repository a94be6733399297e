"""What to do after an attempt: the table of outcomes, how long to wait, and for how many retries.

A write is sent again only when it is known that nothing was done, or when doing it twice is the
same as doing it once. Everything else is left to somebody who can look.
"""

from __future__ import annotations

from typing import Final, Literal

from .._protocol import RetryClass
from ..errors import APIStatusError, AuthenticationError, DailyQuotaExceeded, MissingScopeError
from .clock import Clock
from .limiter import CEILING
from .outcome import is_callers_fault, is_timeout

__all__ = ["ATTEMPTS", "CEILING", "REPEATABLE", "Budget", "Outcome", "Verdict", "backoff", "judge"]

ATTEMPTS: Final = 3
_FIRST, _LONGEST = 0.5, 8.0

# What may be sent again without looking.
REPEATABLE: Final = frozenset({"read", "replace", "remove"})

Outcome = Literal["unsent", "lost", "failed", "moved", "limited", "expired", "refused"]
"""How an attempt ended without success.

unsent   nothing of it was written
lost     it was, or may have been, and no whole answer came
failed   an answer that says nothing about what was done: 5xx, 408, 499, a time-out in 401 clothes
moved    1xx or 3xx: perhaps done, perhaps to be done elsewhere
limited  429 of the burst: nothing was done
expired  401: nothing was done, another token may do
refused  it would be refused again; nothing was done, but see `may_have_stored`
"""

Verdict = Literal["again", "after the window", "with another token", "raise", "unknown"]

_TABLE: Final[dict[Outcome, tuple[Verdict, Verdict]]] = {
    # outcome: read, replace, remove | set_state, create, notify, pay
    "unsent": ("again", "again"),
    "lost": ("again", "unknown"),
    "failed": ("again", "unknown"),
    "moved": ("raise", "unknown"),
    "limited": ("after the window", "after the window"),
    "expired": ("with another token", "with another token"),
    "refused": ("raise", "raise"),
}


def outcome_of(error: APIStatusError) -> Outcome:
    """What an answer other than a success says of the attempt."""
    status = error.status
    if isinstance(error, DailyQuotaExceeded):
        return "refused"
    if status == 429:
        return "limited"
    if is_timeout(error) or status in (408, 499):
        return "failed"
    if isinstance(error, AuthenticationError):
        return "refused" if isinstance(error, MissingScopeError) else "expired"
    if status >= 500:
        # 501, "not implemented": nothing was done, and won't be.
        return "refused" if status == 501 or is_callers_fault(error) else "failed"
    # 303 is how a server says "done, look there"; 307 and 308 say "send it there instead".
    return "moved" if status < 307 else "refused"


def judge(outcome: Outcome, retry: RetryClass) -> Verdict:
    """What to do about an attempt of this class that ended so."""
    return _TABLE[outcome][retry not in REPEATABLE]


def backoff(failures: int, clock: Clock) -> float:
    """Seconds to wait after so many failures: full jitter, so that those who failed together don't
    come back together."""
    most: float = min(_LONGEST, _FIRST * 2 ** min(failures - 1, 10))
    return clock.random() * most


class Budget:
    """How many retries a client has left: an outage must not be made worse by asking more often.

    A retry costs one; a success gives a tenth of one back, and a retry that succeeds the whole.
    """

    MOST: Final = 20.0

    def __init__(self) -> None:
        self.left = self.MOST

    def take(self) -> bool:
        """Whether another retry may be made."""
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def succeeded(self, *, retried: bool) -> None:
        """A call succeeded."""
        self.left = min(self.MOST, self.left + (1.0 if retried else 0.1))
