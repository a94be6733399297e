"""Who may call what: the checks the service makes before it looks at a request's contents."""

from __future__ import annotations

from collections.abc import Mapping

from .contract import Operation
from .errors import SandboxError
from .state import State, Token

__all__ = ["SCOPES", "admit", "check_location"]

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

_NO_SCOPE = "The token is not authorized for this scope."
_NO_LOCATION = "The token does not have access to this location."


def admit(state: State, operation: Operation, headers: Mapping[str, str]) -> Token:
    """The caller's token, when it is known and may call the operation at all."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    token = state.tokens.get(value.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        raise SandboxError(401, "Invalid JWT")
    if not headers.get("version"):
        raise SandboxError(401, "version header was not found.")
    if operation.scopes is not None:
        needed = operation.scopes.get(token.kind)
        if needed is None or not needed <= token.scopes:
            raise SandboxError(401, _NO_SCOPE)
    # A Location-Id header that names another location is refused too, whatever altId says.
    if "location-id" in headers:
        check_location(token, headers["location-id"])
    return token


def check_location(token: Token, location_id: str) -> None:
    """Refuse a location that the token was not given for."""
    if location_id not in token.locations:
        raise SandboxError(403, _NO_LOCATION)
