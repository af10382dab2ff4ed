"""Every screen, in both themes and at both widths: no axe violation, no console message, no sideways scroll."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Quiet
from tests.frontend.screens import SCREENS, SIGNED_OUT, addresses

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400), pytest.mark.xdist_group("browser")]

IGNORED = ("Failed to load resource: the server responded with a status of 404",)


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
    ours = [url.removeprefix(office.url) for url in requests if not url.startswith("data:")]
    assert len(ours) <= 12, "\n".join(ours)
