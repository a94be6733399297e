"""Each fault: what was committed, what the client saw, and what the arrival log says.

In process and over a socket, with the client as its users have it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from hoopai_invoices import InvoicesClient, RateLimit
from hoopai_invoices.errors import (
    APIConnectionError,
    APITimeoutError,
    DecodeError,
    HoopAIError,
    InternalServerError,
    OutcomeUnknown,
    RateLimitError,
)
from hoopai_invoices.models import BusinessDetails, ContactDetails, Invoice, InvoiceItem
from hoopai_invoices.sandbox import Arrival, Fault, Faults, Limits, Sandbox
from hoopai_invoices.sandbox.faults import KINDS

from .support import START, new_box

pytestmark = pytest.mark.anyio
Strike = Callable[[Faults], Fault]


# What a fault does is seen when nothing is tried again.
ONE: dict[str, Any] = {"max_attempts": 1}


@asynccontextmanager
async def _client(box: Sandbox, over: str, **settings: Any) -> AsyncIterator[InvoicesClient]:
    if over == "process":
        async with box.client(**(ONE | settings)) as client:
            yield client
        return
    url = await box.serve()
    where: dict[str, Any] = {"token": box.token, "location_id": box.location_id, "base_url": url}
    where |= ONE | {"rate_limit": RateLimit(seconds=0.1)}  # who is throttled waits that long
    async with InvoicesClient(**(where | settings)) as client:
        yield client


async def _bill(client: InvoicesClient, name: str = "Coaching") -> Invoice:
    return await client.invoices.create(
        name=name,
        currency="USD",
        business_details=BusinessDetails(name="Example LLC"),
        contact_details=ContactDetails(id="c6tZZU0rJBf30ZXx9Gli", name="Alex"),
        items=[InvoiceItem(name="One hour", currency="USD", amount=150, qty=1)],
        issue_date=date(2026, 9, 1),
        due_date=date(2026, 9, 30),
        live_mode=False,
    )


@dataclass(frozen=True)
class Row:
    """One fault on `invoices.create`."""

    strike: Strike
    sees: type[HoopAIError] | None
    """What the client raises; None where it gets its invoice."""
    committed: int
    """Invoices there are in the end."""
    logged: list[tuple[str | None, int | None]]
    """Fault and answered status of every arrival."""


OP = "invoices.create"
WRITES = {
    "never_received": Row(lambda f: f.never_received(OP), APIConnectionError, 0, []),
    "drop": Row(lambda f: f.drop(OP), OutcomeUnknown, 0, [("drop", None)]),
    "lose_answer": Row(lambda f: f.lose_answer(OP), OutcomeUnknown, 1, [("lose_answer", 201)]),
    "deliver_twice": Row(
        lambda f: f.deliver_twice(OP), None, 2, [("deliver_twice", 201), ("deliver_twice", 201)]
    ),
    "fail": Row(lambda f: f.fail(OP, 503), OutcomeUnknown, 0, [("fail", None)]),
    "fail_after": Row(
        lambda f: f.fail(OP, 502, committed=True), OutcomeUnknown, 1, [("fail_after", 201)]
    ),
    "throttle": Row(lambda f: f.throttle(OP), RateLimitError, 0, [("throttle", None)]),
    "html": Row(lambda f: f.html(OP, 520), OutcomeUnknown, 0, [("html", None)]),
    "html_after": Row(
        lambda f: f.html(OP, 520, committed=True), OutcomeUnknown, 1, [("html_after", 201)]
    ),
    "truncate": Row(lambda f: f.truncate(OP), OutcomeUnknown, 1, [("truncate", 201)]),
    "empty": Row(lambda f: f.empty(OP), DecodeError, 1, [("empty", 201)]),
    "wrong_type": Row(lambda f: f.wrong_type(OP), DecodeError, 1, [("wrong_type", 201)]),
    "huge": Row(lambda f: f.huge(OP, size=300_000), DecodeError, 1, [("huge", 201)]),
    "drip": Row(lambda f: f.drip(OP, seconds=0), None, 1, [("drip", 201)]),
}


@pytest.mark.parametrize("over", ["process", "socket"])
@pytest.mark.parametrize("kind", WRITES)
async def test_a_fault_does_what_it_says_once(kind: str, over: str) -> None:
    row = WRITES[kind]
    async with new_box() as box, _client(box, over) as client:
        fault = row.strike(box.faults)
        assert fault.kind == kind
        sees = row.sees
        if (kind, over) == ("never_received", "socket"):
            sees = OutcomeUnknown  # it was written; that nobody read it, only the log can tell
        if sees is None:
            seen = await _bill(client)
            assert seen.total == Decimal(150)
        else:
            with pytest.raises(sees) as caught:
                await _bill(client)
            assert type(caught.value) is sees
        assert len(box.created("invoice")) == row.committed
        assert [(a.fault, a.status) for a in box.arrivals] == row.logged
        made = [kind_of for a in box.arrivals for kind_of, _ in a.made]
        assert made == ["invoice"] * row.committed
        # The rule is used up: the next call is like any other.
        assert fault.hits == 1
        assert (await _bill(client)).total == Decimal(150)
        assert len(box.created("invoice")) == row.committed + 1
        assert box.arrivals[-1].fault is None


def test_the_table_has_every_kind() -> None:
    assert set(WRITES) | {"commit_late"} == KINDS


@pytest.mark.parametrize("over", ["process", "socket"])
async def test_a_late_commit_is_not_there_until_its_time(over: str) -> None:
    async with new_box() as box, _client(box, over) as client:
        box.faults.commit_late(OP, seconds=20)
        with pytest.raises(OutcomeUnknown):
            await _bill(client)
        assert (box.created("invoice"), box.arrivals[0].status) == ([], None)
        assert (await client.invoices.list().first_page()).total == 0
        box.clock.advance(seconds=19.9)
        assert not box.created("invoice")
        box.clock.advance(seconds=0.2)
        (late,) = box.created("invoice")
        assert (box.arrivals[0].status, box.arrivals[0].made) == (201, (("invoice", late.id),))
        # Stamped with the moment of the commit, not of the request.
        assert (late.created_at - START).total_seconds() == pytest.approx(20, abs=0.1)


async def test_a_late_commit_happens_before_the_call_that_comes_after_it() -> None:
    async with new_box() as box, box.client(**ONE) as client:
        box.faults.commit_late(OP, seconds=5)
        with pytest.raises(OutcomeUnknown):
            await _bill(client, "late")
        box.clock.advance(seconds=6)
        await _bill(client, "punctual")
        assert [invoice.invoice_number for invoice in box.created("invoice")] == [
            "000001",
            "000002",
        ]
        assert [invoice.name for invoice in box.created("invoice")] == ["late", "punctual"]


async def test_a_late_commit_may_be_refused_then() -> None:
    async with new_box() as box, box.client(**ONE) as client:
        box.faults.commit_late(OP, seconds=3600 * 24 * 60)  # past the due date
        with pytest.raises(OutcomeUnknown):
            await _bill(client)
        box.clock.advance(days=61)
        assert not box.created("invoice")
        assert box.arrivals[0].status == 422


@pytest.mark.parametrize(
    ("strike", "committed"),
    [
        (lambda f: f.drop(OP, hang=True), 0),
        (lambda f: f.lose_answer(OP, hang=True), 1),
        (lambda f: f.drip(OP, seconds=0.1), 1),
    ],
    ids=["drop", "lose_answer", "drip"],
)
@pytest.mark.parametrize("over", ["process", "socket"])
async def test_silence_ends_with_the_clients_own_deadline(
    over: str, strike: Strike, committed: int
) -> None:
    async with new_box() as box, _client(box, over, timeout=1) as client:
        strike(box.faults)
        with pytest.raises(OutcomeUnknown, match="within 1 s"):
            await _bill(client)
        assert len(box.created("invoice")) == committed


async def test_a_read_that_hangs_is_a_timeout() -> None:
    async with new_box() as box, box.client(timeout=20, **ONE) as client:
        box.faults.drop("invoices.list", hang=True)
        with pytest.raises(APITimeoutError):
            await client.invoices.list().first_page()
        # Twenty seconds that nobody waited for.
        assert 20 <= (box.clock.now() - START).total_seconds() < 25


async def test_a_broken_body_of_a_read_is_no_unknown_outcome() -> None:
    async with new_box() as box, box.client(**ONE) as client:
        for strike, error in (
            (box.faults.truncate, APIConnectionError),
            (box.faults.empty, DecodeError),
            (box.faults.html, InternalServerError),
        ):
            strike("invoices.list")
            with pytest.raises(error):
                await client.invoices.list().first_page()


async def test_a_timeout_may_wear_the_clothes_of_a_401() -> None:
    async with new_box() as box, box.client(**ONE) as client:
        box.faults.fail("invoices.list", 401, message="Request timed out")
        with pytest.raises(APITimeoutError, match="timed out"):
            await client.invoices.list().first_page()
        box.faults.fail(OP, 401, message="Request timed out", committed=True)
        with pytest.raises(OutcomeUnknown, match="timed out"):
            await _bill(client)
        assert len(box.created("invoice")) == 1


async def test_a_429_carries_the_headers_of_its_kind() -> None:
    async with new_box() as box, box.client(**ONE) as client:
        box.faults.throttle(OP, retry_after=2.5)
        box.faults.throttle(OP, daily=True)
        seen = []
        for _ in range(2):
            with pytest.raises(RateLimitError) as caught:
                await _bill(client)
            headers = caught.value.headers
            names = ("retry-after", "x-ratelimit-remaining", "x-ratelimit-daily-remaining")
            seen.append(tuple(headers.get(name) for name in names))
        assert seen == [("2.5", "0", "199000"), (None, "0", "0")]


@pytest.mark.parametrize("size", [1, 2, 65_536, 65_537, 1_000_000])
async def test_a_huge_answer_has_just_that_size(size: int) -> None:
    async with new_box() as box:
        url = await box.serve()
        box.faults.huge("invoices.get_settings", size=size)
        headers = {"authorization": f"Bearer {box.token}", "version": "2021-07-28"}
        async with httpx.AsyncClient(base_url=url, headers=headers) as http:
            params = {"altId": box.location_id, "altType": "location"}
            answer = await http.get("/invoices/settings", params=params)
        assert (answer.status_code, len(answer.content)) == (200, size)


async def test_wrong_types_are_as_ordered() -> None:
    async with new_box() as box, box.client(**ONE) as client:
        box.faults.wrong_type("invoices.get_settings", body={"altId": 7})
        assert (await client.invoices.get_settings()).to_dict() == {"altId": 7}
        box.faults.wrong_type("invoices.get_settings", body="hello", content_type="text/plain")
        with pytest.raises(DecodeError):
            await client.invoices.get_settings()


async def test_lists_lag_behind_writes_and_catch_up() -> None:
    async with new_box() as box, box.client(**ONE) as client:
        old = await _bill(client, "old")
        box.clock.advance(seconds=60)
        lag = box.faults.lag("invoices.list", seconds=5)
        new = await _bill(client, "new")
        await client.invoices.send(old.id, action="email", user_id="u1", live_mode=False)

        async def listed() -> dict[str, str]:
            return {i.name or "": str(i.status) async for i in client.invoices.list()}

        assert await listed() == {"old": "draft"}
        # Only lists do: a read by id tells the truth.
        assert (await client.invoices.get(new.id)).name == "new"
        assert (await client.invoices.get(old.id)).status == "sent"
        box.clock.advance(seconds=6)
        assert await listed() == {"old": "sent", "new": "draft"}
        await client.invoices.delete(new.id)
        assert await listed() == {"old": "sent", "new": "draft"}
        box.clock.advance(seconds=6)
        assert await listed() == {"old": "sent"}
        await client.invoices.void(old.id)
        assert lag.hits == 4
        box.faults.clear()
        assert await listed() == {"old": "void"}


async def test_a_lost_refresh_answer_loses_the_grant() -> None:
    """As with the service: the refresh token was spent, and nobody has the new one."""
    async with new_box() as box:
        url = await box.serve()
        app = {"client_id": box.oauth.client_id, "client_secret": box.oauth.client_secret}
        async with httpx.AsyncClient(base_url=url) as http:
            code = box.oauth.authorize()
            form = {**app, "grant_type": "authorization_code", "code": code}
            first = (await http.post("/oauth/token", data=form)).json()
            box.faults.lose_answer("oauth.token")
            form = {**app, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
            with pytest.raises(httpx.RemoteProtocolError):
                await http.post("/oauth/token", data=form)
            assert (await http.post("/oauth/token", data=form)).status_code == 400
        assert [(a.fault, a.status) for a in box.arrivals] == [
            (None, 200),
            ("lose_answer", 200),
            (None, 400),
        ]


async def test_rules_count_skip_and_choose() -> None:
    def second(arrival: Arrival) -> bool:
        return bool(arrival.body["name"] == "second")

    async with new_box() as box, box.client(**ONE) as client:
        twice = box.faults.fail(OP, times=2, after=1)
        chosen = box.faults.throttle("invoices.*", when=second, times=None)
        outcomes = []
        for name in ("first", "other", "other", "second", "second", "last"):
            try:
                await _bill(client, name)
            except (OutcomeUnknown, RateLimitError) as error:
                outcomes.append(type(error).__name__)
            else:
                outcomes.append("done")
        assert outcomes == [
            "done",
            "OutcomeUnknown",
            "OutcomeUnknown",
            "RateLimitError",
            "RateLimitError",
            "done",
        ]
        assert (twice.hits, chosen.hits) == (2, 2)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda f: f.drop("invoice.create"), "did you mean 'invoices.create'"),
        (lambda f: f.drop("nothing.*"), "no operation 'nothing.*'"),
        (lambda f: f.lag("lists"), "no operation 'lists'"),
        (lambda f: f.drop(OP, time=3), "'time' is none of after, times, when"),
        (lambda f: f.storm({"dropp": 0.1}), "'dropp' is none of"),
        (lambda f: f.storm({"drop": 0.7, "fail": 0.7}), "together at most 1"),
        (lambda f: f.storm({"drop": -0.1}), "each from 0"),
        (lambda f: f.drop(OP, after=-1), "after is a whole number"),
        (lambda f: f.drop(OP, times=-1), "times is a whole number"),
        (lambda f: f.drop(OP, times="3"), "times is a whole number"),
        (lambda f: f.commit_late(OP, seconds=-5), "seconds is a number"),
        (lambda f: f.commit_late(OP, seconds=1e30), "seconds is a number"),
        (lambda f: f.drip(OP, seconds=float("nan")), "seconds is a number"),
        (lambda f: f.throttle(OP, retry_after=-1), "retry_after is a number"),
        (lambda f: f.huge(OP, size=0), "at least one byte"),
        (lambda f: f.fail(OP, 200), "from 400 to 599"),
        (lambda f: f.html(OP, 1000), "from 400 to 599"),
        (lambda f: f.wrong_type(OP, content_type="a\r\nb: c"), "no content type"),
        (lambda f: f.lag("invoices.get"), "only lists lag"),
        (lambda f: f.lag(seconds=-3), "seconds is a number"),
    ],
)
def test_a_rule_that_could_never_strike_is_refused(wrong: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace(".", r"\.").replace("*", r"\*")):
        wrong(Sandbox().faults)


async def test_a_storm_is_the_same_under_the_same_seed() -> None:
    async def weather(seed: int) -> list[str | None]:
        async with new_box(limits=None) as box, box.client(**ONE) as client:
            rates = {"drop": 0.2, "lose_answer": 0.2, "throttle": 0.2, "commit_late": 0.2}
            box.faults.storm(rates, operation=OP, seed=seed)
            for _ in range(60):
                try:
                    await _bill(client)
                except (OutcomeUnknown, RateLimitError):
                    continue
            box.clock.advance(seconds=20)
            committed = [a for a in box.arrivals if a.committed]
            assert len(committed) == len(box.created("invoice"))
            return [arrival.fault for arrival in box.arrivals]

    first, again, other = await weather(1), await weather(1), await weather(2)
    assert first == again != other
    assert len(first) == 60
    assert set(first) == {"drop", "lose_answer", "throttle", "commit_late", None}


async def test_a_storm_keeps_to_its_rates() -> None:
    async with new_box(limits=None) as box, box.client(**ONE) as client:
        storm = box.faults.storm({"fail": 0.3}, seed=4)
        failed = 0
        for _ in range(400):
            try:
                await client.invoices.generate_number()
            except InternalServerError:
                failed += 1
        assert 90 <= failed <= 150  # 120 ± 3 standard deviations
        assert storm.hits == failed


async def test_a_condition_may_count_the_arrivals() -> None:
    async with new_box() as box, box.client(**ONE) as client:
        second = box.faults.fail("*", when=lambda arrival: arrival.number == 2, times=None)
        await client.invoices.generate_number()
        with pytest.raises(InternalServerError):
            await client.invoices.generate_number()
        await client.invoices.generate_number()
        assert second.hits == 1


async def test_a_mistake_in_a_condition_is_no_lost_answer() -> None:
    async with new_box() as box, box.client(**ONE) as client:
        box.faults.drop(OP, when=lambda arrival: bool(arrival.body["nope"]))
        with pytest.raises(KeyError, match="nope"):
            await _bill(client)


async def test_the_log_and_the_state_agree_in_real_time_too() -> None:
    async with Sandbox() as box, box.client(**ONE) as client:
        box.faults.commit_late("invoices.generate_number", seconds=0.01)
        with pytest.raises(APIConnectionError):
            await client.invoices.generate_number()
        (arrival,) = box.arrivals
        while not box.arrivals[0].committed:
            await asyncio.sleep(0.001)
        assert arrival.status == 200


async def test_a_sandbox_that_closes_ends_the_silence() -> None:
    async with new_box() as box:
        url = await box.serve()
        box.faults.drop("*", hang=True)
        headers = {"authorization": f"Bearer {box.token}", "version": "2021-07-28"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=20) as http:
            waiting = asyncio.create_task(http.get("/invoices/settings"))
            while not box.arrivals:
                await asyncio.sleep(0.01)
            await box.aclose()
            with pytest.raises(httpx.RemoteProtocolError):
                await waiting


async def test_lifting_the_limits_lifts_them_and_they_are_on_otherwise() -> None:
    for limits, passed in ((None, 130), (Limits(), 100), (Limits(burst=7), 7)):
        async with (
            Sandbox(now=START, seed=1, limits=limits) as box,
            box.client(rate_limit=None, **ONE) as client,
        ):
            count = 0
            for _ in range(130):
                try:
                    await client.invoices.generate_number()
                except RateLimitError:
                    break
                count += 1
            assert count == passed
