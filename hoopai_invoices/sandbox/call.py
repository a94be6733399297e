"""One admitted, validated call, and what is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .access import check_location
from .errors import SandboxError
from .state import Location, Record, Shelf, State, Token

__all__ = ["Answer", "Call", "Handler"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON body; None is an empty body."""

    status: int
    body: Any = field(default=None, repr=False)  # may hold tokens
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler works with. The calls that name no location come without one."""

    state: State
    token: Token | None
    """None only where no token is asked for (`/oauth/token`)."""
    at: Location | None
    path: Mapping[str, str]
    query: Mapping[str, str] = field(repr=False)
    body: Mapping[str, Any] = field(repr=False)
    trace_id: str
    as_of: datetime | None = None
    """What lists show, when they lag behind."""

    @property
    def location(self) -> Location:
        """The location that the call names."""
        assert self.at is not None, "this operation names no location"
        return self.at

    def find(self, shelf: Shelf, record_id: str, noun: str) -> Record:
        """The record of that id, as far as the caller may see it."""
        record = shelf.get(record_id)
        if record is None or record.get("deleted"):
            raise SandboxError(404, f"{noun} not found")
        if self.at is None:
            assert self.token is not None
            check_location(self.token, record["altId"])
            self.state.active(record["altId"])
        elif record["altId"] != self.at.id:
            raise SandboxError(404, f"{noun} not found")
        return record

    def posted(self, body: Any, declared: int = 200) -> Answer:
        """The success of a POST."""
        return Answer(declared if self.state.choices.posts_answer == "declared" else 201, body)

    def traced(self, record: Record) -> Record:
        """A record as an answer of its own: with the trace id."""
        return {**record, "traceId": self.trace_id}


Handler = Callable[[Call], Answer]
