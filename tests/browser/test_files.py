"""Files in the composer as people put them there: by the button, a drop, a paste; and out again by the keyboard."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acme import thread_id
from tests.browser.keyboard import press_on, tab_to

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

BRING = """([selector, way, name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type: 'text/plain' }));
  const at = document.querySelector(selector);
  const options = { bubbles: true, cancelable: true };
  if (way === 'paste') return at.dispatchEvent(new ClipboardEvent('paste', { ...options, clipboardData: data }));
  at.dispatchEvent(new DragEvent('dragover', { ...options, dataTransfer: data }));
  return at.dispatchEvent(new DragEvent('drop', { ...options, dataTransfer: data }));
}"""


@pytest.fixture
def composer(page: Page, office):
    """David's mail being written, on a page whose scripts listen."""
    page.goto(f"/inbox?queue=all&c={thread_id(office, 'David Cohen', 'email')}", wait_until="networkidle")
    return page.locator(".composer")


def bring(page: Page, way: str, name: str, selector: str = ".composer textarea") -> bool:
    """Drop or paste a file; returns whether the browser would do with it what it likes."""
    return page.evaluate(BRING, [selector, way, name, "three words here"])


def test_files_come_by_button_drop_and_paste_and_survive_a_reload(page: Page, composer):
    page.keyboard.press("r")
    page.keyboard.type("Here is the plan")
    files = composer.get_by_role("list", name="Files of this mail").get_by_role("listitem")
    composer.get_by_label("Attach files").set_input_files(
        [
            {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF" * 600},
            {"name": "offer.txt", "mimeType": "text/plain", "buffer": b"an offer"},
        ]
    )
    expect(files).to_have_count(2)
    assert not bring(page, "drop", "dropped.txt")
    expect(files).to_have_count(3)
    assert not bring(page, "paste", "pasted.png")
    expect(files).to_have_count(4)
    expect(composer.get_by_role("progressbar")).to_have_count(0)
    assert not bring(page, "drop", "astray.txt", "#log")  # it would take the page's place
    expect(page.get_by_role("textbox", name="Message")).to_have_value("Here is the plan")
    page.reload(wait_until="networkidle")
    expect(files).to_have_count(4)
    expect(files.first).to_contain_text("plan.pdf")
    expect(files.first).to_contain_text("2 kB")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("Here is the plan")


def test_files_are_chosen_and_removed_by_the_keyboard_and_leave_with_the_mail(page: Page, composer):
    page.keyboard.press("r")
    page.keyboard.type("Here is the plan")
    button = composer.get_by_label("Attach files")
    with page.expect_file_chooser() as chooser:
        press_on(page, button)  # asks the page on the way, so it has heard by then that the test wants the chooser
    chooser.value.set_files(
        [{"name": name, "mimeType": "text/plain", "buffer": b"words"} for name in ("wrong.txt", "right.txt")]
    )
    files = composer.get_by_role("list", name="Files of this mail").get_by_role("listitem")
    expect(files).to_have_count(2)
    expect(button).to_be_focused()
    tab_to(page, composer.get_by_role("button", name="Remove wrong.txt"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(files).to_have_count(1)
    expect(composer.get_by_role("button", name="Remove right.txt").or_(composer.get_by_role("link", name="right.txt"))
           .and_(page.locator(":focus"))).to_have_count(1)  # fmt: skip
    page.get_by_role("textbox", name="Message").focus()
    page.keyboard.press("Control+Enter")
    sent = page.get_by_role("log").get_by_role("list", name="Attachments").get_by_role("link", name="right.txt")
    expect(sent).to_be_visible()
    expect(files).to_have_count(0)


def test_what_is_too_large_is_said_at_once_and_the_mail_waits_for_what_is_on_its_way(page: Page, composer):
    page.keyboard.press("r")
    page.keyboard.type("Here is the plan")
    held = []
    page.route("**/attachments", lambda route: held.append(route))
    composer.get_by_label("Attach files").set_input_files(
        [
            {"name": "film.mov", "mimeType": "video/quicktime", "buffer": bytes(10 * 1024 * 1024 + 1)},
            {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"words"},
        ]
    )
    expect(composer.get_by_role("progressbar", name="Uploading plan.txt")).to_be_visible()
    page.get_by_role("textbox", name="Message").focus()
    page.keyboard.press("Control+Enter")
    expect(composer.get_by_text("Files are still on their way.")).to_be_visible()
    expect(composer.get_by_role("radio", name="Note")).to_be_disabled()
    expect(page.get_by_role("log").get_by_text("Here is the plan")).to_have_count(0)
    held.pop().continue_()
    expect(composer.get_by_text("film.mov is larger than 10 MB.")).to_be_visible()
    expect(composer.get_by_role("button", name="Remove plan.txt")).to_be_visible()
    expect(composer.get_by_role("progressbar")).to_have_count(0)
    expect(composer.get_by_role("radio", name="Note")).to_be_enabled()
    page.unroute("**/attachments")
    page.get_by_role("textbox", name="Message").focus()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("log").get_by_role("link", name="plan.txt")).to_be_visible()


def test_without_scripts_the_attach_button_keeps_words_and_files(open_context, office):
    page = open_context(java_script_enabled=False).new_page()
    page.goto(f"/inbox?queue=all&c={thread_id(office, 'David Cohen', 'email')}")
    page.get_by_role("textbox", name="Message").fill("Here is the plan")
    page.get_by_label("Attach files").set_input_files(
        {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"words"}
    )
    page.get_by_role("button", name="Attach", exact=True).click()
    expect(page.get_by_role("button", name="Remove plan.txt")).to_be_visible()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("Here is the plan")
    page.get_by_role("button", name="Remove plan.txt").click()
    expect(page.get_by_role("button", name="Remove plan.txt")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Message")).to_have_value("Here is the plan")
