"""A text that shows itself to nobody who doesn't ask for it by name."""

from __future__ import annotations

import hmac
import json
import re
from typing import AnyStr, NoReturn
from urllib.parse import quote

from ..errors import ConfigurationError

__all__ = ["Secret", "Secrets"]

_SHORTEST = 8


class Secret:
    """A token: `repr`, `str`, `format` and `vars` don't show it, and it can't be pickled.

    ```python
    client = InvoicesClient(token=Secret(vault.read("hoopai")))
    ```
    """

    __slots__ = ("_text",)

    def __init__(self, text: str):
        self._text = text

    def reveal(self) -> str:
        """The text itself: for the wire, and for nothing that is kept or shown."""
        return self._text

    def authorization(self) -> tuple[tuple[str, str], ...]:
        """The header that shows it to the service."""
        return (("authorization", f"Bearer {self._text}"),)

    def masked(self, text: AnyStr) -> AnyStr:
        """The text without the secret in it: an answer may repeat what it was asked with."""
        if len(self._text) < _SHORTEST:
            return text  # it would take single letters out of every word
        escaped = json.dumps(self._text)[1:-1]
        for shown in {self._text, escaped, escaped.replace("/", "\\/"), quote(self._text, safe="")}:
            if isinstance(text, bytes):
                text = text.replace(shown.encode(), b"[secret]")
            else:
                text = text.replace(shown, "[secret]")
        if isinstance(text, bytes):
            return re.sub(self._escaped().encode(), b"[secret]", text) if b"\\u00" in text else text
        return re.sub(self._escaped(), "[secret]", text) if "\\u00" in text else text

    def _escaped(self) -> str:
        """A pattern of it: JSON may escape any character, and some writers escape "+"."""
        return "".join(rf"(?:{re.escape(one)}|\\u(?i:{ord(one):04x}))" for one in self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        return "Secret(…)"

    def __str__(self) -> str:
        return "[secret]"

    def __format__(self, spec: str) -> str:
        return format("[secret]", spec)

    def __reduce__(self) -> NoReturn:
        msg = "a secret can't be pickled or copied: it would leave this process in the clear"
        raise ConfigurationError(msg, hint="hand over a callable that reads it where it is used")


class Secrets(Secret):
    """What goes out in a form: hidden and masked like a token, but sent as no `Authorization`."""

    __slots__ = ("_several",)

    def __init__(self, *several: Secret):
        super().__init__("")
        self._several = several

    def authorization(self) -> tuple[()]:
        return ()

    def masked(self, text: AnyStr) -> AnyStr:
        for one in self._several:
            text = one.masked(text)
        return text
