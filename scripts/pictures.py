"""Takes the README's pictures anew: the demo office on a port of its own, in the system's Chromium.

python scripts/pictures.py
"""

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.installation import Installation  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
CHROMIUM = "/usr/bin/chromium"
WIDTH, HEIGHT = 1440, 900


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        office = Installation(Path(folder), f"sqlite:///{folder}/demo.db")
        office.command("db", "upgrade")
        team = json.loads(office.command("seed-demo", "--json"))["organizations"][0]["users"]
        realtor_id = next(user["realtor_id"] for user in team if "realtor_id" in user)
        try:
            office.start_web()
            _take_all(office.url, team[0], SCREENS | {"book": lambda page: page.goto(f"/book/{realtor_id}")})
        finally:
            office.stop()


def _take_all(url: str, owner: dict[str, str], screens: Mapping[str, Callable[[Page], object]]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, base_url=url, color_scheme="light", reduced_motion="reduce"
        )
        _sign_in(page, owner)
        for name, show in screens.items():
            show(page)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=PICTURES / f"{name}.png")
        browser.close()


def _sign_in(page: Page, owner: dict[str, str]) -> None:
    page.goto("/login")
    page.locator("input[name=email]").fill(owner["email"])
    page.locator("input[name=password]").fill(owner["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/leads**")


def _leads(page: Page) -> None:
    page.goto("/leads?status=qualified&status=contacted&score=40&sort=score")
    page.get_by_role("link", name="Yasmin Haddad").click()
    page.locator("#panel .timeline").wait_for()


def _inbox(page: Page) -> None:
    page.goto("/inbox?queue=all")
    page.get_by_role("link", name="Naledi Mokoena").first.click()
    page.get_by_role("button", name="Send", exact=True).wait_for()


def _flow(page: Page) -> None:
    page.goto("/flows")
    page.get_by_role("link", name="New lead").first.click()
    page.get_by_text("Welcome Email").first.wait_for()


def _automations(page: Page) -> None:
    page.goto("/automations")


def _account(page: Page) -> None:
    page.goto("/accounts")
    page.locator("main table tbody a, main .rules a").first.click()
    page.get_by_role("heading", name="Opportunities").first.wait_for()


SCREENS: dict[str, Callable[[Page], object]] = {
    "leads": _leads,
    "inbox": _inbox,
    "flow": _flow,
    "automations": _automations,
    "account": _account,
}

if __name__ == "__main__":
    main()
