"""Grants in a folder: a file for each name, for the processes of one machine."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import random
import re
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Final, TypeVar

from .._core.secret import Secret
from ..errors import ConfigurationError, TokenStoreError

__all__ = ["FileStore", "wholly"]

T = TypeVar("T")
_PATIENCE: Final = 8.0  # seconds for which an operation waits for those of others
_READ: Final = getattr(os, "O_NONBLOCK", 0)  # whoever opens a pipe must not wait for its other end
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class FileStore:
    """Keeps grants in a folder of a local disk, for the processes of one machine.

    A file for each name, which nobody else on the machine can read; the folder is made when it is
    first used, in a folder that is there. What was written is on disk before `swap` says so, and a
    process that is killed leaves the old text or the new one. Leases go by the machine's clock.

    Raises:
        ConfigurationError: This system has no locks between processes (Windows). Later: the folder
            or a file in it is open to others, or something else stands in its place.
    """

    def __init__(self, folder: str | os.PathLike[str]):
        try:
            import fcntl  # noqa: F401  # whether there is one
        except ImportError:
            msg = "this system can't lock files between processes as FileStore needs it"
            raise ConfigurationError(msg, hint="SQLStore, with the path of a SQLite file") from None
        self._folder = os.path.abspath(folder)

    def __repr__(self) -> str:
        return f"FileStore({self._folder!r})"

    async def get(self, name: str) -> Secret | None:
        return await _in_thread(lambda: self._get(name))

    async def swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        return await _in_thread(lambda: self._swap(name, old, new))

    async def lease(self, name: str, owner: str, seconds: float) -> bool:
        return await _in_thread(lambda: self._lease(name, owner, seconds))

    async def release(self, name: str, owner: str) -> None:
        await _in_thread(lambda: self._release(name, owner))

    def _get(self, name: str) -> Secret | None:
        with self._opened() as folder:  # no lock: a file is replaced as a whole
            return _secret(folder, _file(name))

    def _swap(self, name: str, old: Secret | None, new: Secret | None) -> bool:
        file = _file(name)
        with self._opened() as folder, _locked(folder, file):
            if _secret(folder, file) != old:
                return False
            if new is not None:
                _write(folder, file, _bytes(new))
            elif old is not None:
                os.unlink(file, dir_fd=folder)
                os.fsync(folder)
            return True

    def _lease(self, name: str, owner: str, seconds: float) -> bool:
        file = f"{_file(name)}.lease"
        with self._opened() as folder, _locked(folder, file):
            held, until = _leased(folder, file)
            if held not in (None, owner) and until > time.time():
                return False
            _write(folder, file, json.dumps([owner, time.time() + seconds]).encode())
            return True

    def _release(self, name: str, owner: str) -> None:
        file = f"{_file(name)}.lease"
        with self._opened() as folder, _locked(folder, file):
            if _leased(folder, file)[0] == owner:
                os.unlink(file, dir_fd=folder)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """The folder; whatever happens to its name meanwhile, one operation has one folder."""
        with suppress(FileExistsError):
            os.mkdir(self._folder, 0o700)
            with _closing(os.open(os.path.dirname(self._folder), os.O_RDONLY)) as parent:
                os.fsync(parent)
        try:
            opened = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        except NotADirectoryError:
            raise ConfigurationError(f"{self._folder} is no folder") from None
        with _closing(opened) as folder:
            found = os.fstat(folder)
            if found.st_uid != os.geteuid():
                raise ConfigurationError(f"{self._folder} belongs to another user")
            if found.st_mode & _OTHERS:
                msg = f"others on this machine can get at the tokens in {self._folder}"
                raise ConfigurationError(msg, hint=f"chmod 700 {self._folder}")
            yield folder


async def wholly(work: asyncio.Future[T]) -> T:
    """Wait for its end, also when cancelled meanwhile: nothing comes behind what follows."""
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not work.cancelled():
            work.exception()  # is known, and the caller has gone
        raise cancelled
    return work.result()


class _Busy(Exception):
    """Somebody else has the lock."""


async def _in_thread(work: Callable[[], T]) -> T:
    loop, ends = asyncio.get_running_loop(), time.monotonic() + _PATIENCE
    while True:
        try:
            # Not a task around a thread: whoever cancels all tasks would leave the thread behind.
            return await wholly(loop.run_in_executor(None, work))
        except _Busy:
            if time.monotonic() > ends:
                break
        # Here, and in no thread: a process that was stopped with the lock in its hands would keep them
        # all, and nobody could look up a host's name.
        await asyncio.sleep(random.uniform(0.001, 0.01))
    msg = f"another process has kept the token store locked for {_PATIENCE:g} s"
    raise TokenStoreError(msg)


def _file(name: str) -> str:
    """The file of a name: what can be read of it, and a digest that tells it from all others."""
    plain = re.sub("[^a-z0-9]+", "-", name.lower())[:60].strip("-")
    return f"{plain}.{sha256(name.encode()).hexdigest()[:32]}"


def _bytes(secret: Secret) -> bytes:
    try:
        return secret.reveal().encode()
    except UnicodeError:  # it would carry the text
        pass
    msg = "the text of a grant holds characters that no file can"
    raise TokenStoreError(msg)


def _secret(folder: int, file: str) -> Secret | None:
    content = _content(folder, file)
    if content is None:
        return None
    try:
        return Secret(content.decode())
    except UnicodeError:
        del content  # a traceback shows what its frames hold
    msg = f"the file {file} isn't as it was written"
    raise TokenStoreError(msg)


def _leased(folder: int, file: str) -> tuple[str | None, float]:
    """Who has the lease, and until when."""
    content = _content(folder, file)
    if content is None:
        return None, 0.0
    try:
        owner, until = json.loads(content)
        return str(owner), float(until)
    except (TypeError, ValueError):
        msg = f"the file {file} isn't as it was written"
        raise TokenStoreError(msg, hint="remove it when nobody uses the store") from None


def _open(folder: int, file: str, flags: int) -> int:
    """Open a file that is a file of ours, and no one else's door to it."""
    try:
        opened = os.open(file, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.EMLINK):  # the second is FreeBSD's
            raise
        raise _in_its_place(file) from None
    try:
        found = os.fstat(opened)
        mode = found.st_mode
        if not stat.S_ISREG(mode) or found.st_uid != os.geteuid():
            raise _in_its_place(file)
        if mode & _OTHERS:
            msg = f"others on this machine can get at the file {file} of the tokens' folder"
            raise ConfigurationError(msg, hint=f"chmod 600 {file}")
    except BaseException:
        os.close(opened)
        raise
    return opened


def _in_its_place(file: str) -> ConfigurationError:
    return ConfigurationError(f"{file} in the tokens' folder is a link, no file, or another's")


def _content(folder: int, file: str) -> bytes | None:
    try:
        opened = _open(folder, file, os.O_RDONLY | _READ)
    except FileNotFoundError:
        return None
    with open(opened, "rb") as stream:
        return stream.read()


def _write(folder: int, file: str, content: bytes) -> None:
    """Put a file in place of the old one: on disk, and never half of it. For who has the lock."""
    fresh = f".{_stripe(file)}.new"
    with suppress(FileNotFoundError):
        os.unlink(fresh, dir_fd=folder)  # of a process that was killed
    opened = _open(folder, fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        with open(opened, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(opened)
        os.replace(fresh, file, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(fresh, dir_fd=folder)
        raise
    os.fsync(folder)


def _stripe(file: str) -> str:
    """One of 16 for a file and its lease."""
    return file.partition(".")[2][0]


@contextmanager
def _locked(folder: int, file: str) -> Iterator[None]:
    """Keep all others, of this process too, from the files of a stripe."""
    import fcntl

    lock = f".{_stripe(file)}.lock"
    with _closing(_open(folder, lock, os.O_RDWR | os.O_CREAT | _READ)) as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _Busy from None
        yield


@contextmanager
def _closing(opened: int) -> Iterator[int]:
    try:
        yield opened
    finally:
        os.close(opened)
