"""The customer's side: what happens on the estimate's page, for which the service has no call.

In process it is `box.customer`; over the port it is `POST /_sandbox/customer/accept` and
`…/decline` with `{"estimateId": …}`, for loopback callers only and without a token.
"""

from __future__ import annotations

from typing import Any

from .call import Answer
from .errors import SandboxError
from .estimates import set_status
from .state import State

__all__ = ["PREFIX", "Customer", "is_loopback"]

PREFIX = "/_sandbox/"


def is_loopback(host: str | None) -> bool:
    """Whether an address belongs to this machine alone."""
    return host in ("localhost", "::1") or (host or "").startswith("127.")


class Customer:
    """The customer of every estimate in the sandbox."""

    def __init__(self, state: State) -> None:
        self._state = state

    def accept(self, estimate_id: str) -> None:
        """Accept an estimate that was sent or viewed.

        Raises:
            SandboxError: There is no such estimate, or it is not waiting for an answer.
        """
        self._answer(estimate_id, "accepted")

    def decline(self, estimate_id: str) -> None:
        """Decline an estimate that was sent or viewed.

        Raises:
            SandboxError: There is no such estimate, or it is not waiting for an answer.
        """
        self._answer(estimate_id, "declined")

    def _answer(self, estimate_id: str, status: str) -> None:
        estimate = self._state.estimates.get(estimate_id)
        if estimate is None or estimate["deleted"]:
            raise SandboxError(404, f"There is no estimate {estimate_id!r}.")
        current = estimate["estimateStatus"]
        if current not in ("sent", "viewed"):
            msg = (
                f"The customer cannot answer estimate {estimate_id!r}: it is {current}, "
                "and only a sent or viewed one can be accepted or declined."
            )
            raise SandboxError(409, msg)
        set_status(self._state, estimate, status)


def handle(customer: Customer, method: str, path: str, caller: str | None, body: Any) -> Answer:
    """Answer a call to the sandbox itself."""
    actions = {"customer/accept": customer.accept, "customer/decline": customer.decline}
    action = actions.get(path.removeprefix(PREFIX))
    if action is None or method != "POST":
        raise SandboxError(404, f"Cannot {method} {path}")
    if not is_loopback(caller):
        raise SandboxError(403, "Only this machine may speak for the customer.")
    estimate_id = body.get("estimateId") if isinstance(body, dict) else None
    if not isinstance(estimate_id, str):
        raise SandboxError(422, ["estimateId must be a string"])
    action(estimate_id)
    return Answer(200, {"estimateId": estimate_id, "success": True})
