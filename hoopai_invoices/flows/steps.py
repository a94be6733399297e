"""What the flows that write share: one key for all steps, what was done in each, and plans."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeVar

from attrs import field, frozen

from .._core.trace import Hook, told
from .._generated.catalogue import OPERATIONS
from .._model import Model
from .._protocol import Call, CallOptions, RetryClass, Settle
from ..errors import FlowError, HoopAIError, KeyReusedError
from ..writes.entry import Entry
from ..writes.guard import check_key

if TYPE_CHECKING:
    from ..client import LocationClient

__all__ = ["Cost", "Plan", "PlannedCall", "Run", "Step"]

_log = logging.getLogger("hoopai_invoices")
_LONGEST_STEP = "/schedule"
_BEGUN = ("sending", "unknown", "done")

# What a keyed write reads before it is sent, and what it reads when it was done before.
_BEFORE: Final = {
    "estimates.create": ("estimates.generate_number",),
    "estimates.create_invoice": ("estimates.list",),
    "estimates.send": ("estimates.list",),
    "invoices.create": ("invoices.generate_number",),
    "invoices.record_payment": ("invoices.get",),
    "invoices.send": ("invoices.get",),
    "invoices.text2pay": ("invoices.get",),
    "schedules.create": ("schedules.list",),  # one for each hundred
    "schedules.start": ("schedules.get",),
}
_AGAIN: Final = {
    **_BEFORE,
    "estimates.create": ("estimates.list",),
    "estimates.create_invoice": ("estimates.list", "invoices.get"),
    "invoices.create": ("invoices.get",),
    "schedules.create": ("schedules.get",),
}

State = Literal["done", "found", "skipped"]
ModelT = TypeVar("ModelT", bound=Model)


@frozen
class Step:
    """One step of a flow that is done.

    Attributes:
        flow: Such as "flows.estimate_to_invoice".
        key: The flow's key.
        name: Such as "convert".
        operation: The operation that does it.
        state: "done" when this run did it; "found" when it was done already, under the key or by
            somebody else; "skipped" when it wasn't done and nobody has: it isn't needed or possible
            any more, such as a payment of an invoice of which nothing is due.
        record_id: The record it is about.
        adopted: Whether its record was recognised among those that were there, because the answer
            was lost or because another has made it.
    """

    flow: str
    key: str
    name: str
    operation: str
    state: State
    record_id: str | None = None
    adopted: bool = False


class Cost(NamedTuple):
    """How many calls of the quota something takes.

    Attributes:
        least: At least.
        most: At most; None where it depends on how long is waited, or how many records there are.
    """

    least: int
    most: int | None


@frozen
class PlannedCall:
    """A call that a flow would make.

    Attributes:
        operation: Such as "invoices.send".
        retry: Its class, such as "read", "create", "notify" or "pay".
        cost: How often it is called.
        key: The key of a keyed write.
    """

    operation: str
    retry: RetryClass
    cost: Cost
    key: str | None = None


@frozen
class Plan:
    """What a flow would do, as far as it can be told: nothing was written.

    It holds as long as no answer is lost, and nobody else acts meanwhile.

    Attributes:
        flow: Such as "flows.estimate_to_invoice".
        key: The flow's key.
        calls: The calls in their order, reads included.
    """

    flow: str
    key: str
    calls: tuple[PlannedCall, ...]

    @property
    def cost(self) -> Cost:
        """How many calls of the quota that takes, reads included."""
        most = [call.cost.most for call in self.calls]
        bound = None if None in most else sum(one for one in most if one is not None)
        return Cost(sum(call.cost.least for call in self.calls), bound)

    @property
    def writes(self) -> tuple[PlannedCall, ...]:
        """The calls that change something."""
        return tuple(call for call in self.calls if call.retry != "read")


@frozen(kw_only=True)
class Outcome:
    """What the results of all flows have.

    Attributes:
        steps: What was done, in its order, and what was found done already.
    """

    steps: tuple[Step, ...] = field(repr=False)

    @property
    def adopted(self) -> bool:
        """Whether a record was recognised among those that were there, instead of being made."""
        return any(step.adopted for step in self.steps)


class Run:
    """One run of a flow: its key, its steps so far, and how its calls are made."""

    def __init__(
        self,
        client: LocationClient,
        flow: str,
        key: str,
        *,
        settle: Settle,
        options: CallOptions | None,
        on_step: Hook[Step] | None,
    ):
        self.flow = f"flows.{flow}"
        try:
            check_key(key, room=len(_LONGEST_STEP))
        except HoopAIError as error:
            error.operation = self.flow
            raise
        self.client = client
        self.view = client._executor
        self.guard = self.view.pipeline.guard
        self.key = key
        self.settle: Settle = settle
        self.options = options
        self.steps: list[Step] = []
        self.planned: list[PlannedCall] = []
        self._on_step = on_step

    # --- Doing -------------------------------------------------------------------------------

    def call(self, name: str, operation: str, body: Model, ids: tuple[str, ...] = ()) -> Call:
        """The keyed call of a step."""
        return Call(
            OPERATIONS[operation],
            ids=ids,
            body=body,
            key=f"{self.key}/{name}",
            settle=self.settle,
            options=self.options,
        )

    def check(self, name: str, operation: str, body: Model) -> None:
        """Refuse what a later step couldn't send, before anything is.

        Raises:
            InvalidRequestError: Something in it can't be sent.
        """
        ids = ("anyone",) if OPERATIONS[operation].ids else ()
        with self.at(name):
            self.view.pipeline.request(
                self.call(name, operation, body, ids), self.view, today=False
            )

    async def entry(self, name: str, operation: str) -> Entry | None:
        """What is on record of a step."""
        place = self.view.location_id
        if place is None:  # the call will say so
            return None
        return await self.guard.ledger.find(place, operation, f"{self.key}/{name}")

    async def begun(self, name: str, operation: str) -> bool:
        """Whether a step may have been done under this key."""
        entry = await self.entry(name, operation)
        return entry is not None and entry.state in _BEGUN

    async def is_done(self, name: str, operation: str) -> bool:
        """Whether a step was done under this key."""
        entry = await self.entry(name, operation)
        return entry is not None and entry.state == "done"

    async def write(
        self,
        name: str,
        operation: str,
        body: Model,
        answer: type[ModelT],
        ids: tuple[str, ...] = (),
        *,
        record_id: str | None = None,
    ) -> ModelT:
        """Do a step under its key: once, however often it is asked for."""
        before = await self.entry(name, operation)
        with self.at(name):
            made = await self.view.send(self.call(name, operation, body, ids), answer)
        after = await self.entry(name, operation)
        adopted = after is not None and after.adopted
        found = adopted or (before is not None and before.state == "done")
        record_id = (after.record_id if after else None) or (ids[0] if ids else record_id)
        state: State = "found" if found else "done"
        await self.passed(name, operation, record_id, state, adopted=adopted)
        return made

    async def passed(
        self,
        name: str,
        operation: str,
        record_id: str | None,
        state: State = "found",
        *,
        adopted: bool = False,
    ) -> None:
        """A step is over."""
        step = Step(self.flow, self.key, name, operation, state, record_id, adopted)
        self.steps.append(step)
        how = state + (", adopted" if adopted else "")
        _log.info("%s %s: %s %s %s", self.flow, self.key, name, how, record_id or "")
        if self._on_step is not None:
            await told("on_step", self._on_step, step)

    @contextmanager
    def at(self, name: str) -> Iterator[None]:
        """Have errors say at which step they came."""
        try:
            yield
        except HoopAIError as error:
            note = f"at the step {name!r} of {self.flow}"
            if not isinstance(error, KeyReusedError):
                note += f"; run again with the same key, {self.key!r}, it goes on from there"
            error.add_note(note)
            raise

    def error(
        self,
        name: str,
        message: str,
        record: object,
        hint: str | None = None,
        kind: type[FlowError] = FlowError,
    ) -> FlowError:
        """An end of the flow at a step."""
        again = f"with the same key, {self.key!r}, it goes on from there"
        cure = f"{hint}; {again}" if hint else again
        return kind(f"at {name!r}: {message}", record, hint=cure, operation=self.flow)

    # --- Planning ----------------------------------------------------------------------------

    def reads(self, operation: str, least: int = 1, most: int | None = 1) -> None:
        """Plan a read."""
        self.planned.append(PlannedCall(operation, "read", Cost(least, most)))

    async def plan(self, name: str, operation: str, *, maybe: bool = False) -> None:
        """Plan a step.

        Args:
            name: The step.
            operation: Its operation.
            maybe: Whether it may turn out to be done already.
        """
        entry = await self.entry(name, operation)
        least, most = (0 if maybe else 1), 1
        if entry is not None and entry.state == "done":
            for read in _AGAIN[operation]:
                self.reads(read, least, most)
            return
        unsettled = entry is not None and entry.state in ("sending", "unknown")
        for read in _AGAIN[operation] if unsettled else _BEFORE[operation]:
            self.reads(read, least, None if unsettled or read == "schedules.list" else most)
        cost = Cost(0 if unsettled else least, None if unsettled else most)
        retry = OPERATIONS[operation].retry
        self.planned.append(PlannedCall(operation, retry, cost, f"{self.key}/{name}"))

    def whole(self) -> Plan:
        """All that was planned."""
        return Plan(self.flow, self.key, tuple(self.planned))
