"""Keyed writes on record in SQLite or PostgreSQL (extras `ledger` and `ledger-postgres`).

With it the same key never makes a second record, whichever process asks, and after a crash:

    async with SQLLedger("billing.db") as ledger:
        async with InvoicesClient.from_env(ledger=ledger) as client:
            ...
"""

from __future__ import annotations

from importlib.util import find_spec

if not all(find_spec(name) for name in ("sqlalchemy", "greenlet")):
    msg = "a ledger in a database is an extra: pip install 'hoopai-invoices[ledger]'"
    raise ImportError(msg)

from .ledger import SQLLedger

__all__ = ["SQLLedger"]
