"""States of screens that no address shows: open menus and dialogs, errors, toasts, an empty office, hard names.

Both themes, both widths: no axe violation, no script error, no sideways scroll.
"""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page

from leadcrm.core import tenancy
from leadcrm.core.db import perform
from leadcrm.identity import operations as identity
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from tests.browser.acme import inside_acme, lead_writes
from tests.browser.axe import faults_at, scrolls_sideways, violations
from tests.browser.conftest import SIZES, Quiet

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

EXPECTED = ("Failed to load resource: the server responded with a status of 422",)
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
RIGHT_TO_LEFT = "عبدالرحمن محمد"
EMPTY_SCREENS = [
    "/leads", "/inbox", "/flows", "/automations", "/automations/runs", "/templates", "/notifications", "/accounts",
    "/opportunities", "/bookings", "/bookings?view=past", "/imports", "/campaigns", "/tasks", "/settings/availability",
]  # fmt: skip


def let_people_of_hard_names_write(office: Flask) -> None:
    for number, name in enumerate((LONG, RIGHT_TO_LEFT)):
        with inside_acme(office):
            data = LeadData(first_name=name, email=f"hard-{number}@leads.test", source="Website")
            perform(leads.capture_lead, data, realtor=None)
        lead_writes(office, name, f"{name} https://{LONG.lower()}.test/{LONG}")


def found_an_empty_office(office: Flask) -> None:
    def found() -> None:
        empty = identity.create_organization(name="Empty")
        identity.create_user(
            organization_id=empty.id, email="eve@empty.test", name="Eve", role="owner", password="long enough for Eve"
        )

    with office.app_context(), tenancy.everyone():
        perform(found)


def faults(page: Page, quiet: Quiet) -> list[str]:
    """What is wrong with what a page shows now, and what it has said since; forgets the latter."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(200)  # what comes in fades in, and axe would measure half a colour
    found = violations(page)
    found += [said for said in quiet.complaints if not any(text in said for text in EXPECTED)]
    quiet.complaints.clear()
    return found + scrolls_sideways(page)


def visit(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("[data-htmx-powered]").first.wait_for(state="attached")


def palette(page: Page) -> None:
    visit(page, "/leads")
    page.keyboard.press("Control+k")
    page.locator("#palette [role=option]").first.wait_for()


def shortcuts(page: Page) -> None:
    visit(page, "/leads")
    page.keyboard.press("?")
    page.locator("#shortcuts[open]").wait_for()


def form_with_errors(page: Page) -> None:
    visit(page, "/leads")
    page.keyboard.press("n")
    page.locator("#lead-form input[name=email]").fill("nobody at nowhere")
    page.locator("#lead-form [type=submit], dialog[open] [type=submit]").last.click()
    page.locator("#lead-form [aria-invalid=true]").first.wait_for()


def open_menu(page: Page) -> None:
    visit(page, "/inbox?queue=all")
    page.locator(".thread").first.click()
    page.locator("[popovertarget=thread-menu]").click()
    page.locator("#thread-menu:popover-open").wait_for()


def toast(page: Page) -> None:
    visit(page, "/inbox?queue=all")
    page.locator(".thread").first.click()
    page.locator("[popovertarget=thread-menu]").click()
    page.get_by_role("menuitem", name="Mark as unread").click()
    page.locator("#toasts .toast").wait_for()


def send_later(page: Page) -> None:
    visit(page, "/inbox?queue=all")
    page.locator(".thread").first.click()
    page.locator(".send-later summary").click()
    page.locator(".send-later[open]").wait_for()


def leads_of_hard_names(page: Page) -> None:
    visit(page, "/leads?sort=-created")
    page.get_by_role("link", name=LONG).first.wait_for()


def thread_of_a_long_word(page: Page) -> None:
    visit(page, "/inbox?queue=all")
    page.locator(".thread", has_text=LONG).first.click()
    page.locator(".messages", has_text=LONG).wait_for()


def thread_from_right_to_left(page: Page) -> None:
    visit(page, "/inbox?queue=all")
    page.locator(".thread", has_text=RIGHT_TO_LEFT).first.click()
    page.locator(".messages", has_text=RIGHT_TO_LEFT).wait_for()


def automation_with_groups_tested(page: Page) -> None:
    visit(page, "/automations/new?example=new-prospect")
    page.get_by_role("button", name="Add group").click()
    page.get_by_role("group", name="Group 3").wait_for()
    page.get_by_role("button", name="Add action").click()
    page.get_by_role("group", name="Action 7").get_by_label("Do").select_option("wait")
    page.get_by_label("How long").wait_for()
    page.get_by_role("button", name="Create automation").click()
    page.locator("#automation-form [aria-invalid=true]").first.wait_for()
    visit(page, "/automations/new?example=no-answer")
    page.get_by_role("button", name="Test").click()
    page.get_by_role("list", name="Test results").wait_for()


STATES: list[Callable[[Page], None]] = [
    palette,
    shortcuts,
    form_with_errors,
    open_menu,
    toast,
    send_later,
    leads_of_hard_names,
    thread_of_a_long_word,
    thread_from_right_to_left,
    automation_with_groups_tested,
]


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_states(office, open_context, size):
    let_people_of_hard_names_write(office)
    page = open_context(size, bypass_csp=True).new_page()
    quiet, problems = Quiet(page), []
    for show in STATES:
        show(page)
        problems += [f"{show.__name__}: {problem}" for problem in faults(page, quiet)]
    assert not problems, "\n".join(problems)


def test_empty_screens(office, open_context):
    found_an_empty_office(office)
    page = open_context(person="eve@", bypass_csp=True).new_page()
    quiet, problems = Quiet(page), []
    for path in EMPTY_SCREENS:
        page.goto(path, wait_until="networkidle")
        problems += [f"{path} {size}: {fault}" for size in SIZES for fault in faults_at(page, size)]
        problems += [f"{path}: {said}" for said in quiet.complaints]
        quiet.complaints.clear()
    assert not problems, "\n".join(problems)
