"""A local stand-in for the invoicing service (extra `sandbox`).

Stateful, deterministic under a seed, and refusing what the service refuses, in its words. In
process with `Sandbox`, or as a program with `python -m hoopai_invoices.sandbox`.
"""

from __future__ import annotations

from .access import SCOPES
from .app import RecordedRequest
from .box import Sandbox
from .control import Customer
from .errors import SandboxError
from .state import Location

__all__ = ["SCOPES", "Customer", "Location", "RecordedRequest", "Sandbox", "SandboxError"]
