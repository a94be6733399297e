"""The table of what is known about the service: one row per fact that can be seen over the wire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hoopai_invoices.sandbox import Limits

from ..support import Api

__all__ = ["FACTS", "Fact", "accepted", "fact", "refused"]

Check = Callable[[Api], Awaitable[None]]


@dataclass(frozen=True)
class Fact:
    """One row: a sentence about the service, and how to see that the sandbox keeps to it."""

    id: str
    """The section of the fact sheet, a colon, and the fact in short."""
    check: Check
    choices: Mapping[str, Any]
    """The choices under which the row holds; the others stand as they are."""
    limits: Limits | None

    @property
    def section(self) -> str:
        return self.id.partition(":")[0]


FACTS: dict[str, Fact] = {}


def fact(text: str, *, limits: Limits | None = None, **choices: Any) -> Callable[[Check], Check]:
    """Register a row."""

    def register(check: Check) -> Check:
        assert text not in FACTS, text
        FACTS[text] = Fact(text, check, choices, limits)
        return check

    return register


def accepted(text: str, call: str, body: Mapping[str, Any]) -> None:
    """A row: this body is taken."""
    method, path = call.split()

    @fact(text)
    async def _(api: Api) -> None:
        status, answer = await api(method, path, body)
        assert status in (200, 201), answer


def refused(
    text: str, call: str, body: Mapping[str, Any], message: str, status: int = 422, **choices: Any
) -> None:
    """A row: this body is refused, with a message that contains this text."""
    method, path = call.split()

    @fact(text, **choices)
    async def _(api: Api) -> None:
        found, answer = await api(method, path, body)
        assert found == status, answer
        told = answer["message"]
        assert message in (told if isinstance(told, str) else "\n".join(told))
