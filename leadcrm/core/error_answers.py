"""What is answered when a request cannot be: a page in the shell or a bare one, a toast for htmx, JSON for the API."""

from typing import Any

from flask import Flask, current_app, render_template, request
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from leadcrm.core import tenancy
from leadcrm.core.errors import DomainError
from leadcrm.core.web import is_partial, toast_partial


def init_app(app: Flask) -> None:
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(500, _server_error)


def _wants_json() -> bool:
    return request.path.startswith("/api/")


def _domain_error(error: DomainError) -> Response:
    return _answer(error.status, error.code, error.message, {error.field: [error.message]} if error.field else None)


def _http_error(error: HTTPException):
    if error.code is None or error.code < 400:
        return error
    messages = {
        404: "We could not find that page.",
        405: "That is not possible here.",
        413: "That is too large.",
        429: "Too many requests. Wait a moment and try again.",
    }
    response = _answer(error.code, error.name.lower().replace(" ", "_"), messages.get(error.code, error.description))
    for name, value in error.get_headers():
        if name.lower() in ("retry-after", "allow"):
            response.headers[name] = value
    return response


def _server_error(error: Exception) -> Response:
    cause = getattr(error, "original_exception", None)
    message = "Something broke on our side. Nothing was saved; please try again."
    return _answer(500, "server_error", message, asks_database=not isinstance(cause, SQLAlchemyError))


def _answer(
    status: int, code: str, message: str, fields: dict | None = None, *, asks_database: bool = True
) -> Response:
    if _wants_json():
        body: dict[str, Any] = {"error": {"code": code, "message": message}}
        if fields:
            body["error"]["fields"] = fields
        return current_app.make_response((body, status))
    if is_partial():
        return current_app.make_response((toast_partial(message, tone="danger"), status))
    page = (asks_database and _error_inside(status, message)) or _bare_error(status, message)
    return current_app.make_response((page, status))


def _error_inside(status: int, message: str) -> str:
    """The page inside the shell for somebody who is signed in; empty for others, and when the shell breaks as well."""
    try:
        if tenancy.scoped_id() is None or not current_user.is_authenticated:
            return ""
        return render_template("layout/error_inside.html", status=status, message=message)
    except Exception:
        current_app.logger.exception("An error page could not be shown inside the shell.")
        return ""


def _bare_error(status: int, message: str) -> str:
    """Made past Flask's render_template, whose context would ask the database again who is signed in."""
    return current_app.jinja_env.get_template("layout/error.html").render(status=status, message=message)
