"""Every screen, in both themes and at both widths: no axe violation, no console message, no sideways scroll.

On a phone nothing moves while it comes; between it and a wide desktop no control is cut off.
"""

import pytest
from playwright.sync_api import Page

from tests.browser.axe import faults_at, violations
from tests.browser.clipping import cut_off
from tests.browser.conftest import SIZES, Quiet
from tests.frontend.screens import SCREENS, SIGNED_OUT, addresses

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

MOST_SHIFT = 0.03  # of Lighthouse's CLS, on a phone: numbers that take a second line, but no part of a page
NOTE_SHIFTS = """
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) if (!shift.hadRecentInput) (window.shifts ??= []).push(shift);
}).observe({type: 'layout-shift', buffered: true});
"""
SHIFT = "[(window.shifts ?? []).reduce((sum, one) => sum + one.value, 0), (window.shifts ?? []).flatMap((one) => \
one.sources.map(({node}) => node?.id || node?.className || node?.nodeName)).join(', ')]"
IGNORED = ("Failed to load resource: the server responded with a status of 404",)


def test_screens(office, open_context):
    known = addresses(office)
    problems = []
    for person, screens in (("ada@", SCREENS), (None, SIGNED_OUT)):
        page = open_context(person=person, bypass_csp=True).new_page()
        quiet = Quiet(page)
        page.add_init_script(NOTE_SHIFTS)
        page.set_viewport_size(dict(zip(("width", "height"), SIZES["phone"], strict=True)))
        for name, path in screens.items():
            response = page.goto(path.format(**known), wait_until="networkidle")
            found = [] if response.ok or path == SCREENS["not found"] else [f"answered {response.status}"]
            found += moved(page)
            found += [f"{size}: {fault}" for size in SIZES for fault in faults_at(page, size)]
            found += cut_off(page)
            found += [said for said in quiet.complaints if not any(text in said for text in IGNORED)]
            quiet.complaints.clear()
            problems += [f"{name}: {fault}" for fault in found]
    assert not problems, "\n".join(problems)


def moved(page: Page) -> list[str]:
    """What moved on a phone while the page came, or nothing."""
    shift, what = page.evaluate(SHIFT)
    return [f"moved by {shift:.3f}: {what}"] if shift > MOST_SHIFT else []


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


def test_a_fault_of_the_dark_theme_alone_is_found(open_context):
    page = open_context(person=None).new_page()
    page.set_content(
        "<html lang=en><title>Grey</title><style>:root { color-scheme: light dark }"
        "p { color: light-dark(#000, #333); background: light-dark(#fff, #222) }</style><main><h1>Grey</h1><p>Words"
    )
    assert [fault.partition(":")[2].split(":")[0].strip() for fault in violations(page)] == ["color-contrast"]
    assert violations(page)[0].startswith("dark: ")
