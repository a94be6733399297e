"""What the generated code and the handwritten core agree on, and nothing more.

A generated method turns its keywords into a `Call` and hands it to an `Executor`; a generated
list hands over the fetching of one page and gets a `Pager`. Both sides import this module, so it
imports nothing else of the project but the models' base.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from datetime import tzinfo
from difflib import get_close_matches
from typing import Any, ClassVar, Generic, Literal, NoReturn, Protocol, TypeVar

from attrs import field, frozen

from ._model import UNSET, Bounds, Model, Unset

__all__ = [
    "UNSET",
    "Call",
    "CallOptions",
    "Executor",
    "Operation",
    "Page",
    "Pager",
    "Paging",
    "Parameter",
    "Resource",
    "RetryClass",
    "Sent",
    "Settle",
    "TokenKind",
    "Unset",
    "WriteJournal",
    "WriteOutcome",
]

T = TypeVar("T")
ModelT = TypeVar("ModelT", bound=Model)
ListT = TypeVar("ListT", bound=Model)

RetryClass = Literal["read", "replace", "remove", "set_state", "create", "notify", "pay"]
TokenKind = Literal["Location", "Company"]
Settle = Literal["wait", "defer"]


@frozen
class Parameter:
    """One query parameter: its name in Python, its name on the wire, and its local bounds."""

    name: str
    key: str
    type: str
    required: bool = False
    bounds: Bounds | None = None
    choices: tuple[str, ...] = ()


@frozen
class Paging:
    """Where a list's answer keeps its records and their number, as JSON keys."""

    items: str
    total: str


@frozen
class Operation:
    """One operation of the document: everything the pipeline needs to know about it.

    `reserved` holds, for each path parameter, the literal segments that stand at the same place
    in other paths: an id equal to one of them would reach another operation.
    """

    name: str
    method: str
    path: str
    retry: RetryClass
    access: tuple[TokenKind, ...]
    scopes: tuple[str, ...] = ()
    located: Literal["query", "body", "no"] = "no"
    ids: tuple[str, ...] = ()
    reserved: tuple[frozenset[str], ...] = ()
    query: tuple[Parameter, ...] = ()
    body: str | None = None
    answer: str | None = None
    paging: Paging | None = None
    segments: tuple[str, ...] = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        # The path is cut once: "/invoices/{invoiceId}/send" -> ("/invoices/", "/send").
        literals = [
            part.partition("}")[2] if i else part for i, part in enumerate(self.path.split("{"))
        ]
        object.__setattr__(self, "segments", tuple(literals))


@frozen
class CallOptions:
    """What one call may do differently from its client.

    Attributes:
        timeout: Seconds for this call, over everything it does once it may be sent. None: the
            client's.
        headers: Further request headers. They can't replace `Authorization` or `Version`.
        send_unknown: Send what the document doesn't know as well: unknown and answer-only fields
            of models, unknown enum values, values out of their bounds. The service refuses unknown
            properties, so this is for the day it learns a new one. Ids in paths are always checked.
        queue_timeout: Seconds to wait for the location's limits at most. None: the client's.
        max_attempts: Requests for this call at most. None: the client's.
    """

    timeout: float | None = None
    headers: Mapping[str, str] | None = None
    send_unknown: bool = False
    queue_timeout: float | None = None
    max_attempts: int | None = None


@frozen
class Sent:
    """A write that is about to leave, or has left: what is needed to find out what became of it.

    Attributes:
        operation: Such as "invoices.create".
        location_id: The sub-account it is for.
        ids: The ids in its path.
        request: Its body, as JSON values.
        attempt: 1 for the first request.
        at: Seconds since 1970 (UTC).
    """

    operation: str
    location_id: str | None
    ids: tuple[str, ...]
    request: Any
    attempt: int
    at: float


WriteOutcome = Literal["done", "refused", "unsent", "unknown"]


class WriteJournal(Protocol):
    """Who keeps a record of a write, so that it survives the process that sends it."""

    async def sending(self, write: Sent) -> None:
        """The write is about to be sent. It isn't before this returns, nor when this raises."""
        ...

    async def outcome(self, write: Sent, outcome: WriteOutcome, status: int | None) -> None:
        """How that attempt ended; also when the call is cancelled."""
        ...


@frozen
class Call:
    """One call, from the resource method to the pipeline."""

    operation: Operation
    ids: tuple[str, ...] = ()
    query: Mapping[str, object] = {}
    body: Model | None = None
    key: str | None = None
    settle: Settle = "wait"
    options: CallOptions | None = None
    journal: WriteJournal | None = None


@frozen
class Page(Generic[T]):
    """One page of a list.

    Attributes:
        items: The records, in the service's order.
        total: How many records the service says there are, over all pages; None when it doesn't.
        offset: Where the page begins, counted from 0.
    """

    items: list[T]
    total: int | None
    offset: int


class Pager(Protocol[T]):
    """A listing that hasn't been fetched yet: iterate over it, or ask it for what you need.

    ```python
    async for invoice in client.invoices.list(status="sent"):
        ...
    first = await client.invoices.list(search="Alex").first()
    ```

    Every iteration begins anew at the place that the pager was made with, and fetches pages as it
    needs them; once a second one is needed, those after it are fetched meanwhile. Each record comes
    once, also when others are inserted or deleted meanwhile, and none that was there throughout is
    missed, as long as those that stay keep their order: pages overlap by a record, and where they no
    longer do, earlier ones are read again. What can't be told so raises `ListingShifted`. To leave
    the loop cancels what is on its way.
    """

    def __aiter__(self) -> AsyncGenerator[T, None]:
        """Each record once, fetched page by page."""
        ...

    def pages(self) -> AsyncGenerator[Page[T], None]:
        """The same page by page, each record once."""
        ...

    async def first(self) -> T | None:
        """The first record, or None when there is none; fetches one record."""
        ...

    async def first_page(self) -> Page[T]:
        """The first page; one request."""
        ...

    async def collect(self, *, limit: int | None = None) -> list[T]:
        """All records as a list, or the first `limit` of them."""
        ...

    @property
    def cursor(self) -> str:
        """The place after the last record yielded: pass it as `cursor=` to go on from there.

        Also in another process, later: it names the last three records, and they are looked for, up
        to ten pages before and behind. When none is found `ListingShifted` says so. A cursor that
        ends in `!` was taken where the list was just changing, as it does for who takes out of it
        what comes: it is no place to go on from. Begin anew then.
        """
        ...


class Executor(Protocol):
    """What carries out the calls of the generated classes."""

    async def send(self, call: Call, answer: type[ModelT]) -> ModelT:
        """Send the call and read its answer as `answer`."""
        ...

    async def send_only(self, call: Call) -> None:
        """Send the call; whatever a success answers is not read."""
        ...

    def zone(self) -> tzinfo | None:
        """The location's zone, when it is known."""
        ...

    def remembered(self) -> dict[str, Any]:
        """The records that the client has written last, by id, where they can't be read back."""
        ...

    def pager(
        self,
        operation: Operation,
        fetch: Callable[[int, int], Awaitable[ListT]],
        *,
        page_size: int,
        prefetch: int,
        cursor: str | None,
    ) -> Pager[Any]:
        """A pager over `fetch(limit, offset)`."""
        ...


class Resource:
    """The base of the generated resource classes."""

    # For each method, the wire names whose keyword has a name of its own.
    _renamed: ClassVar[dict[str, dict[str, str]]] = {}

    def __init__(self, executor: Executor):
        self._executor = executor

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name, method in list(vars(cls).items()):
            if inspect.isfunction(method) and not name.startswith("_"):
                setattr(cls, name, _suggesting(method, cls._renamed.get(name, {})))


def _suggesting(method: Callable[..., Any], renamed: Mapping[str, str]) -> Callable[..., Any]:
    """The method, saying which keyword was meant when it is called with a wrong one."""
    if inspect.iscoroutinefunction(method):

        @functools.wraps(method)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            try:
                call = method(*args, **kwargs)
            except TypeError as error:
                _suggest(method, renamed, kwargs, error)
            return await call

        return awaited

    @functools.wraps(method)
    def called(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except TypeError as error:
            _suggest(method, renamed, kwargs, error)

    return called


def _suggest(
    method: Callable[..., Any],
    renamed: Mapping[str, str],
    kwargs: Mapping[str, Any],
    error: TypeError,
) -> NoReturn:
    known = inspect.signature(method).parameters
    wrong = next((name for name in kwargs if name not in known), None)
    if wrong is None:
        raise error
    # dueDate, duedate and due-date all mean due_date.
    squeezed = {name.replace("_", ""): name for name in known if name != "self"}
    squeezed |= {key.lower(): name for key, name in renamed.items()}
    close = get_close_matches(wrong.replace("_", "").lower(), squeezed, 1)
    meant = (
        f"; did you mean {squeezed[close[0]]!r}?"
        if close
        else f"; it takes {', '.join(name for name in known if name != 'self')}"
    )
    msg = f"{method.__qualname__}() has no argument {wrong!r}{meant}"
    raise TypeError(msg) from None
