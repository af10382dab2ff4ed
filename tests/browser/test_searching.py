"""Ctrl-K: each search begins anew."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_what_was_sought_before_goes_with_the_first_letter(page: Page):
    page.goto("/leads", wait_until="networkidle")
    page.keyboard.press("Control+k")
    search = page.get_by_role("combobox", name="Search or jump to")
    search.press_sequentially("hannah")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    search.press_sequentially("meet")
    expect(search).to_have_value("meet")
    expect(page.get_by_role("option", name="Meetings")).to_be_visible()
