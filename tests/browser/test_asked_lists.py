"""Long lists of suggestions: asked for when their field is first used, and not by a page that is only opened."""

import pytest
from playwright.sync_api import Locator, Page, expect

from leadcrm.core.db import db
from leadcrm.flows.models import Flow
from tests.browser.acme import inside_acme

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

MANY = 400  # zones


@pytest.fixture
def asked(page: Page) -> list[str]:
    """Which lists the page asked for, in their order."""
    paths = []
    page.on("request", lambda request: paths.append(request.url.rpartition("/")[2]))
    return paths


def options(page: Page, name: str) -> Locator:
    return page.locator(f"#{name} option")


def test_a_lead_is_typed_in_with_the_lists_of_the_fields_that_are_used(page: Page, asked):
    page.goto("/leads/new", wait_until="networkidle")
    assert not {"zones", "countries"} & set(asked)
    page.get_by_label("Country", exact=True).focus()
    expect(options(page, "countries").filter(has_text="ZA")).to_have_attribute("value", "South Africa")
    assert "zones" not in asked
    page.get_by_label("Time zone").focus()
    page.keyboard.type("Africa/Johannesburg")
    expect(options(page, "zones").nth(MANY)).to_be_attached()
    page.get_by_label("Country", exact=True).focus()
    page.get_by_label("Time zone").focus()
    page.wait_for_load_state("networkidle")
    assert sorted(name for name in asked if name in ("zones", "countries")) == ["countries", "zones"]
    expect(page.get_by_label("Time zone")).to_have_value("Africa/Johannesburg")


def test_a_list_that_did_not_come_is_asked_for_again(open_context):
    page = open_context().new_page()
    page.route("**/leads/zones", lambda route: route.abort(), times=1)
    page.goto("/leads/new", wait_until="networkidle")
    with page.expect_event("requestfailed"):
        page.get_by_label("Time zone").focus()
    page.keyboard.type("lon")
    expect(options(page, "zones").nth(MANY)).to_be_attached()
    expect(page.get_by_label("Time zone")).to_have_value("lon")


def test_a_simulation_keeps_its_zones_when_another_one_is_chosen(page: Page, office, asked):
    with inside_acme(office):
        flow_id = db.session.query(Flow.id).filter_by(trigger="new_lead").scalar()
    page.goto(f"/flows/{flow_id}/simulation", wait_until="networkidle")
    assert "zones" not in asked
    zone = page.get_by_label("Time zone")
    zone.fill("Asia/Tokyo")
    expect(options(page, "zones").nth(MANY)).to_be_attached()
    zone.press("Enter")
    expect(page.get_by_text("All times in Asia/Tokyo.")).to_be_visible()
    expect(options(page, "zones").nth(MANY)).to_be_attached()
    zone.fill("Europe/Paris")
    zone.press("Enter")
    expect(page.get_by_text("All times in Europe/Paris.")).to_be_visible()
    assert asked.count("zones") == 1


def test_a_field_that_opens_with_the_focus_has_its_list(page: Page):
    page.goto("/leads", wait_until="networkidle")
    page.locator("tbody [data-open]").first.click()
    page.get_by_role("link", name="change time zone").click()
    expect(page.locator("#inline-timezone")).to_be_focused()
    expect(options(page, "zones").nth(MANY)).to_be_attached()
