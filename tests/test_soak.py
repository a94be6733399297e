"""A short run of the campaign of `make soak`, and whether its judge can tell good from bad."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest
from soak import ids, money
from soak.calls import Ended, Tally
from soak.server import Fate, Seen

from hoopai_invoices import loads
from hoopai_invoices import money as sums
from hoopai_invoices._core.codec import dumps
from hoopai_invoices._generated.catalogue import OPERATIONS
from hoopai_invoices.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    DecodeError,
    OutcomeUnknown,
)

ROOT = Path(__file__).resolve().parent.parent
# Where CI is set, which has minutes, half of it.
REPLIES, REDIRECTS, IDS = (1050, 105, 10_000) if os.environ.get("CI") else (2100, 210, 20_000)
NUMBERS = {name: number for number, name in enumerate(OPERATIONS)}


def test_a_short_campaign_finds_nothing() -> None:
    # In a process of its own: the suite looks through every log line and every error, at length.
    command = [sys.executable, "-m", "tests.soak", "--seed", os.environ["HOOPAI_TEST_SEED"]]
    command += ["--replies", str(REPLIES), "--redirects", str(REDIRECTS), "--ids", str(IDS)]
    command += ["--money", "1000", "--slack", "10"]
    done = subprocess.run(
        command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout.partition("\nwrong:")[2] + done.stderr
    assert f"{REPLIES:,} calls" in done.stdout
    whole = "1,000 money round trips over 25 currencies of ISO 4217: 0 changed digits"
    assert whole in done.stdout


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


SEED = int(os.environ["HOOPAI_TEST_SEED"])
DOCUMENTS = 20
COUNT = DOCUMENTS * money.AMOUNTS


def test_every_amount_is_looked_at_everywhere() -> None:
    tally = money.try_money(SEED, COUNT)
    assert (tally.documents, tally.amounts) == (DOCUMENTS, COUNT)
    assert tally.compared == COUNT * money.LOOKS
    assert tally.totals == DOCUMENTS * money.TOTALS
    assert (tally.changed, tally.wrong) == (0, [])


def rewritten(change: Callable[[str], str]) -> Callable[[Any], bytes]:
    """A writer of JSON that writes its numbers in another way."""

    def write(value: Any) -> bytes:
        text = dumps(value).decode()
        return re.sub(r"(?<=[:\[,])-?[0-9.]+(?=[,}\]])", lambda m: change(m[0]), text).encode()

    return write


@pytest.mark.parametrize(
    "writer",
    [
        rewritten(lambda text: json.dumps(float(text))),
        rewritten(lambda text: f"{Decimal(text):e}"),
        rewritten(lambda text: f"{Decimal(text):.2f}"),
        rewritten(lambda text: text.rstrip("0").rstrip(".") if "." in text else text),
        rewritten(lambda text: f'"{text}"'),
        rewritten(lambda text: text.removeprefix("-")),
        msgspec.json.encode,
    ],
    ids=[
        "float",
        "exponent",
        "two places",
        "zeros dropped",
        "texts",
        "unsigned",
        "Decimal as text",
    ],
)
def test_a_writer_that_changes_digits_is_seen(writer: Callable[[Any], bytes]) -> None:
    tally = money.try_money(SEED, COUNT, dumps=writer)
    assert any("in the request;" in text for text in tally.wrong)
    assert any("in the request of what was read;" in text for text in tally.wrong)
    assert not any("in the record;" in text for text in tally.wrong)
    assert tally.changed >= DOCUMENTS


def reader(number: Callable[[str], Any], whole: Callable[[str], Any] = int) -> Any:
    return lambda data: json.loads(data, parse_float=number, parse_int=whole)


@pytest.mark.parametrize(
    "reader",
    [
        reader(float),
        reader(lambda text: Decimal(float(text))),
        reader(lambda text: Decimal(repr(float(text)))),
        reader(lambda text: Decimal(text).normalize()),
        reader(lambda text: round(Decimal(text), 2)),
        reader(Decimal, lambda text: int(float(text))),
    ],
    ids=["float", "bits", "repr", "zeros dropped", "two places", "whole by float"],
)
def test_a_reader_that_changes_digits_is_seen(reader: Callable[[bytes], Any]) -> None:
    tally = money.try_money(SEED, COUNT, loads=reader)
    assert tally.changed >= DOCUMENTS
    assert not any("in the request;" in text for text in tally.wrong)


def test_each_changed_digit_is_counted_and_shown_again() -> None:
    def meddle(data: bytes) -> Any:
        answer = loads(data)
        answer["amountPaid"] = Decimal("12.3400")
        return answer

    tally = money.try_money(SEED, COUNT, loads=meddle)
    # In the record, twice in what it gives back, and in the next request.
    assert tally.changed == len(tally.wrong) == 4 * DOCUMENTS
    again = money.try_money(SEED, 1, first=7, loads=meddle)
    assert again.wrong == tally.wrong[28:32]


def test_what_can_not_be_read_is_counted_whole() -> None:
    tally = money.try_money(SEED, COUNT, loads=lambda data: loads(data[:-1]))
    assert tally.changed == COUNT * (money.LOOKS - 1)
    assert len(tally.wrong) == DOCUMENTS


def test_totals_that_round_otherwise_are_seen() -> None:
    def bankers(items: Any) -> sums.Totals:
        found, places = sums.totals(items), sums.minor_units(items[0].currency)
        units = round(Fraction(items[0].amount) * 10**places)
        return found._replace(total=Decimal(f"{units}E-{places}"))

    tally = money.try_money(SEED, 10 * COUNT, totals=bankers)
    assert tally.changed > 0
    assert all("the total of" in text for text in tally.wrong)


def test_wrong_minor_units_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sums._MINOR_UNITS, "KWD", 2)
    tally = money.try_money(SEED, 1, first=sorted(money.CURRENCIES).index("KWD"))
    assert "KWD has 3 minor units, not 2" in tally.wrong[0]
    assert len(tally.wrong) == tally.changed == 1 + money.TOTALS


def test_there_are_as_many_currencies_as_the_standard_has() -> None:
    classes = [units for units in money.UNITS for _ in money.MINOR_UNITS[units].split()]
    assert len(money.CURRENCIES) == len(classes) == 178
    assert all(re.fullmatch("[A-Z]{3}", code) for code in money.CURRENCIES)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("10.50", "10.50"),
        ("-1050E-2", "-10.50"),
        ("1.05E+4", "10500"),
        ("0E+2", "0"),
        ("0E-3", "0.000"),
        ("1E-7", "0.0000001"),
        ("-5E-1", "-0.5"),
    ],
)
def test_digits_are_written_in_full(value: str, text: str) -> None:
    assert money.plain(Decimal(value)) == text


@pytest.mark.parametrize(
    ("text", "places", "units"),
    [
        ("10.5", 2, 1050),
        ("10.125", 2, 1013),
        ("-10.125", 2, -1013),
        ("10.1249", 2, 1012),
        ("0.5", 0, 1),
        ("0.4999", 0, 0),
        ("7", 3, 7000),
        ("-0.004", 2, 0),
    ],
)
def test_rounding_is_half_up_away_from_zero(text: str, places: int, units: int) -> None:
    assert money.rounded(text, places) == units
