"""Hands on the keys: what a person without a mouse does."""

from playwright.sync_api import Locator, Page, expect

FARTHEST = 60  # presses of Tab; more is a page on which nobody finds anything


def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press Tab until `wanted` has the focus. Raises AssertionError when it cannot be reached."""
    wanted.wait_for(state="attached")
    for _ in range(FARTHEST):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{wanted} cannot be reached by {key}")


def press_on(page: Page, wanted: Locator, key: str = "Enter") -> None:
    """Go to a control and press a key on it."""
    tab_to(page, wanted)
    page.keyboard.press(key)


def type_into(page: Page, wanted: Locator, text: str) -> None:
    """Go to a field and replace what is in it."""
    tab_to(page, wanted)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def choose(page: Page, wanted: Locator, words: str) -> None:
    """Go to a select and choose by the beginning of the option, as browsers do while one types."""
    tab_to(page, wanted)
    page.keyboard.type(words)
    expect(wanted.locator("option:checked")).to_have_text(words)


def go_to_row(page: Page, name: str) -> Locator:
    """Press J until the row of that name has the focus; returns its link."""
    link = page.locator("[data-item] [data-open]", has_text=name).first
    link.wait_for()
    for _ in range(FARTHEST):
        page.keyboard.press("j")
        if link.evaluate("element => element === document.activeElement"):
            return link
    raise AssertionError(f"J does not reach {name}")
