"""A file becomes leads, and they go again: by keys, watching the worker."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.keyboard import press_on, type_into

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

FILE = {
    "name": "fair.csv",
    "mimeType": "text/csv",
    "buffer": "Name;E-Mail;Garden\r\nZoë Peña;zoe@list.example;yes\r\nNobody;not an address;\r\n".encode("cp1252"),
}


def test_a_file_becomes_leads_and_is_reverted(page: Page, work):
    page.goto("/leads", wait_until="networkidle")
    press_on(page, page.get_by_role("link", name="Import", exact=True))
    page.wait_for_url("**/imports")
    page.get_by_label("Choose a file").set_input_files(FILE)
    expect(page.locator(".file-names")).to_have_text("fair.csv")
    press_on(page, page.get_by_role("button", name="Upload"))
    page.wait_for_url(re.compile(r"/imports/[0-9a-f-]{36}$"))
    expect(page.get_by_label("“E-Mail” means")).to_have_value("email")
    type_into(page, page.get_by_role("textbox", name="Tags"), "fair")
    press_on(page, page.get_by_role("button", name="Look at the rows"))
    expect(page.get_by_text("Nothing is imported yet.")).to_be_visible()
    work()
    expect(page.get_by_role("row", name=re.compile("Refused Nobody"))).to_be_visible()  # without a reload
    press_on(page, page.get_by_role("button", name="Import 1 row"))
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    work()
    press_on(page, page.get_by_role("button", name="Revert"))
    press_on(page, page.locator("#confirm").get_by_role("button", name="Revert"))
    expect(page.get_by_text("Being reverted")).to_be_visible()
    work()
    expect(page.get_by_text("1 lead went to the archive")).to_be_visible()
    press_on(page, page.get_by_role("link", name="Zoë Peña"))
    expect(page.get_by_role("heading", name="Zoë Peña", level=1)).to_be_visible()
