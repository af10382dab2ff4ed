"""Questions before what cannot be taken back say what each answer does."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_cancelling_a_meeting_is_no_riddle_of_two_cancels(page: Page):
    page.goto("/bookings", wait_until="networkidle")
    meetings = page.locator("[data-item]")
    count = meetings.count()
    page.get_by_role("button", name="Cancel the meeting").first.click()
    asked = page.get_by_role("dialog", name="Are you sure?")
    asked.get_by_role("button", name="Keep it").click()
    expect(asked).to_be_hidden()
    expect(meetings).to_have_count(count)
    page.get_by_role("button", name="Cancel the meeting").first.click()
    asked.get_by_role("button", name="Cancel the meeting").click()
    expect(page.get_by_text("Canceled. The lead is told.")).to_be_visible()
    expect(meetings).to_have_count(count - 1)


def test_a_token_is_revoked_only_after_a_question(page: Page):
    page.goto("/settings/tokens", wait_until="networkidle")
    page.get_by_role("button", name="Revoke Demo").click()
    asked = page.get_by_role("dialog", name="Are you sure?")
    asked.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Revoke Demo")).to_be_visible()
    page.get_by_role("button", name="Revoke Demo").click()
    asked.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("The token does not work any more.")).to_be_visible()
    expect(page.get_by_role("button", name="Revoke Demo")).to_have_count(0)
