"""A local stand-in for the invoicing service (extra `sandbox`).

Stateful, deterministic under a seed, and refusing what the service refuses, in its words where
they were recorded. In process with `Sandbox`, or as a program with
`python -m hoopai_invoices.sandbox`.
"""

from __future__ import annotations

from importlib.util import find_spec

if not (find_spec("jsonschema_rs") and find_spec("uvicorn")):
    msg = "the sandbox is an extra: pip install 'hoopai-invoices[sandbox]'"
    raise ImportError(msg)

from .access import SCOPES
from .app import RecordedRequest
from .box import Sandbox
from .control import Customer
from .errors import SandboxError
from .state import Location

__all__ = ["SCOPES", "Customer", "Location", "RecordedRequest", "Sandbox", "SandboxError"]
