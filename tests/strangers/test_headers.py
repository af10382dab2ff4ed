"""What every answer says to the browser, refusals and errors included: who may frame it, keep it, guess its type."""

import dataclasses

import pytest
from flask import Flask

from leadcrm import create_app
from leadcrm.conversations.delivery.addresses import unsubscribe_url
from tests.conftest import PASSWORD
from tests.strangers.cases import CASES, ask, routes

FRAMED_BY_US = {"GET conversations.original"}  # the mail's own HTML, in a sandboxed frame of the thread
FOR_OTHER_SITES = {"GET mail_links.opened", "GET site_visits.script"}
HOLDS_A_SECRET = {
    "GET identity.invitation": {"secret": "@invitation_secret"},
    "GET identity.new_password": {"secret": "@reset_secret"},
    "GET inbound.unsubscribe": {"token": "@message"},
}


def check(answer, framed_by_us: bool = False, for_other_sites: bool = False) -> None:
    policy = answer.headers["Content-Security-Policy"]
    framers = "'self'" if framed_by_us else "'none'"
    assert f"frame-ancestors {framers}" in policy
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'self';" in policy or "script-src" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] in ("strict-origin-when-cross-origin", "no-referrer")
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == ("cross-origin" if for_other_sites else "same-origin")
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "charset=utf-8" in answer.headers["Content-Type"] or not answer.mimetype.startswith("text/")


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("caller", ["ada", "nobody"])
def test_every_answer_is_dressed(houses, name, caller):
    answer = getattr(houses, caller).send(ask(routes(houses.app)[name], name, houses.acme))
    check(answer, name in FRAMED_BY_US and answer.status_code == 200, name in FOR_OTHER_SITES)
    kept = answer.headers.get("Cache-Control", "")
    if answer.mimetype == "text/html":
        assert "HX-Request" in answer.headers["Vary"]
        assert "no-store" in kept or "private" in kept
    if "/api/" in routes(houses.app)[name]:
        assert kept == "no-store"
    houses.changes()


def test_a_page_loads_and_sends_nothing_elsewhere(houses):
    policy = houses.ada.browser().get("/leads").headers["Content-Security-Policy"]
    directives = {name: sources for name, *sources in map(str.split, policy.split(";"))}
    assert directives.pop("img-src") == ["'self'", "data:"]
    assert {"form-action", "base-uri", "frame-ancestors"} <= directives.keys()  # default-src stands for none of these
    assert {source for sources in directives.values() for source in sources} == {"'self'", "'none'"}


@pytest.mark.parametrize("name", HOLDS_A_SECRET)
def test_a_page_whose_address_is_a_secret_is_not_kept_and_not_told(houses, name):
    case = dataclasses.replace(CASES[name], parts=HOLDS_A_SECRET[name])
    path = routes(houses.app)[name].replace("<secret>", houses.acme[case.parts.get("secret", "@message")[1:]])
    answer = houses.nobody.browser().get(path.replace("<token>", unsubscribe_token(houses)))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert not houses.changes()


def unsubscribe_token(houses) -> str:
    return unsubscribe_url(houses.acme["message"]).rpartition("/")[2]


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        ("/nowhere", {}, 404),
        ("/leads", {"method": "PUT"}, 405),
        ("/leads", {"method": "POST", "headers": {"X-CSRFToken": ""}}, 403),
        ("/leads", {"method": "POST", "data": {"first_name": "x" * 2_000_000}}, 413),
        ("/leads/count?cursor=x&score=abc", {}, 200),
        ("/api/nowhere", {}, 404),
        ("/healthz", {"method": "OPTIONS"}, 200),
        ("/leads", {"method": "HEAD"}, 200),
    ],
)
def test_refusals_are_dressed_like_pages(houses, path, options, status):
    answer = houses.ada.browser().open(path, **options)
    assert answer.status_code == status
    check(answer)


def test_our_own_mistakes_are_dressed_and_say_nothing_of_themselves(houses, monkeypatch):
    def break_down():
        raise RuntimeError("the password is hunter2")

    monkeypatch.setitem(houses.app.view_functions, "leads.count", break_down)
    monkeypatch.setattr(houses.app, "testing", False)
    answer = houses.ada.browser().get("/leads/count")
    assert answer.status_code == 500
    check(answer)
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text


def test_static_files_are_what_they_say(houses):
    for path in ("js/app.js", "css/app.css", "bundles/shell.js", "bundles/shell.css"):
        answer = houses.nobody.browser().get(houses.app.jinja_env.globals["asset"](path))
        assert answer.status_code == 200
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "immutable" in answer.headers["Cache-Control"]


@pytest.fixture
def production(settings) -> Flask:
    return create_app(dataclasses.replace(settings, environment="production", base_url="https://crm.example"))


def test_in_production_the_cookie_is_the_hosts_alone_and_scripts_cannot_read_it(production, cast):
    client = production.test_client()
    page = client.get("/login", base_url="https://crm.example")
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"email": "ada@acme.test", "password": PASSWORD, "csrf_token": token}
    answer = client.post("/login", data=form, base_url="https://crm.example")
    assert answer.status_code == 303
    (cookie,) = answer.headers.getlist("Set-Cookie")
    name, *attributes = cookie.split("; ")
    assert name.startswith("__Host-leadcrm=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
    assert not any(attribute.startswith("Domain") for attribute in attributes)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_in_production_there_are_no_samples(production, cast):
    assert not any(rule.rule.startswith("/_kit") for rule in production.url_map.iter_rules())


# Nobody but crm.example: neither its neighbours nor its other spellings.
HOSTS = [
    "evil.test", "crm.example.evil.test", "evilcrm.example", "crm.example:80@evil.test", "crm.example@evil.test",
    "sub.crm.example", "crm.example.", "127.0.0.1", "localhost", "[::1]", "crm%2eexample", "crm.example/x",
    "crm.example#",
    "crm.example\\.evil.test", "", "xn--crm.example", "crm.exampl\u0435",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_production_answers_to_its_own_name_only(production, cast, host):
    headers = {"Host": host.encode("utf-8").decode("latin-1")}
    for path in ("/login", "/healthz", "/api/openapi.json", "/u/x", "/"):
        answer = production.test_client().get(path, base_url="https://crm.example", headers=headers)
        assert answer.status_code == 400, path
        assert "evil" not in answer.headers.get("Location", "")


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Host", "X-Original-Host", "X-Forwarded-Server", "Forwarded"])
def test_a_header_beside_the_host_changes_no_link(production, cast, name):
    value = "host=evil.test" if name == "Forwarded" else "evil.test"
    answer = production.test_client().get("/leads", base_url="https://crm.example", headers={name: value})
    assert answer.status_code == 302
    assert "evil" not in answer.headers["Location"]


def test_a_sign_out_clears_what_the_browser_kept(houses):
    answer = houses.ada.browser().post("/logout")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert houses.changes()
