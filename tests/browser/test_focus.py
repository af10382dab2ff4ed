"""Where the focus goes when what it was on goes away."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.keyboard import go_to_row, press_on, tab_to

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


def test_a_dialog_begins_with_its_first_field_and_gives_the_focus_back(page: Page):
    page.goto("/leads", wait_until="networkidle")
    opener = page.get_by_role("link", name="Filter", exact=True)
    press_on(page, opener)
    expect(page.get_by_role("dialog").get_by_label("New")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_a_dialog_opened_from_a_menu_gives_the_focus_back_to_its_button(page: Page):
    page.goto("/inbox?queue=mine", wait_until="networkidle")
    page.locator("a.thread").first.click()
    snooze = page.get_by_role("button", name="Snooze", exact=True)
    press_on(page, snooze)
    expect(page.get_by_role("menuitem", name="In 3 hours")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Until")).to_be_focused()
    page.keyboard.press("Escape")
    expect(snooze).to_be_focused()


def test_who_undid_by_the_toast_goes_on_with_the_page(page: Page):
    page.goto("/inbox?queue=mine", wait_until="networkidle")
    page.locator("a.thread").first.click()
    page.get_by_role("button", name="Close", exact=True).click()
    press_on(page, page.get_by_role("button", name="Undo"))
    expect(page.get_by_text("Open again.")).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()


def test_who_was_on_the_bulk_bar_goes_on_with_the_list(page: Page):
    page.goto("/leads", wait_until="networkidle")
    first, second = page.locator("[data-open]").nth(0), page.locator("[data-open]").nth(1)
    go_to_row(page, first.inner_text())
    page.keyboard.press("x")
    page.get_by_role("button", name="Clear selection").press("Enter")
    expect(first).to_be_focused()
    page.keyboard.press("x")
    expected = second.inner_text()
    page.locator(".bulk-bar").get_by_role("button", name="Archive").press("Enter")
    expect(first).to_have_text(expected)
    expect(first).to_be_focused()


def test_a_tab_keeps_the_focus_it_got(page: Page):
    page.goto("/leads", wait_until="networkidle")
    page.goto(page.locator("[data-open]").first.get_attribute("href"), wait_until="networkidle")
    notes = page.get_by_role("link", name="Notes", exact=True)
    press_on(page, notes)
    expect(notes).to_have_attribute("aria-current", "page")
    expect(notes).to_be_focused()


def test_templates_are_walked_and_archived_by_keys(page: Page):
    page.goto("/templates", wait_until="networkidle")
    row = go_to_row(page, "Documents arrived")
    tab_to(page, page.get_by_role("button", name="Archive Documents arrived"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Documents arrived", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="Follow-up")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/templates/[0-9a-f-]{36}$"))
    assert row.count() == 0


def test_b_leads_from_a_ticked_row_to_the_bulk_bar_and_esc_back(page: Page):
    page.goto("/leads", wait_until="networkidle")
    bar = page.locator(".bulk-bar")
    page.keyboard.press("j")
    page.keyboard.press("b")
    expect(bar).to_be_hidden()
    page.keyboard.press("x")
    page.keyboard.press("b")
    expect(bar.get_by_role("button", name="Assign")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("tbody .checkbox").first).to_be_focused()
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.keyboard.press("?")
    expect(
        page.get_by_role("dialog", name="Keyboard shortcuts").get_by_text("Actions for the selected rows")
    ).to_be_visible()


def test_esc_in_a_field_closes_the_panel_but_never_throws_words_away(page: Page):
    page.goto("/flows", wait_until="networkidle")
    page.get_by_role("link", name="New lead").first.click()
    page.wait_for_url(re.compile(r"/flows/[0-9a-f-]{36}$"))
    panel = page.get_by_role("complementary", name="New step")
    page.keyboard.press("n")
    expect(panel.get_by_label("Name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    page.keyboard.press("n")
    expect(panel.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Still looking?")
    page.keyboard.press("Escape")
    expect(panel.get_by_label("Name")).to_have_value("Still looking?")
    expect(panel).to_be_focused()
    expect(panel.get_by_text("What you typed is not saved.")).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)


def test_words_typed_into_a_step_are_not_thrown_away_in_passing(page: Page):
    page.goto("/flows", wait_until="networkidle")
    page.get_by_role("link", name="New lead").first.click()
    page.wait_for_url(re.compile(r"/flows/[0-9a-f-]{36}$"))
    page.get_by_role("link", name="Follow-up Text").click()
    panel = page.get_by_role("complementary", name="Follow-up Text")
    panel.get_by_label("Name").fill("Second text")
    panel.get_by_role("button", name="Save step").focus()
    page.keyboard.press("Escape")  # not from the field: it must not close at once, too
    expect(panel.get_by_label("Name")).to_have_value("Second text")
    page.get_by_role("link", name="Reminder Email").click()
    asked = page.get_by_role("dialog").filter(has_text="What you typed in the panel is not saved.")
    asked.get_by_role("button", name="Cancel").click()
    expect(panel.get_by_label("Name")).to_have_value("Second text")
    asked_to_stay = []
    page.on("dialog", lambda dialog: asked_to_stay.append(dialog.type) or dialog.dismiss())
    page.get_by_role("link", name="Back to flows").click(no_wait_after=True)
    page.wait_for_timeout(300)
    assert asked_to_stay == ["beforeunload"]
    page.get_by_role("link", name="Reminder Email").click()
    asked.get_by_role("button", name="Continue").click()
    panel = page.get_by_role("complementary", name="Reminder Email")
    panel.get_by_label("Name").fill("Last mail")
    panel.get_by_role("link", name="Cancel").click()  # who presses that has decided
    expect(panel).to_have_count(0)
    assert asked_to_stay == ["beforeunload"]


def test_esc_in_a_dialog_with_unsaved_words_asks_for_a_second_one(page: Page):
    page.goto("/leads", wait_until="networkidle")
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="New lead")
    expect(dialog.get_by_label("First name")).to_be_focused()
    page.keyboard.type("Zanele")
    page.keyboard.press("Escape")
    expect(dialog.get_by_label("First name")).to_have_value("Zanele")
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    warning = dialog.get_by_role("alert").filter(visible=True)
    expect(warning).to_have_text("What you typed is not saved. Press Escape again to close.")
    expect(warning).to_be_in_viewport(ratio=1)
    dialog.get_by_label("First name").focus()
    expect(warning).to_have_count(0)
    for _ in range(2):
        page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_esc_asks_for_a_second_one_in_a_form_that_was_refused_too(open_context):
    context = open_context()
    page = context.new_page()
    page.goto("/leads", wait_until="networkidle")
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="New lead")
    dialog.get_by_label("First name").fill("Zanele")
    dialog.get_by_label("Country").fill("Narnia")
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Country")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Escape")
    expect(dialog.get_by_label("First name")).to_have_value("Zanele")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_the_address_of_a_new_message_opens_its_dialog_over_the_inbox(page: Page):
    page.goto("/inbox/new", wait_until="networkidle")
    expect(page.get_by_role("dialog", name="New message").get_by_role("combobox")).to_be_focused()
    expect(page.locator("#thread-list")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
