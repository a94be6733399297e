"""The sandbox's own calls, under `/_sandbox/`: for this machine only and without a token.

They are for programs in other languages and for curl; in process the same things are methods of
`Sandbox`. `GET /_sandbox/` lists them. The arrival log never shows them.
"""

from __future__ import annotations

import inspect
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit

from . import entries, wire
from .arrivals import Arrival
from .call import Answer
from .entries import Amount, Entry
from .errors import SandboxError
from .resources.days import instant
from .state import Payment, TokenKind

if TYPE_CHECKING:
    from .box import Sandbox
    from .gateway import Request

__all__ = ["PREFIX", "Control", "is_loopback"]

PREFIX = "/_sandbox/"

_T = TypeVar("_T", bound=Entry)


def is_loopback(host: str | None) -> bool:
    """Whether an address belongs to this machine alone."""
    return host in ("localhost", "::1") or (host or "").startswith("127.")


def _is_ours(host: str) -> bool:
    """Whether a Host header names this machine, or a name that leads nowhere, as callers in process do.

    A page of another site reaches this machine, too, when its own name is made to lead here.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return "." not in name or name.endswith((".localhost", ".invalid"))


class _Estimate(Entry):
    estimateId: str


class _Document(Entry):
    estimateId: str | None = None
    invoiceId: str | None = None


class _Payment(Entry):
    invoiceId: str
    amount: Amount | None = None
    tip: Amount | None = None
    clearsIn: float | None = None


class _Time(Entry):
    days: float = 0
    hours: float = 0
    minutes: float = 0
    seconds: float = 0


class _Expiry(Entry):
    locationId: str | None = None
    companyTokens: bool = False
    afterCalls: int | None = None


class _Consent(Entry):
    userType: TokenKind = "Location"
    locationId: str | None = None
    locations: list[str] | None = None
    scopes: list[str] | None = None


class _Kind(Entry):
    kind: Any  # the sandbox itself names those there are


class _Nothing(Entry):
    pass


@dataclass(frozen=True, slots=True)
class _Route:
    """One call: what it takes, and what it does."""

    takes: type[Entry]
    does: Callable[[Any], dict[str, Any]]


class Control:
    """Answers the calls to the sandbox itself."""

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self._routes: dict[tuple[str, str], _Route] = {
            ("GET", ""): _Route(_Nothing, self._index),
            ("GET", "arrivals"): _Route(_Nothing, self._arrivals),
            ("GET", "created"): _Route(_Kind, self._created),
            ("POST", "customer/view"): _Route(_Document, self._view),
            ("POST", "customer/accept"): _Route(_Estimate, self._accept),
            ("POST", "customer/decline"): _Route(_Estimate, self._decline),
            ("POST", "customer/pay"): _Route(_Payment, self._pay),
            ("POST", "clock/advance"): _Route(_Time, self._advance),
            ("POST", "faults"): _Route(entries.Fault, self._strike),
            ("DELETE", "faults"): _Route(_Nothing, self._calm),
            ("POST", "expire-token"): _Route(_Expiry, self._expire_token),
            ("GET", "oauth"): _Route(_Nothing, self._oauth),
            ("GET", "oauth/app"): _Route(_Nothing, self._oauth_app),
            ("POST", "oauth/authorize"): _Route(_Consent, self._authorize),
            **{
                ("POST", f"add/{kind.__name__.lower()}"): _Route(kind, self._add)
                for kind in entries.ADDED
            },
        }

    def handle(self, request: Request, caller: str | None) -> Answer:
        """Answer one call."""
        if not is_loopback(caller) or not _is_ours(request.headers.get("host", "")):
            raise SandboxError(403, "Only this machine may use the sandbox's own calls.")
        path = unquote(request.path.removeprefix(PREFIX))
        route = self._routes.get((request.method, path))
        if route is None:
            raise SandboxError(404, f"Cannot {request.method} {request.path}")
        given = request.query if request.method == "GET" else wire.parse(request.raw or b"{}")
        try:
            return Answer(200, route.does(entries.read(route.takes, given)))
        except (ValueError, TypeError, OverflowError) as exc:
            raise SandboxError(422, [str(exc)]) from None

    def _index(self, _: _Nothing) -> dict[str, Any]:
        """List these calls."""
        return {
            "now": instant(self._box.clock.now()),
            "calls": [
                {
                    "call": f"{method} {PREFIX}{path}",
                    "does": inspect.getdoc(route.does),
                    "takes": list(route.takes.__struct_fields__),
                }
                for (method, path), route in self._routes.items()
            ],
        }

    def _arrivals(self, _: _Nothing) -> dict[str, Any]:
        """Show every request that arrived at the service so far."""
        return {"arrivals": [_arrival(arrival) for arrival in self._box.arrivals]}

    def _created(self, which: _Kind) -> dict[str, Any]:
        """Show every record of a kind that came into being, deleted ones too."""
        made = self._box.created(which.kind)
        shown = [_payment(each) if isinstance(each, Payment) else each.to_dict() for each in made]
        return {"records": shown}

    def _view(self, which: _Document) -> dict[str, Any]:
        """Open the page of an estimate or an invoice as its customer."""
        given = which.given()
        if len(given) != 1:
            msg = "give estimateId or invoiceId"
            raise ValueError(msg)
        self._box.customer.view(*given.values())
        return {**given, "success": True}

    def _accept(self, which: _Estimate) -> dict[str, Any]:
        """Accept a sent or viewed estimate as its customer."""
        self._box.customer.accept(which.estimateId)
        return {**which.given(), "success": True}

    def _decline(self, which: _Estimate) -> dict[str, Any]:
        """Decline a sent or viewed estimate as its customer."""
        self._box.customer.decline(which.estimateId)
        return {**which.given(), "success": True}

    def _pay(self, payment: _Payment) -> dict[str, Any]:
        """Pay an invoice as its customer: all that is due, or an amount; clearsIn is in seconds."""
        given = payment.given()
        names = {"amount": "amount", "tip": "tip", "clearsIn": "clears_in"}
        facts = {keyword: given[name] for name, keyword in names.items() if name in given}
        self._box.customer.pay(payment.invoiceId, **facts)
        return {"invoiceId": payment.invoiceId, "success": True}

    def _advance(self, time: _Time) -> dict[str, Any]:
        """Move the clock on; what falls into that time happens."""
        self._box.clock.advance(**time.given())
        return {"now": instant(self._box.clock.now())}

    def _strike(self, fault: entries.Fault) -> dict[str, Any]:
        """Let the next calls of an operation meet a fault."""
        entries.strike(self._box, fault)
        return {"kind": fault.kind, "operation": fault.operation, "success": True}

    def _calm(self, _: _Nothing) -> dict[str, Any]:
        """End all faults."""
        self._box.faults.clear()
        return {"success": True}

    def _expire_token(self, which: _Expiry) -> dict[str, Any]:
        """Let the tokens of a location (the first), or the company's, expire: after some calls."""
        self._box.expire_token(
            which.locationId, company=which.companyTokens, after_calls=which.afterCalls or 0
        )
        return {"success": True}

    def _oauth(self, _: _Nothing) -> dict[str, Any]:
        """Count refresh tokens used, codes and refresh tokens refused, and tokens minted."""
        oauth = self._box.oauth
        return {
            "refreshes": oauth.refreshes,
            "refused": oauth.refused,
            "minted": dict(oauth.minted),
        }

    def _oauth_app(self, _: _Nothing) -> dict[str, Any]:
        """Show the marketplace app: its credentials and its ids."""
        names = ("client_id", "client_secret", "app_id", "version_id")
        return {name: getattr(self._box.oauth, name) for name in names}

    def _authorize(self, consent: _Consent) -> dict[str, Any]:
        """Consent to the app in the browser: its credentials, and the code of the redirect."""
        oauth = self._box.oauth
        code = oauth.authorize(
            consent.userType, consent.locationId, consent.locations, consent.scopes
        )
        return {
            "code": code,
            "clientId": oauth.client_id,
            "clientSecret": oauth.client_secret,
            "appId": oauth.app_id,
        }

    def _add(self, entry: Entry) -> dict[str, Any]:
        """Add one to order, with the keywords of the sandbox's method."""
        return entries.add(self._box, entry)


def _arrival(arrival: Arrival) -> dict[str, Any]:
    body = arrival.body
    return {
        "number": arrival.number,
        "at": instant(arrival.at),
        "operation": arrival.operation,
        "method": arrival.method,
        "path": arrival.path,
        "query": arrival.query,
        "headers": arrival.headers,
        "body": body.decode("utf-8", "replace") if isinstance(body, bytes) else body,
        "locationId": arrival.location_id,
        "tokenOf": arrival.token_of,
        "status": arrival.status,
        "committed": arrival.committed,
        "made": [{"kind": kind, "id": record_id} for kind, record_id in arrival.made],
        "fault": arrival.fault,
    }


def _payment(payment: Payment) -> dict[str, Any]:
    return {
        "id": payment.id,
        "invoiceId": payment.invoice_id,
        "locationId": payment.location_id,
        "amount": payment.amount,
        "tip": payment.tip,
        "mode": payment.mode,
        "at": payment.at,
    }
