"""A private integration's token: from a text, a file, the environment or a callable; rotated while it runs."""

from __future__ import annotations

import asyncio
import copy
import os
import pickle
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from canary import CANARIES
from granting import new_box

from hoopai_invoices import InvoicesClient, Secret
from hoopai_invoices.auth import PrivateToken
from hoopai_invoices.errors import (
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    HoopAIError,
    LocationInactiveError,
    MissingScopeError,
)
from hoopai_invoices.sandbox import Choices, Sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with new_box() as made:
        yield made


class Source:
    """A token as something outside keeps it; counts how often it is read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.reads = 0

    def __call__(self) -> str:
        self.reads += 1
        return self.text

    async def later(self) -> Secret:
        self.reads += 1
        await asyncio.sleep(0)
        return Secret(self.text)


def rotated(box: Sandbox) -> str:
    """The old token dies, a new one is made."""
    box.expire_token()
    return box.add_token()


def forms(source: Source) -> list[Any]:
    """A plain callable, an async one, and a plain one that gives something to wait for."""

    def waits() -> object:
        return source.later()

    return [source, source.later, waits]


async def listed(client: InvoicesClient) -> None:
    await client.invoices.list().first()


# --- A text --------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrap", [str, Secret])
async def test_a_text_is_what_it_is(box: Sandbox, wrap: Callable[[str], Any]) -> None:
    token = PrivateToken(wrap(box.token))
    async with box.client(token=token) as client:
        await listed(client)
        rotated(box)
        with pytest.raises(AuthenticationError) as caught:
            await listed(client)
    assert caught.value.attempts == 1
    assert box.calls == ["invoices.list"] * 2


async def test_the_line_s_end_is_no_part_of_it(box: Sandbox) -> None:
    for end in ("\n", "\r\n", "  \n\n", "\t"):
        async with box.client(token=PrivateToken(f"  {box.token}{end}")) as client:
            await listed(client)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        " \n",
        "two words-of-it-are-too-many",
        "pit-with-ümlaut-in-it",
        "pit-line\nline-two",
        None,
        7,
        b"pit-as-bytes",
    ],
)
def test_what_is_no_token_is_told_without_it(wrong: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        PrivateToken(wrong)
    assert "the token is" in str(caught.value)
    if isinstance(wrong, str) and wrong.strip():
        assert wrong not in str(caught.value)


def test_it_shows_and_pickles_nothing() -> None:
    token = PrivateToken("pit-nobody-sees-this")
    CANARIES.secret("pit-nobody-sees-this")
    CANARIES.made(token)
    assert repr(token) == "PrivateToken(…)"
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(ConfigurationError, match="can't be pickled"):
            leave(token)


# --- A file --------------------------------------------------------------------------------------


async def test_a_file_that_is_rotated_is_taken_up(box: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(f"{box.token}\n", encoding="utf-8")
    token = PrivateToken.from_file(path)
    async with box.client(token=token) as client:
        await listed(client)
        path.write_text(f"{rotated(box)}\n", encoding="utf-8")
        await listed(client)
        await listed(client)
    assert [arrival.status for arrival in box.arrivals] == [200, 401, 200, 200]


async def test_a_write_is_replayed_once(box: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(box.token, encoding="utf-8")
    invoice = box.add_invoice(status="sent")
    async with box.client(token=PrivateToken.from_file(str(path))) as client:
        await listed(client)
        path.write_text(rotated(box), encoding="utf-8")
        await client.invoices.void(invoice.id)
    assert box.calls == ["invoices.list", "invoices.void", "invoices.void"]
    assert box.created("invoice")[0].status == "void"


async def test_a_file_that_is_unchanged_is_read_once_more(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, reads = tmp_path / "token", list[Path]()
    path.write_text(box.token, encoding="utf-8")
    read_text = Path.read_text

    def counted(self: Path, *args: Any, **kwargs: Any) -> str:
        reads.append(self)
        return read_text(self, *args, **kwargs)

    monkeypatch.setattr(Path, "read_text", counted)
    async with box.client(token=PrivateToken.from_file(path)) as client:
        await listed(client)
        assert reads == [path]
        rotated(box)
        with pytest.raises(AuthenticationError) as caught:
            await listed(client)
        assert caught.value.attempts == 1
        assert reads == [path] * 2
    assert [arrival.status for arrival in box.arrivals] == [200, 401]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file"),
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"\xff\xfe-this-is-no-text-at-all", "no text"),
        (b"pit-one\npit-two-of-the-lines\n", "not one word"),
        (b"pit-zero\x00byte-in-the-token", "not one word"),
    ],
)
async def test_a_file_without_a_token_is_named_and_not_shown(
    box: Sandbox, tmp_path: Path, content: bytes | None, told: str
) -> None:
    path = tmp_path / "the-token-file"
    if content is not None:
        path.write_bytes(content)
    async with box.client(token=PrivateToken.from_file(path)) as client:
        with pytest.raises(ConfigurationError) as caught:
            await listed(client)
    shown = f"{caught.value}{caught.value!r}"
    assert str(path) in shown
    assert told in shown
    for part in (content or b"").split():
        assert part.decode("latin-1") not in shown
    assert box.calls == []


async def test_a_folder_in_place_of_a_file_is_named(box: Sandbox, tmp_path: Path) -> None:
    async with box.client(token=PrivateToken.from_file(tmp_path)) as client:
        with pytest.raises(ConfigurationError, match="directory"):
            await listed(client)


async def test_a_file_that_vanishes_is_needed_again_only_after_a_refusal(
    box: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_text(box.token, encoding="utf-8")
    async with box.client(token=PrivateToken.from_file(path)) as client:
        await listed(client)
        path.unlink()
        await listed(client)
        new = rotated(box)
        with pytest.raises(ConfigurationError, match="No such file"):
            await listed(client)
        path.write_text(new, encoding="utf-8")
        await listed(client)


# --- The environment -----------------------------------------------------------------------------


async def test_the_environment_is_read_again(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    base_url = await box.serve()
    for name, value in {
        "HOOPAI_TOKEN": box.token,
        "HOOPAI_LOCATION_ID": box.location_id,
        "HOOPAI_BASE_URL": base_url,
    }.items():
        monkeypatch.setenv(name, value)
    async with InvoicesClient.from_env() as client:
        await listed(client)
        monkeypatch.setenv("HOOPAI_TOKEN", rotated(box))
        await listed(client)
        monkeypatch.delenv("HOOPAI_TOKEN")
        await listed(client)  # the one that is known is good still
        rotated(box)
        with pytest.raises(ConfigurationError, match="HOOPAI_TOKEN is not set"):
            await listed(client)
    assert [arrival.status for arrival in box.arrivals] == [200, 401, 200, 200, 401]


def test_from_env_says_at_once_that_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOPAI_TOKEN", "")
    with pytest.raises(ConfigurationError, match="HOOPAI_TOKEN is not set") as caught:
        InvoicesClient.from_env()
    assert "export it" in (caught.value.hint or "")
    monkeypatch.setenv("HOOPAI_TOKEN", "two words-in-the-variable")
    with pytest.raises(ConfigurationError) as caught:
        InvoicesClient.from_env()
    assert "words-in-the-variable" not in str(caught.value)
    assert "the token in HOOPAI_TOKEN is not one word" in str(caught.value)
    assert "'pit-'" in (caught.value.hint or "")


async def test_another_variable(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    token = PrivateToken.from_env("BILLING_TOKEN", scopes=["invoices.readonly"])
    async with box.client(token=token) as client:
        with pytest.raises(ConfigurationError, match="BILLING_TOKEN is not set"):
            await listed(client)
        monkeypatch.setenv("BILLING_TOKEN", box.token)
        await listed(client)
        assert client.can("invoices.create") is False


# --- Callables -----------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [0, 1, 2], ids=["sync", "async", "awaitable"])
async def test_a_callable_is_asked_again_after_a_refusal_alone(box: Sandbox, which: int) -> None:
    source = Source(box.token)
    async with box.client(token=PrivateToken(forms(source)[which])) as client:
        for _ in range(3):
            await listed(client)
        assert source.reads == 1
        source.text = rotated(box)
        await listed(client)
        assert source.reads == 2
        rotated(box)
        with pytest.raises(AuthenticationError):
            await listed(client)
        assert source.reads == 3
    assert [arrival.status for arrival in box.arrivals] == [200, 200, 200, 401, 200, 401]


@pytest.mark.parametrize("which", [0, 1, 2], ids=["sync", "async", "awaitable"])
async def test_many_that_are_refused_at_once_all_go_on(box: Sandbox, which: int) -> None:
    source = Source(box.token)
    async with box.client(token=PrivateToken(forms(source)[which])) as client:
        await listed(client)
        source.text = rotated(box)
        await asyncio.gather(*(listed(client) for _ in range(40)))
        await listed(client)
    found = [arrival.status for arrival in box.arrivals]
    assert found.count(401) <= 40  # those that were under way with the old one, each once
    assert found.count(200) == 42
    # Who is refused finds the new token there already, unless it asked at the same moment.
    assert source.reads <= 41
    if which == 0:
        assert source.reads == 2


async def test_a_callable_that_raises_is_heard_as_it_is(box: Sandbox) -> None:
    def locked() -> str:
        raise PermissionError("the vault is locked")

    async with box.client(token=PrivateToken(locked)) as client:
        with pytest.raises(PermissionError, match="the vault is locked"):
            await listed(client)
    assert box.calls == []


@pytest.mark.parametrize("wrong", [None, "", 5, b"pit-as-bytes-from-a-vault"])
async def test_a_callable_without_a_token(box: Sandbox, wrong: Any) -> None:
    async with box.client(token=PrivateToken(lambda: wrong)) as client:
        with pytest.raises(ConfigurationError, match="the token is"):
            await listed(client)
    assert box.calls == []


# --- What is no sign of a rotated token ----------------------------------------------------------

NO_SIGN = {
    "scope": ("The token is not authorized for this scope.", MissingScopeError, 1),
    "time-out": ("Request timed out", APITimeoutError, 3),
    "inactive": ("Location is not active", LocationInactiveError, 1),
}


@pytest.mark.parametrize("kind", NO_SIGN)
async def test_a_401_of_another_meaning_reads_nothing_again(box: Sandbox, kind: str) -> None:
    message, error, attempts = NO_SIGN[kind]
    source = Source(box.token)
    async with box.client(token=PrivateToken(source)) as client:
        await listed(client)
        fault = box.faults.fail("invoices.list", 401, message=message, times=None)
        with pytest.raises(HoopAIError) as caught:
            await listed(client)
    assert type(caught.value) is error
    assert (source.reads, fault.hits, len(box.calls)) == (1, attempts, 1 + attempts)


async def test_a_suspended_location_reads_nothing_again() -> None:
    async with new_box(choices=Choices(suspended_status="401")) as box:
        shut = box.add_location(suspended=True)
        source = Source(box.add_token(locations=[shut]))
        async with box.client(token=PrivateToken(source), location_id=shut.id) as client:
            with pytest.raises(LocationInactiveError):
                await listed(client)
        assert (source.reads, len(box.calls)) == (1, 1)


async def test_another_location_s_403_reads_nothing_again(box: Sandbox) -> None:
    source = Source(box.token)
    async with box.client(token=PrivateToken(source)) as client:
        with pytest.raises(HoopAIError):
            await client.location(box.add_location().id).invoices.list().first()
    assert (source.reads, len(box.calls)) == (1, 1)


async def test_a_dead_token_s_own_text_is_understood() -> None:
    async with new_box(choices=Choices(private_refusal="own_text")) as box:
        source = Source(box.token)
        async with box.client(token=PrivateToken(source)) as client:
            await listed(client)
            source.text = rotated(box)
            await listed(client)
        assert source.reads == 2


def test_the_environment_of_the_suite_is_clean() -> None:
    assert "HOOPAI_TOKEN" not in os.environ
