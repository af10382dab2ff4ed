"""Customers in a browser: a lead converted into a known account by keys; deals moved in the list and taken back."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.keyboard import press_on, type_into

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def stage_of_the_flats(page: Page) -> Locator:
    """The box in the list: by its role, for the dialog that asks about a loss bears the same name."""
    return page.get_by_role("combobox", name="Stage of Six family flats for the autumn")


def test_a_lead_becomes_a_customer_and_a_lead_again_without_a_mouse(page: Page):
    page.goto("/leads?status=qualified&q=grace", wait_until="networkidle")
    press_on(page, page.get_by_role("link", name="Grace Nguyen"))
    press_on(page, page.get_by_role("link", name="Convert", exact=True))
    form = page.get_by_role("dialog", name="Convert Grace Nguyen")
    press_on(page, form.get_by_role("radio", name="New account"), "ArrowRight")
    expect(form.get_by_label("Name of the account")).to_be_hidden()
    type_into(page, form.get_by_role("combobox", name="Account"), "bleecker")
    expect(form.get_by_role("option")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(form.get_by_role("combobox", name="Account")).to_have_value("Bleecker Street Bakery")
    type_into(page, form.get_by_label(re.compile("^Amount")), "250,000")
    press_on(page, form.get_by_role("button", name="Convert", exact=True))
    expect(form).to_have_count(0)
    expect(page.get_by_role("link", name="Bleecker Street Bakery")).to_be_visible()
    expect(page.get_by_role("link", name="Convert", exact=True)).to_have_count(0)
    press_on(page, page.get_by_role("button", name="Take back"))
    press_on(page, page.locator("#confirm-yes"))
    expect(page.get_by_role("link", name="Convert", exact=True)).to_be_visible()


def test_a_deal_moves_in_the_list_and_back_and_the_sums_follow(page: Page):
    page.goto("/opportunities", wait_until="networkidle")
    stage = stage_of_the_flats(page)
    expect(stage).to_have_value("negotiation")
    sums = page.locator("#sums").inner_text()
    stage.focus()
    stage.select_option("closed_won")
    expect(page.locator("#sums")).not_to_have_text(sums)
    expect(stage).to_be_focused()
    press_on(page, page.get_by_role("button", name="Undo"))
    expect(page.locator("#sums")).to_have_text(sums)
    expect(stage).to_have_value("negotiation")


def test_a_deal_whose_loss_nobody_explains_stays_where_it_is(page: Page):
    page.goto("/opportunities", wait_until="networkidle")
    stage = stage_of_the_flats(page)
    stage.focus()
    stage.select_option("closed_lost")
    expect(page.get_by_label("Why was it lost?")).to_be_focused()
    page.keyboard.press("Escape")
    expect(stage).to_have_value("negotiation")
    expect(stage).to_be_focused()
