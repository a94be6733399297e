"""What the application reads from its environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

SERVICE = "https://services.leadconnectorhq.com"
CONSENT = "https://marketplace.gohighlevel.com/oauth/chooselocation"


@dataclass(frozen=True)
class Settings:
    """HOOPAI_BASE_URL, HOOPAI_CLIENT_ID, …: each field's name in capitals, behind its prefix."""

    client_id: str
    client_secret: str = field(repr=False)
    secret: str = field(repr=False)
    """Signs the sessions, 32 characters at least; BILLING_SECRET."""
    base_url: str = SERVICE
    store: str = "tokens"
    """The folder of the grants: whoever reads it has the tokens."""
    ledger: str = "billing.db"
    """A SQLite file, or the address of a PostgreSQL."""
    user_id: str | None = None
    """In whose name invoices are sent."""
    url: str = "http://127.0.0.1:8000"
    """Where browsers find the application; BILLING_URL."""
    bind: str = "127.0.0.1:8000"
    """Where it listens; BILLING_BIND."""
    live: bool = False
    """BILLING_LIVE=yes bills for real."""

    def __post_init__(self) -> None:
        if len(self.secret) < 32:
            msg = "BILLING_SECRET is too short: openssl rand -hex 32"
            raise ValueError(msg)

    @classmethod
    def from_env(cls) -> Self:
        env = os.environ
        return cls(
            client_id=env["HOOPAI_CLIENT_ID"],
            client_secret=env["HOOPAI_CLIENT_SECRET"],
            secret=env["BILLING_SECRET"],
            base_url=env.get("HOOPAI_BASE_URL", cls.base_url),
            store=env.get("HOOPAI_STORE", cls.store),
            ledger=env.get("HOOPAI_LEDGER", cls.ledger),
            user_id=env.get("HOOPAI_USER_ID"),
            url=env.get("BILLING_URL", cls.url).rstrip("/"),
            bind=env.get("BILLING_BIND", cls.bind),
            live=env.get("BILLING_LIVE") == "yes",
        )

    @property
    def consent_url(self) -> str:
        """Where users consent: the sandbox has a page of its own."""
        here = urlsplit(self.base_url).scheme == "http"
        return f"{self.base_url}/oauth/chooselocation" if here else CONSENT
