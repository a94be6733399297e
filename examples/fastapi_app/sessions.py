"""STAND-IN for a log-in: a signed cookie that says whose session this is.

Replace it by your own users and sessions. Here whoever has consented for a location is logged in as
that location, for half a day: nobody is asked who he is.
"""

from __future__ import annotations

import hashlib
import hmac
import time

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "session"
LASTS = 12 * 3600


class Sessions:
    def __init__(self, secret: str, *, secure: bool):
        self._secret = secret.encode()
        self._secure = secure

    def token(self, location_id: str, issued: float | None = None) -> str:
        """What the cookie of a location's user holds; without `issued`, from now on."""
        return self._signed(f"{location_id}.{int(time.time() if issued is None else issued)}")

    def _signed(self, text: str) -> str:
        digest = hmac.new(self._secret, text.encode(), hashlib.sha256)
        return f"{text}.{digest.hexdigest()}"

    def location_of(self, request: Request) -> str | None:
        """The location whose user asks; None when nobody is logged in."""
        given = request.cookies.get(COOKIE, "")
        text = given.rpartition(".")[0]
        # Bytes: what comes from outside may be any text.
        if not hmac.compare_digest(given.encode(), self._signed(text).encode()):
            return None
        location_id, _, issued = text.rpartition(".")
        return location_id if time.time() < int(issued) + LASTS else None

    def log_in(self, answer: Response, location_id: str) -> None:
        answer.set_cookie(
            COOKIE,
            self.token(location_id),
            max_age=LASTS,
            httponly=True,
            secure=self._secure,
            # No other site's form may bill. "strict" would keep it from the way back of a consent, too.
            samesite="lax",
        )
