"""Headers, request tokens against cross-site posts, one-way hashes and signatures.

The CSRF token is a fresh nonce and its HMAC under a secret of the browser's session (OWASP's HMAC-based token
pattern), so no two pages carry the same bytes and a compressed page leaks nothing.
"""

import base64
import hashlib
import hmac
import secrets

from flask import Flask, abort, current_app, request, request_started, session
from werkzeug.wrappers import Response

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src 'self'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def new_secret() -> str:
    """256 random bits for a link, a cookie or a token, URL-safe."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What the database keeps of a random secret: SHA-256, hex. Not for passwords."""
    return hashlib.sha256(secret.encode()).hexdigest()


def keyed_hashes(text: str, purpose: str) -> list[str]:
    """What can be kept of something that must be recognised and not known: HMAC-SHA256, hex, the newest key's first.

    Those under older keys find what was kept before a rotation, as long as these keys are known.
    """
    message = f"{purpose}\n{text}".encode()
    return [hmac.digest(key.encode(), message, "sha256").hex() for key in current_app.settings.secret_keys]


def sign(payload: str, purpose: str) -> str:
    """`payload.signature`, bound to a purpose, for links that need no row (unsubscribe)."""
    return f"{payload}.{_signature(payload, purpose, current_app.settings.secret_key)}"


def unsign(token: str, purpose: str) -> str:
    """The payload. Raises ValueError when the signature is not ours for this purpose."""
    payload, _, signature = token.rpartition(".")
    for key in current_app.settings.secret_keys:  # a link in a mail outlives the key it was signed with
        if hmac.compare_digest(signature.encode(), _signature(payload, purpose, key).encode()):
            return payload
    raise ValueError("This link is not valid.")


def _signature(payload: str, purpose: str, key: str) -> str:
    mac = hmac.digest(key.encode(), f"{purpose}\n{payload}".encode(), "sha256")
    return base64.urlsafe_b64encode(mac[:18]).decode()


def csrf_token() -> str:
    """A token for this page's forms and requests, different each time."""
    nonce = secrets.token_hex(8)
    return nonce + _csrf_mac(nonce)


def _csrf_mac(nonce: str) -> str:
    if "csrf" not in session:
        session["csrf"] = secrets.token_hex(16)
    return hmac.digest(session["csrf"].encode(), nonce.encode(), "sha256").hex()[:40]


def renew_csrf() -> None:
    """A new secret, at sign-in and sign-out."""
    session["csrf"] = secrets.token_hex(16)


def check_request_origin() -> None:
    """Refuse unsafe requests from other sites, and those without this session's token (403)."""
    if request.method in SAFE_METHODS or _exempt():
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403, "This request came from another site.")
    token = request.headers.get("X-CSRFToken") or request.form.get("csrf_token", "")
    if "csrf" not in session or not hmac.compare_digest(_csrf_mac(token[:16]).encode(), token[16:].encode()):
        abort(403, "This page is out of date. Reload it and try again; what you typed is still here.")


def _exempt() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "csrf_exempt", False) or request.path.startswith("/api/")


def csrf_exempt(view):
    """For views that authenticate otherwise: webhooks by signature, one-click unsubscribe by signed link."""
    view.csrf_exempt = True
    return view


def takes_up_to(size: int):
    """For views that take more than MAX_CONTENT_LENGTH bytes, in files."""

    def mark(view):
        view.largest_body = size
        return view

    return mark


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.settings.is_production:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if response.mimetype == "text/html":
        response.headers["Vary"] = "HX-Request"  # else Back shows a fragment as a page
        response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


def _bound_body(app: Flask, **_: object) -> None:
    """Urlencoded forms are parsed whole, at up to 36 bytes of memory and 0.6 µs for each byte; other bodies are not."""
    view = app.view_functions.get(request.endpoint or "")
    if request.mimetype == "application/x-www-form-urlencoded":
        request.max_content_length = app.config["MAX_FORM_MEMORY_SIZE"]
    elif largest := getattr(view, "largest_body", None):
        request.max_content_length = largest


def init_app(app: Flask) -> None:
    secure = app.settings.base_url.startswith("https://")
    app.config.update(
        SECRET_KEY=app.settings.secret_key,
        SECRET_KEY_FALLBACKS=list(app.settings.previous_secret_keys),
        SESSION_COOKIE_NAME="__Host-leadcrm" if secure else f"leadcrm-{app.settings.port}",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        MAX_FORM_PARTS=200,
    )
    request_started.connect(_bound_body, app)  # before anything reads a form, the guard included
    app.before_request(check_request_origin)
    app.after_request(_add_headers)
    app.jinja_env.globals["csrf_token"] = csrf_token
