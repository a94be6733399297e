"""A short run of the campaign of `make soak`, and whether its judge can tell good from bad."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from soak import ids
from soak.calls import Ended, Tally
from soak.server import Fate, Seen

from hoopai_invoices._generated.catalogue import OPERATIONS
from hoopai_invoices.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    DecodeError,
    OutcomeUnknown,
)

ROOT = Path(__file__).resolve().parent.parent
NUMBERS = {name: number for number, name in enumerate(OPERATIONS)}


def test_a_short_campaign_finds_nothing() -> None:
    # In a process of its own: the suite looks through every log line and every error, at length.
    command = [sys.executable, "-m", "tests.soak", "--seed", os.environ["HOOPAI_TEST_SEED"]]
    command += ["--replies", "2100", "--redirects", "210", "--ids", "20000", "--slack", "10"]
    done = subprocess.run(
        command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout.partition("\nwrong:")[2] + done.stderr
    assert "2,100 calls" in done.stdout


WROTE, READ = "invoices.create", "invoices.get"


@pytest.mark.parametrize(
    ("operation", "error", "fates"),
    [
        (WROTE, None, ["unknown"]),
        (READ, None, ["unknown"]),
        (READ, None, ["refused"]),
        (READ, None, []),
        (WROTE, None, ["unknown", "done"]),
        (WROTE, None, ["refused", "done"]),
        (WROTE, OutcomeUnknown("lost"), ["done"]),
        (WROTE, OutcomeUnknown("lost"), ["refused"]),
        (READ, OutcomeUnknown("lost"), ["unknown"]),
        (WROTE, APIConnectionError("lost", sent=True), ["any"]),
        (WROTE, APIConnectionError("never sent"), ["any"]),
        (READ, APIConnectionError("never sent"), ["unknown"]),
        (WROTE, APITimeoutError("late", sent=True), ["unknown"]),
        (WROTE, APIStatusError("moved", status=302), ["unknown"]),
        (WROTE, DecodeError("no JSON", committed=False), ["done"]),
        (READ, DecodeError("no JSON", committed=True), ["done"]),
        (READ, DecodeError("no JSON"), ["unknown"]),
        (READ, KeyError("items"), ["done"]),
        (READ, RecursionError(), ["any"]),
        (READ, APIStatusError(f"soak-{NUMBERS[READ]} is no token", status=401), ["refused"]),
        (READ, APIStatusError("nobody-asked", status=422), ["refused"]),
    ],
)
def test_the_judge_sees_what_is_wrong(
    operation: str, error: Exception | None, fates: list[Fate]
) -> None:
    assert faults(operation, error, fates)


@pytest.mark.parametrize(
    ("operation", "error", "fates"),
    [
        (WROTE, None, ["done"]),
        (WROTE, None, ["limited", "done"]),
        (READ, None, ["unknown", "done"]),
        (WROTE, OutcomeUnknown("lost"), ["unknown"]),
        (WROTE, OutcomeUnknown("lost"), []),
        (READ, APIConnectionError("lost", sent=True), ["unknown"]),
        (WROTE, DecodeError("no JSON", committed=True), ["done"]),
        (WROTE, APIStatusError("no", status=422), ["refused"]),
        ("invoices.delete", None, ["unknown", "refused"]),
    ],
)
def test_the_judge_lets_pass_what_is_right(
    operation: str, error: Exception | None, fates: list[Fate]
) -> None:
    assert not faults(operation, error, fates)


def faults(operation: str, error: Exception | None, fates: list[Fate]) -> list[str]:
    tally = Tally(1, "replies")
    seen = [Seen("kind", fate) for fate in fates]
    tally.judge(Ended(NUMBERS[operation], None, error, 0.1), seen)
    return tally.wrong


def test_a_late_end_is_wrong() -> None:
    tally = Tally(1, "replies", slack=0.5)
    tally.judge(Ended(0, None, OutcomeUnknown("late"), 1.6), [Seen("hang", "unknown")])
    assert "it took 1.60 s" in tally.wrong[0]


def test_the_router_knows_the_document_and_its_literal_segments_win() -> None:
    for operation in OPERATIONS.values():
        assert ids.route(operation.path.replace("{", "").replace("}", "")) == operation.path
    assert ids.route("/invoices/settings") == "/invoices/settings"
    assert ids.route("/invoices/SETTINGS") == "/invoices/settings"
    assert ids.route("/invoices/x/y/z") is None


@pytest.mark.parametrize(
    "id", ["..", ".", "", "a?b", "a#b", "a;b", "a/b", "a%2fb", "a\\b", "Settings", "%2e%2e", "a "]
)
def test_an_id_that_leads_astray_is_seen(id: str) -> None:
    assert ids.astray(f"/invoices/{id}", "/invoices/{invoiceId}", id)
    assert not ids.astray("/invoices/i1", "/invoices/{invoiceId}", "i1")
