"""Steps of a flow under a finger: dragged to another day, also to one that is below the screen."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

from tests.browser.conftest import Quiet

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TREMBLES = 400  # a finger never lies quite still; so often it moves before nothing more is to be hoped for

Finger = Callable[[str, tuple[float, float] | None], None]


@pytest.fixture
def phone(open_context):
    """The flow on a phone; its console must stay empty."""
    page = open_context("phone").new_page()
    quiet = Quiet(page)
    page.goto("/flows", wait_until="networkidle")
    page.get_by_role("link", name="New lead").first.tap()
    page.wait_for_url(re.compile(r"/flows/[0-9a-f-]{36}$"))
    page.wait_for_load_state("networkidle")
    yield page
    assert not quiet.complaints


@pytest.fixture
def finger(phone) -> Finger:
    """`finger("touchStart", (x, y))`: real touches; Playwright's own only tap."""
    session: CDPSession = phone.context.new_cdp_session(phone)

    def touch(kind: str, place: tuple[float, float] | None = None) -> None:
        points = [{"x": place[0], "y": place[1]}] if place else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    return touch


def item(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=name, exact=True))


def middle_of(place: Locator, *, part: float = 0.5) -> tuple[float, float]:
    """A point in the middle of its width, and so far down its height."""
    box = place.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] * part


def hold_at(finger: Finger, place: Callable[[], tuple[float, float]], until: Callable[[], bool]) -> None:
    """Keep the finger there, trembling as fingers do, until what it is held for has happened."""
    for trembling in range(TREMBLES):
        x, y = place()
        finger("touchMove", (x + trembling % 2, y))
        if until():
            return
    raise AssertionError("Nothing happens under the finger")


def lift(page: Page, finger: Finger, name: str) -> None:
    """Lay the finger on the step's handle until the step is lifted."""
    x, y = middle_of(item(page, name).get_by_role("button", name=re.compile(f"^Move {name}")))
    finger("touchStart", (x, y))
    expect(item(page, name)).to_have_class(re.compile(r"\bsortable-chosen\b"))
    finger("touchMove", (x, y + 10))
    expect(page.locator("body[data-dragging]")).to_have_count(1)


def test_a_step_is_dragged_to_another_day_by_touch(phone: Page, finger: Finger):
    item(phone, "Reminder Email").scroll_into_view_if_needed()
    steps = phone.get_by_role("region", name=re.compile(r"^Day 2\b")).get_by_role("listitem")
    lift(phone, finger, "Follow-up Text")
    hold_at(finger, lambda: middle_of(item(phone, "Reminder Email"), part=0.25), lambda: steps.count() == 2)
    finger("touchEnd", None)
    expect(phone.get_by_text(re.compile("^Follow-up Text now goes out on day 2, "))).to_be_visible()
    expect(phone.get_by_role("region", name=re.compile(r"^Day 1\b"))).to_have_count(0)
    phone.reload(wait_until="networkidle")
    expect(steps.filter(has_text="Follow-up Text")).to_have_count(1)


def test_what_is_below_the_screen_comes_up_to_a_step_that_is_held_at_its_edge(phone: Page, finger: Finger):
    edge = phone.viewport_size["width"] / 2, phone.viewport_size["height"] - 12
    lift(phone, finger, "Welcome Email")
    hold_at(finger, lambda: edge, lambda: phone.evaluate("scrollY") > 0)
