"""The README's programs run as they stand there, and the demo ends as it must."""

from __future__ import annotations

import ast
import functools
import re
import shutil
import subprocess
import sys
import textwrap
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from scripted import reply, scripted

from hoopai_invoices import LocationDefaults, errors
from hoopai_invoices.sandbox import Sandbox

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
QUICK_START, REAL_CLIENT, *FRAGMENTS, SUITE = BLOCKS
EXAMPLES = ROOT / "examples"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_quick_start_is_the_example_and_runs() -> None:
    assert (EXAMPLES / "quickstart.py").read_text(encoding="utf-8") == QUICK_START
    done = run("examples/quickstart.py")
    assert done.stdout == "Coaching, March 300 200.5 USD\n"
    assert done.stderr == ""


# The sandbox of the first example, as one that goes on while the program ends and begins anew.
SERVED = """
import sys
from hoopai_invoices import InvoicesClient, sandbox
from hoopai_invoices.ledger import SQLLedger

program, file, base_url, token, location_id = sys.argv[1:]

class Served:
    def __init__(self, now): pass
    async def __aenter__(self): return self
    async def __aexit__(self, *error): await self.ledger.aclose()
    def client(self, **settings):
        self.ledger = SQLLedger(file)
        there = {"base_url": base_url, "token": token, "location_id": location_id}
        return InvoicesClient(ledger=self.ledger, **there, **settings)

sandbox.Sandbox = Served
exec(compile(open(program, encoding="utf-8").read(), program, "exec"), {"__name__": "__main__"})
"""


@pytest.mark.anyio
async def test_the_first_example_run_twice_makes_one_invoice(tmp_path: Path) -> None:
    async with Sandbox(now=datetime(2026, 3, 2, 15, tzinfo=UTC)) as box:
        there = (await box.serve(), box.token, box.location_id)
        program = "examples/quickstart.py"
        command = ("-c", SERVED, program, str(tmp_path / "billing.db"), *there)
        for _ in range(2):
            done = await anyio.to_thread.run_sync(functools.partial(run, *command))
            assert done.stdout == "Coaching, March 300 200.5 USD\n", done.stderr
        assert len(box.created("invoice")) == 1
        assert len(box.created("payment")) == 1
        assert box.calls.count("invoices.send") == 1


@pytest.mark.anyio
async def test_the_client_for_the_service_is_used_as_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = b'{"_id": "66f1a0c2d4e5b60718293a01", "amountDue": 150.25}'
    async with scripted(reply(200, answer)) as server:
        names: dict[str, Any] = {}
        exec(REAL_CLIENT, names)
        real = names["InvoicesClient"]
        names["InvoicesClient"] = functools.partial(real, base_url=server.url)
        await names["main"]()
    assert capsys.readouterr().out == "150.25\n"


@pytest.mark.anyio
@pytest.mark.parametrize("block", FRAGMENTS)
async def test_the_fragments_run(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with Sandbox() as box, box.client(defaults=LocationDefaults(live_mode=False)) as client:
        names: dict[str, object] = {"client": client, "date": date, "Decimal": Decimal}
        shown = re.sub("66f1a0c2d4e5b60718293a01", box.add_estimate().id, block)
        body = textwrap.indent(shown, "    ")
        exec(f"async def fragment():\n{body}", names)
        await names["fragment"]()  # type: ignore[operator]
    assert capsys.readouterr().out.strip()


def test_the_suite_passes_as_it_is_shown(tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "billing.py", tmp_path)
    (tmp_path / "test_billing.py").write_text(SUITE, encoding="utf-8")
    assert passed_in(tmp_path) == 3


def test_the_suite_is_the_example_s() -> None:
    # Imports aside, which are those that the part shown needs.
    def statements(text: str) -> list[str]:
        body = ast.parse(text).body
        return [ast.unparse(s) for s in body if not isinstance(s, ast.Import | ast.ImportFrom)]

    example = statements((EXAMPLES / "test_billing.py").read_text(encoding="utf-8"))
    shown = statements(SUITE)
    assert shown == [one for one in example if one in shown]


def test_the_whole_suite_of_the_example_passes(tmp_path: Path) -> None:
    for name in ("billing.py", "test_billing.py"):
        shutil.copy(EXAMPLES / name, tmp_path)
    assert passed_in(tmp_path) == 26


def passed_in(folder: Path) -> int:
    """How many tests pass in a folder, where none fails and nothing warns."""
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-W",
        "error",
    ]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout
    last = re.fullmatch(r"=+ (\d+) passed in .*", done.stdout.splitlines()[-1])
    return int(last[1]) if last else 0


def test_every_block_is_covered() -> None:
    assert len(BLOCKS) == 6
    assert len(FRAGMENTS) == 3


def test_the_names_in_the_error_tree_are_the_errors() -> None:
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")
    assert sorted([*drawn, "HoopAIError"]) == sorted(errors.__all__)


def test_the_demo_ends_with_paid() -> None:
    done = run("-m", "examples.estimate_to_paid")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "paid"
    steps = [line for line in lines if re.match(r" ?\d+\. ", line)]
    states = ["draft", "sent", "accepted", "draft", "sent", "partially_paid", "paid", "paid"]
    assert [line[29:44].strip() for line in steps] == states
    assert "353,400" in steps[0]
    assert "due 203,400" in steps[5]


def test_the_demo_fails_when_a_total_is_wrong() -> None:
    done = run(
        "-c",
        "import sys; from examples import estimate_to_paid as demo; from decimal import Decimal;"
        "demo.TOTAL = Decimal(353401); sys.exit(demo.main())",
    )
    assert done.returncode == 1
    assert "the estimate's total is 353400, not 353401" in done.stderr


def test_the_demo_says_what_it_lacks_for_the_service_and_sends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOOPAI_TOKEN", "pit-1")
    monkeypatch.setenv("HOOPAI_LOCATION_ID", "ve9EPM428h8vShlRW1KT")
    monkeypatch.setenv("HOOPAI_BASE_URL", "http://127.0.0.1:9")
    done = run("-m", "examples.estimate_to_paid")
    assert done.returncode == 1
    assert "set HOOPAI_USER_ID and HOOPAI_CONTACT_ID too" in done.stderr
    assert run("-m", "examples.estimate_to_paid", "--sandbox").stdout.endswith("paid\n")
