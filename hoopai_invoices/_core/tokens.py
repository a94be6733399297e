"""Where the token of a call comes from."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from math import inf
from typing import Any, NamedTuple, Protocol

from .._protocol import Operation, TokenKind
from ..errors import ConfigurationError
from .clock import Clock
from .secret import Secret

__all__ = ["Access", "Auth", "Token", "TokenSource", "auth_of", "checked_token", "hidden"]

_FRESH = 5.0  # seconds for which a token that a callable gave is not asked for again


class Access(NamedTuple):
    """A token, and what is known of it.

    Attributes:
        secret: The token.
        kind: Whose it is; None where nobody has told.
        scopes: What was granted; None where nobody has told.
        until: Until when, by the clock's `time()`, it needn't be asked for again.
        fresh: Whether the service has given it to this process just now; one that others have had
            meanwhile may be dead as well.
    """

    secret: Secret
    kind: TokenKind | None = None
    scopes: frozenset[str] | None = None
    until: float = inf
    fresh: bool = True


class HasAuth(Protocol):
    """What a client can be given in place of a token."""

    @property
    def _auth(self) -> Auth: ...


class Auth(Protocol):
    """Who has the tokens, for each location and operation. `place` is a location's id.

    Attributes:
        queues: Whether a token may have to be waited for as long as for a slot.
    """

    queues: bool

    def ready(self, place: str | None, operation: Operation) -> Access | None:
        """The token to send now, where nothing has to be waited for."""
        ...

    async def access(self, place: str | None, operation: Operation, *, batch: bool) -> Access:
        """The token to send now."""
        ...

    async def renewed(
        self, place: str | None, operation: Operation, refused: Access, *, batch: bool
    ) -> Access | None:
        """Another token than the one that the service has refused; None when there is none."""
        ...

    async def regranted(
        self, place: str | None, operation: Operation, lacking: Access, *, batch: bool
    ) -> Access | None:
        """A token that may allow what that one doesn't, where another process has been given one."""
        ...

    def heard(self, operation: Operation, *, allowed: bool) -> None:
        """The service has carried an operation out, or has refused it for its scope."""
        ...

    def can(self, place: str | None, operation: Operation) -> bool | None:
        """Whether the token allows an operation; None while nobody knows."""
        ...

    async def aclose(self) -> None:
        """Finish what is under way."""
        ...


Token = str | Secret | Callable[[], str | Secret | Awaitable[str | Secret]] | HasAuth


class TokenSource:
    """A token given as text, or asked for before every call."""

    queues = False

    def __init__(self, token: str | Secret | Access | Callable[[], Any], clock: Clock):
        self._clock = clock
        self._fixed = self._ask = None
        self._known: dict[str, bool] = {}  # by operation, as the service has answered last
        if isinstance(token, Access):
            self._fixed = token
        elif callable(token):
            self._ask = token
        else:
            self._fixed = Access(checked_token(token))

    def ready(self, place: str | None, operation: Operation) -> Access | None:
        return self._fixed

    async def access(self, place: str | None, operation: Operation, *, batch: bool) -> Access:
        if self._ask is None:
            assert self._fixed is not None
            return self._fixed
        given = hidden(self._ask())
        token = checked_token(hidden(await given) if inspect.isawaitable(given) else given)
        return Access(token, until=self._clock.time() + _FRESH)

    async def renewed(
        self, place: str | None, operation: Operation, refused: Access, *, batch: bool
    ) -> Access | None:
        if self._ask is None:
            return None
        access = await self.access(place, operation, batch=batch)
        return None if access.secret == refused.secret else access

    async def regranted(
        self, place: str | None, operation: Operation, lacking: Access, *, batch: bool
    ) -> Access | None:
        return None

    def heard(self, operation: Operation, *, allowed: bool) -> None:
        self._known[operation.name] = allowed

    def can(self, place: str | None, operation: Operation) -> bool | None:
        return self._known.get(operation.name)

    async def aclose(self) -> None:
        pass


def auth_of(token: Any, clock: Clock) -> Auth:
    """What `InvoicesClient(token=…)` was given, as who has the tokens.

    Raises:
        ConfigurationError: It is no token, and nobody who has any.
    """
    auth: Auth | None = getattr(token, "_auth", None)
    return TokenSource(token, clock) if auth is None else auth


def hidden(token: Any) -> Any:
    """A token that is text as a `Secret`: tracebacks may show the locals of all frames."""
    return Secret(token) if isinstance(token, str) else token


def checked_token(token: object, name: str = "the token") -> Secret:
    """A token that can be sent.

    Raises:
        ConfigurationError: It can't.
    """
    text = token.reveal() if isinstance(token, Secret) else token
    # A token read from a file usually brings its line's end along.
    text = text.strip() if isinstance(text, str) else ""
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        what = "empty" if not text else "not one word of ASCII text"
        text = ""
        # The value itself is never shown: it may be a token with one wrong character.
        hint = "a private integration token that begins with 'pit-', an access token, or a callable that returns one"
        hint = hint if name.startswith("the token") else "as the marketplace shows it"
        raise ConfigurationError(f"{name} is {what}", hint=hint)
    return Secret(text)
