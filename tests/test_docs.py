"""What the docs list is what there is, and their programs run as they stand there."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import httpx
import pytest

from hoopai_invoices import InvoicesClient
from hoopai_invoices._core.http import asgi_transport
from hoopai_invoices._core.retry import Outcome, judge
from hoopai_invoices._protocol import RetryClass
from hoopai_invoices.sandbox import Choices, Faults, Limits, Sandbox

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "sandbox.md").read_text(encoding="utf-8")
CALLS = (DOCS / "calls.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
PROGRAMS = [text for kind, text in BLOCKS if kind == "python" and "def test_" not in text]
SUITES = [text for kind, text in BLOCKS if kind == "python" and "def test_" in text]
[SEED] = [text for kind, text in BLOCKS if kind == "toml"]

PRINTED = [
    "partially_paid 50\n['invoices.get']\n",
    "Company 86399\n200\ninvalid_grant\n",
    "True\n",
]


def table(heading: str) -> list[list[str]]:
    """The cells of the last table under a heading."""
    [section] = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    last = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)[-1]
    rows = [line.strip("|").split("|") for line in last.splitlines()[2:]]
    return [[cell.strip() for cell in row] for row in rows]


def values(hint: Any) -> str:
    """A field's type, as the tables write it."""
    if typing.get_origin(hint) is typing.Literal:
        return ", ".join(f"`{json.dumps(value)}`" for value in typing.get_args(hint))
    if hint == int | None:
        return "whole number, `None`"
    return {bool: "`True`, `False`", int: "whole number", float: "number"}[hint]


@pytest.mark.parametrize(
    ("kind", "heading"),
    [(Choices, "Open questions"), (Limits, "Limits")],
    ids=["choices", "limits"],
)
def test_the_table_has_every_field_its_values_and_its_default(kind: Any, heading: str) -> None:
    hints = typing.get_type_hints(kind)
    rows = [
        [f"`{each.name}`", values(hints[each.name]), f"`{_shown(each.default)}`"]
        for each in dataclasses.fields(kind)
    ]
    listed = table(heading)
    assert [row[:3] for row in listed] == rows
    assert all(len(row) == 4 and row[3].endswith(".") for row in listed)


def _shown(value: Any) -> str:
    return json.dumps(value) if isinstance(value, str) else repr(value)


def test_every_fault_stands_in_its_table() -> None:
    # These two are the sandbox's own side.
    methods = [name for name in vars(Faults) if name[0] != "_" and name not in ("strike", "lag_of")]
    listed = table("Faults")
    assert [row[0] for row in listed] == [f"`{name}`" for name in methods]
    for name, *cells in listed:
        for keyword in inspect.signature(getattr(Faults, name.strip("`"))).parameters:
            if keyword not in ("self", "operation", "rule", "hang"):  # told above the table
                assert re.search(rf"`{keyword}\b", "".join(cells)), (name, keyword)


@pytest.mark.anyio
async def test_every_call_of_the_sandbox_s_own_is_listed() -> None:
    async with Sandbox() as box, httpx.AsyncClient(base_url=await box.serve()) as http:
        index = (await http.get("/_sandbox/")).json()
    assert [row[0] for row in table("As a program")] == [
        f"`{one['call']}`" for one in index["calls"]
    ]


@pytest.mark.parametrize(("program", "printed"), list(zip(PROGRAMS, PRINTED, strict=True)))
def test_the_programs_run(program: str, printed: str) -> None:
    done = run("-c", program)
    assert (done.stdout, done.stderr) == (printed, "")


def test_the_suites_pass(tmp_path: Path) -> None:
    assert len(SUITES) == 1
    (tmp_path / "test_it.py").write_text(SUITES[0], encoding="utf-8")
    done = run("-m", "pytest", "-W", "error", "-p", "no:cacheprovider", str(tmp_path))
    assert re.search(r"^=+ 1 passed in ", done.stdout, re.MULTILINE), done.stdout


def test_the_seed_file_is_one(tmp_path: Path) -> None:
    from hoopai_invoices.sandbox.seed import sandbox_of

    file = tmp_path / "seed.toml"
    file.write_text(SEED, encoding="utf-8")
    box = sandbox_of(file)
    assert (box.location_id, box.token) == ("ve9EPM428h8vShlRW1KT", "pit-for-the-tests")
    assert [str(one.amount_due) for one in box.created("invoice")] == ["100"]
    assert [str(one.total) for one in box.created("estimate")] == ["372000"]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", *command],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


# --- docs/calls.md -------------------------------------------------------------------------------


def test_what_is_sent_again_is_as_the_table_of_calls_says() -> None:
    rows = [row.split("|")[1:-1] for row in CALLS.splitlines() if row.startswith("| ")][1:]
    said = {cells[0].strip(): tuple(cell.strip() for cell in cells[1:]) for cells in rows}
    written: dict[str, Outcome] = {
        "never written (no connection, no TLS)": "unsent",
        "429, too many in the window": "limited",
        "no whole answer: reset, cut off, garbage": "lost",
        "401, the token is refused": "expired",
        "5xx, 408, 499, a 401 that speaks of a time-out": "failed",
        "301, 302, 303": "moved",
        "every other 3xx and 4xx": "refused",
    }
    words = {"raise": "raised", "unknown": "`OutcomeUnknown`"}
    columns: tuple[RetryClass, ...] = ("read", "create")
    for text, outcome in written.items():
        verdicts = (judge(outcome, retry) for retry in columns)
        assert said[text] == tuple(words.get(verdict, verdict) for verdict in verdicts), text


@pytest.mark.anyio
async def test_the_programs_about_calls_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOPAI_TOKEN", "pit-for-the-docs")
    limits, raw = re.findall(r"```python\n(.*?)```", CALLS, re.DOTALL)
    names: dict[str, Any] = {}
    exec(limits, names)
    await names["client"].aclose()

    async def users(scope: Any, receive: Any, send: Any) -> None:
        assert (scope["path"], scope["query_string"]) == ("/users/", b"locationId=loc1")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'{"users":[{"id":"u1"}]}'})

    exec(raw, names)
    async with InvoicesClient(
        token="pit-for-the-docs", location_id="loc1", transport=asgi_transport(users)
    ) as client:
        assert await names["senders"](client) == ["u1"]
