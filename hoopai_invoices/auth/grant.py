"""What the service grants: tokens, whose they are, what they allow, and until when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from attrs import field, frozen

from .._core.ids import check_id
from .._core.secret import Secret
from .._protocol import TokenKind
from ..errors import InvalidRequestError, TokenStoreError

__all__ = ["Grant", "Malformed"]


class Malformed(Exception):
    """An answer, or an entry of a store, is no grant. The text says what is missing, and no value."""


@frozen(kw_only=True)
class Grant:
    """One grant, as the service has given it.

    Attributes:
        kind: "Location" or "Company", as the answer says, whatever was asked for.
        access_token: What calls are sent with.
        refresh_token: What the next one is had with, once; None for a token that was minted from a
            Company's, and is minted anew.
        company_id: The agency.
        location_id: The sub-account; None for a Company's.
        user_id: Who consented.
        scopes: What is allowed.
        approved_locations: The sub-accounts that an agency's user has chosen, when told.
        obtained_at: When it came, in seconds since 1970 by the clock of who got it.
        expires_in: For how many seconds the access token is good; None when nobody has told.
    """

    kind: TokenKind
    access_token: Secret
    refresh_token: Secret | None = None
    company_id: str | None = None
    location_id: str | None = None
    user_id: str | None = None
    scopes: frozenset[str] = frozenset()
    approved_locations: tuple[str, ...] = field(default=(), repr=False)
    obtained_at: float
    expires_in: float | None = None

    @property
    def is_minted(self) -> bool:
        """Whether it was minted from an agency's, and is minted anew."""
        return self.kind == "Location" and self.refresh_token is None

    @property
    def expires_at(self) -> datetime | None:
        """When the access token ends, by the clock of who got it; None when nobody has told."""
        if self.expires_in is None:
            return None
        return datetime.fromtimestamp(self.obtained_at + self.expires_in, UTC)

    @classmethod
    def read(cls, answer: object, now: float) -> Grant:
        """The grant in an answer of `/oauth/token` or `/oauth/locationToken`.

        Raises:
            Malformed: There is none.
        """
        if not isinstance(answer, Mapping):
            raise Malformed("an object was expected")
        location_id, company_id = _id(answer, "locationId"), _id(answer, "companyId")
        named = answer.get("userType")
        company = named == "Company" if named in ("Company", "Location") else location_id is None
        kind: TokenKind = "Company" if company else "Location"
        if company:
            location_id = None
        if (location_id if kind == "Location" else company_id) is None:
            raise Malformed(f"a {kind} grant without its id")
        scope = answer.get("scope")
        approved = answer.get("approvedLocations")
        lasts = answer.get("expires_in")
        return cls(
            kind=kind,
            access_token=_token(answer, "access_token") or _missing("access_token"),
            refresh_token=_token(answer, "refresh_token"),
            company_id=company_id,
            location_id=location_id,
            user_id=_id(answer, "userId"),
            scopes=frozenset(scope.split() if isinstance(scope, str) else ()),
            approved_locations=tuple(
                one for one in (approved if isinstance(approved, list) else ()) if _is_id(one)
            ),
            obtained_at=now,
            expires_in=_seconds(lasts),
        )

    def dump(self) -> Secret:
        """The text that a store keeps."""
        return Secret(
            json.dumps(
                {
                    "userType": self.kind,
                    "access_token": self.access_token.reveal(),
                    "refresh_token": self.refresh_token and self.refresh_token.reveal(),
                    "companyId": self.company_id,
                    "locationId": self.location_id,
                    "userId": self.user_id,
                    "scope": " ".join(sorted(self.scopes)),
                    "approvedLocations": list(self.approved_locations),
                    "obtained_at": self.obtained_at,
                    "expires_in": self.expires_in,
                }
            )
        )

    @classmethod
    def load(cls, text: Secret) -> Grant:
        """The grant that a store has kept.

        Raises:
            TokenStoreError: The entry is none.
        """
        found = _kept(text)
        if isinstance(found, Grant):
            return found
        msg = f"an entry of the token store is no grant: {found}"
        hint = "is it another program's store? `OAuthApp.forget(…)`, and consent again"
        raise TokenStoreError(msg, hint=hint)


def _kept(text: Secret) -> Grant | str:
    """The grant, or why there is none: who raises an error shows the variables of his frames."""
    try:
        kept = json.loads(text.reveal())
        return Grant.read(kept, _seconds(kept.get("obtained_at")) or 0.0)
    except (ValueError, AttributeError) as error:
        return type(error).__name__
    except Malformed as error:
        return str(error)


def _id(answer: Mapping[str, Any], key: str) -> str | None:
    found = answer.get(key)
    return found if _is_id(found) else None


def _is_id(value: object) -> bool:
    try:
        check_id(value, "id")
    except InvalidRequestError:
        return False
    return True


def _token(answer: Mapping[str, Any], key: str) -> Secret | None:
    found = answer.get(key)
    whole = isinstance(found, str) and found.isascii() and found.isprintable() and " " not in found
    return Secret(found) if whole and found else None


def _missing(key: str) -> Any:
    raise Malformed(f"no {key}")


def _seconds(value: object) -> float | None:
    """A number of seconds above 0, also where it comes as a text; None for anything else."""
    try:
        found = float(value) if isinstance(value, str | int | float | Decimal) else 0.0
    except ValueError:
        return None
    return found if 0 < found < 1e11 and not isinstance(value, bool) else None
