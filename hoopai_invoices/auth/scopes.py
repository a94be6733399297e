"""Which scopes the operations need, as the document states it."""

from __future__ import annotations

from difflib import get_close_matches

from .._generated.catalogue import OPERATIONS
from .._protocol import Operation
from ..errors import InvalidRequestError

__all__ = ["operation_of", "required_scopes"]


def required_scopes(*operations: str) -> frozenset[str]:
    """The least set of scopes with which all of these can be called.

    ```python
    required_scopes("estimates.create", "estimates.send", "invoices.list")
    ```

    Five operations declare none and add none: `invoices.update_late_fees`,
    `templates.update_late_fees`, `templates.update_payment_methods`, `estimates.mark_visited` and
    `invoices.mark_visited`, as the vendor's document has it; a token with none at all is not known
    to do for them.

    Raises:
        InvalidRequestError: There is no such operation.
    """
    return frozenset(scope for name in operations for scope in operation_of(name).scopes)


def operation_of(name: object) -> Operation:
    """The operation of that name.

    Raises:
        InvalidRequestError: There is none.
    """
    found = OPERATIONS.get(name) if isinstance(name, str) else None
    if found is None:
        close = get_close_matches(name, OPERATIONS, 1) if isinstance(name, str) else []
        hint = f"did you mean {close[0]!r}?" if close else "such as 'invoices.create'"
        raise InvalidRequestError(f"{name!r:.60} is no operation", path="operation", hint=hint)
    return found
