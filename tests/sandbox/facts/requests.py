"""Section 2.2: what requests may carry and must, where the vendor's document says otherwise."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..samples import CONTACT, LINE, SEND, estimate, invoice, replacement
from ..support import Api
from .doing import (
    LATE_FEES,
    RULE,
    TAX,
    drafted,
    estimate_template,
    job,
    line,
    pay,
    plan,
    planned,
    quoted,
    raw,
    schedule,
    seen,
    sent,
    template,
    text2pay,
)
from .table import accepted, fact, refused

Pairs = tuple[tuple[str, Any], ...]

INVOICE, ESTIMATE = "POST /invoices/", "POST /invoices/estimate"
SCHEDULE, TEMPLATE = "POST /invoices/schedule", "POST /invoices/template"

# What the document's types would not let through, or would.

accepted(
    "2.2: charges of a processing fee are objects",
    INVOICE,
    invoice(
        miscellaneousCharges={
            "charges": [{"_id": "c1", "name": "Fee", "charge": 3, "amount": 3, "enabled": True}]
        }
    ),
)
accepted(
    "2.2: rows of an invoice's payment schedule are objects",
    INVOICE,
    invoice(
        paymentSchedule={
            "type": "percentage",
            "schedules": [
                {"value": 50, "dueDate": "2026-09-15"},
                {"value": 50, "dueDate": "2026-10-01"},
            ],
        }
    ),
)
accepted(
    "2.2: rows of an estimate's payment schedule are {value}",
    ESTIMATE,
    estimate(
        paymentScheduleConfig={
            "type": "percentage",
            "dateConfig": {
                "depositDateType": "estimate_accepted",
                "scheduleDateType": "regular_interval",
            },
            "schedules": [{"value": Decimal("33.3333")}, {"value": Decimal("66.6667")}],
        }
    ),
)
accepted(
    "2.2: tips are numbers",
    INVOICE,
    invoice(tipsConfiguration={"tipsPercentage": [5, 10, 15], "tipsEnabled": True}),
)
accepted(
    "2.2: a late fee's cap is a number",
    INVOICE,
    invoice(lateFeesConfiguration={**LATE_FEES, "maxLateFees": {"type": "fixed", "value": 10}}),
)
accepted(
    "2.2: custom values of a business are objects",
    INVOICE,
    invoice(
        businessDetails={
            "name": "Example",
            "customValues": [{"name": "Tax id", "fieldKey": "tax", "id": "1", "value": "9"}],
        }
    ),
)
accepted(
    "2.2: custom fields of a contact are ids",
    INVOICE,
    invoice(contactDetails={**CONTACT, "customFields": ["6578278e879ad2646715ba9c"]}),
)
accepted(
    "2.2: a country code may have three letters",
    ESTIMATE,
    estimate(businessDetails={"name": "Example", "address": {"countryCode": "USA"}}),
)
accepted(
    "2.2: rrule.count is a number",
    SCHEDULE,
    schedule({**RULE, "endType": "after", "count": 5}),
)
for _end, _more in (("never", {}), ("by", {"endDate": "2027-01-01"}), ("after", {"count": 2})):
    accepted(f"2.2: rrule.endType {_end}", SCHEDULE, schedule({**RULE, "endType": _end, **_more}))
for _day in (-1, 1, 28, 29, 30, 31):
    accepted(
        f"2.2: rrule.dayOfMonth {_day}",
        SCHEDULE,
        schedule({**RULE, "dayOfMonth": _day}),
    )

# What is declared as required, and isn't (or is).

PROOFS: Pairs = (
    ("cash", {}),
    ("other", {}),
    ("bank_transfer", {}),
    ("card", {"card": {"brand": "visa", "last4": "4242"}}),
    ("cheque", {"cheque": {"number": "129"}}),
)
for _mode, _proof in PROOFS:

    @fact(f"2.2: a payment by {_mode} needs no more than what matches it")
    async def _(api: Api, mode: str = _mode, proof: Any = _proof) -> None:
        status, answer = await pay(api, await drafted(api), mode=mode, **proof)
        assert status in (200, 201), answer


for _mode in ("card", "cheque"):

    @fact(f"2.2: a payment by {_mode} needs the details that match it", payment_details="required")
    async def _(api: Api, mode: str = _mode) -> None:
        made = await drafted(api)
        status, _answer = await pay(api, made, mode=mode)
        assert status == 422
        assert (await seen(api, made))["amountPaid"] == 0

    @fact(f"2.2: a payment by {_mode} without them may pass", payment_details="optional")
    async def _(api: Api, mode: str = _mode) -> None:
        made = await drafted(api)
        status, _answer = await pay(api, made, mode=mode)
        assert status == 201


accepted(
    "2.2: an estimate's contact needs no phone",
    ESTIMATE,
    estimate(contactDetails={"id": "c1", "name": "Alex", "email": "alex@example.com"}),
)
accepted(
    "2.2: an invoice's contact needs id, name and email alone",
    INVOICE,
    invoice(contactDetails={"id": "c1", "name": "Alex", "email": "alex@example.com"}),
)
accepted("2.2: an invoice needs no sentTo", INVOICE, invoice(sentTo=None))
accepted("2.2: an invoice needs no discount", INVOICE, invoice(discount=None))
refused(
    "2.2: an estimate without a title is refused by the database",
    ESTIMATE,
    estimate(title=None),
    "Path `title` is required",
    500,
    late_refusals="500",
)
refused(
    "2.2: an estimate's line without a type is refused by the database",
    ESTIMATE,
    estimate(items=[line(10)]),
    "estimates validation failed: items.0.type: Path `type` is required.",
    500,
    late_refusals="500",
)
refused(
    "2.2: what the database refuses may be answered with 422",
    ESTIMATE,
    estimate(title=None),
    "title",
    422,
    late_refusals="422",
)
for _name in ("issueDate", "expiryDate"):
    refused(
        f"2.2: an estimate without {_name} is refused",
        ESTIMATE,
        estimate(**{_name: None}),
        _name,
    )
for _text, _frequency in (
    ("missing", {"enabled": False}),
    ("null", {"enabled": False, "schedule": None}),
    ("empty", {"enabled": False, "schedule": {}}),
):
    accepted(
        f"2.2: frequencySettings.schedule may be {_text}",
        ESTIMATE,
        estimate(frequencySettings=_frequency),
    )
accepted("2.2: a tax's _id is any string", INVOICE, invoice(items=[{**LINE, "taxes": [TAX]}]))
refused(
    "2.2: a tax's _id must exist",
    INVOICE,
    invoice(items=[{**LINE, "taxes": [{"name": "VAT", "rate": 13, "calculation": "exclusive"}]}]),
    "_id",
)


@fact("2.2: an invoice sent with an empty userId stays a draft")
async def _(api: Api) -> None:
    made = await drafted(api)
    status, _answer = await api("POST", f"/invoices/{made['_id']}/send", SEND | {"userId": ""})
    assert status in (200, 201)
    assert (await seen(api, made))["status"] == "draft"


@fact("2.2: an invoice sent without a userId is refused")
async def _(api: Api) -> None:
    made = await drafted(api)
    body = {"action": "email", "liveMode": False}
    assert (await api("POST", f"/invoices/{made['_id']}/send", body))[0] == 422


accepted(
    "2.2: an estimate's contact id is any string that isn't empty",
    ESTIMATE,
    estimate(contactDetails={**CONTACT, "id": "nobody knows this one"}),
)
for _text, _id in (("null", None), ("empty", "")):
    refused(
        f"2.2: an estimate's contact id may not be {_text}",
        ESTIMATE,
        estimate(contactDetails={**CONTACT, "id": _id}),
        "contactDetails.id",
    )
accepted(
    "2.2: an estimate's name and title take 40 characters",
    ESTIMATE,
    estimate(name="n" * 40, title="t" * 40),
)
for _name in ("name", "title"):
    refused(
        f"2.2: an estimate's {_name} takes no 41 characters",
        ESTIMATE,
        estimate(**{_name: "x" * 41}),
        f"{_name} must be shorter than or equal to 40 characters",
    )
accepted("2.2: an invoice's name takes 160 characters", INVOICE, invoice(name="n" * 160))
for _text, _call, _body in (
    ("invoice", INVOICE, invoice(pipelineStageName="x")),
    ("estimate", ESTIMATE, estimate(pipelineStageName="x")),
    ("schedule", SCHEDULE, schedule(pipelineStageName="x")),
    ("template", TEMPLATE, template(pipelineStageName="x")),
    (
        "estimate template",
        "POST /invoices/estimate/template",
        estimate_template(pipelineStageName="x"),
    ),
    ("text2pay", "POST /invoices/text2pay", text2pay(pipelineStageName="x")),
    ("nested object", INVOICE, invoice(contactDetails={**CONTACT, "pipelineStageName": "x"})),
    ("line", INVOICE, invoice(items=[{**LINE, "pipelineStageName": "x"}])),
):
    refused(
        f"2.2: an unknown property is refused ({_text})",
        _call,
        _body,
        "property pipelineStageName should not exist",
    )
TOLERATED: Pairs = (("sentTo", {"email": ["a@example.com"]}), ("liveMode", False))
for _name, _value in TOLERATED:

    @fact(f"2.2: a PUT of an invoice tolerates {_name}")
    async def _(api: Api, name: str = _name, value: Any = _value) -> None:
        made = await drafted(api)
        body = {**replacement(), name: value}
        assert (await api("PUT", f"/invoices/{made['_id']}", body))[0] == 200


# Names that differ from one request to the next.

refused(
    "2.2: creating an invoice takes no invoiceItems",
    INVOICE,
    invoice(invoiceItems=[LINE]),
    "property invoiceItems should not exist",
)
OF_A_PUT: Pairs = (
    ("contactId", "c1"),
    ("description", "Monthly work"),
    ("xeroDetails", {}),
)
for _name, _value in OF_A_PUT:

    @fact(f"2.2: a PUT of an invoice has {_name}, its creation has not")
    async def _(api: Api, name: str = _name, value: Any = _value) -> None:
        made = await drafted(api)
        body = {**replacement(), name: value}
        assert (await api("PUT", f"/invoices/{made['_id']}", body))[0] == 200
        status, answer = await api("POST", "/invoices/", invoice(**{name: value}))
        assert status == 422
        assert f"property {name} should not exist" in answer["message"]


OF_A_CREATION: Pairs = (("items", [LINE]), ("lateFeesConfiguration", LATE_FEES))
for _name, _value in OF_A_CREATION:

    @fact(f"2.2: a PUT of an invoice takes no {_name}")
    async def _(api: Api, name: str = _name, value: Any = _value) -> None:
        made = await drafted(api)
        status, answer = await api(
            "PUT", f"/invoices/{made['_id']}", {**replacement(), name: value}
        )
        assert status == 422
        assert f"property {name} should not exist" in answer["message"]


TIPS = {"tipsPercentage": [5], "tipsEnabled": True}
METHODS = {"stripe": {"enableBankDebitOnly": False}}

OF_A_TEMPLATE: Pairs = (
    ("tipsConfiguration", TIPS),
    ("lateFeesConfiguration", LATE_FEES),
    ("invoiceNumberPrefix", "CC-"),
    ("paymentMethods", METHODS),
    ("attachments", []),
    ("automaticTaxesEnabled", True),
)
for _name, _value in OF_A_TEMPLATE:

    @fact(f"2.2: a PUT of a template takes no {_name}, its creation does")
    async def _(api: Api, name: str = _name, value: Any = _value) -> None:
        made = await api.ok("POST", "/invoices/template", template(**{name: value}))
        status, answer = await api(
            "PUT", f"/invoices/template/{made['_id']}", template(**{name: value})
        )
        assert status == 422
        assert f"property {name} should not exist" in answer["message"]


OF_A_SCHEDULE: Pairs = (
    ("automaticTaxesEnabled", True),
    ("tipsConfiguration", TIPS),
    ("lateFeesConfiguration", LATE_FEES),
    ("invoiceNumberPrefix", "CC-"),
    ("paymentMethods", METHODS),
)
for _name, _value in OF_A_SCHEDULE:

    @fact(f"2.2: a PUT of a schedule takes no {_name}, its creation does")
    async def _(api: Api, name: str = _name, value: Any = _value) -> None:
        made = await planned(api, **{name: value})
        status, answer = await api(
            "PUT", f"/invoices/schedule/{made['_id']}", schedule(**{name: value})
        )
        assert status == 422
        assert f"property {name} should not exist" in answer["message"]


@fact("2.2: late fees and payment methods of a template go through their PATCH routes")
async def _(api: Api) -> None:
    made = await api.ok("POST", "/invoices/template", template())
    path = f"/invoices/template/{made['_id']}"
    await api.ok("PATCH", f"{path}/late-fees-configuration", {"lateFeesConfiguration": LATE_FEES})
    await api.ok("PATCH", f"{path}/payment-methods-configuration", {"paymentMethods": METHODS})
    found = await api.ok("GET", path)
    assert found["lateFeesConfiguration"]["value"] == 10
    assert found["paymentMethods"] == METHODS


@fact("2.2: late fees of an invoice go through their PATCH route")
async def _(api: Api) -> None:
    made = await sent(api)
    answer = await api.ok(
        "PATCH",
        f"/invoices/{made['_id']}/late-fees-configuration",
        {"lateFeesConfiguration": LATE_FEES},
    )
    assert answer["_id"] == made["_id"]
    assert (await seen(api, made))["lateFeesConfiguration"]["value"] == 10


@fact("2.2: updateAndSchedule takes no body, or that of an update")
async def _(api: Api) -> None:
    one, two = await planned(api), await planned(api)
    path = "/invoices/schedule/{}/updateAndSchedule"
    assert (await raw(api, "POST", path.format(one["_id"]))).status_code in (200, 201)
    body = schedule(name="Renamed")
    answer = await api.ok("POST", path.format(two["_id"]), body)
    assert answer["name"] == "Renamed"
    for made in (one, two):
        assert (await plan(api, made))["status"] == "scheduled"


refused(
    "2.2: a line has amount and qty, no unitPrice and quantity",
    INVOICE,
    invoice(items=[{"name": "Hour", "currency": "USD", "unitPrice": 10, "quantity": 1}]),
    "property unitPrice should not exist",
)
refused(
    "2.2: a line needs its amount", INVOICE, invoice(items=[line(1) | {"amount": None}]), "amount"
)
refused(
    "2.2: an estimate line takes no line discount",
    ESTIMATE,
    estimate(items=[job(1, discount=5)]),
    "discount",
)


@fact("2.2: phone numbers are not looked at")
async def _(api: Api) -> None:
    made = await quoted(api, contactDetails={**CONTACT, "phoneNo": "+15555550100"})
    assert made["contactDetails"]["phoneNo"] == "+15555550100"
