"""Who may call what: the scope of each operation, and everything a token can be wrong in."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import pytest

from hoopai_invoices.sandbox import Choices, Sandbox

from .support import Api, api_of, new_box

pytestmark = pytest.mark.anyio

ID = "6a8fb2b0816b79f4fb264806"
ALL = (
    "invoices.readonly",
    "invoices.write",
    "invoices/template.readonly",
    "invoices/template.write",
    "invoices/schedule.readonly",
    "invoices/schedule.write",
    "invoices/estimate.readonly",
    "invoices/estimate.write",
)
NO_TOKEN = (401, {"statusCode": 401, "message": "Invalid JWT"})
NO_SCOPE = (401, {"statusCode": 401, "message": "The token is not authorized for this scope."})
NO_LOCATION = (
    403,
    {"statusCode": 403, "message": "The token does not have access to this location."},
)


class Row(NamedTuple):
    """One operation: its name, its address, where it names its location, and its scope."""

    name: str
    method: str
    path: str
    names: Literal["query", "body"]
    scope: str
    declared: bool = True


READ, WRITE = "invoices.readonly", "invoices.write"
T_READ, T_WRITE = "invoices/template.readonly", "invoices/template.write"
S_READ, S_WRITE = "invoices/schedule.readonly", "invoices/schedule.write"
E_READ, E_WRITE = "invoices/estimate.readonly", "invoices/estimate.write"
TEMPLATE, SCHEDULE = f"/invoices/template/{ID}", f"/invoices/schedule/{ID}"
ESTIMATE, INVOICE = f"/invoices/estimate/{ID}", f"/invoices/{ID}"

# In the order of the service's own table. What is not declared asks for no scope.
ROWS = [
    Row("templates.create", "POST", "/invoices/template", "body", T_WRITE),
    Row("templates.list", "GET", "/invoices/template", "query", T_READ),
    Row("templates.get", "GET", TEMPLATE, "query", T_READ),
    Row("templates.update", "PUT", TEMPLATE, "body", T_WRITE),
    Row("templates.delete", "DELETE", TEMPLATE, "query", T_WRITE),
    Row(
        "templates.update_late_fees",
        "PATCH",
        f"{TEMPLATE}/late-fees-configuration",
        "body",
        T_WRITE,
        False,
    ),
    Row(
        "templates.update_payment_methods",
        "PATCH",
        f"{TEMPLATE}/payment-methods-configuration",
        "body",
        T_WRITE,
        False,
    ),
    Row("schedules.create", "POST", "/invoices/schedule", "body", S_WRITE),
    Row("schedules.list", "GET", "/invoices/schedule", "query", S_READ),
    Row("schedules.get", "GET", SCHEDULE, "query", S_READ),
    Row("schedules.update", "PUT", SCHEDULE, "body", S_WRITE),
    Row("schedules.delete", "DELETE", SCHEDULE, "query", S_WRITE),
    Row("schedules.update_and_start", "POST", f"{SCHEDULE}/updateAndSchedule", "body", S_WRITE),
    Row("schedules.start", "POST", f"{SCHEDULE}/schedule", "body", S_WRITE),
    Row("schedules.set_auto_payment", "POST", f"{SCHEDULE}/auto-payment", "body", S_WRITE),
    Row("schedules.cancel", "POST", f"{SCHEDULE}/cancel", "body", S_WRITE),
    Row("invoices.text2pay", "POST", "/invoices/text2pay", "body", WRITE),
    Row("invoices.generate_number", "GET", "/invoices/generate-invoice-number", "query", READ),
    Row("invoices.get_settings", "GET", "/invoices/settings", "query", READ),
    Row("invoices.get", "GET", INVOICE, "query", READ),
    Row("invoices.update", "PUT", INVOICE, "body", WRITE),
    Row("invoices.delete", "DELETE", INVOICE, "query", WRITE),
    Row(
        "invoices.update_late_fees",
        "PATCH",
        f"{INVOICE}/late-fees-configuration",
        "body",
        WRITE,
        False,
    ),
    Row("invoices.void", "POST", f"{INVOICE}/void", "body", WRITE),
    Row("invoices.send", "POST", f"{INVOICE}/send", "body", WRITE),
    Row("invoices.record_payment", "POST", f"{INVOICE}/record-payment", "body", WRITE),
    Row("estimates.create", "POST", "/invoices/estimate", "body", E_WRITE),
    Row("estimates.update", "PUT", ESTIMATE, "body", E_WRITE),
    Row("estimates.delete", "DELETE", ESTIMATE, "body", E_WRITE),
    Row("estimates.generate_number", "GET", "/invoices/estimate/number/generate", "query", E_READ),
    Row("estimates.send", "POST", f"{ESTIMATE}/send", "body", E_WRITE),
    Row("estimates.create_invoice", "POST", f"{ESTIMATE}/invoice", "body", E_WRITE),
    Row("estimates.list", "GET", "/invoices/estimate/list", "query", E_READ),
    Row("estimate_templates.list", "GET", "/invoices/estimate/template", "query", E_READ),
    Row("estimate_templates.create", "POST", "/invoices/estimate/template", "body", E_WRITE),
    Row("estimate_templates.update", "PUT", f"/invoices/estimate/template/{ID}", "body", E_WRITE),
    Row(
        "estimate_templates.delete", "DELETE", f"/invoices/estimate/template/{ID}", "body", E_WRITE
    ),
    Row(
        "estimate_templates.preview", "GET", "/invoices/estimate/template/preview", "query", E_READ
    ),
    Row("invoices.create", "POST", "/invoices/", "body", WRITE),
    Row("invoices.list", "GET", "/invoices/", "query", READ),
]
# These two name no location: the record does.
VISITS = [
    Row("invoices.mark_visited", "PATCH", "/invoices/stats/last-visited-at", "body", WRITE, False),
    Row(
        "estimates.mark_visited",
        "PATCH",
        "/invoices/estimate/stats/last-visited-at",
        "body",
        E_WRITE,
        False,
    ),
]


def test_the_table_has_the_forty_two_operations() -> None:
    assert len({row.name for row in ROWS + VISITS}) == 42


class Caller:
    """Calls one operation, with a body that is enough to tell where."""

    def __init__(self, api: Api, row: Row) -> None:
        self.api = api
        self.row = row

    async def __call__(
        self, token: str | None, location: str | None = None, headers: Any = None
    ) -> tuple[int, Any]:
        box, row = self.api.box, self.row
        place = location or box.location_id
        body: dict[str, str] | None = None
        if row in VISITS:
            key = "invoiceId" if row.name.startswith("invoices.") else "estimateId"
            add = box.add_invoice if key == "invoiceId" else box.add_estimate
            body = {key: add(location=place).id or ""}
        elif row.names == "body":
            body = {"altId": place}
        where = {"altId": place} if row.names == "query" else {}
        answer = await self.api(row.method, row.path, body, token=token, headers=headers, **where)
        assert box.arrivals[-1].operation == row.name
        return answer


@pytest.mark.parametrize("row", ROWS + VISITS, ids=lambda row: row.name)
async def test_every_operation(row: Row) -> None:
    async with new_box() as box:
        call = Caller(api_of(box), row)
        # The scope it needs, and no other; what it says of the contents is no matter here.
        needed = [row.scope] if row.declared else []
        status, answer = await call(box.add_token(scopes=needed))
        assert status not in (401, 403, 429), answer
        for others in ({*ALL} - {row.scope}, {"contacts.readonly", "oauth.write"}, set[str]()):
            status, answer = await call(box.add_token(scopes=others))
            if row.declared:
                assert (status, answer) == NO_SCOPE
            else:
                assert status not in (401, 403, 429), answer
        # No token, and no token of ours.
        for headers in ({"Authorization": None}, {"Authorization": "Basic YTpi"}):
            assert await call(None, headers=headers) == NO_TOKEN
        for value in ("garbage", f"{box.token}x", box.location_id):
            assert await call(value) == NO_TOKEN
        # Another location, whether it is there or not.
        other = box.add_location()
        assert await call(box.token, other.id) == NO_LOCATION
        assert await call(box.add_token(locations=[other.id])) == NO_LOCATION
        assert await call(box.token, headers={"Location-Id": other.id}) == NO_LOCATION
        # A location that is shut.
        token = box.add_token(locations=[other.id])
        status, answer = await call(token, other.id)
        assert status not in (401, 403, 429), answer
        other.suspended = True
        status, answer = await call(token, other.id)
        assert (status, answer["message"]) == (400, "Location is not active")


@pytest.mark.parametrize("row", ROWS + VISITS, ids=lambda row: row.name)
async def test_scopes_that_may_be_asked_for_where_none_is_declared(row: Row) -> None:
    async with new_box(choices=Choices(visit_scope="write")) as box:
        call = Caller(api_of(box), row)
        assert await call(box.add_token(scopes={*ALL} - {row.scope})) == NO_SCOPE
        status, answer = await call(box.add_token(scopes=[row.scope]))
        assert status not in (401, 403, 429), answer


@pytest.mark.parametrize("row", ROWS + VISITS, ids=lambda row: row.name)
async def test_company_tokens(row: Row) -> None:
    for choice in ("accepted", "refused"):
        async with new_box(choices=Choices(company_calls=choice)) as box:
            call = Caller(api_of(box), row)
            token = box.add_token(kind="Company")
            status, answer = await call(token)
            if choice == "refused" or row.name == "invoices.text2pay":
                assert (status, answer) == NO_SCOPE
            else:
                assert status not in (401, 403, 429), answer
                assert await call(token, box.add_location().id) == NO_LOCATION


async def test_a_company_token_reaches_the_locations_it_was_given_for(box: Sandbox) -> None:
    api, other = api_of(box), box.add_location()
    token = box.add_token(kind="Company", locations=[box.location_id, other.id])
    for place, status in ((box.location_id, 200), (other.id, 200), (box.add_location().id, 403)):
        assert (await api("GET", "/invoices/settings", token=token, altId=place))[0] == status


async def test_a_location_that_does_not_exist_is_another_location(api: Api) -> None:
    assert await api("GET", "/invoices/settings", altId="nowhere") == NO_LOCATION


async def test_a_location_header_of_ones_own_is_harmless(api: Api) -> None:
    headers = {"Location-Id": api.box.location_id}
    assert (await api("GET", "/invoices/settings", headers=headers))[0] == 200


async def test_suspension_may_be_a_401() -> None:
    async with new_box(choices=Choices(suspended_status="401")) as box:
        shut = box.add_location(suspended=True)
        token = box.add_token(locations=[shut.id])
        status, answer = await api_of(box)("GET", "/invoices/settings", token=token, altId=shut.id)
        assert (status, answer["message"]) == (401, "Location is not active")


async def test_access_is_judged_before_the_contents(api: Api) -> None:
    shut = api.box.add_location(suspended=True)
    token = api.box.add_token(locations=[shut.id])
    nonsense = {"altId": shut.id, "nonsense": 1}
    status, answer = await api("POST", "/invoices/", nonsense, token=token)
    assert (status, answer["message"]) == (400, "Location is not active")


@pytest.mark.parametrize(
    ("version", "status"),
    [
        *(("2021-07-28", 200), ("2021-04-15", 200), ("2023-02-21", 200), ("v3", 200)),
        *(("V3", 401), ("2020-01-01", 401), ("anything", 401)),
    ],
)
async def test_versions(api: Api, version: str, status: int) -> None:
    answer = await api("GET", "/invoices/settings", headers={"Version": version})
    assert answer[0] == status
    if status == 401:
        assert answer[1] == {"statusCode": 401, "message": "version header is invalid"}


@pytest.mark.parametrize("version", [None, ""])
async def test_a_version_must_be_given(api: Api, version: str | None) -> None:
    answer = await api("GET", "/invoices/settings", headers={"Version": version})
    assert answer == (401, {"statusCode": 401, "message": "version header was not found."})


async def test_any_version_may_do() -> None:
    async with new_box(choices=Choices(other_versions="accepted")) as box:
        status, _ = await api_of(box)("GET", "/invoices/settings", headers={"Version": "v9"})
        assert status == 200


@pytest.mark.parametrize(
    ("choice", "text"),
    [("invalid_jwt", "Invalid JWT"), ("own_text", "Invalid Private Integration token")],
)
async def test_a_private_token_that_died(choice: Any, text: str) -> None:
    async with new_box(choices=Choices(private_refusal=choice)) as box:
        api = api_of(box)
        box.expire_token()
        for token, message in ((box.token, text), ("pit-x", text), ("x", "Invalid JWT")):
            answer = await api("GET", "/invoices/settings", token=token)
            assert answer == (401, {"statusCode": 401, "message": message})


async def test_the_scheme_s_case_and_spaces_do_not_matter(api: Api) -> None:
    for value in (f"bearer {api.box.token}", f"Bearer   {api.box.token} "):
        headers = {"Authorization": value}
        assert (await api("GET", "/invoices/settings", headers=headers))[0] == 200


async def test_expiring_a_location_s_tokens(box: Sandbox) -> None:
    api, other = api_of(box), box.add_location()
    second, elsewhere = box.add_token(), box.add_token(locations=[other.id])
    both = box.add_token(locations=[box.location_id, other.id])
    company = box.add_token(kind="Company")
    box.expire_token()
    for token, place, status in (
        (box.token, box.location_id, 401),
        (second, box.location_id, 401),
        (elsewhere, other.id, 200),
        (both, box.location_id, 200),
        (company, box.location_id, 200),
        (box.add_token(), box.location_id, 200),  # those given later live
    ):
        assert (await api("GET", "/invoices/settings", token=token, altId=place))[0] == status
    box.expire_token(other)
    answer = await api("GET", "/invoices/settings", token=elsewhere, altId=other.id)
    assert answer == NO_TOKEN


async def test_expiring_after_some_calls(box: Sandbox) -> None:
    api, second = api_of(box), box.add_token()
    box.expire_token(box.location_id, after_calls=3)
    tokens = (box.token, second, box.token, second, box.token)
    seen = [(await api("GET", "/invoices/settings", token=token))[0] for token in tokens]
    assert seen == [200, 200, 200, 401, 401]
    box.expire_token(after_calls=5)  # the dead stay dead
    assert (await api("GET", "/invoices/settings"))[0] == 401


async def test_expiring_what_is_not_there(box: Sandbox) -> None:
    with pytest.raises(ValueError, match="no location 'x'"):
        box.expire_token("x")
    with pytest.raises(ValueError, match="negative"):
        box.expire_token(after_calls=-1)
    with pytest.raises(ValueError, match="not both"):
        box.expire_token(box.location_id, company=True)


async def test_expiring_the_company_s_tokens(box: Sandbox) -> None:
    api, first, second = api_of(box), *(box.add_token(kind="Company") for _ in range(2))
    box.expire_token(company=True, after_calls=1)
    for token, status in ((first, 200), (second, 401), (first, 401), (box.token, 200)):
        assert (await api("GET", "/invoices/settings", token=token))[0] == status
    third = box.add_token(kind="Company")  # those given later live
    assert (await api("GET", "/invoices/settings", token=third))[0] == 200


async def test_the_log_tells_whose_token_a_request_carried(box: Sandbox) -> None:
    api, other = api_of(box), box.add_location().id
    there, both = (
        box.add_token(locations=[other]),
        box.add_token(locations=[other, box.location_id]),
    )
    company, company_id = box.add_token(kind="Company"), box.add_location().company_id
    carried = [
        (box.token, box.location_id),
        (there, other),  # refused, as it names the first location
        (both, company_id),
        (company, company_id),
        ("nobody", None),
    ]
    for token, _ in carried:
        await api("GET", "/invoices/settings", token=token)
    await api("GET", "/invoices/settings", headers={"Authorization": None})
    await api("GET", "/invoices/settings", headers={"Authorization": f"Basic {box.token}"})
    await api("GET", "/nowhere")
    assert [arrival.token_of for arrival in box.arrivals] == [
        *(whose for _, whose in carried),
        *(None, None, box.location_id),
    ]
    shown = repr([(arrival, arrival.headers) for arrival in box.arrivals])
    assert not [token for token in (box.token, there, both, company) if token in shown]
    # A dead one is somebody's still, and telling it uses nothing up.
    box.expire_token(after_calls=1)
    seen = [(await api("GET", "/invoices/settings"))[0] for _ in range(2)]
    assert (seen, box.arrivals[-1].token_of) == ([200, 401], box.location_id)
