"""A toast covers nothing that somebody who writes needs."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

COVERED = """toast => {
  const over = toast.getBoundingClientRect();
  const controls = document.querySelectorAll(':is(.conversation, .page-header) :is(a, button, summary, label)');
  return [...controls].filter((control) => {
    const box = control.getBoundingClientRect();
    return control.checkVisibility({ visibilityProperty: true }) && box.width > 1 && box.left < over.right
      && box.right > over.left && box.top < over.bottom && box.bottom > over.top;
  }).map((control) => control.ariaLabel ?? control.textContent.trim());
}"""


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1024, 768), (390, 844)])
def test_what_is_said_of_a_thread_covers_none_of_its_controls(page: Page, width: int, height: int):
    page.set_viewport_size({"width": width, "height": height})
    page.goto("/inbox?queue=mine", wait_until="networkidle")
    page.locator("a.thread").first.click()
    page.locator(".conversation .composer").wait_for()
    page.get_by_role("button", name="Close", exact=True).click()
    toast = page.locator(".toast").first
    expect(toast).to_be_visible()
    assert toast.evaluate(COVERED) == []
    toast.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Open again.")).to_be_visible()
