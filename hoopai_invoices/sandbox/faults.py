"""Faults on demand: what networks and services do to requests, when a test asks for it.

Each rule names an operation (`invoices.create`, `invoices.*`, `oauth.token`, `*`) and what happens
to the next calls of it. The arrival log and the state tell what really happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from .arrivals import Arrival

__all__ = ["KINDS", "Fault", "Faults", "When"]

When = Callable[[Arrival], bool]
"""Which of the matching calls a rule is for."""

_BEFORE = frozenset({"never_received", "drop", "fail", "throttle", "html", "commit_late"})
_REPLIES = frozenset({"truncate", "empty", "wrong_type", "huge", "drip"})
_AFTER = frozenset({"lose_answer", "deliver_twice", "fail_after", "html_after", *_REPLIES})
KINDS = _BEFORE | _AFTER
"""Every kind of fault that a call can meet."""

_JSON = "application/json; charset=utf-8"
_LONGEST = 10 * 365 * 86400


@dataclass(slots=True)
class Fault:
    """One rule. `hits` counts how often it struck, so that a test knows it tested something."""

    kind: str
    operation: str
    times: int | None = 1
    """How often it still strikes; None is always."""
    after: int = 0
    """Matching calls that pass first."""
    when: When | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    hits: int = 0

    def strikes(self, arrival: Arrival) -> bool:
        """Whether this call meets the fault; counts."""
        if self.times == 0 or not fnmatchcase(arrival.operation or "", self.operation):
            return False
        if self.when is not None and not self.when(arrival):
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        self.hits += 1
        return True


class _Storm:
    """Faults by chance, the same under the same seed."""

    def __init__(self, operation: str, rates: Mapping[str, float], seed: int, facts: Any) -> None:
        self._random = Random(seed)
        self._rates = dict(rates)
        self._facts = facts
        self.fault = Fault("storm", operation, None, facts=facts)

    def draw(self, arrival: Arrival) -> Fault | None:
        if not fnmatchcase(arrival.operation or "", self.fault.operation):
            return None
        drawn = self._random.random()
        for kind, rate in self._rates.items():
            if drawn < rate:
                facts = dict(self._facts)
                if kind == "commit_late":
                    facts["seconds"] = self._random.uniform(0, facts["seconds"])
                elif kind == "drip":
                    facts["seconds"] = facts["pause"]
                self.fault.hits += 1
                return Fault(kind, self.fault.operation, None, facts=facts, hits=1)
            drawn -= rate
        return None


class Faults:
    """The rules in force. The first that matches a call strikes; the storms come after them.

    Every rule takes `times` (how often it strikes, None is always), `after` (matching calls that
    pass first) and `when` (a condition on the arrival), and returns a `Fault` that counts its
    `hits`. Those after which no answer comes take `hang`: silence until the client gives up,
    instead of a connection that closes.
    """

    def __init__(self, operations: Iterable[str], set_lagging: Callable[[bool], None]) -> None:
        self._operations = tuple(operations)
        self._rules: list[Fault] = []
        self._storms: list[_Storm] = []
        self._lags: list[Fault] = []
        self._set_lagging = set_lagging

    def never_received(self, operation: str, **rule: Any) -> Fault:
        """The request never reaches the service, and the log has nothing.

        In process the connection is refused. Over a socket it closes after the request was
        written, so that the client can't tell.
        """
        return self._add("never_received", operation, rule)

    def drop(self, operation: str, *, hang: bool = False, **rule: Any) -> Fault:
        """The request arrives and is lost before anything is done; no answer comes."""
        return self._add("drop", operation, rule, hang=hang)

    def lose_answer(self, operation: str, *, hang: bool = False, **rule: Any) -> Fault:
        """The service does what was asked, and its answer is lost."""
        return self._add("lose_answer", operation, rule, hang=hang)

    def commit_late(
        self, operation: str, seconds: float = 20, *, hang: bool = False, **rule: Any
    ) -> Fault:
        """No answer comes, and the service does what was asked so many seconds later."""
        return self._add("commit_late", operation, rule, seconds=seconds, hang=hang)

    def deliver_twice(self, operation: str, **rule: Any) -> Fault:
        """Something in between delivers the request twice; the first answer is heard."""
        return self._add("deliver_twice", operation, rule)

    def fail(
        self,
        operation: str,
        status: int = 503,
        *,
        message: str = "Internal server error",
        committed: bool = False,
        **rule: Any,
    ) -> Fault:
        """An error answer, before anything is done or (`committed`) after all of it."""
        facts = {"status": status, "message": message}
        return self._add("fail_after" if committed else "fail", operation, rule, **facts)

    def throttle(
        self,
        operation: str = "*",
        *,
        retry_after: float | None = None,
        daily: bool = False,
        **rule: Any,
    ) -> Fault:
        """A 429 with its headers, of the burst or the daily limit; nothing is done."""
        return self._add("throttle", operation, rule, retry_after=retry_after, daily=daily)

    def html(
        self, operation: str, status: int = 520, *, committed: bool = False, **rule: Any
    ) -> Fault:
        """A gateway's page instead of an answer, before or (`committed`) after it is done."""
        return self._add("html_after" if committed else "html", operation, rule, status=status)

    def truncate(self, operation: str, **rule: Any) -> Fault:
        """Done, but the answer breaks off in the middle."""
        return self._add("truncate", operation, rule)

    def empty(self, operation: str, **rule: Any) -> Fault:
        """Done, but the answer has no body."""
        return self._add("empty", operation, rule)

    def wrong_type(
        self,
        operation: str,
        body: Any = None,
        content_type: str = _JSON,
        **rule: Any,
    ) -> Fault:
        """Done, but the answer is another JSON (an empty list) or of another content type."""
        facts = {"body": [] if body is None else body, "content_type": content_type}
        return self._add("wrong_type", operation, rule, **facts)

    def huge(self, operation: str, size: int = 64 * 1024 * 1024, **rule: Any) -> Fault:
        """Done, but the answer has that many bytes."""
        return self._add("huge", operation, rule, size=size)

    def drip(self, operation: str, seconds: float = 1, **rule: Any) -> Fault:
        """Done, but the answer comes byte by byte, one every so many seconds."""
        return self._add("drip", operation, rule, seconds=seconds)

    def lag(self, operation: str = "*", seconds: float = 5) -> Fault:
        """Lists show the state of so many seconds ago, until `clear`."""
        _check_facts({"seconds": seconds})
        self._known(operation)
        if not any(fnmatchcase(name, operation) for name in self._operations if _is_list(name)):
            msg = f"only lists lag behind, and {operation!r} is none"
            raise ValueError(msg)
        self._set_lagging(True)
        lag = Fault("lag", operation, None, facts={"seconds": seconds})
        self._lags.append(lag)
        return lag

    def storm(
        self,
        rates: Mapping[str, float],
        *,
        operation: str = "*",
        seed: int = 0,
        seconds: float = 20,
        pause: float = 0.01,
        status: int = 503,
        size: int = 64 * 1024 * 1024,
    ) -> Fault:
        """Every call meets each kind of fault with that probability; the seed repeats it.

        Args:
            rates: Probability by kind, such as `{"lose_answer": 0.05, "throttle": 0.05}`.
            operation: Which calls.
            seed: The same seed gives the same faults to the same sequence of calls.
            seconds: The latest a late commit comes.
            pause: Seconds between the bytes of an answer that drips.
            status: What `fail` and `fail_after` answer.
            size: Bytes of a huge answer.

        Raises:
            ValueError: A kind is not known, or the probabilities are none.
        """
        _check(rates, KINDS)
        self._known(operation)
        if any(rate < 0 for rate in rates.values()) or sum(rates.values()) > 1:
            msg = "the rates are probabilities: each from 0, together at most 1"
            raise ValueError(msg)
        facts: dict[str, Any] = {
            "seconds": seconds,
            "pause": pause,
            "status": status,
            "message": "Internal server error",
            "size": size,
            "hang": False,
            "body": [],
            "content_type": _JSON,
            "retry_after": None,
            "daily": False,
        }
        _check_facts(facts)
        storm = _Storm(operation, rates, seed, facts)
        self._storms.append(storm)
        return storm.fault

    def clear(self) -> None:
        """End all faults."""
        self._rules.clear()
        self._storms.clear()
        self._lags.clear()
        self._set_lagging(False)

    def strike(self, arrival: Arrival) -> Fault | None:
        """The fault that a call meets."""
        for rule in self._rules:
            if rule.strikes(arrival):
                return rule
        for storm in self._storms:
            drawn = storm.draw(arrival)
            if drawn is not None:
                return drawn
        return None

    def lag_of(self, operation: str) -> timedelta | None:
        """How far a list lags behind."""
        lags = [lag for lag in self._lags if fnmatchcase(operation, lag.operation)]
        for lag in lags:
            lag.hits += 1
        return max((timedelta(seconds=lag.facts["seconds"]) for lag in lags), default=None)

    def _add(self, kind: str, operation: str, rule: dict[str, Any], **facts: Any) -> Fault:
        _check(rule, ("times", "after", "when"))
        for name in ("times", "after"):
            number = rule.get(name, 0)
            if not (number is None and name == "times") and not _is_count(number):
                msg = f"{name} is a whole number from 0, not {number!r}"
                raise ValueError(msg)
        _check_facts(facts)
        self._known(operation)
        fault = Fault(kind, operation, **rule, facts=facts)
        self._rules.append(fault)
        return fault

    def _known(self, operation: str) -> None:
        if not any(fnmatchcase(name, operation) for name in self._operations):
            close = get_close_matches(operation, self._operations, n=1)
            meant = f"; did you mean {close[0]!r}?" if close else ""
            msg = f"the sandbox has no operation {operation!r}{meant}"
            raise ValueError(msg)


def _check(given: Iterable[str], known: Iterable[str]) -> None:
    unknown = [name for name in given if name not in known]
    if unknown:
        msg = f"{unknown[0]!r} is none of {', '.join(sorted(known))}"
        raise ValueError(msg)


def _is_list(operation: str) -> bool:
    return operation.endswith(".list")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _check_facts(facts: Mapping[str, Any]) -> None:
    """Refuse what would break the sandbox instead of the call."""
    for name in ("seconds", "pause", "retry_after"):
        value = facts.get(name)
        if value is not None and not 0 <= value <= _LONGEST:
            msg = f"{name} is a number of seconds from 0, not {value!r}"
            raise ValueError(msg)
    if not 400 <= facts.get("status", 400) <= 599:
        msg = f"an error's status lies from 400 to 599, not at {facts['status']!r}"
        raise ValueError(msg)
    if facts.get("size", 1) < 1:
        msg = "an answer has at least one byte"
        raise ValueError(msg)
    kind = facts.get("content_type", _JSON)
    if not (kind.isascii() and kind.isprintable()):
        msg = f"{kind!r} is no content type"
        raise ValueError(msg)
