"""Automations by keys alone: written as a sentence, switched, and answered for in the run log."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.acme import capture
from tests.browser.keyboard import choose, go_to_row, press_on, tab_to, type_into

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

SENTENCE = "When a lead is created, if source is Fair: write a note: “Ask what they saw”."


def write_automation(page: Page) -> None:
    page.goto("/automations", wait_until="networkidle")
    page.keyboard.press("n")
    page.wait_for_url("**/automations/new")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Fair visitors")
    choose(page, page.get_by_label("This happens"), "a lead is created")
    press_on(page, page.get_by_role("button", name="Add condition"))
    condition = page.get_by_role("group", name="Condition 1")
    expect(condition.get_by_label("Look at")).to_be_focused()
    choose(page, condition.get_by_label("Look at"), "Source")
    type_into(page, condition.get_by_role("textbox", name="Value"), "Fair")
    action = page.get_by_role("group", name="Action 1")
    choose(page, action.get_by_label("Do"), "write a note")
    type_into(page, action.get_by_label("Note"), "Ask what they saw")
    press_on(page, page.get_by_role("button", name="Create automation"))
    page.wait_for_url("**/automations?saved=*")


def test_one_is_written_edited_and_switched(page: Page):
    write_automation(page)
    row = page.locator(".rule-row", has_text="Fair visitors")
    expect(row.get_by_text(SENTENCE)).to_be_visible()
    expect(row.get_by_role("link", name="Fair visitors")).to_be_focused()  # who made it goes on with it
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/automations/[0-9a-f-]{36}$"))
    page.wait_for_load_state("networkidle")
    press_on(page, page.get_by_role("button", name="Add action"))
    second = page.get_by_role("group", name="Action 2")
    expect(second.get_by_label("Do")).to_be_focused()
    press_on(page, second.get_by_role("button", name="Remove action 2"))
    expect(second).to_have_count(0)
    type_into(page, page.get_by_label("Name"), "Visitors of the fair")
    press_on(page, page.get_by_role("button", name="Save automation"))
    page.wait_for_url("**/automations?saved=*")
    page.goto("/automations", wait_until="networkidle")

    go_to_row(page, "Visitors of the fair")
    switch = page.get_by_role("switch", name="Visitors of the fair enabled")
    press_on(page, switch, "Space")
    expect(page.get_by_text("Visitors of the fair is off.")).to_be_visible()
    expect(switch).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_text("Visitors of the fair is on.")).to_be_visible()

    press_on(page, page.get_by_role("button", name="More for Visitors of the fair"))
    expect(page.get_by_role("menuitem", name="Edit")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Visitors of the fair was deleted.")).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_role("link", name="Visitors of the fair", exact=True)).to_be_visible()


def test_the_run_log_says_why(page: Page, office, work):
    write_automation(page)
    capture(office, "Fanny", "Fair")
    capture(office, "Wendy", "website")
    work()
    page.goto("/automations", wait_until="networkidle")
    press_on(page, page.get_by_role("link", name="Run log"))
    page.wait_for_url("**/automations/runs")
    page.wait_for_load_state("networkidle")
    choose(page, page.get_by_label("Automation", exact=True), "Fair visitors")
    runs = page.get_by_role("list", name="Runs").get_by_role("listitem")
    expect(runs).to_have_count(2)
    done, skipped = runs.filter(has_text="Fanny"), runs.filter(has_text="Wendy")
    expect(done).to_contain_text("Done")
    expect(done).to_contain_text(re.compile("note", re.IGNORECASE))
    expect(skipped).to_contain_text("Skipped")
    expect(skipped).to_contain_text("Not the case: source is Fair")
    tab_to(page, done.get_by_role("link", name="Fanny"))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/leads/[0-9a-f-]{36}$"))
    expect(page.get_by_text("Ask what they saw")).to_be_visible()


def test_groups_waits_and_a_test_without_a_mouse(page: Page, office, work):
    capture(office, "Fanny", "Fair")
    work()
    page.goto("/automations/new", wait_until="networkidle")
    page.keyboard.type("Fair or hot")
    press_on(page, page.get_by_role("button", name="Add condition"))
    first = page.get_by_role("group", name="Condition 1", exact=True)
    choose(page, first.get_by_label("Look at"), "Source")
    type_into(page, first.get_by_role("textbox", name="Value"), "Fair")
    press_on(page, page.get_by_role("button", name="Add group"))
    inner = page.get_by_role("group", name="Condition 2.1", exact=True)
    expect(inner.get_by_label("Look at")).to_be_focused()
    choose(page, inner.get_by_label("Look at"), "Score")
    type_into(page, inner.get_by_role("spinbutton", name="Value"), "70")
    second = page.get_by_role("group", name="Condition 2.2", exact=True)
    choose(page, second.get_by_label("Look at"), "Has ever replied")
    choose(page, page.get_by_label("Of these"), "One of these holds")
    choose(page, page.get_by_role("group", name="Action 1").get_by_label("Do"), "write a note")
    type_into(page, page.get_by_role("group", name="Action 1").get_by_label("Note"), "Ask")
    press_on(page, page.get_by_role("button", name="Test", exact=True))
    results = page.get_by_role("list", name="Test results").get_by_role("listitem")
    expect(results.filter(has_text="Fanny")).to_contain_text("Would act")
    expect(results.filter(has_text="Fanny")).to_contain_text("Write the note")
    press_on(page, page.get_by_role("button", name="Create automation"))
    page.wait_for_url("**/automations?saved=*")
    sentence = "if source is Fair or (score is at least 70 or the lead has replied): write a note: “Ask”."
    expect(page.locator(".rule-row", has_text="Fair or hot")).to_contain_text(sentence)


def test_a_form_that_is_drawn_late_leaves_what_the_test_found(page: Page, office, work):
    capture(office, "Fanny", "Fair")
    work()
    page.goto("/automations/new", wait_until="networkidle")
    page.get_by_label("Name").fill("Note all")
    action = page.get_by_role("group", name="Action 1")
    action.get_by_label("Do").select_option("create_note")
    action.get_by_label("Note").fill("Ask")
    late: list[Route] = []
    page.route("**/automations/draft*", lambda route: late.append(route))
    with page.expect_request("**/automations/draft*"):
        page.get_by_label("This happens").select_option("lead.created")
        page.get_by_label("This happens").dispatch_event("change")
    page.get_by_role("button", name="Test", exact=True).click()
    page.wait_for_timeout(500)  # the results would come before the form
    with page.expect_response("**/automations/draft*"):
        late[0].continue_()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("list", name="Test results").get_by_text("Fanny")).to_be_visible()
