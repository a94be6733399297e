"""One admitted, validated call, and what is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .access import check_location
from .errors import SandboxError
from .state import Location, Record, State, Token

__all__ = ["Answer", "Call", "Handler"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON body; None is an empty body."""

    status: int
    body: Record | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler works with. The two calls that name no location come without one."""

    state: State
    token: Token
    at: Location | None
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    trace_id: str

    @property
    def location(self) -> Location:
        """The location that the call names."""
        assert self.at is not None, "this operation names no location"
        return self.at

    def find(self, shelf: Mapping[str, Record], record_id: str, noun: str) -> Record:
        """The record of that id, as far as the caller may see it."""
        record = shelf.get(record_id)
        if record is None or record.get("deleted"):
            raise SandboxError(404, f"{noun} not found")
        if self.at is None:
            check_location(self.token, record["altId"])
            self.state.active(record["altId"])
        elif record["altId"] != self.at.id:
            raise SandboxError(404, f"{noun} not found")
        return record

    def traced(self, record: Record) -> Record:
        """A record as an answer of its own: with the trace id."""
        return {**record, "traceId": self.trace_id}


Handler = Callable[[Call], Answer]
