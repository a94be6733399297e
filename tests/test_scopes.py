"""Scopes: which operation needs which, said before sending, refused by the service, remembered."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, NamedTuple

import pytest
from granting import consented, new_box, program
from recording import DEFAULTS, LEAST, Recorder

from hoopai_invoices import InvoicesClient
from hoopai_invoices._generated.catalogue import OPERATIONS
from hoopai_invoices.auth import PrivateToken, required_scopes
from hoopai_invoices.errors import HoopAIError, InvalidRequestError, MissingScopeError
from hoopai_invoices.sandbox import Choices, Sandbox

pytestmark = pytest.mark.anyio
DEMO = program("examples/estimate_to_paid")

# Typed from the vendor's list, and from nothing that the package has.
TABLE = """
templates.create                 invoices/template.write     Location Company
templates.list                   invoices/template.readonly  Location Company
templates.get                    invoices/template.readonly  Location Company
templates.update                 invoices/template.write     Location Company
templates.delete                 invoices/template.write     Location Company
templates.update_late_fees       -                           Location Company
templates.update_payment_methods -                           Location Company
schedules.create                 invoices/schedule.write     Location Company
schedules.list                   invoices/schedule.readonly  Location Company
schedules.get                    invoices/schedule.readonly  Location Company
schedules.update                 invoices/schedule.write     Location Company
schedules.delete                 invoices/schedule.write     Location Company
schedules.update_and_start       invoices/schedule.write     Location Company
schedules.start                  invoices/schedule.write     Location Company
schedules.set_auto_payment       invoices/schedule.write     Location Company
schedules.cancel                 invoices/schedule.write     Location Company
invoices.text2pay                invoices.write              Location
invoices.generate_number         invoices.readonly           Location Company
invoices.get_settings            invoices.readonly           Location Company
invoices.get                     invoices.readonly           Location Company
invoices.update                  invoices.write              Location Company
invoices.delete                  invoices.write              Location Company
invoices.update_late_fees        -                           Location Company
invoices.void                    invoices.write              Location Company
invoices.send                    invoices.write              Location Company
invoices.record_payment          invoices.write              Location Company
invoices.mark_visited            -                           Location Company
estimates.create                 invoices/estimate.write     Location Company
estimates.update                 invoices/estimate.write     Location Company
estimates.delete                 invoices/estimate.write     Location Company
estimates.generate_number        invoices/estimate.readonly  Location Company
estimates.send                   invoices/estimate.write     Location Company
estimates.create_invoice         invoices/estimate.write     Location Company
estimates.list                   invoices/estimate.readonly  Location Company
estimates.mark_visited           -                           Location Company
estimate_templates.list          invoices/estimate.readonly  Location Company
estimate_templates.create        invoices/estimate.write     Location Company
estimate_templates.update        invoices/estimate.write     Location Company
estimate_templates.delete        invoices/estimate.write     Location Company
estimate_templates.preview       invoices/estimate.readonly  Location Company
invoices.create                  invoices.write              Location Company
invoices.list                    invoices.readonly           Location Company
"""
EIGHT = (
    "invoices.readonly",
    "invoices.write",
    "invoices/template.readonly",
    "invoices/template.write",
    "invoices/schedule.readonly",
    "invoices/schedule.write",
    "invoices/estimate.readonly",
    "invoices/estimate.write",
)


class Row(NamedTuple):
    """An operation, the scope that it needs, and whose tokens may call it."""

    name: str
    scope: str | None
    kinds: tuple[str, ...]


ROWS = [
    Row(name, None if scope == "-" else scope, tuple(kinds))
    for name, scope, *kinds in (line.split() for line in TABLE.strip().splitlines())
]
BY_NAME = {row.name: row for row in ROWS}
NEEDY = [row for row in ROWS if row.scope is not None]
OPEN = [row for row in ROWS if row.scope is None]
each = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
each_needy = pytest.mark.parametrize("row", NEEDY, ids=lambda row: row.name)


def client_for(box: Sandbox, token: Any) -> InvoicesClient:
    """A client that repeats nothing, and fills in what every call needs."""
    return box.client(token=token, defaults=DEFAULTS, max_attempts=1)


async def refused(client: InvoicesClient, name: str) -> MissingScopeError | None:
    """The scope error of a call; None where it meets another fate, whatever that is."""
    try:
        await LEAST[name](client)
    except MissingScopeError as error:
        return error
    except HoopAIError:
        return None
    return None


def test_the_table_is_whole() -> None:
    assert len(BY_NAME) == len(ROWS) == 42
    assert BY_NAME.keys() == LEAST.keys()
    assert len(OPEN) == 5
    assert {row.scope for row in NEEDY} == set(EIGHT)


# --- The table, row by row -----------------------------------------------------------------------


@each
def test_each_operation_needs_its_scope(row: Row) -> None:
    assert required_scopes(row.name) == ({row.scope} if row.scope else set())


@each
def test_each_docstring_says_its_scope(row: Row) -> None:
    resource, method = row.name.split(".")
    client = InvoicesClient(token="pit-for-docs", transport=Recorder())
    text = inspect.getdoc(getattr(getattr(client, resource), method)) or ""
    said = f"Needs the scope `{row.scope}`." if row.scope else "Declares no scope."
    assert said in text
    assert ("Only for Location tokens." in text) == (row.kinds == ("Location",))


@each
async def test_known_scopes_answer_can_without_a_call(row: Row) -> None:
    async with new_box() as box:
        for scopes, wanted in (
            ([row.scope or ""], True),
            (EIGHT, True),
            ([one for one in EIGHT if one != row.scope], row.scope is None),
            ([], row.scope is None),
        ):
            async with client_for(box, PrivateToken(box.token, scopes=scopes)) as client:
                assert client.can(row.name) is wanted, scopes
        assert box.calls == []


# --- Said before sending -------------------------------------------------------------------------


@each
async def test_each_scope_removed_is_told_before_sending(row: Row) -> None:
    async with new_box() as box:
        for removed in EIGHT:
            left = [scope for scope in EIGHT if scope != removed]
            before = len(box.arrivals)
            async with client_for(box, PrivateToken(box.token, scopes=left)) as client:
                error = await refused(client, row.name)
            assert (error is not None) == (removed == row.scope)
            if error is None:
                assert box.calls[before:] == [row.name]
                continue
            assert len(box.arrivals) == before
            assert (error.operation, error.attempts, error.status) == (row.name, 0, 401)
            assert error.scopes == error.missing == (row.scope,)
            assert error.granted == frozenset(left)
            told = str(error)
            assert told.startswith(f"{row.name}: ")
            assert f"it needs '{row.scope}', and the token has " in error.message
            assert all(scope in error.message for scope in left)
            assert error.hint is not None
            assert f"'{row.scope}'" in error.hint
            assert not any(f"'{scope}'" in error.hint for scope in left)
            assert "tick it in the private integration" in error.hint
            assert "Settings > Private Integrations" in error.hint


async def test_a_token_without_any_scope_says_so() -> None:
    async with new_box() as box, client_for(box, PrivateToken(box.token, scopes=[])) as client:
        error = await refused(client, "invoices.create")
        assert error is not None
        assert "none at all" in error.message
        assert error.granted == frozenset()
        assert box.calls == []


# --- The service's own refusal -------------------------------------------------------------------


@each
async def test_the_sandbox_refuses_each_scope_removed(row: Row) -> None:
    async with new_box() as box:
        for removed in EIGHT:
            left = [scope for scope in EIGHT if scope != removed]
            asked = list[str]()

            async def token(left: list[str] = left, asked: list[str] = asked) -> str:
                asked.append(box.add_token(scopes=left))
                return asked[-1]

            before = len(box.arrivals)
            async with box.client(token=token, defaults=DEFAULTS) as client:
                error = await refused(client, row.name)
                assert (error is not None) == (removed == row.scope)
                if error is None:
                    continue
                # Neither renewed nor sent again: another token would have the same scopes.
                assert len(asked) == 1
                assert box.calls[before:] == [row.name]
                assert error.attempts == 1
                assert (error.operation, error.status) == (row.name, 401)
                assert (error.scopes, error.missing) == ((row.scope,), (row.scope,))
                assert error.granted is None
                assert error.hint is not None
                assert f"'{row.scope}'" in error.hint
                if row.kinds == ("Location", "Company"):
                    assert "Settings > Private Integrations" in error.hint
                else:
                    assert "an `OAuthApp` mints it" in error.hint


@each_needy
async def test_the_service_s_last_answer_is_remembered(row: Row) -> None:
    async with new_box() as box:
        poor = box.add_token(scopes=[scope for scope in EIGHT if scope != row.scope])
        for source in (poor, lambda: poor, PrivateToken(poor), PrivateToken(lambda: poor)):
            async with client_for(box, source) as client:
                assert client.can(row.name) is None
                assert await refused(client, row.name) is not None
                assert client.can(row.name) is False
                assert client.location("anywhere").can(row.name) is False
                others = [one.name for one in ROWS if one.name != row.name]
                assert {client.can(name) for name in others} == {None}


@each
async def test_a_success_is_remembered(row: Row) -> None:
    async with InvoicesClient(
        token="pit-that-may", location_id="here", defaults=DEFAULTS, transport=Recorder()
    ) as client:
        assert client.can(row.name) is None
        await LEAST[row.name](client)
        assert client.can(row.name) is True


async def test_a_scope_that_is_ticked_later_is_noticed() -> None:
    async with new_box() as box:
        box.add_token(scopes=["invoices.write"], value="pit-of-which-scopes-change")
        async with client_for(box, "pit-of-which-scopes-change") as client:
            assert await refused(client, "invoices.list") is not None
            assert client.can("invoices.list") is False
            box.add_token(scopes=["invoices.readonly"], value="pit-of-which-scopes-change")
            await client.invoices.list().first()
            assert client.can("invoices.list") is True
            assert await refused(client, "invoices.create") is not None
            assert client.can("invoices.create") is False


@pytest.mark.parametrize("row", OPEN, ids=lambda row: row.name)
async def test_where_no_scope_is_declared_none_is_checked(row: Row) -> None:
    async with new_box() as box, client_for(box, PrivateToken(box.token, scopes=[])) as client:
        assert client.can(row.name) is True
        assert await refused(client, row.name) is None
        assert box.calls == [row.name]
    # Should the service ask for one all the same, it is its refusal that is heard, once.
    async with new_box(choices=Choices(visit_scope="write")) as box:
        poor = box.add_token(scopes=["invoices.readonly"])
        async with box.client(token=poor, defaults=DEFAULTS) as client:
            error = await refused(client, row.name)
            assert error is not None
            assert (error.scopes, error.missing) == ((), ())
            assert "asks no scope" in (error.hint or "")
            assert box.calls == [row.name]


# --- Kinds of tokens -----------------------------------------------------------------------------


@each
async def test_an_agency_s_token_calls_all_but_one(row: Row) -> None:
    async with new_box() as box:
        app = box.oauth_app()
        # Without "oauth.write" it can't mint, and goes as it is.
        grant = await consented(box, app, "Company", scopes=[*EIGHT, "oauth.readonly"])
        before = len(box.arrivals)
        async with client_for(box, app) as client:
            error = await refused(client, row.name)
        if row.kinds == ("Location", "Company"):
            assert error is None
            assert box.calls[before:] == [row.name]
            assert box.arrivals[-1].token_of == grant.company_id
        else:
            assert row.name == "invoices.text2pay"
            assert error is not None
            assert box.calls[before:] == []
            assert "oauth.write" in str(error)
            assert error.missing == ("oauth.write",)
            assert error.operation == row.name


async def test_can_of_an_app_before_and_after_its_first_call() -> None:
    async with new_box() as box:
        app = box.oauth_app()
        await consented(box, app, scopes=["invoices.readonly", "invoices.write"])
        second = box.oauth_app(store=app._grants._store._store)
        async with box.client(token=second) as client:
            # Nobody has read its grant yet, and `can` asks nobody.
            assert {client.can(row.name) for row in ROWS} == {None}
            await client.invoices.list().first()
            for row in ROWS:
                wanted = row.scope in (None, "invoices.readonly", "invoices.write")
                assert client.can(row.name) is wanted, row.name
            assert client.location("elsewhere").can("invoices.list") is None
            before = len(box.arrivals)
            error = await refused(client, "estimates.list")
            assert error is not None
            assert error.granted == frozenset({"invoices.readonly", "invoices.write"})
            assert (error.attempts, len(box.arrivals)) == (0, before)


# --- required_scopes -----------------------------------------------------------------------------


def test_of_several_it_is_the_union() -> None:
    assert required_scopes() == frozenset()
    assert required_scopes("estimates.create", "estimates.send", "invoices.list") == {
        "invoices/estimate.write",
        "invoices.readonly",
    }
    assert required_scopes(*OPERATIONS) == set(EIGHT)


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        ("invoice.create", "invoices.create"),
        ("invoices.crate", "invoices.create"),
        ("estimates.create_invoices", "estimates.create_invoice"),
        ("estimates.templates", "templates."),
        ("Invoices.Send", "invoices.send"),
        ("schedules.set_autopayment", "schedules.set_auto_payment"),
        ("", "such as 'invoices.create'"),
        ("x" * 500, "such as 'invoices.create'"),
        (None, "such as 'invoices.create'"),
        (["invoices.create"], "such as 'invoices.create'"),
    ],
)
def test_a_typo_is_told_what_was_meant(typo: Any, meant: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        required_scopes("invoices.create", typo)
    assert meant in (caught.value.hint or "")
    assert caught.value.path == "operation"
    assert len(str(caught.value)) < 300


async def test_can_tells_a_typo_too() -> None:
    async with new_box() as box, box.client() as client:
        with pytest.raises(InvalidRequestError, match=r"did you mean 'invoices\.send'"):
            client.can("invoice.send")


@pytest.mark.parametrize("scopes", ["invoices.readonly", ""])
def test_a_single_text_is_no_list(scopes: str) -> None:
    with pytest.raises(HoopAIError, match="letter by letter"):
        PrivateToken("pit-of-the-tests", scopes=scopes)


# --- The demo ------------------------------------------------------------------------------------


async def demo(box: Sandbox, token: Any) -> None:
    """The main job, as `make demo` runs it."""

    async def accept(estimate: Any) -> None:
        box.customer.accept(estimate.id)

    async with box.client(
        token=token, defaults=DEMO.defaults("6241712be68f7a98102ba272")
    ) as client:
        await DEMO.run(client, "000000000000000000000000", accept, [])


@pytest.fixture
def least() -> frozenset[str]:
    """What the operations need that the demo calls, by the service's own log."""

    async def calls() -> set[str]:
        async with Sandbox(seed=7) as box:
            await demo(box, box.token)
            return set(box.calls)

    called = asyncio.run(calls())
    assert {"estimates.create", "invoices.record_payment"} <= called
    return required_scopes(*called)


def test_the_demo_runs_with_the_least_scopes_and_with_none_fewer(
    least: frozenset[str], capsys: pytest.CaptureFixture[str]
) -> None:
    async def runs() -> None:
        async with Sandbox(seed=7) as box:
            await demo(box, box.add_token(scopes=least))
        assert len(least) == 4
        for removed in sorted(least):
            async with Sandbox(seed=7) as box:
                poor = box.add_token(scopes=least - {removed})
                # By the service, where nobody knows what the token may do.
                with pytest.raises(MissingScopeError) as caught:
                    await demo(box, poor)
                assert caught.value.missing == (removed,)
                assert box.arrivals[-1].status == 401
                calls = len(box.calls)
            async with Sandbox(seed=7) as box:
                poor = box.add_token(scopes=least - {removed})
                # And before sending, where it is known.
                with pytest.raises(MissingScopeError) as caught:
                    await demo(box, PrivateToken(poor, scopes=least - {removed}))
                assert caught.value.missing == (removed,)
                assert caught.value.attempts == 0
                assert len(box.calls) == calls - 1
                assert 401 not in {arrival.status for arrival in box.arrivals}

    asyncio.run(runs())
    capsys.readouterr()
