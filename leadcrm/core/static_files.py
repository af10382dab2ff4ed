"""Static files under a path that names their content, immutable for browsers.

Files that pages load together are also served as one, put together at start: a cold page waits for each request.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from flask import Flask
from whitenoise import WhiteNoise

from leadcrm.settings import ROOT

FOLDER = ROOT / "leadcrm" / "static"
HEADERS = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
FOR_EVER = {"Cache-Control": f"max-age={WhiteNoise.FOREVER}, public, immutable"}
BUNDLES = {
    "bundles/shell.css": ("css/app.css", "css/screens.css"),
    "bundles/shell.js": ("vendor/htmx.org-4.0.1/htmx.min.js", "js/app.js", "js/keys.js"),
    "bundles/builder.js": (
        "vendor/sortablejs-1.15.7/Sortable.min.js",
        "js/sort.js",
        "js/builder.js",
        "js/writing.js",
        "js/counts.js",
    ),
    "bundles/inbox.js": ("js/log.js", "js/inbox.js", "js/composer.js"),
    "bundles/lead.js": ("js/leads.js", "js/composer.js"),
    "bundles/sandbox.js": ("js/log.js", "js/composer.js"),
    "bundles/template.js": ("js/writing.js", "js/merge.js"),
    "bundles/writing.js": ("js/writing.js", "js/picker.js", "js/files.js"),
}
MEDIA = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
BETWEEN = {".css": b"\n", ".js": b"\n;\n"}  # a script may end without its semicolon


@dataclass(frozen=True)
class Bundle:
    """Several files as one."""

    body: bytes
    media: str

    @classmethod
    def of(cls, parts: Iterable[str]) -> "Bundle":
        paths = [FOLDER / part for part in parts]
        suffix = paths[0].suffix
        return cls(BETWEEN[suffix].join(path.read_bytes() for path in paths), MEDIA[suffix])


def init_app(app: Flask) -> None:
    """Serves the files and bundles before the application is asked; templates get `asset(path)`, an address."""
    prefix = f"static/{_digest(FOLDER)}"
    app.wsgi_app = WhiteNoise(
        app.wsgi_app,
        root=FOLDER,
        prefix=prefix,
        immutable_file_test=lambda path, url: True,
        allow_all_origins=False,
        add_headers_function=_dress,
    )
    app.wsgi_app = Bundles(app.wsgi_app, f"/{prefix}/")
    app.jinja_env.globals["asset"] = partial("/{}/{}".format, prefix)


class Bundles:
    """WSGI around WSGI: answers for the bundles."""

    def __init__(self, inner: Callable, prefix: str):
        self.inner = inner
        self.bundles = {prefix + name: Bundle.of(parts) for name, parts in BUNDLES.items()}

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        bundle = self.bundles.get(environ["PATH_INFO"])
        if bundle is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.inner(environ, start_response)
        headers = {"Content-Type": bundle.media, "Content-Length": str(len(bundle.body)), **FOR_EVER, **HEADERS}
        start_response("200 OK", list(headers.items()))
        return [bundle.body] if environ["REQUEST_METHOD"] == "GET" else []


def _digest(folder: Path) -> str:
    tree = hashlib.sha256(repr(BUNDLES).encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            tree.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return tree.hexdigest()[:12]


def _dress(headers: Headers, path: str, url: str) -> None:
    for name, value in HEADERS.items():
        headers[name] = value
