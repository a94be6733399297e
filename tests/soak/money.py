"""Amounts on their way out and back, in every currency: a changed digit is somebody's money.

What is compared with shares no code with the client: an amount is drawn as text, JSON is looked
through by the standard library with its numbers left as text, answers are put together as text, and
a Decimal's digits are taken from its tuple. A zero behind the point counts: 10.50 isn't 10.5.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import (
    ROUND_DOWN,
    Context,
    Decimal,
    DefaultContext,
    Inexact,
    InvalidOperation,
    Rounded,
    localcontext,
)
from random import Random
from typing import Any, NamedTuple

from strategies import LOCATION, RECORD

from hoopai_invoices import money
from hoopai_invoices._core import codec
from hoopai_invoices._model import Model, Sending
from hoopai_invoices.models import (
    BusinessDetails,
    ContactDetails,
    Discount,
    Invoice,
    InvoiceCreate,
    InvoiceItem,
    InvoiceUpdate,
    LateFeesConfiguration,
    LateFeesFrequency,
    LateFeesMax,
    LateFeesUpdate,
    PaymentRecord,
    PaymentSchedule,
    ProcessingFee,
    Tax,
    TipsConfiguration,
)

__all__ = [
    "AMOUNTS",
    "CURRENCIES",
    "LOOKS",
    "MINOR_UNITS",
    "TOTALS",
    "UNITS",
    "Tally",
    "plain",
    "rounded",
    "try_money",
]

# ISO 4217, list one as of January 2026 (amendment 180): all codes in use, by their minor units.
# Metals, baskets and test codes have none: the client rounds them as if it were two.
MINOR_UNITS: dict[int | None, str] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD
        CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
        GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK
        LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO
        NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS
        SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST
        XAD XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
    None: "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX",
}
UNITS = tuple(MINOR_UNITS)
CURRENCIES = {code: units for units, codes in MINOR_UNITS.items() for code in codes.split()}
_CODES = sorted(CURRENCIES)

LARGEST = 30  # the converters take numbers from 1e-30 to below 1e31
LINES = 10
AMOUNTS = 3 * LINES + 10
"""In each document."""
LOOKS = 5
"""How often each amount is looked at: in the request, and four times after the answer."""
TOTALS = 4
"""In each document: lines whose total is compared."""
_OPEN = (3 * LINES + 1, 3 * LINES + 2)  # stand where the document leaves the shape open
_TIPS = (3 * LINES + 3, 3 * LINES + 4)  # stand in a list, where numbers and texts may be mixed
_META, _PAID = AMOUNTS - 1, AMOUNTS - 2
_LISTED = 1000


class _Digits(str):
    """A number of JSON, as it is written there."""

    __slots__ = ()


_look_through = json.JSONDecoder(parse_float=_Digits, parse_int=_Digits).decode


class Amount(NamedTuple):
    """An amount: written in full, as a caller gives it, and as the JSON of an answer has it."""

    kind: str
    text: str
    value: Decimal
    given: Any
    answered: str


@dataclass
class Tally:
    """What came of a run."""

    seed: int
    documents: int = 0
    compared: int = 0
    totals: int = 0
    changed: int = 0
    wrong: list[str] = field(default_factory=list)  # the first of them
    kinds: Counter[str] = field(default_factory=Counter)
    units: Counter[int | None] = field(default_factory=Counter)  # amounts by minor units
    seen: dict[int | None, set[str]] = field(default_factory=lambda: defaultdict(set))
    memory: list[int] = field(default_factory=list)  # the process's peak so far, in MiB
    seconds: float = 0.0

    @property
    def amounts(self) -> int:
        return self.kinds.total()

    def differs(self, text: str, count: int = 1) -> None:
        self.changed += count
        if len(self.wrong) < _LISTED:
            self.wrong.append(f"money: {text}")


def try_money(
    seed: int,
    count: int,
    *,
    first: int = 0,
    dumps: Callable[[Any], bytes] = codec.dumps,
    loads: Callable[[bytes], Any] = codec.loads,
    totals: Callable[[Sequence[Any]], money.Totals] = money.totals,
) -> Tally:
    """Send at least so many amounts out and back, in whole documents, the currencies in turn.

    A document is drawn from the seed and its number alone, so that `first` shows one again.
    """
    tally = Tally(seed)
    for code, units in CURRENCIES.items():
        if money.minor_units(code) != (2 if units is None else units):
            tally.differs(f"{code} has {units} minor units, not {money.minor_units(code)}")
    began = time.monotonic()
    documents = -(-count // AMOUNTS)
    for number in range(first, first + documents):
        currency = _CODES[number % len(_CODES)]
        _Document(tally, number, currency, dumps, loads).try_it(totals)
        if number % max(documents // 50, 1) == 0:
            tally.memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    tally.seconds = time.monotonic() - began
    return tally


# --- amounts ------------------------------------------------------------------------------------


def _point(digits: int, places: int) -> str:
    """So many units of the last place, written out."""
    text = f"{digits:0{places + 1}d}"
    return f"{text[:-places]}.{text[-places:]}" if places else text


def _below(r: Random, most: int) -> int:
    """A number of one to so many digits, its length as likely as any other."""
    return r.randrange(1, 10 ** r.randint(1, most))


# What makes the text of an amount, by the currency's minor units.
KINDS: dict[str, Callable[[Random, int], str]] = {
    "price": lambda r, places: _point(_below(r, 8), places),
    "four decimals": lambda r, places: _point(_below(r, 5), 4),
    "tiny": lambda r, places: _point(_below(r, 12), r.randint(7, LARGEST)),
    "huge": lambda r, places: str(r.randrange(10**24, 10 ** (LARGEST + 1))),
    "huge with decimals": lambda r, places: _point(
        r.randrange(10**40, 10 ** (LARGEST + 1 + 20)), r.choice((20, 24, LARGEST))
    ),
    "zero": lambda r, places: _point(0, r.choice((0, 1, places, places + 1, LARGEST))),
    "trailing zeros": lambda r, places: _point(
        _below(r, 5) * 10 ** r.randint(1, 4), r.choice((0, places, places + 1, 4))
    ),
    "half a minor unit": lambda r, places: _point(_below(r, 8) * 10 + 5, places + 1),
    "whole": lambda r, places: str(_below(r, 20)),
}
_KINDS = tuple(KINDS.items())


def _draw(r: Random, places: int, index: int) -> Amount:
    kind, make = r.choice(_KINDS)
    text = make(r, places)
    while index == _PAID and not text.strip("0."):  # what was paid is more than nothing
        text = make(r, places) if kind != "zero" else "0.01"
    # No minus before a zero: JSON's -0 is read as 0.
    if index != _PAID and r.random() < 0.2 and text.strip("0."):
        text = f"-{text}"
    return Amount(kind, text, Decimal(text), _given(r, text, index), _answered(r, text))


def _given(r: Random, text: str, index: int) -> Decimal | int | str:
    chance = r.random()
    if chance < 0.2 and "." not in text:
        return int(text)
    spelt = text if chance < 0.7 else _scientific(r, text)
    # A text is a text where the document leaves the shape open.
    return spelt if chance > 0.45 and index not in _OPEN and index != _META else Decimal(spelt)


def _answered(r: Random, text: str) -> str:
    chance = r.random()
    if chance < 0.15:
        return _scientific(r, text)
    return text if chance < 0.6 else f'"{text}"'


def _scientific(r: Random, text: str) -> str:
    """The same digits with an exponent, as the JSON of other languages has it."""
    whole, _, fraction = text.partition(".")
    digits, exponent = str(int(whole + fraction)), -len(fraction)
    if not fraction:
        kept = digits.rstrip("0") or "0"
        digits, exponent = kept, 0 if kept == "0" else len(digits) - len(kept)
    return f"{digits}E{exponent}" if r.random() < 0.5 else f"{digits}e{exponent:+d}"


def plain(value: Decimal) -> str:
    """A Decimal in full, by its digits."""
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int), "it is a number"
    text = "".join(map(str, digits))
    if exponent > 0:
        text = text + "0" * exponent if value else "0"
    elif exponent:
        text = text.rjust(1 - exponent, "0")
        text = f"{text[:exponent]}.{text[exponent:]}"
    return f"-{text}" if sign else text


def rounded(text: str, places: int) -> int:
    """An amount in minor units, half up, away from zero; integers alone."""
    whole, _, fraction = text.removeprefix("-").partition(".")
    units, more = int(whole + fraction), len(fraction) - places
    if more > 0:
        one = int("1" + "0" * more)
        units, left = divmod(units, one)
        units += 2 * left >= one
    else:
        units = int(f"{units}{'0' * -more}")
    return -units if text.startswith("-") else units


# --- a document ---------------------------------------------------------------------------------

# An answer of the service with a place for each amount.
_ANSWER = {
    "_id": RECORD,
    "status": "partially_paid",
    "liveMode": False,
    "altId": LOCATION,
    "altType": "location",
    "name": "Coaching",
    "currency": "@currency@",
    "invoiceItems": [
        {
            "_id": f"line-{i}",
            "name": "One hour",
            "currency": "@currency@",
            "amount": f"@{3 * i}@",
            "qty": f"@{3 * i + 1}@",
            "taxes": [{"_id": "t1", "name": "VAT", "rate": f"@{3 * i + 2}@"}],
        }
        for i in range(LINES)
    ],
    "discount": {"type": "fixed", "value": f"@{3 * LINES}@"},
    "paymentSchedule": {
        "type": "fixed",
        "schedules": [{"value": f"@{i}@", "dueDate": "2026-03-14"} for i in _OPEN],
    },
    "tipsConfiguration": {
        "tipsEnabled": True,
        "tipsPercentage": [f"@{i}@" for i in _TIPS],
    },
    "miscellaneousCharges": {
        "charges": [],
        "collectedMiscellaneousCharges": f"@{3 * LINES + 5}@",
    },
    "lateFeesConfiguration": {
        "enable": True,
        "type": "fixed",
        "value": f"@{3 * LINES + 6}@",
        "frequency": {"intervalCount": 1, "interval": "one_time"},
        "maxLateFees": {"type": "fixed", "value": f"@{3 * LINES + 7}@"},
    },
    "amountPaid": f"@{_PAID}@",
    "total": f"@{_META}@",
    "amountDue": 0,
}
# Text and the name of a place, by turns.
_PARTS = re.split('"@(.+?)@"', json.dumps(_ANSWER))


def _answer(currency: str, amounts: Sequence[str]) -> bytes:
    places = [
        f'"{currency}"' if place == "currency" else amounts[int(place)] for place in _PARTS[1::2]
    ]
    parts = [*_PARTS]
    parts[1::2] = places
    return "".join(parts).encode()


def _in_answer(answer: Any) -> list[Any]:
    """The amounts in the JSON of an answer, or of what is given back of it."""
    fees = answer["lateFeesConfiguration"]
    return [
        *_in_document(answer, answer["invoiceItems"]),
        *(fees["value"], fees["maxLateFees"]["value"]),
        *(answer["amountPaid"], answer["total"]),
    ]


def _in_requests(document: Any, lines: str, fees: Any, payment: Any) -> list[Any]:
    """The amounts in the JSON of requests."""
    fees = fees["lateFeesConfiguration"]
    return [
        *_in_document(document, document[lines]),
        *(fees["value"], fees["maxLateFees"]["value"]),
        *(payment["amount"], payment["meta"]["total"]),
    ]


def _in_document(document: Any, lines: Any) -> Iterator[Any]:
    for line in lines:
        yield from (line["amount"], line["qty"], line["taxes"][0]["rate"])
    yield document["discount"]["value"]
    yield from (row["value"] for row in document["paymentSchedule"]["schedules"])
    yield from document["tipsConfiguration"]["tipsPercentage"]
    yield document["miscellaneousCharges"]["collectedMiscellaneousCharges"]


def _in_record(record: Any) -> list[Any]:
    """The amounts in the attributes of an invoice."""
    found = []
    for line in record.items:
        found += [line.amount, line.qty, line.taxes[0].rate]
    fees = record.late_fees_configuration
    return [
        *found,
        record.discount.value,
        *(row["value"] for row in record.payment_schedule.schedules),
        *record.tips_configuration.tips_percentage,
        record.miscellaneous_charges.collected_miscellaneous_charges,
        *(fees.value, fees.max_late_fees.value),
        *(record.amount_paid, record.total),
    ]


def _name(index: int) -> str:
    line, column = divmod(index, 3)
    if line < LINES:
        return f"items[{line}].{('amount', 'qty', 'taxes[0].rate')[column]}"
    return (
        *("discount.value", "schedules[0].value", "schedules[1].value", "tips[0]", "tips[1]"),
        *("miscellaneous charges", "late fee", "most of late fees", "amount paid", "total"),
    )[index - 3 * LINES]


def _types(where: str, index: int, quoted: bool) -> set[type]:
    """What an amount may be there, when the answer has it as text or as a number."""
    either = index in _OPEN or index in _TIPS
    match where:
        case "record" if index not in _OPEN:
            return {Decimal}
        case "record":
            return {str} if quoted else {Decimal, int}
        case "to_dict()":
            return {str} if quoted else {Decimal, int} if either else {Decimal}
        case "to_dict(money=str)":
            # A whole number may stay one here: every writer of JSON can write it.
            return {str, int} if either and not quoted else {str}
        case "request of what was read" if index in _OPEN and quoted:
            return {str}
        case _:
            return {_Digits}


_TYPES = {
    where: {
        (index, quoted): _types(where, index, quoted)
        for index in range(AMOUNTS)
        for quoted in (False, True)
    }
    for where in (
        *("request", "record", "to_dict()", "to_dict(money=str)"),
        "request of what was read",
    )
}

# A caller's own precision must not matter either: no arithmetic of Decimal may touch an amount.
_CONTEXTS = (
    DefaultContext,
    Context(prec=3, rounding=ROUND_DOWN, traps=[InvalidOperation, Inexact, Rounded]),
)


class _Document:
    """One document with its amounts, out and back."""

    def __init__(
        self,
        tally: Tally,
        number: int,
        currency: str,
        dumps: Callable[[Any], bytes],
        loads: Callable[[bytes], Any],
    ):
        self.tally, self.number, self.currency = tally, number, currency
        self.dumps, self.loads = dumps, loads
        self.r = Random(f"{tally.seed}/{number}")
        self.units = CURRENCIES[currency]
        self.places = 2 if self.units is None else self.units
        self.amounts = [_draw(self.r, self.places, index) for index in range(AMOUNTS)]

    def try_it(self, totals: Callable[[Sequence[Any]], money.Totals]) -> None:
        tally = self.tally
        tally.documents += 1
        tally.kinds.update(amount.kind for amount in self.amounts)
        tally.units[self.units] += AMOUNTS
        tally.seen[self.units].add(self.currency)
        with localcontext(_CONTEXTS[self.number % len(_CONTEXTS)]):
            with self._all("sending", AMOUNTS):
                self._look("request", self._send())
            with self._all("the answer", (LOOKS - 1) * AMOUNTS):
                self._read()
            for amount in self.amounts[: 3 * TOTALS : 3]:
                with self._all("totals", 1):
                    self._total(amount, totals)

    @contextmanager
    def _all(self, what: str, count: int) -> Iterator[None]:
        """Amounts that don't arrive at all have changed too."""
        before = self.tally.compared + self.tally.totals
        try:
            yield
        except Exception as error:
            lost = count - (self.tally.compared + self.tally.totals - before)
            self.tally.differs(f"{self}: {what} ended as {error!r:.200}", lost)

    def __str__(self) -> str:
        again = f"--money 1 --first {self.number} --seed {self.tally.seed}"
        return f"{self.currency} (again: {again})"

    def _write(self, body: Model) -> Any:
        """A body as the client sends it, its numbers as they are written."""
        location = {"altId": LOCATION, "altType": "location"}
        return _look_through(self.dumps(body._write(Sending(location, {}))).decode())

    def _send(self) -> list[Any]:
        given = iter([amount.given for amount in self.amounts])
        items = [
            InvoiceItem(
                name="One hour",
                currency=self.currency,
                amount=next(given),
                qty=next(given),
                taxes=[Tax(id="t1", name="VAT", rate=next(given))],
            )
            for _ in range(LINES)
        ]
        document = InvoiceCreate(
            name="Coaching",
            business_details=BusinessDetails(name="Example LLC"),
            contact_details=ContactDetails(id="c1", name="Alex"),
            currency=self.currency,
            items=items,
            issue_date=dt.date(2026, 3, 1),
            live_mode=False,
            discount=Discount(type="fixed", value=next(given)),
            payment_schedule=PaymentSchedule(
                type="fixed", schedules=[{"value": next(given)}, {"value": next(given)}]
            ),
            tips_configuration=TipsConfiguration(
                tips_enabled=True, tips_percentage=[next(given), next(given)]
            ),
            miscellaneous_charges=ProcessingFee(
                charges=[], collected_miscellaneous_charges=next(given)
            ),
        )
        fees = LateFeesConfiguration(
            enable=True,
            type="fixed",
            value=next(given),
            frequency=LateFeesFrequency(interval_count=1, interval="one_time"),
            max_late_fees=LateFeesMax(type="fixed", value=next(given)),
        )
        payment = PaymentRecord(mode="cash", amount=next(given), meta={"total": next(given)})
        return _in_requests(
            self._write(document),
            "items",
            self._write(LateFeesUpdate(late_fees_configuration=fees)),
            self._write(payment),
        )

    def _read(self) -> None:
        amounts = [amount.answered for amount in self.amounts]
        record = Invoice.from_dict(self.loads(_answer(self.currency, amounts)))
        self._look("record", _in_record(record))
        self._look("to_dict()", _in_answer(record.to_dict()))
        self._look("to_dict(money=str)", _in_answer(record.to_dict(money=str)))
        self._look("request of what was read", self._send_again(record))

    def _send_again(self, record: Any) -> list[Any]:
        """What was read goes into requests, as when one line of an invoice is changed."""
        document = InvoiceUpdate(
            name=record.name,
            currency=record.currency,
            items=record.items,
            issue_date=dt.date(2026, 3, 1),
            due_date=dt.date(2026, 3, 14),
            live_mode=False,
            discount=record.discount,
            payment_schedule=record.payment_schedule,
            tips_configuration=record.tips_configuration,
            miscellaneous_charges=record.miscellaneous_charges,
        )
        fees = LateFeesUpdate(late_fees_configuration=record.late_fees_configuration)
        payment = PaymentRecord(
            mode="cash", amount=record.amount_paid, meta={"total": record.total}
        )
        return _in_requests(
            self._write(document), "invoiceItems", self._write(fees), self._write(payment)
        )

    def _look(self, where: str, found: list[Any]) -> None:
        """Compare what was found there with every amount."""
        allowed = _TYPES[where]
        for index, (value, amount) in enumerate(zip(found, self.amounts, strict=True)):
            self.tally.compared += 1
            kind = value.__class__
            if kind is Decimal:
                same = plain(value) == amount.text and value == amount.value
            else:
                same = str(value) == amount.text
            if not same or kind not in allowed[index, amount.answered[0] == '"']:
                self.tally.differs(
                    f"{self}: {_name(index)} {amount.text} is {value!r:.80} in the {where};"
                    f" given as {amount.given!r}, answered as {amount.answered}"
                )

    def _total(self, amount: Amount, totals: Callable[[Sequence[Any]], money.Totals]) -> None:
        line = InvoiceItem(name="x", currency=self.currency, amount=amount.given, qty=1)
        found = totals([line])
        self.tally.totals += 1
        expected = rounded(amount.text, self.places)
        for name, value, units in (
            ("total", found.total, expected),
            ("subtotal", found.subtotal, expected),
            ("discount", found.discount, 0),
        ):
            sign, digits, exponent = value.as_tuple()
            minor = int("".join(map(str, digits))) * (-1 if sign else 1)
            if (minor, exponent) != (units, -self.places):
                self.tally.differs(
                    f"{self}: the {name} of {amount.text} is {value} and not {units} minor units"
                )
                break
