"""What every endpoint's documentation shares: security, headers, error answers with an example each."""

from typing import Any

from apispec import APISpec
from marshmallow import Schema, fields

DESCRIPTION = """\
Leads, their messages, conversations, tasks and flows; accounts, contacts and opportunities; events.

**Signing in.** `Authorization: Bearer <token>`. Tokens are made in Settings → API tokens, shown once, and act as the
person they belong to. Cookies are ignored.

**Times** are ISO 8601 with an offset. **Lists** answer `{"items": […], "next": cursor or null}`; send `next` back as
`cursor`, with the same filters. **Errors** answer `{"error": {"code", "message", "fields"}}`.

**Repeating a POST safely.** Send an `Idempotency-Key` header. The same key and body within 48 hours get the first
answer again, with `Idempotent-Replayed: true`; another body gets 422. Refused requests (4xx) and errors (5xx) are not
remembered.
"""

ERRORS: dict[int, tuple[str, str, str]] = {
    400: ("BAD_REQUEST", "bad_request", "The body is not valid JSON."),
    401: ("UNAUTHORIZED", "unauthorized", "Send a token: Authorization: Bearer <token>."),
    403: ("FORBIDDEN", "forbidden", "This token's role may not use this part of the API."),
    404: ("NOT_FOUND", "not_found", "We could not find that."),
    409: ("CONFLICT", "conflict", "The lead changed since you read it."),
    413: ("REQUEST_ENTITY_TOO_LARGE", "request_entity_too_large", "That is too large."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "unsupported_media_type", "Send JSON, with Content-Type: application/json."),
    422: ("UNPROCESSABLE_ENTITY", "invalid", "Some fields are not valid."),
    429: ("TOO_MANY_REQUESTS", "too_many_requests", "Too many requests. Wait a moment and try again."),
    500: ("INTERNAL_SERVER_ERROR", "server_error", "Something broke on our side. Nothing was saved; please try again."),
}
DESCRIPTIONS = {
    400: "The request cannot be read, or a cursor, header or body is malformed.",
    401: "No token, or not a valid one.",
    403: "The token's role does not allow this.",
    404: "No such thing in the token's organization.",
    409: "It changed in between.",
    413: "The body is larger than 1 MB.",
    415: "The body is not JSON.",
    422: "A field is not valid, or a rule refuses it; `fields` says why.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
    500: "Our fault. Nothing was written.",
}
EVERYWHERE = (400, 401, 403, 422, 429, 500)
WITH_BODY = (413, 415)
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Names this intent; a repetition gets the first answer. Kept 48 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
    "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
}
BEARER = {"type": "http", "scheme": "bearer", "description": "A token from Settings → API tokens."}


class ErrorDetail(Schema):
    code = fields.String(required=True, metadata={"description": "A stable word for programs."})
    message = fields.String(required=True, metadata={"description": "A sentence for people."})
    fields_ = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        data_key="fields",
        metadata={"description": "What is wrong, by field."},
    )


class ErrorSchema(Schema):
    """The one shape of all errors."""

    error = fields.Nested(ErrorDetail, required=True)


def shared(method: str, bearer: str) -> dict[str, Any]:
    """Documentation every endpoint of this method has: who may call it, its headers and its error answers."""
    statuses = [*EVERYWHERE, *(WITH_BODY if method in ("POST", "PATCH", "PUT") else ())]
    documentation: dict[str, Any] = {
        "security": [{"bearer": []}] if bearer == "required" else [{}, {"bearer": []}],
        "responses": {status: ERRORS[status][0] for status in statuses},
    }
    if method == "POST":
        documentation["parameters"] = [IDEMPOTENCY_KEY]
    return documentation


def frame(settings: Any) -> dict[str, Any]:
    """The document around the paths."""
    return {
        "info": {"description": DESCRIPTION},
        "servers": [{"url": settings.base_url}],
        "security": [{"bearer": []}],
    }


def register_errors(spec: APISpec) -> None:
    """The components: the security scheme and each error answer."""
    spec.components.security_scheme("bearer", BEARER)
    spec.components.schema("Error", schema=ErrorSchema)
    for status, (name, code, message) in ERRORS.items():
        content = {
            "schema": {"$ref": "#/components/schemas/Error"},
            "example": {"error": _example(status, code, message)},
        }
        response: dict[str, Any] = {"description": DESCRIPTIONS[status], "content": {"application/json": content}}
        response["headers"] = _headers(status)
        spec.components.response(name, {key: value for key, value in response.items() if value}, lazy=True)


def _example(status: int, code: str, message: str) -> dict[str, Any]:
    example: dict[str, Any] = {"code": code, "message": message}
    if status == 422:
        example["fields"] = {"channel": ["Must be one of: email, sms, whatsapp."]}
    return example


def _headers(status: int) -> dict[str, Any]:
    if status == 401:
        return {"WWW-Authenticate": {"schema": {"type": "string"}, "example": 'Bearer realm="LeadCRM"'}}
    if status == 429:
        return {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}, "example": 30}}
    return {}
