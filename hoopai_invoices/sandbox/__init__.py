"""A local stand-in for the invoicing service (extra `sandbox`).

Stateful, deterministic under a seed, and refusing what the service refuses, in its words where
they were recorded. In process with `Sandbox`, or as a program with
`python -m hoopai_invoices.sandbox`.
"""

from __future__ import annotations

from importlib.util import find_spec

if not all(find_spec(name) for name in ("dateutil", "jsonschema_rs", "uvicorn")):
    msg = "the sandbox is an extra: pip install 'hoopai-invoices[sandbox]'"
    raise ImportError(msg)

from .access import OAUTH_SCOPES, SCOPES, STUB_SCOPES
from .arrivals import Arrival
from .box import Sandbox
from .choices import Choices, Limits
from .clock import VirtualClock
from .customer import Customer
from .errors import SandboxError
from .faults import Fault, Faults
from .oauth import OAuthServer
from .state import Location, Payment

__all__ = [
    "OAUTH_SCOPES",
    "SCOPES",
    "STUB_SCOPES",
    "Arrival",
    "Choices",
    "Customer",
    "Fault",
    "Faults",
    "Limits",
    "Location",
    "OAuthServer",
    "Payment",
    "Sandbox",
    "SandboxError",
    "VirtualClock",
]
