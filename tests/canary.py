"""Every secret that a test makes is a canary: it must turn up in nothing that people can see.

Looked through, for every test of the suite: the log records of all loggers down to DEBUG; every
error of ours with all that hangs on it, its pickle and the locals in its traceback; what else
leaves a call, cancellations first; clients, counts, attempts, captures and journal entries; spans;
printed text and warnings. A hit turns the test red.
"""

from __future__ import annotations

import functools
import logging
import pickle
import sys
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from opentelemetry import trace as otel
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

from hoopai_invoices._core.pipeline import Pipeline
from hoopai_invoices._core.secret import Secret
from hoopai_invoices._core.trace import Attempt, CallRecord, Capture, Stats
from hoopai_invoices._protocol import Sent
from hoopai_invoices.auth import OAuthApp
from hoopai_invoices.client import LocationClient
from hoopai_invoices.errors import HoopAIError
from hoopai_invoices.sandbox.oauth import OAuthServer

__all__ = ["CANARIES", "Canaries", "CanaryPlugin"]

SHORTEST = 12  # characters: "t" is in every text
_MOST_OBJECTS = 300  # kept until they are looked through
_MOST_TEXT = 2**23
_DEEPEST = 12
# The frames of tests may hold their token; these are seen by people who never wrote it down. The
# stand-in for the service has to know tokens, and so have the server that transports are held to
# and the way into an application of this process, through which a mistake in one is let out whole.
_FRAMES = frozenset(["hoopai_invoices", "httpx", "httpcore", "h11", "anyio", "ssl"])
_SERVICE = ("hoopai_invoices.sandbox", "hoopai_invoices.conformance", "httpx._transports.asgi")
# What a server answers is logged by httpcore before anybody else sees it: an answer that repeats
# the token in a header is the one thing that can't be kept out of its DEBUG log.
_ECHO = "receive_response_headers.complete"
_RECORD = frozenset(vars(logging.makeLogRecord({})))


class Canaries:
    """The secrets in play, and what was seen meanwhile."""

    def __init__(self) -> None:
        self.texts: dict[str, None] = {}
        self._kept: dict[str, list[str]] = {}
        self._size = 0
        self._objects: list[object] = []
        self._hits: dict[str, None] = {}

    def secret(self, text: str) -> None:
        """A secret is in play."""
        if len(text) >= SHORTEST:
            self.texts[text] = None

    def seen(self, channel: str, text: str) -> None:
        """Somebody may see this."""
        self._kept.setdefault(channel, []).append(text)
        self._size += len(text)
        if self._size > _MOST_TEXT:
            self._search()

    def made(self, thing: object) -> None:
        """One of ours was made; it is looked at later, when it is complete."""
        if len(self._objects) >= _MOST_OBJECTS:
            self._look()  # at those before: this one's own __init__ may have more to say
        self._objects.append(thing)

    def left(self, error: BaseException) -> None:
        """An error left a call."""
        if not isinstance(error, HoopAIError):  # those are looked at anyway
            self._error(error)

    def logged(
        self, logger: str, message: object, args: object, error: object, extra: object
    ) -> None:
        """Somebody wrote a log record; what it is made of is taken apart by some handlers."""
        try:
            text = str(message) % args if args else str(message)
        except (TypeError, ValueError):
            text = str(message)
        if logger.startswith("httpcore") and text.startswith(_ECHO):
            return
        self.seen("log", text)
        if isinstance(args, tuple | dict) and args:
            self._deep("log args", args)
        if extra:
            self._deep("log extra", extra)
        if error:
            error = sys.exc_info()[1] if error is True else error
            error = error[1] if isinstance(error, tuple) else error
            if isinstance(error, BaseException):
                self._error(error)

    def hits(self) -> list[str]:
        """Where a canary was seen, and a clean slate."""
        self._look()
        self._search()
        found = list(self._hits)
        self.__init__()  # type: ignore[misc]  # the same object is known to all the hooks
        return found

    @contextmanager
    def apart(self) -> Iterator[list[str]]:
        """Look at what happens in the block by itself; the list is filled at its end."""
        mine, found = dict(vars(self)), list[str]()
        Canaries.__init__(self)
        try:
            yield found
        finally:
            found += self.hits()
            vars(self).update(mine)

    # --- Looking -----------------------------------------------------------------------------

    def _search(self) -> None:
        for channel, texts in self._kept.items():
            together = "\n".join(dict.fromkeys(texts)) if self.texts else ""
            for text in self.texts:
                at = together.find(text)
                if at >= 0:
                    around = together[max(0, at - 80) : at + len(text) + 40]
                    self._hits[f"{channel}: …{around}…"] = None
        self._kept, self._size = {}, 0

    def _look(self) -> None:
        objects, self._objects = self._objects, []
        if not self.texts:
            return
        shared: dict[int, object] = {}  # what all views of a client have in common, once
        for thing in objects:
            if isinstance(thing, BaseException):
                self._error(thing)
                continue
            what = type(thing).__name__
            self._deep(what, thing, shared if isinstance(thing, LocationClient) else None)
            if isinstance(thing, LocationClient):
                self.seen(what, f"{thing!s} {thing}")
                self._pickle(thing)

    def _error(self, error: BaseException) -> None:
        if not self.texts:
            return
        chain, seen = [error], set[int]()
        while chain:
            one = chain.pop()
            if id(one) in seen:
                continue
            seen.add(id(one))
            chain += [other for other in (one.__cause__, one.__context__) if other is not None]
            chain += one.exceptions if isinstance(one, BaseExceptionGroup) else ()
            what = "error" if one is error else "cause or context"
            for shown in (str(one), repr(one)):
                self.seen(what, shown)
            self._deep(what, [one.args, vars(one)])  # notes are among these
            self._frames(one)
            if isinstance(one, HoopAIError):
                self._pickle(one)

    def _frames(self, error: BaseException) -> None:
        """What `traceback.TracebackException(…, capture_locals=True)` shows."""
        for frame, _ in traceback.walk_tb(error.__traceback__):
            module = str(frame.f_globals.get("__name__", ""))
            if module.partition(".")[0] not in _FRAMES or module.startswith(_SERVICE):
                continue
            for name, value in frame.f_locals.items():
                shown = value if isinstance(value, str) else None
                if shown is None:
                    if isinstance(value, bytes | bytearray):
                        shown = value.decode("latin-1")
                    else:
                        shown = _shown(value)
                self.seen(f"local {name} in {module}.{frame.f_code.co_name}", shown)

    def _pickle(self, thing: object) -> None:
        try:
            data = pickle.dumps(thing)
        except Exception:
            return  # what can't be pickled goes nowhere
        self.seen(f"pickle of {type(thing).__name__}", data.decode("latin-1"))

    def _deep(self, channel: str, value: object, seen: dict[int, object] | None = None) -> None:
        for text in _texts(value, {} if seen is None else seen, 0):
            self.seen(channel, text)


def _texts(value: object, seen: dict[int, object], depth: int) -> Iterator[str]:
    """All text in something, however deep; what was seen is held, so that its id stays its own."""
    if isinstance(value, str):
        yield value
        return
    if isinstance(value, bytes | bytearray):
        yield value.decode("latin-1")
        return
    if value is None or isinstance(value, int | float) or id(value) in seen or depth > _DEEPEST:
        return
    seen[id(value)] = value
    parts: list[object] = []
    if isinstance(value, Mapping):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset | deque):
        parts = list(value)
    else:
        yield _shown(value)
        if isinstance(value, Secret):
            return  # it may hold the text; it must not show it
        module = type(value).__module__
        ours = module.startswith("hoopai_invoices") and not module.startswith(_SERVICE)
        if ours or isinstance(value, BaseException):
            slots = [
                name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())
            ]
            parts = [getattr(value, name, None) for name in slots if name != "__weakref__"]
            parts += getattr(value, "__dict__", {}).values()
    for part in parts:
        yield from _texts(part, seen, depth + 1)


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:
        return str(error)


# --- Where it looks from -------------------------------------------------------------------------

CANARIES = Canaries()
"""What looks on in this process."""


def _after(kind: type, name: str, note: Callable[[Any], None]) -> None:
    method = getattr(kind, name)

    @functools.wraps(method)
    def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = method(self, *args, **kwargs)
        note(self)
        return result

    setattr(kind, name, noted)


def _leaving(kind: type, name: str) -> None:
    method = getattr(kind, name)

    @functools.wraps(method)
    async def watched(*args: Any, **kwargs: Any) -> Any:
        try:
            return await method(*args, **kwargs)
        except BaseException as error:
            CANARIES.left(error)
            raise

    setattr(kind, name, watched)


def _given(kind: type, name: str, key: str) -> None:
    """Know a token as soon as the stand-in for the service has made it, wherever it may get lost."""
    method = getattr(kind, name)

    @functools.wraps(method)
    def noted(*args: Any, **kwargs: Any) -> Any:
        answer = method(*args, **kwargs)
        CANARIES.secret(answer[key])
        return answer

    setattr(kind, name, noted)


def _listen() -> None:
    """Hear every record down to DEBUG; handlers get those that they would get anyway."""
    enabled, log = logging.Logger.isEnabledFor, logging.Logger._log

    def heard(
        self: logging.Logger,
        level: int,
        msg: object,
        args: Any,
        exc_info: Any = None,
        extra: Mapping[str, object] | None = None,
        stack_info: bool = False,
        stacklevel: int = 1,
    ) -> None:
        CANARIES.logged(self.name, msg, args, exc_info, extra)
        if enabled(self, level):
            log(self, level, msg, args, exc_info, extra, stack_info, stacklevel + 1)

    def handled(self: logging.Logger, record: logging.LogRecord) -> None:
        extra = {name: value for name, value in vars(record).items() if name not in _RECORD}
        if extra or record.exc_text:
            CANARIES.logged(self.name, record.exc_text or "", (), None, extra)
        handle(self, record)

    handle = logging.Logger.handle
    logging.Logger.isEnabledFor = (  # type: ignore[method-assign]
        lambda self, level: level >= logging.DEBUG or enabled(self, level)
    )
    logging.Logger._log = heard  # type: ignore[method-assign]
    logging.Logger.handle = handled  # type: ignore[method-assign]


def _made_by_new(kind: Any) -> None:
    """Look at every tuple of a kind: it has no initialiser to look at."""
    new = kind.__new__

    def noted(cls: Any, *args: Any, **kwargs: Any) -> Any:
        made = new(cls, *args, **kwargs)
        CANARIES.made(made)
        return made

    kind.__new__ = noted


class _Spans(SpanProcessor):
    def on_end(self, span: ReadableSpan) -> None:
        events = [(event.name, dict(event.attributes or {})) for event in span.events]
        about = (span.name, dict(span.attributes or {}), events, span.status.description)
        CANARIES.seen("span", repr(about))


class CanaryPlugin:
    """Looks on in a run of pytest."""

    def pytest_configure(self, config: pytest.Config) -> None:
        """Begin to look, once in a process."""
        if hasattr(Secret.__init__, "__wrapped__"):
            return
        for name in ("__init__", "reveal"):  # one from elsewhere is in play when it is used
            _after(Secret, name, lambda secret: CANARIES.secret(secret._text))
        for kind in (HoopAIError, LocationClient, Capture, Sent):
            _after(kind, "__init__", CANARIES.made)
        for row in (Stats, Attempt, CallRecord):
            _made_by_new(row)
        _after(
            warnings.WarningMessage,
            "__init__",
            lambda warning: CANARIES.seen("warning", str(warning.message)),
        )
        read = pytest.CaptureFixture.readouterr

        def readouterr(self: Any) -> Any:
            captured = read(self)
            for text in captured:
                CANARIES.seen("output", text if isinstance(text, str) else text.decode("latin-1"))
            return captured

        pytest.CaptureFixture.readouterr = readouterr  # type: ignore[method-assign]
        _leaving(Pipeline, "send")
        _leaving(Pipeline, "raw")
        for name in ("complete", "exchange_code", "adopt", "token", "premint"):
            _leaving(OAuthApp, name)
        _given(OAuthServer, "_new_token", "access_token")
        _given(OAuthServer, "_issued", "refresh_token")
        _listen()
        provider = TracerProvider()
        provider.add_span_processor(_Spans())
        otel.set_tracer_provider(provider)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Look, when a test is over."""
        report = yield
        if report.when == "teardown":
            for title, text in report.sections:
                if "stdout" in title or "stderr" in title:
                    CANARIES.seen("output", text)
            hits = CANARIES.hits()
            if hits and report.passed:
                report.outcome = "failed"
                report.longrepr = "\n".join(["a secret was seen", *hits[:20]])
        return report
