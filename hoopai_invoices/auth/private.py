"""The token of a private integration, which people rotate by hand while programs run."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from time import monotonic
from typing import Any, NoReturn, Self

from .._core.outcome import missing_scope
from .._core.secret import Secret
from .._core.tokens import Access, checked_token, hidden
from .._protocol import Operation
from ..errors import ConfigurationError

__all__ = ["PrivateToken"]

_STANDS = 1.0  # seconds for which a token that was read again, and is the same, isn't read again


class PrivateToken:
    """A private integration's token, read again, once, when the service refuses it.

    ```python
    client = InvoicesClient(token=PrivateToken.from_file("/run/secrets/hoopai"), location_id="…")
    ```

    So a token that was rotated in the platform is taken up without a restart, if the file or
    variable is changed while the old one is still good (seven days, where it was rotated so).

    Args:
        read: The token; or what gives it, possibly async.
        scopes: The scopes that were ticked, where they are known: calls that need others are
            refused before they are sent, and `client.can(…)` knows.
    """

    def __init__(
        self,
        read: str | Secret | Callable[[], str | Secret | Awaitable[str | Secret]],
        *,
        scopes: Iterable[str] | None = None,
    ):
        if isinstance(scopes, str):
            msg = "scopes is a list: a single text would be taken letter by letter"
            raise ConfigurationError(msg)
        source = hidden(read)
        del read  # this frame is shown when it is no token
        self._auth = _Reread(source, None if scopes is None else frozenset(scopes))

    @classmethod
    def from_file(
        cls, path: str | os.PathLike[str], *, scopes: Iterable[str] | None = None
    ) -> Self:
        """The token that stands in a file, such as a mounted secret."""

        def read() -> Secret:
            reason, found = None, None
            try:
                found = Secret(Path(path).read_text("utf-8"))
            except UnicodeDecodeError:
                reason = "it is no text"
            except OSError as error:
                reason = error.strerror
            if found is None:
                msg = f"the token can't be read from {os.fspath(path)}: {reason}"
                raise ConfigurationError(msg)
            return checked_token(found, f"the token in {os.fspath(path)}")

        return cls(read, scopes=scopes)

    @classmethod
    def from_env(cls, name: str = "HOOPAI_TOKEN", *, scopes: Iterable[str] | None = None) -> Self:
        """The token that stands in an environment variable."""

        def read() -> Secret:
            found = hidden(os.environ.get(name) or None)
            if found is None:
                hint = "export it, or use InvoicesClient(token=…)"
                raise ConfigurationError(f"{name} is not set", hint=hint)
            return checked_token(found, f"the token in {name}")

        return cls(read, scopes=scopes)

    def __repr__(self) -> str:
        return "PrivateToken(…)"

    def __reduce__(self) -> NoReturn:
        msg = "a PrivateToken can't be pickled: it holds a token"
        raise ConfigurationError(msg, hint="make one in each process, from a file or variable")


class _Reread:
    """A token that is read once, and once more after each refusal of the one that was read last."""

    queues = False

    def __init__(self, read: Any, scopes: frozenset[str] | None):
        self._scopes = scopes
        self._known: dict[str, bool] = {}  # by operation, as the service has answered last
        self._read: Callable[[], Any] | None = read if callable(read) else None
        self._access = None if callable(read) else self._given(read)
        self._task: asyncio.Task[Access] | None = None
        self._useless: tuple[Access, float] | None = None  # refused, read again and the same; when

    def look(self) -> None:
        """See now whether there is a token, where that takes no waiting."""
        if self._read is not None and not inspect.iscoroutinefunction(self._read):
            given = hidden(self._read())
            if isinstance(given, Secret):
                self._access = self._given(given)

    def ready(self, place: str | None, operation: Operation) -> Access | None:
        return self._access

    async def access(self, place: str | None, operation: Operation, *, batch: bool) -> Access:
        task, loop = self._task, asyncio.get_running_loop()
        if task is None or task.done() or task.get_loop() is not loop:
            task = self._task = loop.create_task(self._again())
        return await asyncio.shield(task)

    async def renewed(
        self, place: str | None, operation: Operation, refused: Access, *, batch: bool
    ) -> Access | None:
        if self._access is not None and self._access.secret != refused.secret:
            return self._access  # another call has read it anew
        if self._read is None:
            return None
        if self._useless is not None:
            same, until = self._useless
            if same.secret == refused.secret and monotonic() < until:
                return None  # others who were refused with it have read it again just now
        access = await self.access(place, operation, batch=batch)
        if access.secret != refused.secret:
            return access
        self._useless = (access, monotonic() + _STANDS)
        return None

    async def regranted(
        self, place: str | None, operation: Operation, lacking: Access, *, batch: bool
    ) -> Access | None:
        return None

    def heard(self, operation: Operation, *, allowed: bool) -> None:
        self._known[operation.name] = allowed

    def can(self, place: str | None, operation: Operation) -> bool | None:
        if self._scopes is not None:
            return missing_scope(operation, None, self._scopes) is None
        return self._known.get(operation.name)

    async def aclose(self) -> None:
        pass

    async def _again(self) -> Access:
        assert self._read is not None
        given = hidden(self._read())
        self._access = self._given(hidden(await given) if inspect.isawaitable(given) else given)
        return self._access

    def _given(self, token: object) -> Access:
        return Access(checked_token(token), scopes=self._scopes)
