"""Where the token of a call comes from."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from ..errors import ConfigurationError
from .secret import Secret

__all__ = ["Token", "TokenSource", "hidden"]

Token = str | Secret | Callable[[], str | Secret | Awaitable[str | Secret]]


class TokenSource:
    """A token given as text, or asked for before every call."""

    __slots__ = ("_ask", "_fixed")

    def __init__(self, token: Token):
        self._fixed = self._ask = None
        if callable(token):
            self._ask = token
        else:
            self._fixed = _checked(token)

    @property
    def askable(self) -> bool:
        """Whether asking again may give another one."""
        return self._ask is not None

    async def token(self) -> Secret:
        """The token to send now.

        Raises:
            ConfigurationError: What the callable gave is no token.
        """
        if self._ask is None:
            assert self._fixed is not None
            return self._fixed
        given = hidden(self._ask())
        return _checked(hidden(await given) if inspect.isawaitable(given) else given)

    async def renewed(self, refused: Secret) -> Secret | None:
        """Another token than the one that was refused, or None when there is no other."""
        if self._ask is None:
            return None
        token = await self.token()
        return None if token == refused else token


def hidden(token: Any) -> Any:
    """A token that is text as a `Secret`: tracebacks may show the locals of all frames."""
    return Secret(token) if isinstance(token, str) else token


def _checked(token: object) -> Secret:
    text = token.reveal() if isinstance(token, Secret) else token
    # A token read from a file usually brings its line's end along.
    text = text.strip() if isinstance(text, str) else ""
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        what = "empty" if not text else "not one word of ASCII text"
        text = ""
        # The value itself is never shown: it may be a token with one wrong character.
        hint = "a private integration token that begins with 'pit-', an access token, or a callable that returns one"
        raise ConfigurationError(f"the token is {what}", hint=hint)
    return Secret(text)
