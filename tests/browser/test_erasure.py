"""An owner takes what there is of somebody and erases them: from the lead's page to the list without them."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_every_screen import addresses

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]


def test_an_owner_exports_and_then_erases_a_lead(office, open_context):
    page = open_context().new_page()  # a refused form is an error in the browser's console
    lead = addresses(office)["lead"]
    page.goto(f"/leads/{lead}")
    page.get_by_role("button", name="More").first.click()
    page.get_by_role("menuitem", name="Personal data").click()
    dialog = page.get_by_role("dialog")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Export everything").click()
    assert download.value.suggested_filename.startswith("personal-data-")
    dialog.get_by_role("link", name="Erase…").click()
    field = page.get_by_label("Type “erase”")
    expect(field).to_be_focused()
    field.fill("no")
    field.press("Enter")
    expect(page.get_by_text("Type the word erase to confirm.")).to_be_visible()
    field = page.get_by_label("Type “erase”")
    field.fill("erase")
    field.press("Enter")
    expect(page.get_by_text("The person was erased.")).to_be_visible()
    assert page.goto(f"/leads/{lead}").status == 404
