"""Pages, styles, scripts and drawings go over the wire compressed: brotli where the browser takes it, else gzip.

Request tokens differ on each page (core/security.py), so the length of a compressed page tells nobody anything.
"""

import gzip
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any
from wsgiref.headers import Headers

import brotli
from flask import Flask
from werkzeug.http import parse_accept_header

SMALLEST, LARGEST = 500, 4 * 1024 * 1024  # bytes: less is not worth it, more is no page
MEDIA = {"text/html", "text/css", "text/javascript", "application/javascript", "image/svg+xml"}
ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "br": partial(brotli.compress, mode=brotli.MODE_TEXT, quality=5),
    "gzip": partial(gzip.compress, compresslevel=4, mtime=0),
}
PATIENT: dict[str, Callable[[bytes], bytes]] = {
    "br": partial(brotli.compress, mode=brotli.MODE_TEXT, quality=11),
    "gzip": partial(gzip.compress, compresslevel=9, mtime=0),
}
STATIC_FILES = 128  # kept compressed, in both encodings


def init_app(app: Flask) -> None:
    """Wraps all that the application answers so far, static files too."""
    app.wsgi_app = Compressor(app.wsgi_app)


class Compressor:
    """WSGI around WSGI. Leaves alone what is streamed, partial, small, large, or encoded already."""

    def __init__(self, inner: Callable):
        self.inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        answer: list = []

        def remember(status: str, headers: list, error=None) -> None:
            answer[:] = [status, Headers(headers), error]

        body = self.inner(environ, remember)
        status, headers, error = answer
        encoding = _encoding(environ) if _is_worth_it(environ, status, headers) else None
        if encoding:
            whole = b"".join(body)
            if hasattr(body, "close"):
                body.close()
            body = [_encode(whole, encoding, headers)]
        start_response(status, headers.items(), error)
        return body


def _is_worth_it(environ: dict[str, Any], status: str, headers: Headers) -> bool:
    medium = (headers["Content-Type"] or "").partition(";")[0]
    if medium not in MEDIA or "Content-Encoding" in headers or status.startswith(("206", "304")):
        return False
    length = headers["Content-Length"]
    if length is None or not SMALLEST <= int(length) <= LARGEST:
        return False
    # also where it is not compressed: a cache must not give a compressed one to whoever cannot read it
    _add_vary(headers)
    return environ["REQUEST_METHOD"] != "HEAD"


def _encoding(environ: dict[str, Any]) -> str | None:
    accepted = parse_accept_header(environ.get("HTTP_ACCEPT_ENCODING"))
    return next((name for name in ENCODERS if accepted[name]), None)


def _encode(body: bytes, encoding: str, headers: Headers) -> bytes:
    is_fixed = "immutable" in (headers["Cache-Control"] or "")
    packed = _packed_once(encoding, body) if is_fixed else ENCODERS[encoding](body)
    headers["Content-Encoding"] = encoding
    headers["Content-Length"] = str(len(packed))
    if (headers["ETag"] or "").startswith('"'):
        headers["ETag"] = f"W/{headers['ETag']}"  # the same words in other bytes
    return packed


@lru_cache(maxsize=STATIC_FILES)
def _packed_once(encoding: str, body: bytes) -> bytes:
    return PATIENT[encoding](body)


def _add_vary(headers: Headers) -> None:
    names = [name.strip() for name in (headers["Vary"] or "").split(",") if name.strip()]
    if "accept-encoding" not in [name.lower() for name in names]:
        headers["Vary"] = ", ".join([*names, "Accept-Encoding"])
