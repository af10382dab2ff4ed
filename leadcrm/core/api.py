"""The JSON edge: who calls, strict input, one error shape, pages, remembered answers, and the OpenAPI document.

A feature's api.py makes an `ApiBlueprint`; its views parse, call one verb or query, and return plain data. Cookies mean
nothing here: a caller is known by a bearer token alone.
"""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response, current_app, g, request
from flask_limiter.util import get_remote_address
from flask_smorest import Api, Blueprint
from webargs.flaskparser import FlaskParser, is_json_request
from werkzeug.exceptions import UnsupportedMediaType

from leadcrm.core import events, openapi, tenancy
from leadcrm.core.errors import DomainError, Forbidden
from leadcrm.core.idempotency import Effect, Intent, once
from leadcrm.core.limits import limiter
from leadcrm.core.paging import Page
from leadcrm.core.web import public

PREFIX = "/api"
LARGEST_BODY = 1024 * 1024
LONGEST_KEY = 200
CALLS_OF_MEMBER = "20000/minute"
CALLS_OF_ADDRESS = "300/minute"  # of callers without a token
MOST_FIELDS_NAMED = 50
LONGEST_FIELD_NAME = 80


@dataclass(frozen=True)
class Caller:
    """Whom a bearer token stands for."""

    organization_id: str
    user: Any
    actor: str  # `token:<id>`


Identify = Callable[[str], Caller | None]


class Unauthorized(DomainError):
    """No token, or not a valid one."""

    status = 401
    code = "unauthorized"


class BadInput(DomainError):
    """The request's parts are missing, malformed or not allowed; `fields` says which and why."""

    code = "invalid"

    def __init__(self, message: str, fields: dict[str, list[str]] | None = None, status: int = 422):
        super().__init__(message)
        self.fields = fields or {}
        self.status = status


class StrictParser(FlaskParser):
    """Reads JSON and query strings; refuses what it does not know and anything json.loads would let pass."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": "raise"}

    def _raw_load_json(self, req) -> Any:
        if not is_json_request(req):
            raise UnsupportedMediaType("Send JSON, with Content-Type: application/json.")
        return read_json(req.get_data(cache=True))

    def handle_error(self, error, req, schema, *, error_status_code, error_headers):
        fields = _flat(error.messages)
        message = "Some fields are not valid." if fields else "The body must be a JSON object."
        raise BadInput(message, fields, error_status_code or 422)


def read_json(raw: bytes) -> Any:
    """The value of UTF-8 JSON. Raises BadInput (400), also for NaN, endless numbers and endless nesting."""
    try:
        return json.loads(raw.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadInput("The body is not valid JSON.", status=400) from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON.")


def _flat(messages: Any) -> dict[str, list[str]]:
    """webargs' messages by location as `{"answers.rooms": ["…"]}`, of bounded size whatever was sent."""
    found: dict[str, list[str]] = {}

    def walk(path: tuple[str, ...], value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk((*path, str(key)[:LONGEST_FIELD_NAME]), inner)
        elif len(found) < MOST_FIELDS_NAMED:
            inner = (part for part in path[1:] if part not in ("_schema", "key", "value"))
            name = ".".join((*(part for part in path[:1] if part != "_schema"), *inner))
            if name:
                found.setdefault(name, []).extend(value if isinstance(value, list) else [value])

    for of_location in messages.values():
        walk((), of_location)
    return found


class ApiBlueprint(Blueprint):
    """Endpoints of one feature, each for tokens of the team only unless its route says `bearer="optional"`."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, import_name: str, description: str):
        super().__init__(f"{name}_api", import_name, url_prefix=PREFIX, description=description)
        self.tag = name
        self.before_request(_admit)
        self.teardown_request(_dismiss)

    def route(self, rule: str, *, bearer: str = "required", **options: Any):
        """Register a view with what all endpoints share: a guard, and the answers that come of it."""
        method = options.get("methods", ["GET"])[0]

        def register(view):
            view = self.doc(**openapi.shared(method, bearer))(view)
            view = limiter.limit(_calls_allowed, key_func=_asker)(view)
            view.bearer = bearer
            self.add_url_rule(rule, None, public(view), tags=[self.tag], **options)
            return view

        return register


def _admit() -> None:
    """Know the caller, open their organization's scope, refuse who may not be here; all before the body is read."""
    request.max_content_length = LARGEST_BODY
    g.api_scope = ExitStack()
    g.caller = caller = _identified()
    if caller is not None:
        _open_scope(caller.organization_id, caller.actor)
        if caller.user.role == "provider":
            raise Forbidden("This token's role may not use this part of the API.")
    elif current_app.view_functions[request.endpoint].bearer == "required":
        raise Unauthorized("Send a token: Authorization: Bearer <token>.")


def _dismiss(error: BaseException | None) -> None:
    scope = g.pop("api_scope", None)
    if scope is not None:
        scope.close()


def _identified() -> Caller | None:
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, secret = header.partition(" ")
    caller = current_app.extensions["api_identify"](secret.strip()) if scheme.lower() == "bearer" else None
    if caller is None:
        raise Unauthorized("This token is not valid.")
    return caller


def _asker() -> str:
    return g.caller.actor if g.caller else get_remote_address()


def _calls_allowed() -> str:
    return CALLS_OF_MEMBER if g.caller else CALLS_OF_ADDRESS


def _open_scope(organization_id: str, actor: str) -> None:
    g.actor = actor
    g.api_scope.enter_context(tenancy.organization(organization_id))
    g.api_scope.enter_context(events.acting_as(actor))


def caller() -> Caller | None:
    """Who calls; None on an endpoint that is open to everyone."""
    return g.caller


def act_for(organization_id: str) -> None:
    """Work for this organization for the rest of a request that came without a token."""
    _open_scope(organization_id, "system")


def answer_once(effect: Effect) -> Response:
    """Perform a POST's effect, once per Idempotency-Key; replay the first answer to a repetition."""
    answer = once(_intent(), effect)
    response = current_app.response_class(answer.body, answer.status, mimetype="application/json")
    if answer.is_replay:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _intent() -> Intent | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not (1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        message = f"1 to {LONGEST_KEY} printable ASCII characters."
        raise BadInput("This Idempotency-Key cannot be used.", {"Idempotency-Key": [message]}, 400)
    return Intent(g.actor, f"{request.method} {request.path}"[:120], key, request.get_data(cache=True))


def listed(page: Page) -> dict[str, Any]:
    """A keyset page as lists are answered."""
    return {"items": page.items, "next": page.next}


def init_app(app: Flask, *, identify: Identify, blueprints: tuple[ApiBlueprint, ...]) -> None:
    """Mount the API. `identify` knows a caller by the token's secret."""
    app.extensions["api_identify"] = identify
    app.config.update(API_TITLE="LeadCRM API", API_VERSION="1", OPENAPI_VERSION="3.1.0")
    api = _Document(app, spec_kwargs={"marshmallow_plugin": MarshmallowPlugin(), **openapi.frame(app.settings)})
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
        blueprint.register_views_in_doc(api, app, api.spec, name=blueprint.name, parameters=None)
        api.spec.tag({"name": blueprint.tag, "description": blueprint.description})
    app.add_url_rule(f"{PREFIX}/openapi.json", "openapi", public(lambda: api.spec.to_dict()))
    app.register_error_handler(BadInput, _bad_input)
    app.register_error_handler(Unauthorized, _unauthorized)
    app.after_request(_keep_nothing)


class _Document(Api):
    """flask-smorest's OpenAPI document, with our error shape; errors themselves are answered by core.web."""

    ERROR_SCHEMA = openapi.ErrorSchema
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        pass

    def _register_responses(self) -> None:
        openapi.register_errors(self.spec)

    def _register_pagination_header(self) -> None:
        pass


def _bad_input(error: BadInput) -> tuple[dict[str, Any], int]:
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.fields:
        body["fields"] = error.fields
    return {"error": body}, error.status


def _unauthorized(error: Unauthorized) -> tuple[dict[str, Any], int, dict[str, str]]:
    challenge = 'Bearer realm="LeadCRM"'
    if "Authorization" in request.headers:
        challenge += ', error="invalid_token"'
    return {"error": {"code": error.code, "message": error.message}}, 401, {"WWW-Authenticate": challenge}


def _keep_nothing(response: Response) -> Response:
    if request.path.startswith(f"{PREFIX}/"):
        response.headers["Cache-Control"] = "no-store"
    return response
