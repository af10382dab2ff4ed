"""The draft in the builder: steps dragged by mouse and by keys, taken back, published, and two people at once."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acme import capture
from tests.browser.keyboard import press_on, tab_to, type_into

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def open_flow(page: Page) -> None:
    page.goto("/flows", wait_until="networkidle")
    page.get_by_role("link", name="New lead").first.click()
    page.wait_for_url(re.compile(r"/flows/[0-9a-f-]{36}$"))
    page.wait_for_load_state("networkidle")


def day(page: Page, number: int):
    return page.get_by_role("region", name=re.compile(rf"^Day {number}\b"))


def handle(page: Page, name: str):
    return page.get_by_role("button", name=re.compile(f"^Move {name}, day"))


def test_a_step_is_dragged_to_another_day_and_taken_back_after_a_reload(page: Page):
    open_flow(page)
    handle(page, "Follow-up Text").drag_to(page.get_by_role("link", name="Reminder Email"))
    expect(page.get_by_text("Follow-up Text now goes out on day 2, 9:00 AM.")).to_be_visible()
    expect(day(page, 2).get_by_role("listitem").first).to_contain_text("Follow-up Text")
    expect(day(page, 2).get_by_text("Moved", exact=True)).to_be_visible()
    expect(day(page, 1)).to_have_count(0)
    expect(page.get_by_role("link", name="Publish 1 change")).to_be_visible()
    page.reload(wait_until="networkidle")
    page.keyboard.press("Control+z")
    expect(day(page, 1).get_by_text("Follow-up Text", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Publish", exact=True)).to_be_disabled()
    page.keyboard.press("Control+Shift+z")
    expect(day(page, 1)).to_have_count(0)


def test_a_step_moves_by_keys_to_another_day_and_goes_back_on_escape(page: Page):
    open_flow(page)
    grip = handle(page, "Follow-up Text")
    press_on(page, grip, "Space")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#live")).to_have_text("Day 2, position 1 of 2")
    page.keyboard.press("Escape")
    expect(page.locator("#live")).to_have_text("Put back.")
    expect(day(page, 1).get_by_text("Follow-up Text", exact=True)).to_be_visible()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.get_by_text("Follow-up Text now goes out on day 2, 9:00 AM.")).to_be_visible()
    expect(handle(page, "Follow-up Text")).to_be_focused()
    expect(day(page, 1)).to_have_count(0)


def test_a_place_within_the_day_proposes_the_time_and_cancelling_puts_it_back(page: Page):
    open_flow(page)
    handle(page, "Follow-up Text").drag_to(page.get_by_role("link", name="Reminder Email"))
    expect(page.get_by_text("Follow-up Text now goes out on day 2, 9:00 AM.")).to_be_visible()
    expect(day(page, 2).get_by_role("listitem")).to_have_count(2)
    press_on(page, handle(page, "Follow-up Text"), "Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    dialog = page.get_by_role("dialog", name="Move Follow-up Text")
    expect(dialog.locator("[name=time]")).to_have_value("15:00")
    expect(dialog.get_by_role("spinbutton", name="Day")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(day(page, 2).get_by_role("listitem").first).to_contain_text("Follow-up Text")
    press_on(page, handle(page, "Follow-up Text"), "Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    press_on(page, dialog.get_by_role("button", name="Move step"))
    expect(page.get_by_text("Follow-up Text now goes out on day 2, 3:00 PM.")).to_be_visible()
    expect(day(page, 2).get_by_role("listitem").last).to_contain_text("Follow-up Text")


def test_the_open_form_goes_on_after_its_step_was_dragged(page: Page):
    open_flow(page)
    page.get_by_role("link", name="Follow-up Text").click()
    panel = page.get_by_role("complementary", name="Follow-up Text")
    expect(panel.get_by_role("spinbutton", name="Day")).to_have_value("1")  # the rail makes room as the panel opens
    handle(page, "Follow-up Text").drag_to(page.get_by_role("link", name="Reminder Email"))
    expect(panel.get_by_role("spinbutton", name="Day")).to_have_value("2")
    panel.get_by_label("Name").fill("Second text")
    panel.get_by_role("button", name="Save step").click()
    expect(page.get_by_text("Second text was saved in the draft.")).to_be_visible()
    expect(day(page, 2).get_by_text("Second text", exact=True)).to_be_visible()


def test_a_form_that_arrives_after_its_step_was_dragged_says_the_new_day(page: Page):
    open_flow(page)
    held = []
    page.route(re.compile(r"/steps/[^/]+$"), lambda route: held.append((route, route.fetch())))
    page.get_by_role("link", name="Follow-up Text").click()
    page.wait_for_timeout(300)
    handle(page, "Follow-up Text").drag_to(page.get_by_role("link", name="Reminder Email"))
    expect(page.get_by_text("Follow-up Text now goes out on day 2, 9:00 AM.")).to_be_visible()
    route, answer = held.pop()
    route.fulfill(response=answer)
    panel = page.get_by_role("complementary", name="Follow-up Text")
    expect(panel.get_by_role("spinbutton", name="Day")).to_have_value("2")


def test_a_step_that_is_carried_is_put_back_when_one_goes_elsewhere(page: Page):
    open_flow(page)
    for leave in (lambda: page.keyboard.press("Tab"), lambda: page.get_by_role("heading", name="Start").click()):
        press_on(page, handle(page, "Follow-up Text"), "Space")
        page.keyboard.press("ArrowDown")
        expect(day(page, 2).get_by_role("listitem")).to_have_count(2)
        leave()
        expect(page.locator("#live")).to_have_text("Put back.")
        expect(day(page, 1).get_by_text("Follow-up Text", exact=True)).to_be_visible()
    page.get_by_role("link", name="Welcome Email").click()  # links bring what they say again
    expect(page.get_by_role("complementary", name="Welcome Email")).to_be_visible()


def test_a_drop_while_the_one_before_is_saved_goes_back_instead_of_being_lost_later(page: Page):
    open_flow(page)
    held = []
    page.route("**/placement", lambda route: held.append(route))  # Playwright cannot mark `held.append` itself
    for name in ("Welcome Email", "Follow-up Text"):
        press_on(page, handle(page, name), "Space")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Space")
    expect(page.locator("#live")).to_have_text("Put back. The move before it is not saved yet; try again.")
    held.pop().continue_()
    expect(page.get_by_text("Welcome Email now goes out on day 1, same time of day.")).to_be_visible()
    expect(day(page, 1).get_by_role("listitem")).to_have_count(2)


def test_the_focus_stays_in_the_panel_that_was_saved(page: Page):
    open_flow(page)
    page.get_by_role("link", name="Follow-up Text").click()
    panel = page.get_by_role("complementary", name="Follow-up Text")
    press_on(page, panel.get_by_role("button", name="Save step"))
    expect(page.get_by_text("Follow-up Text was saved in the draft.")).to_be_visible()
    expect(panel).to_be_focused()
    page.get_by_role("button", name="Delete step").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Follow-up Text was removed from the draft.")).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Undone:")).to_be_visible()
    expect(page.locator("#main")).to_be_focused()  # there is nothing more to undo


def test_a_typed_time_stays_while_other_things_arrive(page: Page):
    open_flow(page)
    page.get_by_role("link", name="Follow-up Text").click()
    panel = page.get_by_role("complementary", name="Follow-up Text")
    with page.expect_response("**/preview"):  # what is typed brings a new preview
        panel.get_by_label("Time", exact=True).fill("15:35")
    with page.expect_response("**/enablement"):  # and a switch the whole rail
        page.get_by_role("switch", name="Reminder Email enabled").click()
    expect(page.get_by_text("Reminder Email is off.")).to_be_visible()
    expect(panel.get_by_label("Time", exact=True)).to_have_value("15:35")
    panel.get_by_role("button", name="Save step").click()
    expect(page.get_by_text("Follow-up Text was saved in the draft.")).to_be_visible()
    expect(day(page, 1).get_by_text("3:35 PM")).to_be_visible()


def test_the_preview_follows_the_lead_that_is_searched_for(page: Page, office):
    capture(office, "Quaglia", "api")
    capture(office, "Naledi", "api")
    open_flow(page)
    page.get_by_role("link", name="Follow-up Text").click()
    panel = page.get_by_role("complementary", name="Follow-up Text")
    expect(panel.get_by_text("as Naledi reads it")).to_be_visible()
    panel.get_by_role("combobox", name="Preview for").fill("quag")
    panel.get_by_role("option", name="Quaglia").click()
    expect(panel.get_by_text("as Quaglia reads it")).to_be_visible()
    page.get_by_role("link", name="Reminder Email").click()  # nothing was written: nobody asks
    expect(page.get_by_role("complementary", name="Reminder Email")).to_be_visible()


def test_a_draft_is_published_for_an_audience_and_restored(page: Page):
    open_flow(page)
    page.get_by_role("button", name="More for Follow-up Text").click()
    page.get_by_role("menuitem", name="Duplicate").click()
    expect(page.get_by_text("Follow-up Text (copy) was added to the draft.")).to_be_visible()
    page.get_by_role("link", name="Publish 1 change").click()
    expect(page.get_by_text("“Follow-up Text (copy)” is added on day 1")).to_be_visible()
    page.get_by_role("button", name="Publish 1 change").click()
    expect(page.get_by_text("Version 2 is live.")).to_be_visible()
    page.get_by_role("button", name="More for this flow").click()
    page.get_by_role("menuitem", name="History").click()
    page.get_by_role("button", name="Restore as draft version 1").click()
    expect(page.get_by_text("Version 1 is a draft now.")).to_be_visible()
    expect(page.get_by_role("link", name="Publish 1 change")).to_be_visible()


def test_the_second_of_two_people_sees_both_and_decides(open_context):
    first, second = (open_context(person=person).new_page() for person in ("ada@", "max@"))
    for page in (first, second):  # the console of the second tells of the refusal, a 409
        open_flow(page)
        page.get_by_role("link", name="Follow-up Text").click()
    for page, words in ((first, "Words of the first"), (second, "Words of the second")):
        type_into(page, page.get_by_role("complementary").get_by_label("Message"), words)
        press_on(page, page.get_by_role("complementary").get_by_role("button", name="Save step"))
        if page is first:
            expect(page.get_by_text("Follow-up Text was saved in the draft.")).to_be_visible()
    dialog = second.get_by_role("dialog", name="Someone else saved first")
    expect(dialog.get_by_text("Words of the first")).to_be_visible()
    expect(dialog.get_by_text("Words of the second")).to_be_visible()
    tab_to(second, dialog.get_by_role("button", name="Use mine anyway"))
    second.keyboard.press("Enter")
    expect(second.get_by_text("Follow-up Text was saved in the draft.")).to_be_visible()
    expect(dialog).to_have_count(0)
    first.reload(wait_until="networkidle")
    expect(first.locator("#flow-canvas").get_by_text("Words of the second")).to_be_visible()


def test_a_switch_does_not_pass_the_saves_of_others_off_as_ones_own(open_context):
    first, second = (open_context(person=person).new_page() for person in ("ada@", "max@"))
    for page in (first, second):  # the console of the second tells of the refusal, a 409
        open_flow(page)
        page.get_by_role("link", name="Follow-up Text").click()
    first.get_by_role("complementary").get_by_label("Message").fill("Words of the first")
    first.get_by_role("complementary").get_by_role("button", name="Save step").click()
    expect(first.get_by_text("Follow-up Text was saved in the draft.")).to_be_visible()
    second.get_by_role("switch", name="Reminder Email enabled").click()  # at once: it needs no revision
    expect(second.locator("#flow-canvas").get_by_text("Words of the first")).to_be_visible()
    second.get_by_role("complementary").get_by_label("Name").fill("Name of the second")
    second.get_by_role("complementary").get_by_role("button", name="Save step").click()
    dialog = second.get_by_role("dialog", name="Someone else saved first")
    expect(dialog.get_by_text("Words of the first")).to_be_visible()


def test_steps_are_counted_when_they_are_looked_at_and_keep_their_numbers_meanwhile(page: Page):
    asked: list[int] = []
    page.on("request", lambda request: asked.append(request.url.count("step=")) if "/numbers?" in request.url else None)
    page.set_viewport_size({"width": 1280, "height": 420})
    open_flow(page)
    numbers = page.locator("[data-numbers]")
    steps = numbers.count()
    expect(numbers.first.get_by_role("link").first).to_be_visible()
    assert len(asked) == 1
    assert asked[0] < steps
    expect(numbers.last.get_by_role("link")).to_have_count(0)
    numbers.last.scroll_into_view_if_needed()
    expect(numbers.last.get_by_role("link").first).to_be_visible()
    assert sum(asked) == steps
    page.route("**/numbers?*", lambda route: None)  # never answered
    with page.expect_request("**/numbers?*"):
        page.get_by_role("switch").last.click()
    expect(numbers.last.get_by_role("link").first).to_be_visible()
