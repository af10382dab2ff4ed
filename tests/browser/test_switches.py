"""A switch that the server does not take: it shows again what is true, and words say why."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

REFUSALS = {
    "out of reach": (lambda route: route.abort(), "The server could not be reached."),
    "broken": (lambda route: route.fulfill(status=500, body="Out of order"), "Something broke on our side."),
}


@pytest.fixture
def page(open_context) -> Page:
    """Ada's browser; its console tells of the refusals."""
    return open_context().new_page()


def open_flow(page: Page) -> None:
    page.goto("/flows", wait_until="networkidle")
    page.get_by_role("link", name="New lead").first.click()
    page.wait_for_url(re.compile(r"/flows/[0-9a-f-]{36}$"))
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("how", REFUSALS)
def test_switches_that_are_not_saved_show_again_what_is_true_and_say_why(page: Page, how):
    refuse, words = REFUSALS[how]
    open_flow(page)
    page.route("**/enablement", refuse)
    for name in ("Follow-up Text enabled", "New lead is on"):
        switch = page.get_by_role("switch", name=name)
        with page.expect_event("requestfinished" if how == "broken" else "requestfailed"):
            switch.click()
        expect(page.get_by_text(words).last).to_be_visible()
        expect(switch).to_be_checked()
        expect(switch).to_be_focused()
    page.unroute("**/enablement")
    page.get_by_role("switch", name="Follow-up Text enabled").click()
    expect(page.get_by_text("Follow-up Text is off.")).to_be_visible()
    expect(page.get_by_role("switch", name="Follow-up Text enabled")).not_to_be_checked()


def test_a_switch_of_a_draft_that_somebody_else_changed_falls_back_and_shows_both(page: Page, open_context):
    other = open_context(person="max@").new_page()
    open_flow(page)
    page.get_by_role("button", name="More for Follow-up Text").click()
    page.get_by_role("menuitem", name="Duplicate").click()
    copy = page.get_by_role("switch", name="Follow-up Text (copy) enabled")
    expect(copy).to_be_checked()
    open_flow(other)
    other.get_by_role("switch", name="Follow-up Text (copy) enabled").click()
    expect(other.get_by_text("Follow-up Text (copy) is off.")).to_be_visible()
    page.get_by_role("switch", name="Follow-up Text (copy) enabled").click()
    expect(page.get_by_role("dialog", name="Someone else saved first")).to_be_visible()
    expect(copy).to_be_checked()


def test_a_switch_of_an_automation_falls_back(page: Page):
    page.goto("/automations", wait_until="networkidle")
    page.route("**/enablement", lambda route: route.abort())
    switch = page.get_by_role("switch", checked=True).first
    name = switch.get_attribute("aria-label")
    switch.click()
    expect(page.get_by_text("The server could not be reached.")).to_be_visible()
    expect(page.get_by_role("switch", name=name, exact=True)).to_be_checked()
