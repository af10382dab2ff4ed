"""Changing a colleague's role and access through the row's menu."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


def test_an_owner_changes_a_role_and_ends_an_access(page):
    page.goto("/settings/team")
    page.get_by_role("button", name="Actions for Ben Carter").click()
    page.get_by_role("menuitem", name="Make manager").click()
    page.get_by_text("Role changed.").wait_for()
    ben = page.get_by_role("listitem").filter(has_text="Ben Carter")
    assert "Manager" in ben.inner_text()
    page.get_by_role("button", name="Actions for Ben Carter").click()
    page.get_by_role("menuitem", name="Disable").click()
    page.get_by_text("Ben Carter was signed out and cannot sign in.").wait_for()
    assert "Disabled" in ben.inner_text()
