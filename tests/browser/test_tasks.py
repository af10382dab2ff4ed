"""Tasks by keys: added, ticked off, taken back, put off; and on the lead's page."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.keyboard import choose, go_to_row, press_on, type_into

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def open_tasks(page: Page) -> None:
    page.goto("/leads", wait_until="networkidle")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/tasks")
    page.wait_for_load_state("networkidle")


def row(page: Page, title: str):
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=title, exact=True))


def test_a_task_is_added_found_ticked_off_and_taken_back_without_a_mouse(page: Page):
    open_tasks(page)
    expect(page.get_by_role("heading", name="Overdue")).to_be_visible()
    waiting = int(page.locator("#task-count").inner_text())
    page.keyboard.press("n")
    form = page.get_by_role("dialog", name="New task")
    expect(form.get_by_label("What is to be done")).to_be_focused()
    page.keyboard.type("Send the offer")
    lead = form.get_by_role("combobox", name="For")
    type_into(page, lead, "Grace")
    expect(form.get_by_role("option", name=re.compile("Grace Nguyen"))).to_be_visible()
    page.keyboard.press("Enter")
    expect(lead).to_have_value("Grace Nguyen")
    choose(page, form.get_by_label("Priority"), "High")
    press_on(page, form.get_by_role("button", name="Add task"))
    expect(form).to_have_count(0)
    expect(page.get_by_text("Task added for Grace Nguyen.")).to_be_visible()
    expect(row(page, "Send the offer")).to_be_visible()

    link = go_to_row(page, "Send the offer")
    expect(link).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_text("Done: Send the offer")).to_be_visible()
    expect(row(page, "Send the offer")).to_have_count(0)
    page.keyboard.press("z")
    expect(row(page, "Send the offer")).to_be_visible()
    assert int(page.locator("#task-count").inner_text()) in (waiting, waiting + 1)  # it may be due tomorrow


def test_a_task_is_put_off_from_its_menu(page: Page):
    open_tasks(page)
    title = "Send Amara the photographer’s dates"
    press_on(page, page.get_by_role("button", name=f"More for {title}"))
    expect(page.get_by_role("menuitem", name="Edit")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Tomorrow morning")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Put off: {title}")).to_be_visible()
    expect(page.get_by_role("heading", name="Overdue")).to_have_count(0)


def test_a_leads_page_takes_a_task_by_one_key(page: Page):
    open_tasks(page)
    page.get_by_role("link", name="Amara Adeyemi").first.click()
    page.wait_for_url("**tab=tasks")
    expect(page.get_by_role("link", name="Meet Amara at the brownstone")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("t")
    form = page.get_by_role("dialog", name="New task")
    expect(form.get_by_label("What is to be done")).to_be_focused()
    page.keyboard.type("Thank her")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Thank her")).to_be_visible()


def test_a_refused_task_keeps_what_was_typed(open_context):
    page = open_context().new_page()  # its console tells of the refusal, a 422
    page.goto("/tasks", wait_until="networkidle")
    page.keyboard.press("n")
    form = page.get_by_role("dialog", name="New task")
    expect(form.get_by_label("What is to be done")).to_be_focused()
    page.keyboard.type("Send the offer")
    page.keyboard.press("Enter")
    expect(form.get_by_text("Say for which lead.")).to_be_visible()
    expect(form.get_by_role("combobox", name="For")).to_be_focused()
    expect(form.get_by_label("What is to be done")).to_have_value("Send the offer")
