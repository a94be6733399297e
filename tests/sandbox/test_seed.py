"""Sandboxes from files."""

from __future__ import annotations

import inspect
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hoopai_invoices.sandbox import Sandbox, entries
from hoopai_invoices.sandbox.__main__ import main
from hoopai_invoices.sandbox.seed import SeedError, sandbox_of

from .estimating import all_invoices
from .samples import invoice
from .support import App, api_of

pytestmark = pytest.mark.anyio

FULL: dict[str, Any] = {
    "now": "2026-03-01T12:00:00Z",
    "locations": [
        {"id": "home", "timezone": "UTC", "name": "Home Ltd"},
        {"id": "away", "timezone": "Asia/Tokyo", "suspended": True},
    ],
    "tokens": [
        {"value": "pit-known"},
        {"value": "pit-away", "locations": ["away"], "scopes": ["invoices.readonly"]},
    ],
    "contacts": [{"id": "zoe", "name": "Zoe", "email": "zoe@example.com"}],
    "users": [{"id": "robin", "name": "Robin"}],
    "invoices": [
        {"status": "sent", "total": "150.10", "due_in": 14, "contact": "zoe"},
        {"status": "partially_paid", "total": 20, "paid": "5"},
        {"status": "sent", "due_in": -3, "location": "away"},
        {
            "contact": {"id": "sam", "name": "Sam"},
            "currency": "EUR",
            "items": [
                {"name": "Hour", "amount": "80.5", "qty": 2},
                {
                    "name": "Travel",
                    "amount": 10,
                    "taxes": [{"id": "t", "name": "VAT", "rate": "10"}],
                },
            ],
        },
    ],
    "estimates": [
        {"status": "accepted", "number": 41, "auto_invoice": True},
        {"items": [{"name": "Hour", "amount": 7}], "live_mode": True, "expires_in": 3},
    ],
    "faults": [
        {"kind": "lose_answer", "operation": "invoices.create", "times": 1},
        {"kind": "fail", "operation": "invoices.send", "status": 500, "times": None},
    ],
    "choices": {"largest_page": 7, "auto_invoice_seconds": 1.5, "larger_limit": "capped"},
    "limits": {"burst": 50, "daily": None},
}


def written(folder: Path, text: str, name: str = "seed.json") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def from_json(folder: Path, **contents: Any) -> Sandbox:
    return sandbox_of(written(folder, json.dumps(contents)))


async def test_a_file_fills_a_sandbox(tmp_path: Path) -> None:
    async with sandbox_of(written(tmp_path, json.dumps(FULL)), seed=3) as box:
        assert (box.location_id, box.token) == ("home", "pit-known")
        assert box.clock.now() == datetime(2026, 3, 1, 12, tzinfo=UTC)
        first, second, away, own = box.created("invoice")
        assert (first.total, first.status, str(first.due_date)) == (
            Decimal("150.1"),
            "sent",
            "2026-03-15",
        )
        assert (first.alt_id, first.contact_details.email) == ("home", "zoe@example.com")
        assert (first.sent_by, first.business_details.name) == ("robin", "Home Ltd")
        assert (second.amount_paid, second.amount_due) == (5, 15)
        assert (away.alt_id, str(away.due_date)) == ("away", "2026-02-26")
        assert (own.total, own.currency, own.contact_details.id) == (172, "EUR", "sam")
        assert [(item.currency, item.qty) for item in own.items] == [("EUR", 2), ("EUR", 1)]
        accepted, draft = box.created("estimate")
        assert (accepted.estimate_number, accepted.estimate_status) == (41, "accepted")
        assert (draft.estimate_number, draft.total, draft.live_mode) == (42, 7, True)
        assert str(draft.expiry_date)[:10] == "2026-03-04"
        api = api_of(box)
        with pytest.raises(ConnectionError):
            await api("POST", "/invoices/", invoice())
        await api.ok("POST", "/invoices/", invoice())  # the fault struck once
        for _ in range(2):
            status, _ = await api("POST", f"/invoices/{own.id}/send", {})
            assert status == 500
        box.clock.advance(seconds=1.4)
        assert len(await all_invoices(api)) == 5
        box.clock.advance(seconds=0.2)
        answer = await api.ok("GET", "/invoices/", limit="100", offset="0")
        assert (len(answer["invoices"]), answer["total"]) == (6, 6)
        away_token = {"token": "pit-away", "altId": "away"}
        status, answer = await api("GET", "/invoices/settings", **away_token)
        assert (status, answer["message"]) == (400, "Location is not active")


async def test_a_toml_file_says_the_same(tmp_path: Path) -> None:
    text = """
    now = 2026-03-01T12:00:00Z
    limits = false

    [choices]
    void_invoice = "gone"

    [[invoices]]
    status = "void"
    total = "12.50"

    [[faults]]
    kind = "lag"
    seconds = 2.5
    """
    async with sandbox_of(written(tmp_path, text, "seed.toml")) as box:
        assert box.created("invoice")[0].total == Decimal("12.5")
        assert box.clock.now() == datetime(2026, 3, 1, 12, tzinfo=UTC)
        api = api_of(box)
        assert await all_invoices(api) == []
        assert len({(await api("GET", "/invoices/settings"))[0] for _ in range(150)}) == 1


async def test_what_a_file_leaves_out_is_as_ever(tmp_path: Path) -> None:
    async with from_json(tmp_path, invoices=[{}]) as box:
        (made,) = box.created("invoice")
        assert (made.status, made.total, made.alt_id) == ("draft", 100, box.location_id)
        assert box.token.startswith("pit-")
        api = api_of(box)
        statuses = [(await api("GET", "/invoices/settings"))[0] for _ in range(101)]
        assert statuses == [*[200] * 100, 429]


async def test_a_null_or_false_lifts_the_limits(tmp_path: Path) -> None:
    for lifted in (None, False):
        async with from_json(tmp_path, limits=lifted) as box:
            api = api_of(box)
            assert {(await api("GET", "/invoices/settings"))[0] for _ in range(150)} == {200}


async def test_a_file_may_say_how_tokens_live_and_are_minted(tmp_path: Path) -> None:
    text = """
    now = 2026-03-01T12:00:00Z

    [choices]
    access_seconds = 90.5

    [limits]
    mint_calls = 1
    """
    async with sandbox_of(written(tmp_path, text, "seed.toml")) as box:
        app = App(box)
        granted = await app.tokens("Company")
        assert granted["expires_in"] == 90
        minted = [(await app.mint(granted["access_token"])).status_code for _ in range(2)]
        assert minted == [201, 429]


async def test_a_location_alone_comes_with_a_token(tmp_path: Path) -> None:
    async with from_json(tmp_path, locations=[{"id": "mine"}]) as box:
        await api_of(box).ok("GET", "/invoices/settings", altId="mine")


async def test_a_token_alone_is_for_the_location_that_is_there(tmp_path: Path) -> None:
    async with from_json(tmp_path, tokens=[{"value": "pit-a"}, {"value": "pit-b"}]) as box:
        assert box.token == "pit-a"
        for token in ("pit-a", "pit-b"):
            assert (await api_of(box)("GET", "/invoices/settings", token=token))[0] == 200


async def test_the_clock_stands_still_on_demand(tmp_path: Path) -> None:
    path = written(tmp_path, "{}")
    still, running = sandbox_of(path, still=True), sandbox_of(path)
    assert (still.clock.still, running.clock.still) == (True, False)


@pytest.mark.parametrize(
    ("contents", "text"),
    [
        ({"invoice": []}, "Object contains unknown field `invoice`"),
        ({"invoices": [{}, {"totl": 1}]}, "invoices[1]: Object contains unknown field `totl`"),
        ({"invoices": {}}, "invoices: Expected `array`, got `object`"),
        ({"invoices": [{"due_in": "x"}]}, "invoices[0].due_in: Expected `int | null`, got `str`"),
        (
            {"invoices": [{"total": 1.5}]},
            "invoices[0].total: an amount is an int, a str or a Decimal, not a float such as 1.5",
        ),
        (
            {"invoices": [{"total": "x"}]},
            "invoices[0].total: a finite Decimal, int or decimal text",
        ),
        ({"invoices": [{"paid": True}]}, "invoices[0].paid: an amount is an int"),
        (
            {"invoices": [{"status": "overdue"}]},
            "invoices[0]: 'overdue' is none of draft, sent,",
        ),
        (
            {"invoices": [{"items": [{"name": "a", "amount": 1.5}]}]},
            "invoices[0]: a finite Decimal, int or decimal text is wanted, not 1.5",
        ),
        (
            {"invoices": [{"items": [{"nam": "a"}]}]},
            "invoices[0]: InvoiceItem.__init__() got an unexpected keyword argument 'nam'",
        ),
        (
            {"invoices": [{"contact": {"id": "x"}}]},
            "invoices[0]: ContactDetails.__init__() missing 1 required keyword-only argument",
        ),
        ({"invoices": [{"contact": "x"}]}, "invoices[0]: location "),
        ({"invoices": [{"location": "x"}]}, "invoices[0]: the sandbox has no location 'x'"),
        ({"invoices": [{"due_in": 10**7}]}, "invoices[0]: date value out of range"),
        (
            {"estimates": [{"number": 1}, {"number": 1}]},
            "estimates[1]: Estimate number already exists",
        ),
        ({"locations": [{"timezone": "Mars/X"}]}, "locations[0]: there is no time zone 'Mars/X'"),
        ({"locations": [{"timezone": ""}]}, "locations[0]: there is no time zone ''"),
        ({"locations": [{"timezone": "America"}]}, "locations[0]: there is no time zone"),
        ({"tokens": [{"locations": ["x"]}]}, "tokens[0]: the sandbox has no location 'x'"),
        ({"tokens": [{"kind": "Agency"}]}, "tokens[0].kind: Invalid enum value 'Agency'"),
        ({"faults": [{}]}, "faults[0]: Object missing required field `kind`"),
        ({"faults": [{"kind": "boom"}]}, "faults[0]: 'boom' is no kind of fault; there are"),
        ({"faults": [{"kind": "fail_after"}]}, "faults[0]: 'fail_after' is no kind of fault"),
        (
            {"faults": [{"kind": "drop", "operation": "invoices.creat"}]},
            "faults[0]: the sandbox has no operation 'invoices.creat'; did you mean "
            "'invoices.create'?",
        ),
        ({"faults": [{"kind": "drop", "rates": {}}]}, "faults[0]: 'rates' is none of after,"),
        ({"faults": [{"kind": "lag", "times": 2}]}, "faults[0]: Faults.lag() got an unexpected"),
        ({"choices": {"largest": 5}}, "choices: 'largest' is none of posts_answer,"),
        ({"choices": {"larger_limit": "x"}}, "choices.larger_limit: Invalid enum value 'x'"),
        ({"limits": {"bursts": 5}}, "limits: 'bursts' is none of burst, seconds,"),
        ({"limits": {"burst": "5"}}, "limits.burst: Expected `int | null`, got `str`"),
        ({"limits": True}, "limits: Invalid enum value True"),
        ({"now": "soon"}, "now: Invalid RFC3339 encoded datetime"),
        ({"now": "2026-03-01T12:00:00"}, "now: the clock's start must be an aware datetime"),
    ],
)
async def test_an_error_names_the_file_and_the_place(
    tmp_path: Path, contents: dict[str, Any], text: str
) -> None:
    path = written(tmp_path, json.dumps(contents))
    with pytest.raises(SeedError) as caught:
        sandbox_of(path)
    assert str(caught.value).startswith(f"{path}: {text}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("seed.json", "{", "Input data was truncated"),
        ("seed.json", "[]", "Expected `object`, got `array`"),
        ("seed.json", '{"limits": {"seconds": NaN}}', "JSON is malformed"),
        ("seed.toml", "a =", "Invalid value"),
        ("seed.toml", "[[invoices]]\ntotal = 1.5", "invoices[0].total: an amount is an int"),
        ("seed.yaml", "", "a seed file is .json or .toml"),
        ("seed", "", "a seed file is .json or .toml"),
    ],
)
async def test_files_that_are_none(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = written(tmp_path, text, name)
    with pytest.raises(SeedError) as caught:
        sandbox_of(path)
    assert str(caught.value).startswith(f"{path}: {message}")


async def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    path = tmp_path / "seed.json"
    with pytest.raises(SeedError, match=r"seed\.json: No such file or directory"):
        sandbox_of(path)
    path.write_bytes(b"\xff")
    with pytest.raises(SeedError, match=r"seed\.json: .*can't decode byte"):
        sandbox_of(path)


def test_the_program_ends_with_2_and_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, '{"invoices": [{"totl": 1}]}')
    with pytest.raises(SystemExit) as ended:
        main(["--port", "0", "--seed-file", str(path)])
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    wanted = f"error: {path}: invoices[0]: Object contains unknown field `totl`"
    assert err.strip().splitlines()[-1].endswith(wanted)


@pytest.mark.parametrize(
    ("entry", "method"),
    [
        (entries.Location, Sandbox.add_location),
        (entries.Token, Sandbox.add_token),
        (entries.Contact, Sandbox.add_contact),
        (entries.User, Sandbox.add_user),
        (entries.Invoice, Sandbox.add_invoice),
        (entries.Estimate, Sandbox.add_estimate),
    ],
)
def test_entries_have_the_keywords_of_the_methods(entry: Any, method: Any) -> None:
    assert set(entry.__struct_fields__) == set(inspect.signature(method).parameters) - {"self"}
