"""Bad replies: what a broken, overloaded or hostile service answers. Each is made from a seed.

Every maker returns the bytes and what they mean for the request, its *fate*:

done      a whole success came: the work is done, whatever its content looks like
refused   a whole answer says that nothing was done
limited   429: nothing was done, and the same request may be sent again
unknown   nobody can tell what was done
any       it depends on how strictly the bytes are read
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any, Literal, NamedTuple

from strategies import (
    ODDITIES,
    whole,
)

from hoopai_invoices._core.codec import dumps
from hoopai_invoices._generated.catalogue import OPERATIONS

__all__ = ["CAP", "KINDS", "STRANGER", "Fate", "Reply", "draw", "operation_of", "redirect"]

CAP = 300_000  # bytes of an answer that the client of the campaign takes in
STRANGER = "nobody-asked"  # stands in every answer that belongs to no request

Fate = Literal["done", "refused", "limited", "unknown", "any"]
End = Literal["keep", "close", "reset", "hang"]
Maker = Callable[[Random, bytes, bytes], "Reply"]


class Reply(NamedTuple):
    """What the server does: bytes to write and seconds to wait, then what becomes of the line."""

    fate: Fate
    steps: tuple[bytes | float, ...]
    end: End = "keep"
    kind: str = ""


KINDS: dict[str, tuple[float, Maker]] = {}


def kind(weight: float) -> Callable[[Maker], Maker]:
    """Take a maker into the draw."""

    def taken(maker: Maker) -> Maker:
        KINDS[maker.__name__] = weight, maker
        return maker

    return taken


def operation_of(number: int) -> str:
    """The operation that the call with this number calls."""
    return _NAMES[number % len(_NAMES)]


_NAMES = list(OPERATIONS)


def draw(seed: int, number: int, attempt: int, token: bytes) -> Reply:
    """The reply to one attempt of the call with this number: always the same one."""
    r = Random(f"{seed} {number} {attempt}")
    good = _good(operation_of(number))
    if attempt > 1 and r.random() < 0.5:
        return plain(200, good)._replace(kind="good")
    name = r.choices(list(KINDS), [weight for weight, _ in KINDS.values()])[0]
    return KINDS[name][1](r, good, token)._replace(kind=name)


@cache
def _model(operation: str) -> dict[str, Any]:
    answer = OPERATIONS[operation].answer
    return whole(answer) if answer else {"success": True}


@cache
def _good(operation: str) -> bytes:
    return dumps(_model(operation))


# --- Framing ---------------------------------------------------------------------------------


def fate_of(status: int) -> Fate:
    """What a whole answer with this status, and with no telling text, says."""
    if 200 <= status < 300:
        return "done"
    if status == 429:
        return "limited"
    known = 307 <= status < 500 and status not in (408, 499)
    return "refused" if known or status == 501 else "unknown"


def head(status: int, *lines: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 %d X" % status, *lines, b"", b""])


def plain(status: int, body: bytes = b"", *lines: bytes, fate: Fate | None = None) -> Reply:
    """An answer that is framed as it should be."""
    fate = fate or fate_of(status)
    if status < 200:  # never the last word
        return Reply("unknown", (head(status, *lines),), "close")
    if status in (204, 304):
        return Reply(fate, (head(status, *lines),))
    return Reply(fate, (head(status, b"Content-Length: %d" % len(body), *lines) + body,))


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def _bytes(r: Random, most: int) -> bytes:
    return r.randbytes(r.randint(1, most))


# --- JSON ------------------------------------------------------------------------------------


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


# What may stand where a value is expected; some of it is no JSON.
RAW: tuple[bytes, ...] = (
    *(dumps(oddity) for oddity in ODDITIES),
    *(b"NaN", b"Infinity", b"-Infinity", b"1e999999", b"-1E+99999999999", b"1e-999999"),
    *(b"-0", b"-0.0", b"9" * 5000, b"-" + b"9" * 4301, b"0." + b"1" * 5000, b"1e5", b"0.1e-7"),
    *(nested(99), nested(101), nested(2000), b"[" * 100_000, nested(100_000), b'{"a":' * 50_000),
    *(b'{"id":1,"id":2}', b'{"_id":null,"_id":"x"}', b'{"":{"":{}}}'),
    *(rb'"\ud800"', rb'"\udc00\ud800"', rb'"\u0000"', rb'"\uFFFF"', rb'"\x"', rb'"\u12"'),
    *(b'"\xff\xfe"', b'"\xed\xa0\x80"', b'"\xc0\x80"', b'"\x00\x01\n"', b'"', b"'x'"),
    *(b"", b"}", b"]", b",", b"1 2", b"01", b"+1", b".5", b"5.", b"0x10", b"tru", b"undefined"),
    *(b"[1,]", b'{"a":1,}', b"{a:1}", b'{"a"}', b"/**/1", b"\xef\xbb\xbf1", b"[[],{},[{}]]"),
    *(b'"' + b"x" * 100_000 + b'"', b"[" + b"0," * 50_000 + b"0]"),
)
_MARK = "here-comes-the-oddity"


def _planted(r: Random, value: Any) -> Any:
    """The value with a mark in some place of it."""
    if isinstance(value, dict) and value and r.random() < 0.85:
        key = r.choice(list(value))
        return {**value, key: _planted(r, value[key])}
    if isinstance(value, list) and value and r.random() < 0.85:
        place = r.randrange(len(value))
        return [*value[:place], _planted(r, value[place]), *value[place + 1 :]]
    return _MARK


@kind(18)
def wrong_field(r: Random, good: bytes, token: bytes) -> Reply:
    model = _by_bytes(good)
    body = dumps(_planted(r, model)).replace(b'"%s"' % _MARK.encode(), r.choice(RAW))
    return plain(r.choice([200, 201]), body)


@cache
def _by_bytes(good: bytes) -> Any:
    return next(_model(name) for name in OPERATIONS if _good(name) == good)


@kind(7)
def wrong_body(r: Random, good: bytes, token: bytes) -> Reply:
    text = good.decode()
    body = r.choice(
        [
            r.choice(RAW),
            b"\xef\xbb\xbf" + good,
            text.encode("utf-16"),
            text.encode("utf-16-le"),
            text.encode("utf-32"),
            good.replace(b"USD", "\xe9\xfc".encode("latin-1")),
            good + good,
            good + b"\x00",
            good[: r.randrange(len(good))],
            b")]}',\n" + good,
            b"callback(" + good + b")",
            b"[" + good + b"]",
            dumps(good.decode()),
            good[:-1] + b"," + good[1:],
            b"{}",
            b'{"data":null}',
            b" " * 1000,
            _bytes(r, 300),
        ]
    )
    return plain(r.choice([200, 200, 201, 202, 206, 299]), body)


# --- Statuses and what comes with them -------------------------------------------------------

STATUSES = (400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504, 408, 520)
DOCUMENTED: tuple[bytes, ...] = (
    b'{"statusCode":400,"message":"Invalid value","error":"Bad Request"}',
    b'{"statusCode":401,"message":"Invalid JWT"}',
    b'{"statusCode":401,"message":"The token is not authorized for this scope."}',
    b'{"statusCode":403,"message":"The token does not have access to this location."}',
    b'{"statusCode":403,"message":"Location is not active"}',
    b'{"statusCode":422,"message":["property x should not exist"],"error":"Unprocessable Entity"}',
    b'{"message":"Too Many Requests","traceId":"0c52e980-41f6-4be7-8c4a-a6c1b2f3d4e5"}',
    b'{"msg":"?"}',
)


@kind(9)
def every_status(r: Random, good: bytes, token: bytes) -> Reply:
    return plain(r.randint(100, 999), r.choice(DOCUMENTED))


@kind(9)
def likely_status(r: Random, good: bytes, token: bytes) -> Reply:
    return plain(r.choice(STATUSES), r.choice(DOCUMENTED))


@kind(4)
def telling_text(r: Random, good: bytes, token: bytes) -> Reply:
    status, text, fate = r.choice(_TELLING)
    return plain(status, dumps({"statusCode": status, "message": text}), fate=fate)


_TELLING: tuple[tuple[int, str, Fate], ...] = (
    (401, "Request timed out", "unknown"),
    (401, "upstream TIMEOUT", "unknown"),
    (500, "invoice validation failed: title: too long", "refused"),
    (500, "Cast to ObjectId failed for value", "refused"),
    (500, "Internal server error", "unknown"),
    (400, "estimate_not_accepted", "refused"),
    (401, "Location is not active", "refused"),
    (401, "The token is not authorized for this scope.", "refused"),
    (403, "location is NOT active", "refused"),
)


@kind(7)
def wrong_error(r: Random, good: bytes, token: bytes) -> Reply:
    """An error of which no field is what it should be."""
    key = r.choice([b"message", b"error", b"error_description", b"traceId", b"statusCode"])
    body = b'{"%s":%s,"traceId":"t","message":"m"}' % (key, r.choice(RAW))
    if r.random() < 0.3:
        body = r.choice(RAW)
    status = r.choice([400, 403, 404, 409, 422, 429, 502, 503, 307, 402, 418])
    return plain(status, body)


@kind(4)
def page(r: Random, good: bytes, token: bytes) -> Reply:
    body = b"<!doctype html><html><title>%s</title>" % _bytes(r, 20).hex().encode()
    body += r.choice([b"</html>", b"<" * 20_000, b"<p>" * 5000, b"<script>" + b"x" * 9000])
    status = r.choice([200, 201, 400, 401, 403, 404, 413, 500, 502, 503, 504, 521, 999])
    lines = r.choice([(b"Content-Type: text/html",), (), (b"Content-Type: ;;;=\xff",)])
    return plain(status, body, *lines)


@kind(2)
def wrong_type(r: Random, good: bytes, token: bytes) -> Reply:
    media = [b"text/plain", b"image/png", b"application/json; charset=utf-16", b"", b"x" * 5000]
    return plain(200, good, b"Content-Type: " + r.choice(media))


@kind(2)
def empty(r: Random, good: bytes, token: bytes) -> Reply:
    return plain(r.choice([200, 201, 204, 205, 400, 401, 404, 422, 500, 503]))


@kind(2)
def bodiless(r: Random, good: bytes, token: bytes) -> Reply:
    """A body behind a status that has none."""
    status = r.choice([204, 304])
    body = r.choice([good, head(200, b"Content-Length: 2") + b"{}", _bytes(r, 50)])
    line = r.choice([b"Content-Length: %d" % len(body), b"X: y", b"Transfer-Encoding: chunked"])
    return Reply(fate_of(status), (head(status, line) + body,))


@kind(3)
def moved(r: Random, good: bytes, token: bytes) -> Reply:
    place = r.choice([b"/", b"/invoices/", b"//", b"", b"http://[", b"\xff", b"javascript:1"])
    return plain(r.choice([300, 301, 302, 303, 305, 307, 308]), b"", b"Location: " + place)


# --- Lengths, chunks, cuts -------------------------------------------------------------------


@kind(5)
def wrong_length(r: Random, good: bytes, token: bytes) -> Reply:
    size = len(good)
    lines = r.choice(
        [
            [b"Content-Length: %d" % (size + r.randint(1, 10**6))],
            [b"Content-Length: %d" % r.randrange(size)],
            [b"Content-Length: -%d" % size],
            [b"Content-Length: " + b"9" * r.choice([15, 19, 20, 40, 5000])],
            [b"Content-Length: %d" % size, b"Content-Length: %d" % (size + 1)],
            [b"Content-Length: %d" % size] * 3,
            [b"Content-Length: %d, %d" % (size, size)],
            [b"Content-Length: 0x%x" % size],
            [b"Content-Length: +%d" % size],
            [b"Content-Length: " + str(size).translate(_ARABIC).encode()],
            [b"Content-Length: %d" % size, b"Transfer-Encoding: chunked"],
            [b"Content-Length:"],
        ]
    )
    return Reply("any", (head(r.choice([200, 200, 400, 502]), *lines) + good,), "close")


_ARABIC = {ord("0") + digit: 0x660 + digit for digit in range(10)}


@kind(6)
def cut(r: Random, good: bytes, token: bytes) -> Reply:
    """A success that ends too early: nobody can tell what was done."""
    if r.random() < 0.5:
        data = head(200, b"Transfer-Encoding: chunked") + chunked(good[:7], good[7:])
        end = len(data) - 2
    else:
        data = head(200, b"Content-Length: %d" % len(good)) + good
        end = len(data)
    return Reply("unknown", (data[: r.randrange(end)],), r.choice(["close", "reset"]))


@kind(1)
def cut_refusal(r: Random, good: bytes, token: bytes) -> Reply:
    status = r.choice([400, 401, 403, 404, 422])
    data = head(status, b"Content-Length: 999") + r.choice(DOCUMENTED)
    return Reply("refused", (data,), "close")


@kind(4)
def wrong_chunks(r: Random, good: bytes, token: bytes) -> Reply:
    begin = head(r.choice([200, 200, 422, 502]), b"Transfer-Encoding: chunked")
    sizes = (b"", b"-5", b"g", b"0x5", b"F" * 17, b"F" * 30, b"5;" + b"x" * 70_000, b" 5", b"5\x00")
    body = r.choice(
        [
            *(size + b"\r\n" + good + b"\r\n0\r\n\r\n" for size in sizes),
            b"%x\r\n%s" % (len(good) - 1, good),
            b"%x\n%s\n0\n\n" % (len(good), good),
            chunked(*(good[i : i + 1] for i in range(len(good)))),
            chunked(good)[:-2] + b"Trailer: x\r\n\r\n",
            chunked(good)[:-2] + b"T: " + b"x" * 200_000 + b"\r\n\r\n",
            chunked(good)[:-2] + b"no trailer\r\n\r\n",
            chunked(good)[:-5] + b"FFFFFFFF\r\n",
            b"0\r\n\r\n" + good,
        ]
    )
    return Reply("any", (begin + body,), "close")


@kind(1)
def wrong_coding(r: Random, good: bytes, token: bytes) -> Reply:
    names = [
        b"gzip",
        b"chunked, chunked",
        b"identity",
        b"xchunked",
        b"chunked\x0b",
        b"gzip, chunked",
    ]
    lines = [b"Transfer-Encoding: " + r.choice(names)]
    return Reply("any", (head(200, *lines) + r.choice([good, chunked(good)]),), "close")


@kind(2)
def too_big(r: Random, good: bytes, token: bytes) -> Reply:
    body = good[:-1] + b" " * (CAP + r.randint(1, 10**5)) + b"}"
    refused = r.random() < 0.3
    status = 422 if refused else 200
    if r.random() < 0.5:
        return plain(status, body, fate="refused" if refused else "unknown")
    data = head(status, b"Transfer-Encoding: chunked") + chunked(body[:CAP], body[CAP:])
    return Reply("refused" if refused else "unknown", (data,))


# --- No HTTP, or hardly ----------------------------------------------------------------------


@kind(4)
def gone(r: Random, good: bytes, token: bytes) -> Reply:
    return Reply("unknown", r.choice([(), (0.001,)]), r.choice(["close", "reset"]))


@kind(4)
def garbage(r: Random, good: bytes, token: bytes) -> Reply:
    data = r.choice(
        [
            _bytes(r, 400),
            b"\r\n" * 200,
            b"\x00" * 400,
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + _bytes(r, 90),
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"220 mail.example ESMTP\r\n",
            b"SSH-2.0-OpenSSH\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            good,
            b"x" * 200_000,
        ]
    )
    return Reply("unknown", (data,), r.choice(["close", "reset"]))


@kind(4)
def odd_line(r: Random, good: bytes, token: bytes) -> Reply:
    status = r.choice([b"200", b"422", b"503"])
    line = r.choice(
        [
            b"HTTP/1.1 %s",
            b"HTTP/1.1 %s ",
            b"HTTP/2.0 %s",
            b"HTTP/1.0 %s OK",
            b"HTTP/9.9 %s OK",
            b"HTTP/0.9 %s OK",
            b"HTTP/1 %s OK",
            b"HTTP/11.1 %s OK",
            b"HTTP/1.1  %s OK",
            b" HTTP/1.1 %s OK",
            b"http/1.1 %s OK",
            b"HTTP/1.1\t%s\tOK",
            b"HTTP/1.1 %s9 OK",
            b"HTTP/1.1 -%s OK",
            b"ICY %s OK",
            b"\r\nHTTP/1.1 %s OK",
            b"HTTP/1.1 %s " + b"x" * 120_000,
            b"HTTP/1.1 %s \xff\xfe\x00",
            b"HTTP/1.1 %s O\rK",
        ]
    ) % (status[:2] if r.random() < 0.1 else status)
    data = line + b"\r\nContent-Length: %d\r\n\r\n" % len(good) + good
    return Reply("any", (data,), r.choice(["keep", "close"]))


@kind(3)
def interim(r: Random, good: bytes, token: bytes) -> Reply:
    flood = head(r.choice([100, 102, 103, 199]), b"Link: </x>; rel=preload") * r.randint(1, 800)
    if r.random() < 0.5:
        return Reply("unknown", (flood,), "close")
    return Reply("done", (flood + head(200, b"Content-Length: %d" % len(good)) + good,))


@kind(0.5)
def switched(r: Random, good: bytes, token: bytes) -> Reply:
    data = head(101, b"Upgrade: websocket", b"Connection: Upgrade")
    return Reply("unknown", (data + r.choice([b"", good]),), r.choice(["close", "hang"]))


@kind(5)
def wrong_header(r: Random, good: bytes, token: bytes) -> Reply:
    lines = r.choice(
        [
            [b"X-%d: y" % i for i in range(r.choice([200, 3000]))],
            [b"X: " + b"y" * r.choice([9000, 70_000, 150_000])],
            [b"x" * 9000 + b": y"],
            [b"X: a\x00b"],
            [b"X: a\rb"],
            [b"X: a\nSet-Cookie: b"],
            [b"X\x00: a"],
            [b": a"],
            [b"no colon"],
            [b"X : a"],
            [b" folded", b"X: a"],
            [b"X: a", b" folded"],
            [b"X: \xff\xfe\xe9"],
            [b"Set-Cookie: a=b; Domain=localhost; Max-Age=99999999"] * r.choice([1, 50]),
            [b"Connection: keep-alive, close, upgrade", b"Keep-Alive: timeout=-1, max=x"],
            [b"Content-Type: application/json"] * 40,
        ]
    )
    length = b"Content-Length: %d" % len(good)
    return Reply("any", (head(r.choice([200, 200, 422]), length, *lines) + good,), "close")


# --- Limits ----------------------------------------------------------------------------------

_LATER = (
    *(b"0", b"1", b"5", b"61", b"86400", b"9" * 400, b"-1", b"1.5", b"nan", b"inf", b"1e9", b""),
    *(b"Fri, 31 Dec 9999 23:59:59 GMT", b"Thu, 01 Jan 1970 00:00:00 GMT", b"soon", b"1, 2"),
    *(b"Mon, 99 Foo 0000 99:99:99 XXX", b"Fri, 31 Dec 9999 23:59:59 -2359", b"\xd9\xa3", b"\xb2"),
    *(b"Mon, 01 Jan 0001 00:00:00 +2359", b"Fri, 1 Jan 99999999999 00:00:00 GMT", b"(" * 3000),
)
_COUNTS = (b"0", b"1", b"100", b"-1", b"9" * 17, b"9" * 5000, b"", b"nan", b"1.5", b"\xb2", b"1, 1")


@kind(8)
def limits(r: Random, good: bytes, token: bytes) -> Reply:
    names = ("Max", "Remaining", "Interval-Milliseconds", "Limit-Daily", "Daily-Remaining", "Odd")
    lines = [b"X-RateLimit-%s: %s" % (name.encode(), r.choice(_COUNTS)) for name in names]
    lines = r.sample(lines, r.randint(0, len(lines)))
    if r.random() < 0.7:
        lines += [b"Retry-After: " + r.choice(_LATER)] * r.choice([1, 1, 2])
    status = r.choice([429, 429, 429, 503, 200, 404])
    return plain(status, good if status == 200 else r.choice(DOCUMENTED), *lines)


@kind(1)
def day_is_over(r: Random, good: bytes, token: bytes) -> Reply:
    lines = [b"X-RateLimit-Daily-Remaining: 0", b"Retry-After: " + r.choice(_LATER)]
    return plain(429, r.choice(DOCUMENTED), *lines)


# --- Compression -----------------------------------------------------------------------------


@cache
def _bomb(size: int) -> bytes:
    return gzip.compress(b" " * size, 9, mtime=0)


@kind(7)
def compressed(r: Random, good: bytes, token: bytes) -> Reply:
    name = r.choice([b"gzip", b"x-gzip", b"GZIP", b"deflate"])
    packed = zlib.compress(good) if name == b"deflate" else gzip.compress(good, 1, mtime=0)
    what = r.randrange(6)
    if what == 0:  # cut within its compression, and whole by its length
        body, fate = packed[: r.randrange(1, len(packed))], "unknown"
    elif what == 1:
        at = r.randrange(2, len(packed) - 8)
        body, fate = packed[:at] + _bytes(r, 4) + packed[at + 4 :], "any"
    elif what == 2:
        half = len(good) // 2
        members = (good[:half], b"", good[half:])
        name = b"gzip"
        body, fate = b"".join(gzip.compress(part, 1, mtime=0) for part in members), "done"
    elif what == 3:
        body, fate = good, "any"  # claimed, but plain
    elif what == 4:
        body, fate = packed + r.choice([b"\x00" * 9, b"tail"]), "any"
    else:
        body, fate = packed, "done"
    return plain(200, body, b"Content-Encoding: " + name, fate=fate)  # type: ignore[arg-type]


@kind(1)
def bomb(r: Random, good: bytes, token: bytes) -> Reply:
    status = r.choice([200, 200, 422])
    body = _bomb(r.choice([CAP + 1, 10**6, 10**7]))
    if r.random() < 0.3:
        body = gzip.compress(body, mtime=0)
        return plain(status, body, b"Content-Encoding: gzip, gzip")
    fate: Fate = "unknown" if status == 200 else "refused"
    return plain(status, body, b"Content-Encoding: gzip", fate=fate)


@kind(2)
def unknown_coding(r: Random, good: bytes, token: bytes) -> Reply:
    names = [b"br", b"zstd", b"compress", b"gzip, gzip", b"gzip;q=1", b"\xff", b"aes128gcm", b","]
    return plain(r.choice([200, 200, 422]), good, b"Content-Encoding: " + r.choice(names))


# --- Another's words, and slow ones ----------------------------------------------------------


@kind(3)
def unasked(r: Random, good: bytes, token: bytes) -> Reply:
    """A second answer, which belongs to no request.

    It comes with the first. One that comes while the next request is already on its way can't be
    told from that one's answer: HTTP/1.1 gives nobody the means.
    """
    name = STRANGER.encode()
    body = b'{"_id":"%s","id":"%s","message":"%s","success":true}' % (name, name, name)
    second = head(r.choice([200, 201, 422, 404]), b"Content-Length: %d" % len(body)) + body
    second = r.choice([second, second, second[:25], b"\r\n", b"x", b"HTTP/1.1 100 X\r\n\r\n"])
    status = r.choice([200, 422])
    first = head(status, b"Content-Length: %d" % len(good)) + good
    return Reply(fate_of(status), (first + second,), r.choice(["keep", "keep", "close"]))


@kind(3)
def echo(r: Random, good: bytes, token: bytes) -> Reply:
    """The token comes back, in one place or another."""
    escaped = b"".join(b"\\u%04x" % byte for byte in token)
    body = b'{"statusCode":401,"message":"Invalid JWT: %s","traceId":"%s"}' % (token, token)
    status = r.choice([400, 401, 403, 422, 307])
    whole = plain(status, body)
    framed = b"Content-Length: %d\r\n\r\n" % len(body) + body
    return r.choice(
        [
            whole,
            whole,
            plain(status, b'{"message":{"%s":["%s"]}}' % (token, token)),
            plain(status, b'{"message":"%s"}' % escaped),
            plain(status, b"<p>Bearer %s</p>" % token),
            plain(status, gzip.compress(body), b"Content-Encoding: gzip"),
            plain(status, b"{}", b"WWW-Authenticate: Bearer " + token, b"X-%s: 1" % token),
            plain(status, b"{}", b"Content-Encoding: " + token),
            plain(200, b'{"_id":"%s", nonsense' % token),
            plain(200, b'"%s"' % token),
            plain(200, good, b"Content-Encoding: " + token),
            Reply("unknown", (b"HTTP/1.1 OK %s\r\n" % token + framed,), "close"),
            Reply("unknown", (b"%s\r\n\r\n" % token,), "close"),
            Reply("any", (head(200, b"Bad Name %s: x" % token) + body,), "close"),
            Reply("any", (head(200, b"Content-Length: " + token) + body,), "close"),
            Reply("any", (head(200, b"Transfer-Encoding: " + token) + body,), "close"),
            Reply("any", (head(200, b"Transfer-Encoding: chunked") + token + b"\r\n",), "close"),
        ]
    )


@kind(1.5)
def hang(r: Random, good: bytes, token: bytes) -> Reply:
    """It never ends: each of them costs the deadline."""
    data = head(200, b"Content-Length: %d" % len(good)) + good
    drip = tuple(step for i in range(60) for step in (data[i : i + 1], 0.1))
    endless = tuple(step for _ in range(60) for step in (head(100), 0.1))
    steps = r.choice([(), (data[: r.randrange(len(data))],), drip, endless])
    return Reply("unknown", steps, "hang")


# --- Redirects -------------------------------------------------------------------------------


def redirect(other: int, seed: int, number: int, attempt: int, token: bytes) -> Reply:
    """A redirect to another port of this machine, or to another path of the same."""
    r = Random(f"{seed} {number} {attempt}")
    host = r.choice(["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "0"])
    there = f"{host}:{other}"
    path = r.choice(["", "/", OPERATIONS[operation_of(number)].path, "/%2e%2e/x", "/?a=b#c"])
    place = r.choice(
        [
            f"http://{there}{path}",
            f"HTTP://{there}{path}",
            f"//{there}{path}",
            f"https://{there}{path}",
            f"http://user:word@{there}{path}",
            f"http://{token.decode()}@{there}{path}",
            f"http:{there}{path}",
            f"http:\\\\{there}{path}",
            f"/\\{there}{path}",
            f" \thttp://{there}{path}",
            f"ws://{there}{path}",
            f"http://{there}:{there}{path}",
            path,
            "..",
            "?again=1",
            "http://[",
            "http://",
            "http://a b",
            "\xff\xfe",
            "x" * 9000,
        ]
    ).encode("latin-1")
    lines = [b"Location: " + place]
    lines += r.choice(
        [
            [],
            [b"Location: http://%s/second" % there.encode()],
            [b"Refresh: 0; url=http://%s/" % there.encode()],
            [b'Alt-Svc: http/1.1=":%d"' % other, b"Content-Location: " + place],
            [b"Retry-After: 0"],
            [b"Connection: close"],
        ]
    )
    status = r.choice([301, 302, 303, 307, 308])
    body = r.choice([b"", b'{"message":"moved"}', b"<a href='http://%s'>" % there.encode()])
    return plain(status, body, *lines)._replace(kind=f"redirect {status}")
