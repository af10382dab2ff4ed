"""/t.js on somebody's own site, in Chromium: silent until the visitor agreed, and for ever where they said no."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform
from leadcrm.identity.models import Organization
from leadcrm.leads.models import Lead
from leadcrm.tracking import operations
from leadcrm.tracking.models import SiteVisit
from leadcrm.tracking.passes import make_pass
from tests.browser.conftest import Quiet

pytestmark = pytest.mark.browser

KEPT = "({cookies: document.cookie, stored: JSON.stringify(localStorage), session: JSON.stringify(sessionStorage)})"
NOTHING = {"cookies": "", "stored": "{}", "session": "{}"}
DO_NOT_TRACK = "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})"
PRIVACY_CONTROL = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})"


@pytest.fixture
def shop(office) -> Iterator[str]:
    """Another origin with the script in each page; the organization has it on its list. Gives its address."""

    class Pages(BaseHTTPRequestHandler):
        tag = ""

        def do_GET(self):
            body = f"<!doctype html><title>Shop</title><h1>Shop</h1>{self.tag}".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    address = f"http://127.0.0.1:{server.server_port}"
    with office.app_context(), tenancy.organization(acme_id(office)):
        site = perform(operations.save_site, {"is_on": True, "origins": [address], "pricing_paths": ["/pricing*"]})
        Pages.tag = f'<script src="{office.url}/t.js" data-key="{site.key}" async></script>'
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield address
    server.shutdown()
    server.server_close()
    thread.join(5)


def acme_id(office) -> str:
    with office.app_context(), tenancy.everyone():
        return db.session.scalar(select(Organization.id).where(Organization.slug == "acme"))


def visits(office) -> list[tuple[str, str, str | None]]:
    """(page, kind, lead) of visits to the shop, oldest first."""
    with office.app_context(), tenancy.everyone():
        rows = db.session.scalars(select(SiteVisit).order_by(SiteVisit.at, SiteVisit.id)).all()
        return [(row.url, row.kind, row.lead_id) for row in rows if row.url.startswith("http://127.0.0.1:")]


@pytest.fixture
def visitor(open_context) -> Iterator[Page]:
    """A stranger's browser. What it asked our installation for is in `visitor.asked`; its console stays empty."""
    page = open_context(person=None).new_page()
    quiet = Quiet(page)
    page.asked = []
    page.on("request", lambda request: page.asked.append((request.method, request.url.partition("?")[0])))
    yield page
    assert not quiet.complaints


def told(page: Page, office) -> list[tuple[str, str]]:
    return [(method, url) for method, url in page.asked if url == f"{office.url}/t"]


def agree(page: Page) -> None:
    with page.expect_response(lambda response: response.url.endswith("/t")) as answer:
        page.evaluate("leadcrm.consent()")
    assert answer.value.status == 204


def test_before_consent_there_is_no_cookie_and_no_request(office, shop, visitor):
    visitor.goto(f"{shop}/pricing", wait_until="networkidle")
    assert visitor.evaluate("leadcrm.visitor()") is None
    assert visitor.evaluate(KEPT) == NOTHING
    assert visitor.context.cookies() == []
    assert told(visitor, office) == []
    assert visits(office) == []


@pytest.mark.parametrize("wish", [DO_NOT_TRACK, PRIVACY_CONTROL], ids=["do not track", "privacy control"])
def test_where_the_browser_says_no_even_consent_changes_nothing(office, shop, visitor, wish):
    visitor.add_init_script(wish)
    visitor.goto(f"{shop}/pricing", wait_until="networkidle")
    visitor.evaluate("leadcrm.consent()")
    visitor.reload(wait_until="networkidle")
    assert visitor.evaluate(KEPT) == NOTHING
    assert visitor.context.cookies() == []
    assert told(visitor, office) == []
    assert visits(office) == []


def test_after_consent_each_page_is_told_until_it_is_taken_back(office, shop, visitor):
    visitor.goto(f"{shop}/?secret=1#part", wait_until="networkidle")
    agree(visitor)
    with visitor.expect_response(lambda response: response.url.endswith("/t")):
        visitor.goto(f"{shop}/pricing")
    assert visits(office) == [(f"{shop}/", "page", None), (f"{shop}/pricing", "pricing", None)]
    assert visitor.context.cookies() == []
    visitor.evaluate("leadcrm.consent(false)")
    visitor.goto(f"{shop}/about", wait_until="networkidle")
    assert visitor.evaluate(KEPT) == NOTHING
    assert len(visits(office)) == 2


def test_whoever_comes_by_a_mail_is_known_and_the_pass_leaves_the_address(office, shop, visitor):
    organization_id = acme_id(office)
    with office.app_context(), tenancy.organization(organization_id):
        lead_id = db.session.scalar(select(Lead.id).limit(1))
        token = make_pass(organization_id, lead_id, clock.now())
    visitor.goto(f"{shop}/pricing?plan=2&leadcrm={token}", wait_until="networkidle")
    agree(visitor)
    assert visitor.url == f"{shop}/pricing?plan=2"
    assert visits(office) == [(f"{shop}/pricing", "pricing", lead_id)]


def test_a_site_that_is_not_on_the_list_is_refused(office, shop, open_context):
    visitor = open_context(person=None).new_page()  # whose console may say so
    with office.app_context(), tenancy.organization(acme_id(office)):
        perform(operations.save_site, {"origins": ["https://shop.example"]})
    visitor.goto(f"{shop}/", wait_until="networkidle")
    with visitor.expect_event("requestfailed", lambda request: request.url.endswith("/t")):
        visitor.evaluate("leadcrm.consent()")
    assert visits(office) == []


def test_the_script_is_small(office):
    script = office.test_client().get("/t.js")
    assert script.status_code == 200
    assert len(script.data) < 2048
    assert "max-age=3600" in script.headers["Cache-Control"]
    assert office.test_client().get("/t.js", headers={"If-None-Match": script.headers["ETag"]}).status_code == 304
