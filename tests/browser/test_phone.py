"""What only a narrow screen shows, or hides."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.acme import capture

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


@pytest.fixture
def phone(open_context):
    return open_context("phone").new_page()


@pytest.mark.parametrize("font_takes", [0, 0.5], ids=["font at once", "font late"])
def test_the_settings_begin_with_the_page_one_is_on(phone, font_takes):
    phone.route("**/inter.woff2", lambda route: (time.sleep(font_takes), route.continue_()))
    phone.goto("/settings/system", wait_until="networkidle")
    navigation = phone.get_by_role("navigation", name="Settings")
    phone.evaluate("document.fonts.ready.then(() => {})")
    box = navigation.get_by_role("link", name="System").bounding_box()
    assert 0 <= box["x"] <= 390 - box["width"]
    assert not navigation.get_by_role("link", name="Profile").evaluate("link => link.getBoundingClientRect().x >= 0")


def test_the_focus_stays_in_the_panel_that_covers_the_page(phone):
    phone.goto("/leads", wait_until="networkidle")
    row = phone.locator("[data-open]").first
    name = row.inner_text()
    row.click()
    panel = phone.get_by_role("complementary", name=name)
    expect(panel).to_be_focused()
    for _ in range(40):
        phone.keyboard.press("Tab")
        if phone.evaluate("document.activeElement === document.body"):
            break
        assert panel.evaluate("panel => panel.contains(document.activeElement)")
    phone.keyboard.press("Escape")
    expect(row).to_be_focused()


def test_a_step_says_its_time_before_its_name(phone):
    phone.goto("/flows", wait_until="networkidle")
    phone.get_by_role("link", name="New lead").click()
    phone.wait_for_url(re.compile("/flows/.+"))
    step = phone.locator(".step-item").filter(has_text="Follow-up Text")
    time, words = step.locator(".step-at").bounding_box(), step.locator(".step-body").bounding_box()
    assert time["y"] + time["height"] <= words["y"]
    assert time["x"] == words["x"]


WIDER = """() => [...document.querySelectorAll('main *')].filter((element) => {
  const box = element.closest('.panel') ?? document.documentElement;
  const { right, width } = element.getBoundingClientRect();
  return width && right > box.getBoundingClientRect().right + 1;
}).map((element) => element.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("size", ["phone", "wide"])
@pytest.mark.parametrize("address", ["a step", "/templates/new", "/campaigns/new"])
def test_a_name_without_blanks_widens_nothing(open_context, office, size, address):
    capture(office, "W" * 60, "api")
    page = open_context(size).new_page()
    if address == "a step":
        page.goto("/flows", wait_until="networkidle")
        page.get_by_role("link", name="New lead").click()
        page.get_by_role("link", name="Follow-up Text").click()
        expect(page.locator("#step-preview")).to_contain_text("W" * 60)
    else:
        page.goto(address, wait_until="networkidle")
        expect(page.get_by_role("main")).to_contain_text("W" * 60)
    assert page.evaluate(WIDER) == []
