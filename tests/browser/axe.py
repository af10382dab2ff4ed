"""What axe finds wrong with a page as it stands, in both themes and at both widths."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import SIZES

OF_COLOURS = ["color-contrast", "link-in-text-block"]  # the rules whose verdict depends on the theme
THERE_ALREADY = "void 0"  # the script for a page that has axe in it
TARGETS = {"rules": {"target-size": {"enabled": True}}}  # 24 px for each, or so much room: axe asks only who is told to
QUICK = {  # else it describes every element that passed, too, and fetches media we do not have
    "resultTypes": ["violations"],
    "preload": False,
}


def violations(page: Page) -> list[str]:
    """Every rule in the light theme, those of colours again in the dark one: the document is the same in both."""
    found = [f"light: {violation}" for violation in _run(page, Axe(), TARGETS)]
    page.emulate_media(color_scheme="dark")
    only_colours = {"runOnly": {"type": "rule", "values": OF_COLOURS}}
    found += [f"dark: {violation}" for violation in _run(page, Axe(THERE_ALREADY), only_colours)]
    page.emulate_media(color_scheme="light")
    return found


def faults_at(page: Page, size: str) -> list[str]:
    """What is wrong with the page at that size, with a finger where that is a phone's."""
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    fingers = page.context.new_cdp_session(page)
    fingers.send("Emulation.setTouchEmulationEnabled", {"enabled": size == "phone"})
    found = violations(page) + scrolls_sideways(page)
    fingers.detach()
    return found


def scrolls_sideways(page: Page) -> list[str]:
    """That it does, or nothing."""
    scrolls, fits = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return [f"scrolls sideways: {scrolls} px on {fits} px"] if scrolls > fits else []


def _run(page: Page, axe: Axe, only: dict) -> list[str]:
    violations = axe.run(page, options=QUICK | only).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]} ({len(one['nodes'])} places)" for one in violations]
