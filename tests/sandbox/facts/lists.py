"""Section 8 and 9: lists, and what happens to a call that is repeated."""

from __future__ import annotations

from ..samples import CONTACT, estimate, invoice
from ..support import Api
from .doing import (
    agreed,
    converted,
    drafted,
    estimate_template,
    estimates,
    invoices,
    line,
    pay,
    planned,
    quoted,
    seen,
    sent,
    template,
    text2pay,
)
from .table import fact

LISTS = {
    "/invoices/": ("invoices", "total"),
    "/invoices/schedule": ("schedules", "total"),
    "/invoices/template": ("data", "totalCount"),
    "/invoices/estimate/list": ("estimates", "total"),
    "/invoices/estimate/template": ("data", "totalCount"),
}


async def one_of_each(api: Api, name: str) -> None:
    """A record of every kind with this name."""
    await drafted(api, name=name)
    await planned(api, name=name)
    await api.ok("POST", "/invoices/template", template(name=name))
    await quoted(api, name=name)
    await api.ok("POST", "/invoices/estimate/template", estimate_template(name=name))


async def names(api: Api, path: str, **query: str) -> list[str]:
    """The names of the records on a list's page."""
    answer = await api.ok("GET", path, **{"limit": "100", "offset": "0", **query})
    return [found["name"] for found in answer[LISTS[path][0]]]


for _path, (_items, _total) in LISTS.items():

    @fact(f"8: {_path} needs limit and offset, as strings that aren't empty")
    async def _(api: Api, path: str = _path) -> None:
        assert (await api("GET", path, limit="10"))[0] == 422
        assert (await api("GET", path, offset="0"))[0] == 422
        assert (await api("GET", path, limit="", offset="0"))[0] == 422
        assert (await api("GET", path, limit="10", offset=""))[0] == 422
        assert (await api("GET", path, limit="100", offset="0"))[0] == 200

    @fact(f"8: {_path} answers {_items} and {_total}")
    async def _(api: Api, path: str = _path, items: str = _items, total: str = _total) -> None:
        for name in ("One", "Two", "Three"):
            await one_of_each(api, name)
        answer = await api.ok("GET", path, limit="2", offset="0")
        assert (len(answer[items]), answer[total]) == (2, 3)
        rest = await api.ok("GET", path, limit="2", offset="2")
        assert (len(rest[items]), rest[total]) == (1, 3)
        seen_names = {row["name"] for row in (*answer[items], *rest[items])}
        assert seen_names == {"One", "Two", "Three"}
        beyond = await api.ok("GET", path, limit="2", offset="50")
        assert beyond[items] == []

    @fact(f"8: {_path} can be searched")
    async def _(api: Api, path: str = _path) -> None:
        await one_of_each(api, "Garden job-1042")
        await one_of_each(api, "Roof job-1043")
        assert await names(api, path, search="job-1043") == ["Roof job-1043"]

    @fact(f"8: {_path} repeats a record when another comes before it")
    async def _(api: Api, path: str = _path) -> None:
        await one_of_each(api, "One")
        await one_of_each(api, "Two")
        first = await names(api, path, limit="1", offset="0")
        await one_of_each(api, "Three")
        assert await names(api, path, limit="1", offset="1") == first

    @fact(f"8: {_path} refuses a limit above the largest page", larger_limit="refused")
    async def _(api: Api, path: str = _path) -> None:
        assert (await api("GET", path, limit="101", offset="0"))[0] == 422

    @fact(f"8: {_path} shows another location nothing")
    async def _(api: Api, path: str = _path) -> None:
        await one_of_each(api, "Mine")
        other = api.box.add_location()
        token = api.box.add_token(locations=[other.id])
        status, answer = await api("GET", path, token=token, altId=other.id, limit="10", offset="0")
        assert (status, answer[LISTS[path][0]]) == (200, [])


@fact("8: a limit above the largest page gives that page", largest_page=2, larger_limit="capped")
async def _(api: Api) -> None:
    for _ in range(3):
        await drafted(api)
    answer = await api.ok("GET", "/invoices/", limit="500", offset="0")
    assert (len(answer["invoices"]), answer["total"]) == (2, 3)


@fact("8: the largest page may be larger", largest_page=500, larger_limit="refused")
async def _(api: Api) -> None:
    assert (await api("GET", "/invoices/", limit="500", offset="0"))[0] == 200
    assert (await api("GET", "/invoices/", limit="501", offset="0"))[0] == 422


@fact("8: the lists of estimates and their templates carry a traceId")
async def _(api: Api) -> None:
    for path in ("/invoices/estimate/list", "/invoices/estimate/template"):
        answer = await api.ok("GET", path, limit="10", offset="0")
        assert isinstance(answer["traceId"], str)


@fact("8: invoices and schedules are filtered by status")
async def _(api: Api) -> None:
    await drafted(api, name="Draft")
    await sent(api, name="Sent")
    await planned(api, name="Plan")
    assert await names(api, "/invoices/", status="sent") == ["Sent"]
    assert await names(api, "/invoices/schedule", status="draft") == ["Plan"]
    assert await names(api, "/invoices/schedule", status="active") == []


for _path in ("/invoices/", "/invoices/schedule", "/invoices/template"):

    @fact(f"8: {_path} takes any string as a status")
    async def _(api: Api, path: str = _path) -> None:
        assert (await api("GET", path, status="overdue", limit="1", offset="0"))[0] == 200


@fact("8: invoices are sorted by issueDate alone, ascend or descend")
async def _(api: Api) -> None:
    for query in ({"sortField": "dueDate"}, {"sortField": "issueDate", "sortOrder": "up"}):
        assert (await api("GET", "/invoices/", **query, limit="1", offset="0"))[0] == 422


@fact("8: estimates are filtered by status, `all` is no filter")
async def _(api: Api) -> None:
    await quoted(api, name="Draft")
    await agreed(api, name="Accepted")
    assert await names(api, "/invoices/estimate/list", status="accepted") == ["Accepted"]
    assert len(await names(api, "/invoices/estimate/list", status="all")) == 2


@fact("8: invoices and schedules are filtered by mode")
async def _(api: Api) -> None:
    for name, live in (("Live", True), ("Test", False)):
        await drafted(api, name=name, liveMode=live)
        await planned(api, name=name, liveMode=live)
    for path in ("/invoices/", "/invoices/schedule"):
        assert await names(api, path, paymentMode="live") == ["Live"]
        assert await names(api, path, paymentMode="test") == ["Test"]
        assert (await api("GET", path, paymentMode="other", limit="1", offset="0"))[0] == 422


@fact("8: invoices and estimates are filtered by contact")
async def _(api: Api) -> None:
    for name in ("Ann", "Bob"):
        contact = {**CONTACT, "id": f"contact{name}"}
        await drafted(api, name=name, contactDetails=contact)
        await quoted(api, name=name, contactDetails=contact)
    for path in ("/invoices/", "/invoices/estimate/list"):
        assert await names(api, path, contactId="contactBob") == ["Bob"]


@fact("8: invoices are sorted by the day of issue")
async def _(api: Api) -> None:
    for day in ("2026-09-10", "2026-09-02", "2026-09-20"):
        await drafted(api, name=day, issueDate=day)
    up = await names(api, "/invoices/", sortField="issueDate", sortOrder="ascend")
    down = await names(api, "/invoices/", sortField="issueDate", sortOrder="descend")
    assert up == ["2026-09-02", "2026-09-10", "2026-09-20"]
    assert down == ["2026-09-20", "2026-09-10", "2026-09-02"]


@fact("8: startAt and endAt look at the day of issue", list_dates="issue")
async def _(api: Api) -> None:
    await drafted(api, name="Bill", issueDate="2026-09-13")
    await quoted(api, name="Quote", issueDate="2026-09-13")
    for path, name in (("/invoices/", "Bill"), ("/invoices/estimate/list", "Quote")):
        assert await names(api, path, startAt="2026-09-01", endAt="2026-09-30") == [name]
        assert await names(api, path, startAt="2026-08-01", endAt="2026-08-31") == []
        assert await names(api, path, startAt="2026-10-01", endAt="2026-10-31") == []


@fact("8: startAt and endAt look at the day of creation", list_dates="creation")
async def _(api: Api) -> None:
    await drafted(api, name="Bill", issueDate="2026-09-13")
    await quoted(api, name="Quote", issueDate="2026-09-13")
    for path, name in (("/invoices/", "Bill"), ("/invoices/estimate/list", "Quote")):
        assert await names(api, path, startAt="2026-09-01", endAt="2026-09-30") == []
        assert await names(api, path, startAt="2026-08-01", endAt="2026-08-31") == [name]


for _path in ("/invoices/schedule", "/invoices/template"):

    @fact(f"8: {_path} takes status, startAt, endAt and paymentMode")
    async def _(api: Api, path: str = _path) -> None:
        query = {"status": "draft", "startAt": "2026-08-01", "endAt": "2026-08-31"}
        status, _answer = await api(
            "GET", path, **query, paymentMode="default", limit="1", offset="0"
        )
        assert status == 200


for _numbers in (True, False):

    @fact(f"8: search looks at numbers: {_numbers}", search_numbers=_numbers)
    async def _(api: Api, numbers: bool = _numbers) -> None:
        await drafted(api, name="Bill", invoiceNumber="777123")
        await quoted(api, name="Quote", estimateNumber=777123)
        expected = (["Bill"], ["Quote"]) if numbers else ([], [])
        bills = await names(api, "/invoices/", search="777123")
        assert (bills, await names(api, "/invoices/estimate/list", search="777123")) == expected


# ---- Section 9 -----------------------------------------------------------------------------------


@fact("9: an Idempotency-Key changes nothing")
async def _(api: Api) -> None:
    for _ in range(2):
        status, _answer = await api(
            "POST", "/invoices/", invoice(), headers={"Idempotency-Key": "job-1042"}
        )
        assert status in (200, 201)
    assert len(await invoices(api)) == 2


@fact("9: a marker in the name is found by a search")
async def _(api: Api) -> None:
    made = await drafted(api, name="Garden [job-1042]")
    await drafted(api, name="Garden [job-1043]")
    assert [found["_id"] for found in await invoices(api, search="job-1042")] == [made["_id"]]


@fact("9: an estimate number that the caller chose keeps a second one out")
async def _(api: Api) -> None:
    await quoted(api, estimateNumber=9001)
    status, answer = await api("POST", "/invoices/estimate", estimate(estimateNumber=9001))
    assert (status, answer["message"]) == (400, "Estimate number already exists")
    assert len(await estimates(api)) == 1


@fact("9: a taken invoice number is taken again", duplicate_invoice_number="accepted")
async def _(api: Api) -> None:
    for _ in range(2):
        assert (await drafted(api, invoiceNumber="1001"))["invoiceNumber"] == "1001"


@fact("9: a taken invoice number is refused", duplicate_invoice_number="refused")
async def _(api: Api) -> None:
    await drafted(api, invoiceNumber="1001")
    status, _answer = await api("POST", "/invoices/", invoice(invoiceNumber="1001"))
    assert status == 400
    assert len(await invoices(api)) == 1


@fact("9: an estimate that was marked as invoiced isn't converted again")
async def _(api: Api) -> None:
    made = await agreed(api)
    await converted(api, made, mark=True)
    status, answer = await converted(api, made, mark=True)
    assert status == 400
    assert "estimate_not_accepted" in str(answer)
    assert len(await invoices(api)) == 1


@fact("9: a conversion without the mark may be repeated", second_conversion="accepted")
async def _(api: Api) -> None:
    made = await agreed(api)
    for _ in range(2):
        assert (await converted(api, made, mark=False))[0] in (200, 201)
    assert len(await invoices(api)) == 2


@fact("9: a conversion without the mark may be refused again", second_conversion="refused")
async def _(api: Api) -> None:
    made = await agreed(api)
    await converted(api, made, mark=False)
    assert (await converted(api, made, mark=False))[0] == 400
    assert len(await invoices(api)) == 1


@fact("9: text2pay with a known id makes no second invoice")
async def _(api: Api) -> None:
    first = await api.ok("POST", "/invoices/text2pay", text2pay())
    body = text2pay(id=first["invoice"]["_id"], action="send")
    for _ in range(2):
        answer = await api.ok("POST", "/invoices/text2pay", body)
        assert answer["invoice"]["_id"] == first["invoice"]["_id"]
    assert len(await invoices(api)) == 1


@fact("9: text2pay without an id makes another")
async def _(api: Api) -> None:
    for _ in range(2):
        await api.ok("POST", "/invoices/text2pay", text2pay())
    assert len(await invoices(api)) == 2


@fact("9: a repeated payment with an amount pays twice")
async def _(api: Api) -> None:
    made = await sent(api, items=[line(100)])
    for _ in range(2):
        assert (await pay(api, made, amount=40))[0] in (200, 201)
    assert (await seen(api, made))["amountPaid"] == 80
