"""Who may call what: the checks the service makes before it looks at a request's contents."""

from __future__ import annotations

from collections.abc import Mapping

from .choices import Choices
from .contract import Operation
from .errors import SandboxError
from .state import Location, State, Token

__all__ = [
    "NO_SCOPE",
    "OAUTH_SCOPES",
    "SCOPES",
    "STUB_SCOPES",
    "admit",
    "bearer",
    "check_location",
    "reach",
]

SCOPES = (
    "invoices.readonly",
    "invoices.write",
    "invoices/template.readonly",
    "invoices/template.write",
    "invoices/schedule.readonly",
    "invoices/schedule.write",
    "invoices/estimate.readonly",
    "invoices/estimate.write",
)
"""The eight scopes of the invoicing operations."""

STUB_SCOPES = (
    "contacts.readonly",
    "users.readonly",
    "payments/transactions.readonly",
)
"""The scopes of what the sandbox serves beside them."""

OAUTH_SCOPES = ("oauth.readonly", "oauth.write")
"""What a Company token needs to list the locations of its app, and to mint tokens for them."""

NO_SCOPE = "The token is not authorized for this scope."
_NO_LOCATION = "The token does not have access to this location."
_VERSIONS = frozenset({"2021-04-15", "2021-07-28", "2023-02-21", "v3"})


def admit(state: State, operation: Operation, headers: Mapping[str, str]) -> Token | None:
    """The caller's token, when it is known and may call the operation at all."""
    if not operation.token:
        return None
    value = bearer(headers)
    token = state.shown(value)
    if token is None:
        raise SandboxError(401, _unknown(state.choices, value))
    version = headers.get("version", "")
    if not version:
        raise SandboxError(401, "version header was not found.")
    if version not in _VERSIONS and state.choices.other_versions == "refused":
        raise SandboxError(401, "version header is invalid")
    if not _may(state.choices, token, operation):
        raise SandboxError(401, NO_SCOPE)
    # A Location-Id header that names another location is refused too, whatever altId says.
    if "location-id" in headers:
        check_location(token, headers["location-id"])
    return token


def bearer(headers: Mapping[str, str]) -> str:
    """The token that a request carries, or an empty text."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def reach(state: State, token: Token, location_id: str | None) -> Location | None:
    """The location that a request names, when the token was given for it and it is active."""
    if location_id is None:
        return None
    check_location(token, location_id)
    return state.active(location_id)


def check_location(token: Token, location_id: str) -> None:
    """Refuse a location that the token was not given for."""
    if location_id not in token.locations:
        raise SandboxError(403, _NO_LOCATION)


def _unknown(choices: Choices, value: str) -> str:
    if value.startswith("pit-") and choices.private_refusal == "own_text":
        return "Invalid Private Integration token"
    return "Invalid JWT"


def _may(choices: Choices, token: Token, operation: Operation) -> bool:
    if token.kind == "Company" and operation.location and choices.company_calls == "refused":
        return False
    needed = frozenset[str]() if operation.scopes is None else operation.scopes.get(token.kind)
    if needed is None:
        return False
    if not needed and choices.visit_scope == "write":
        needed = _NEIGHBOURS.get(operation.name.split(".")[0], needed)
    return needed <= token.scopes


# What the other operations of these resources ask for, where one declares no scope.
_NEIGHBOURS = {
    "invoices": frozenset({"invoices.write"}),
    "templates": frozenset({"invoices/template.write"}),
    "schedules": frozenset({"invoices/schedule.write"}),
    "estimates": frozenset({"invoices/estimate.write"}),
    "estimate_templates": frozenset({"invoices/estimate.write"}),
}
