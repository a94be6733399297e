"""What arrived at the service: a log apart from its state, so that a test counts what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = ["Arrival", "compared"]


@dataclass(slots=True)
class Arrival:
    """One request as it arrived, and what the service did. The token is not in the headers."""

    number: int
    """Counts from 1; a request delivered twice is two arrivals."""
    at: datetime
    operation: str | None
    """Such as `invoices.create`, or None where the address leads nowhere."""
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)
    body: Any = None
    """The parsed JSON or form, the raw bytes when it is neither, or None when there was none."""
    location_id: str | None = None
    """The location that the request names."""
    token_of: str | None = None
    """Whose token it carried, dead or alive: the id of the token's location, or of the company
    when it is the company's (or is for several locations). None: no token, or one never given."""
    status: int | None = None
    """What the service answered, whether or not anybody heard it; None: it never took it up."""
    made: tuple[tuple[str, str], ...] = ()
    """Kind and id of every record that it brought into being, payments included."""
    fault: str | None = None
    """The kind of fault that it met."""

    @property
    def committed(self) -> bool:
        """Whether the service did what was asked."""
        return self.status is not None and 200 <= self.status < 300


def compared(arrived: Sequence[str], expected: Sequence[str]) -> str:
    """Two lists of calls side by side, the differing lines marked."""
    width = max(map(len, ("expected", *expected)), default=0)
    rows = [f"    {'expected':{width}}   arrived"]
    for index in range(max(len(arrived), len(expected))):
        wanted = expected[index] if index < len(expected) else "-"
        came = arrived[index] if index < len(arrived) else "-"
        rows.append(f"  {' ' if wanted == came else '>'} {wanted:{width}}   {came}")
    return "\n".join(rows)
