"""Where the token of a call comes from."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

from ..errors import ConfigurationError

__all__ = ["Token", "TokenSource"]

Token = str | Callable[[], str | Awaitable[str]]


class TokenSource:
    """A token given as text, or asked for before every call; it shows itself to nobody."""

    __slots__ = ("_ask", "_fixed")

    def __init__(self, token: Token):
        self._fixed: str | None = None
        self._ask: Callable[[], str | Awaitable[str]] | None = None
        if callable(token):
            self._ask = token
        else:
            self._fixed = _checked(token)

    async def token(self) -> str:
        """The token to send now.

        Raises:
            ConfigurationError: What the callable gave is no token.
        """
        if self._ask is None:
            return self._fixed or ""
        given = self._ask()
        return _checked(await given if inspect.isawaitable(given) else given)

    def __repr__(self) -> str:
        return "TokenSource(…)"

    def __reduce__(self) -> tuple[object, ...]:
        raise ConfigurationError(
            "a token can't be pickled", hint="make the client where it is used"
        )


def _checked(token: object) -> str:
    # A token read from a file usually brings its line's end along.
    text = token.strip() if isinstance(token, str) else ""
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        what = "empty" if not text else "not one word of ASCII text"
        # The value itself is never shown: it may be a token with one wrong character.
        hint = "a private integration token that begins with 'pit-', an access token, or a callable that returns one"
        raise ConfigurationError(f"the token is {what}", hint=hint)
    return text
