"""The body of an answer, taken in within a bound: what came over the wire, and what it inflates to."""

from __future__ import annotations

import zlib

__all__ = ["ENCODINGS", "Body", "Cut", "Garbled"]

ENCODINGS = "gzip, deflate"  # what is asked for, and all that is understood
_PLAIN = ("", "identity")
_GZIP = ("gzip", "x-gzip")


class Cut(Exception):
    """The body isn't whole, or more than is taken in."""


class Garbled(Exception):
    """The body came whole, and can't be inflated."""


class Body:
    """What has come of a body; neither it nor what it came as is ever more than `most` bytes."""

    def __init__(self, encoding: str, most: int):
        self._coding = encoding.strip().lower()
        if self._coding not in (*_PLAIN, *_GZIP, "deflate"):
            raise Garbled(f"its content-encoding is {encoding[:40]!r}")
        self._most = most
        self._came = 0
        self._content = bytearray()
        self._inflate: zlib._Decompress | None = None

    @property
    def content(self) -> bytes:
        """The body so far."""
        return bytes(self._content)

    def add(self, chunk: bytes) -> None:
        """Take in a piece.

        Raises:
            Cut: It is too much.
            Garbled: It can't be inflated.
        """
        self._came += len(chunk)
        if self._came > self._most:
            raise Cut(f"the answer has more than {self._most:,} bytes")
        if self._coding in _PLAIN:
            self._content += chunk
            return
        try:
            while chunk:
                # A gzip body may have several members; an end without more is what one hopes for.
                if self._inflate is None or self._inflate.eof:
                    self._inflate = self._inflater(chunk)
                # Some hundred kilobytes inflate to as many megabytes: one byte too many is enough.
                room = self._most - len(self._content) + 1
                self._content += self._inflate.decompress(chunk, room)
                if len(self._content) > self._most:
                    raise Cut(f"the answer inflates to more than {self._most:,} bytes")
                chunk = self._inflate.unused_data
        except zlib.error:
            raise Garbled("its compression is broken") from None

    def end(self) -> None:
        """There is no more.

        Raises:
            Cut: Its compression isn't at its end.
        """
        if self._came and self._inflate is not None and not self._inflate.eof:
            raise Cut("the answer ends within its compression")

    def _inflater(self, head: bytes) -> zlib._Decompress:
        if self._coding in _GZIP:
            return zlib.decompressobj(wbits=31)
        # "deflate" is zlib's format by the book, and bare deflate in some servers.
        zlibs = head[0] & 0x0F == 8 and head[0] >> 4 <= 7
        return zlib.decompressobj(wbits=15 if zlibs else -15)
