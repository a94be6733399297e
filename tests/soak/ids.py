"""Hostile ids, and a router that shares no code with the client: where would each request arrive?"""

from __future__ import annotations

import posixpath
from collections import Counter
from functools import cache
from random import Random
from urllib.parse import unquote

from strategies import DOCUMENT

from hoopai_invoices._core.ids import path_of
from hoopai_invoices._generated.catalogue import OPERATIONS
from hoopai_invoices.errors import InvalidRequestError

__all__ = ["astray", "route", "try_ids"]

WORDS = sorted({part for path in DOCUMENT["paths"] for part in path.split("/") if "{" not in part})
PIECES = (
    *(".", "..", "...", "%2e", "%2E%2e", "%252e", "/", "//", "\\", "%2f", "%5c", "%255c", "%00"),
    *("?", "#", ";", "&", "=", "@", ":", "*", "{", "}", "%", " ", "\t", "\r\n", "\n", "\x00"),
    *("\x7f", "\x85", "\u2028", "\u2024", "\u2025", "\uff0e", "\uff0f", "\u2215", "\u202e"),
    *("\u0660", "\u00b2", "\u0130", "\u017f", "\u212a", "\u00df", "\ud800", "\U0001f4b6", "\ufeff"),
    *("é", "e\u0301", "+", "~", "!", "$", "'", '"', "(", ",", "<", "|", "^", "`", "-", "_", "--"),
    *("a", "Z", "9", "0", "65a1b2c3d4e5f6a7b8c9d0e1", "null", "undefined", "constructor"),
)
STRANGE: tuple[object, ...] = (None, 0, 1, True, b"settings", ("a",), ["a"], {}, 1.5, object())


def _id(r: Random) -> object:
    match r.randrange(10):
        case 0:
            word = r.choice(WORDS)
            return "".join(r.choice((letter.upper(), letter.lower())) for letter in word)
        case 1:
            return r.choice(WORDS) + r.choice(PIECES)
        case 2:
            return r.choice(PIECES) + r.choice(WORDS)
        case 3 | 4:
            return "".join(r.choices(PIECES, k=r.randint(0, 5)))
        case 5:
            return "/".join(r.choices((*PIECES, *WORDS), k=r.randint(1, 4)))
        case 6:
            return "".join(chr(r.randrange(0x110000)) for _ in range(r.randint(1, 8)))
        case 7:
            return r.choice("aZ9-_.") * r.choice((1, 24, 127, 128, 129, 10_000))
        case 8:
            word = r.choice(WORDS)
            return "".join(f"%{ord(letter):02x}" if r.random() < 0.5 else letter for letter in word)
        case _:
            plain = "ABCdef012-_"
            return (
                "".join(r.choices(plain, k=r.randint(1, 30)))
                if r.random() < 0.9
                else r.choice(STRANGE)
            )


def try_ids(seed: int, count: int) -> tuple[Counter[str], list[str]]:
    """Put so many ids into paths: how many were refused, and which went astray."""
    r = Random(seed)
    named = [operation for operation in OPERATIONS.values() if operation.ids]
    counts: Counter[str] = Counter()
    wrong = []
    value: object = None
    for number in range(count):
        operation = named[number % len(named)]
        # Every operation gets the same id: it may be harmless for one and a path for another.
        if number % len(named) == 0:
            value = _id(r)
        ids = (value,) * len(operation.ids)
        try:
            path = path_of(operation, ids)  # type: ignore[arg-type]
        except InvalidRequestError:
            counts["refused"] += 1
            continue
        except Exception as error:
            wrong.append(f"{operation.name}: {value!r:.200} ended as {error!r}")
            continue
        counts["sent"] += 1
        if astray(path, operation.path, value):
            wrong.append(f"{operation.name}: {value!r:.200} leads astray, by {path!r:.200}")
    return counts, wrong


def astray(path: str, template: str, value: object) -> bool:
    """Whether some server could take a path for another route's, or its id for another id."""
    normal = _normal(path)
    routes = {route(seen) for seen in (path, path.lower(), normal, normal.lower())}
    return routes != {template} or value not in normal.split("/")


def _normal(path: str) -> str:
    """The path as the most obliging of servers reads it."""
    for _ in range(3):
        path = unquote(path)
    for end in "?#;\x00":
        path = path.partition(end)[0]
    slash = "/" if path.endswith("/") else ""
    return posixpath.normpath(path.replace("\\", "/").strip()).rstrip("/") + slash


class _Node:
    """A place in the tree of paths: what may follow, and the template that ends here."""

    def __init__(self) -> None:
        self.after: dict[str, _Node] = {}
        self.template: str | None = None


@cache
def _tree() -> _Node:
    root = _Node()
    for path in DOCUMENT["paths"]:
        node = root
        for part in path.lower().split("/"):
            node = node.after.setdefault("{}" if "{" in part else part, _Node())
        node.template = path
    return root


def route(path: str) -> str | None:
    """The template that a path belongs to: literal segments go before parameters."""
    node: _Node | None = _tree()
    for part in path.split("/"):
        if node is None:
            return None
        node = node.after.get(part.lower()) or node.after.get("{}")
    return node.template if node is not None else None
