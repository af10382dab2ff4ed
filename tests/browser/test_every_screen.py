"""Every screen, in both themes and at both widths: no axe violation, no console message, no sideways scroll."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import select

from leadcrm.automations.models import Automation
from leadcrm.conversations.models import Conversation
from leadcrm.core import tenancy
from leadcrm.core.db import db
from leadcrm.flows.models import Flow
from leadcrm.identity.models import Organization
from leadcrm.leads.models import Lead
from tests.browser.conftest import Quiet

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400), pytest.mark.xdist_group("browser")]

SCREENS = {
    "leads": "/leads",
    "leads filtered": "/leads?status=qualified&q=a",
    "leads without a match": "/leads?q=zzzzzzzz",
    "lead in the panel": "/leads?open={lead}",
    "lead page": "/leads/{lead}",
    "personal data": "/leads/{lead}/personal-data",
    "erasure": "/leads/{lead}/erasure",
    "new lead": "/leads/new",
    "inbox": "/inbox?queue=all",
    "thread": "/inbox?queue=all&c={conversation}",
    "search": "/inbox?q=the",
    "templates": "/templates",
    "template form": "/templates/new",
    "flows": "/flows",
    "flow": "/flows/{flow}",
    "flow step": "/flows/{flow}?new=1",
    "automations": "/automations",
    "automation": "/automations/{automation}",
    "run log": "/automations/runs",
    "notifications": "/notifications",
    "profile": "/settings",
    "security": "/settings/security",
    "organization": "/settings/organization",
    "team": "/settings/team",
    "tokens": "/settings/tokens",
    "sandbox": "/sandbox",
    "not found": "/leads/nobody",
    "kit": "/_kit",
}
SIGNED_OUT = {"sign in": "/login", "forgotten password": "/password/reset"}
IGNORED = ("Failed to load resource: the server responded with a status of 404",)


def addresses(office) -> dict[str, str]:
    """Ids of Acme's rows that the addresses above name."""
    with office.app_context():
        with tenancy.everyone():
            acme = db.session.scalars(select(Organization).where(Organization.slug == "acme")).one()
        with tenancy.organization(acme.id):
            newest = select(Conversation.id).order_by(Conversation.last_message_at.desc())
            return {
                "lead": db.session.scalar(select(Conversation.lead_id).order_by(Conversation.last_message_at.desc()))
                or db.session.scalar(select(Lead.id)),
                "conversation": db.session.scalar(newest),
                "flow": db.session.scalar(select(Flow.id)),
                "automation": db.session.scalar(select(Automation.id)),
            }


@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_screens(office, open_context, theme, size):
    known = addresses(office)
    problems = []
    signed_in = open_context(size, theme, bypass_csp=True)
    signed_out = open_context(size, theme, person=None, bypass_csp=True)
    for context, screens in ((signed_in, SCREENS), (signed_out, SIGNED_OUT)):
        for name, path in screens.items():
            problems += [f"{name}: {problem}" for problem in look_at(context, path.format(**known))]
    assert not problems, "\n".join(problems)


def look_at(context, path: str) -> list[str]:
    page = context.new_page()
    quiet = Quiet(page)
    response = page.goto(path, wait_until="networkidle")
    found = [] if response.ok or path == SCREENS["not found"] else [f"answered {response.status}"]
    result = Axe().run(page)
    found += [
        f"{violation['id']}: {violation['nodes'][0]['html'][:160]} ({len(violation['nodes'])} places)"
        for violation in result.response["violations"]
    ]
    found += [complaint for complaint in quiet.complaints if not any(text in complaint for text in IGNORED)]
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if width[0] > width[1]:
        found.append(f"scrolls sideways: {width[0]} px on {width[1]} px")
    page.close()
    return found


@pytest.mark.parametrize("screen", ["leads", "lead page", "thread", "flow"])
def test_the_content_security_policy_holds(office, open_context, screen):
    """The same pages with the policy in force: nothing inline, nothing foreign, nothing refused."""
    page = open_context().new_page()
    quiet = Quiet(page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(SCREENS[screen].format(**addresses(office)), wait_until="networkidle")
    assert not quiet.complaints
    assert all(url.startswith((office.url, "data:")) for url in requests), requests
    assert len([url for url in requests if not url.startswith("data:")]) <= 14
