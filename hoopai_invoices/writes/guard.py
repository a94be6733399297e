"""What the keyed writes of a client share: which operations take a key, and who carries them out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from attrs import evolve

from .. import models
from .._generated.catalogue import OPERATIONS
from .._model import Model
from .._protocol import Call, Settle
from ..errors import HoopAIError, InvalidRequestError, NotFoundError
from . import creating, paying, sending
from .case import Case, Found, Reconciler, digest
from .converting import CreateInvoiceOfEstimate
from .entry import Entry, Ledger, RecordOwned
from .write import Write

if TYPE_CHECKING:
    from .._core.pipeline import Pipeline, View

__all__ = ["RECONCILERS", "Guard", "check_key"]

RECONCILERS: Final[Mapping[str, Reconciler]] = {
    "invoices.create": creating.CreateInvoice(),
    "invoices.record_payment": paying.RecordPayment(),
    "invoices.send": sending.SendInvoice(),
    "invoices.text2pay": sending.Text2Pay(),
    "templates.create": creating.CreateTemplate(),
    "schedules.create": creating.CreateSchedule(),
    "estimates.create": creating.CreateEstimate(),
    "estimates.create_invoice": CreateInvoiceOfEstimate(),
    "estimates.send": sending.SendEstimate(),
    "estimate_templates.create": creating.CreateEstimateTemplate(),
}
# Those whose methods take no key: flows give them one.
_KINDS: Final[Mapping[str, Reconciler]] = {
    **RECONCILERS,
    "schedules.start": sending.StartSchedule(),
}
_ANSWERS: Final[Mapping[str, type[Model]]] = {
    name: getattr(models, OPERATIONS[name].answer or "") for name in _KINDS
}
_LEASES = 2.0  # settle times for what isn't a send: reads, and waiting for the limits
_LONGEST_KEY = 200


class Guard:
    """What the keyed writes of a client share."""

    def __init__(self, pipeline: Pipeline, ledger: Ledger, settle_time: float):
        self.pipeline = pipeline
        self.ledger = ledger
        self.settle_time = settle_time
        self.lease = max(1.0, _LEASES * settle_time)

    async def send(self, call: Call, view: View) -> Model:
        """Carry out a keyed call of a resource."""
        return await self._write(self._asked(call, view), call, view).run()

    async def adopt(
        self, call: Call, view: View, before: Any, find: Callable[[Case], Awaitable[Found]]
    ) -> Model:
        """Have a key own what another has made, as if it were the call's doing; nothing is sent.

        Args:
            call: The keyed call that needn't be sent.
            view: Where.
            before: What the reconciler would have read before.
            find: Finds it, or raises. Nobody else sends or adopts the like meanwhile.
        """
        write = self._write(self._asked(call, view), call, view, found=(before, find))
        return await write.run()

    async def _seen(self, entry: Entry, view: View) -> None:
        """Refuse a record that isn't there."""
        from ..client import LocationClient  # it imports what leads here

        try:
            await _known(entry).again(Case(LocationClient(view), self.ledger, entry))
        except NotFoundError as error:
            msg = f"{entry.record_id} isn't found: {error.message}"
            raise InvalidRequestError(msg, path="record_id") from error

    def _write(self, asked: Entry, call: Call, view: View, **how: Any) -> Write:
        name = asked.operation
        return Write(self, _KINDS[name], _ANSWERS[name], asked, call, view, **how)

    def _asked(self, call: Call, view: View) -> Entry:
        """What a keyed call asks for, checked."""
        operation = call.operation
        try:
            if operation.name not in _KINDS:
                msg = "nothing tells what became of this operation, so it takes no key"
                raise InvalidRequestError(msg, path="key")
            _check(call)
            request = self.pipeline.request(call, view, today=False)
            _KINDS[operation.name].refuse(request.json)
        except HoopAIError as error:
            error.operation = operation.name
            raise
        assert call.key is not None and view.location_id is not None  # noqa: PT018 - both checked above
        return Entry(
            location_id=view.location_id,
            operation=operation.name,
            key=call.key,
            fingerprint=digest([operation.name, list(call.ids), request.json]),
            ids=call.ids,
            request=request.json,
        )

    async def settle(
        self, entry: Entry, view: View, *, again: bool = True, settle: Settle = "wait"
    ) -> Model:
        """Find out what became of a write, and send it again when nothing did."""
        _known(entry)
        operation = OPERATIONS[entry.operation]
        call = Call(operation, ids=entry.ids, key=entry.key, settle=settle)
        return await self._write(entry, call, view, again=again).run()

    async def resolve(
        self, entry: Entry, view: View, *, record_id: str | None, done: bool
    ) -> Entry:
        """Put on record what a person says of a write whose fate is unknown."""
        kind = _known(entry)
        own = (entry.request or {}).get("id") if isinstance(entry.request, dict) else None
        wanted = done and kind.expects(entry)
        if wanted != (record_id is not None):
            msg = "is needed: it makes a record" if wanted else "isn't: there is no record of it"
            raise InvalidRequestError(msg, path="record_id")
        if record_id is not None:
            await self._seen(evolve(entry, record_id=record_id), view)
        owner = uuid4().hex
        taken = await self.ledger.take(entry, owner, self.lease)
        found = taken.entry
        if not taken.mine or found.state not in ("sending", "unknown"):
            if taken.mine:
                await self.ledger.change(found, owner, lease=0.0)
            busy = "somebody works on it" if found.leased_for else f"it is {found.state}"
            raise InvalidRequestError(f"can't be resolved: {busy}", path="write")
        try:
            if not done:
                return await self.ledger.change(
                    found,
                    owner,
                    state="refused",
                    request=None,
                    before=None,
                    kept=None,
                    lease=0.0,
                )
            return await self.ledger.change(
                found,
                owner,
                state="done",
                record_id=record_id,
                before=None,
                kept={"id": record_id or own},
                lease=0.0,
            )
        except RecordOwned:
            await self.ledger.change(found, owner, lease=0.0)
            msg = f"{record_id} belongs to another key"
            raise InvalidRequestError(msg, path="record_id") from None


def _known(entry: Entry) -> Reconciler:
    """What is particular to an entry's operation.

    Raises:
        InvalidRequestError: This version of the package doesn't know it.
    """
    kind = _KINDS.get(entry.operation)
    if kind is None:
        msg = f"the operation {entry.operation!r} takes no key in this version of the package"
        raise InvalidRequestError(msg, path="write", hint="it was written by another version")
    return kind


def check_key(key: object, *, room: int = 0) -> None:
    """Refuse what is no key, or would be none with so many characters behind it.

    Raises:
        InvalidRequestError: It isn't.
    """
    longest = _LONGEST_KEY - room
    if not isinstance(key, str) or not key.strip() or len(key) > longest:
        msg = f"a text of 1 to {longest} characters is wanted, not {key!r:.60}"
        raise InvalidRequestError(msg, path="key")
    if not key.isprintable():
        raise InvalidRequestError("has characters that can't be printed", path="key")


def _check(call: Call) -> None:
    if call.settle not in ("wait", "defer"):
        msg = f"{call.settle!r} is neither 'wait' nor 'defer'"
        raise InvalidRequestError(msg, path="settle")
    if call.key is None:
        raise InvalidRequestError("settles writes that have a key=", path="settle")
    check_key(call.key)
