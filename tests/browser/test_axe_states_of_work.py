"""States of accounts, meetings, imports and campaigns that no address shows: refusals, conflicts, what is over.

Both themes, both widths: no axe violation, no script error, no sideways scroll.
"""

from collections.abc import Callable
from urllib.parse import unquote

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from leadcrm.core.db import perform
from leadcrm.flows import operations as flows
from leadcrm.flows.operations import StepData
from leadcrm.leads.data import Filters
from tests.browser.acme import inside_acme
from tests.browser.axe import faults_at
from tests.browser.conftest import SIZES, Quiet
from tests.frontend.screens import SIGNED_OUT, addresses

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

EXPECTED = ("status of 409", "status of 422")
NOT_A_TABLE = {"name": "fair.csv", "mimeType": "text/csv", "buffer": b"\x00\x01\x02"}


def addresses_and_a_draft(office: Flask) -> dict[str, str]:
    """Ids as in the addresses of all screens, and `draft`: a campaign that waits for its start."""
    known = addresses(office)
    with inside_acme(office):
        message = StepData("email", "News", "Hi {first_name}", 0, None, subject="News")
        segment = {"segment": Filters(), "segment_words": "All leads", "per_hour": {}}
        draft = perform(flows.draft_campaign, flows.CampaignData(name="Winter", message=message, **segment))
        return known | {"draft": draft.id}


def visit(page: Page, address: str) -> None:
    page.goto(address, wait_until="networkidle")


def open_dialog(page: Page, address: str, link: str) -> None:
    visit(page, address)
    page.get_by_role("link", name=link, exact=True).first.click()
    page.locator("dialog[open] form").wait_for()


def submit(page: Page, form: str) -> None:
    """Send the form also where the browser itself would refuse to."""
    page.locator(form).evaluate("form => { form.noValidate = true }")
    page.locator(f"{form} [type=submit]").last.click()


def be_refused(page: Page, form: str) -> None:
    submit(page, form)
    page.locator(":is([aria-invalid=true], .banner.tone-red):visible").first.wait_for()


def account_without_a_name(page: Page, known: dict[str, str]) -> None:
    open_dialog(page, "/accounts", "New account")
    page.get_by_label("Website").fill("not an address")
    be_refused(page, "#account-form")


def account_that_is_there_already(page: Page, known: dict[str, str]) -> None:
    open_dialog(page, "/accounts", "New account")
    page.locator("#account-form [name=name]").fill("Bleecker Street Bakery")
    page.locator("#twins a").first.wait_for()
    page.locator("#account-form [type=submit]").click()
    page.locator("#account-form [name=anyway]").wait_for()


def account_somebody_else_saved_first(page: Page, known: dict[str, str]) -> None:
    open_dialog(page, f"/accounts/{known['account']}", "Edit")
    somebody = page.context.new_page()
    visit(somebody, f"/accounts/{known['account']}/edit")
    somebody.get_by_label("Notes").fill("Her words. " * 20)
    submit(somebody, "#account-form")
    expect(somebody).not_to_have_url("**/edit")
    somebody.close()
    page.get_by_label("Industry").fill("Mine")
    submit(page, "#account-form")
    page.locator("#account-form .diff-row").first.wait_for()


def conversion_without_sense(page: Page, known: dict[str, str]) -> None:
    visit(page, "/leads?status=qualified&q=grace")
    page.get_by_role("link", name="Grace Nguyen").click()
    page.get_by_role("link", name="Convert", exact=True).click()
    page.locator("#conversion-form [name=account_name]").fill("")
    page.locator("#conversion-form [name=amount]").fill("a lot")
    be_refused(page, "#conversion-form")


def loss_nobody_explains(page: Page, known: dict[str, str]) -> None:
    visit(page, "/opportunities")
    page.get_by_label("Stage of Six family flats for the autumn").select_option("closed_lost")
    page.locator("dialog[open] [type=submit]").click()
    page.locator("dialog[open] [aria-invalid=true]").wait_for()


def visitor_without_a_name(page: Page, known: dict[str, str]) -> None:
    visit(page, SIGNED_OUT["booking a time"].format(**known))
    be_refused(page, "form[method=post]")


def time_that_is_gone(page: Page, known: dict[str, str]) -> None:
    visit(page, SIGNED_OUT["booking a time"].format(**known))
    quicker = {"first_name": "Zoe", "email": "zoe@leads.test", "start": unquote(known["slot"]), "tz": "UTC"}
    assert page.request.post(f"/book/{known['realtor']}", form=quicker).ok
    page.get_by_label("First name").fill("Ann")
    page.get_by_label("Email").fill("ann@leads.test")
    submit(page, "form[method=post]")
    page.locator("#gone").wait_for()


def meeting_without_a_time(page: Page, known: dict[str, str]) -> None:
    visit(page, f"/leads/{known['lead']}/bookings/new")
    be_refused(page, "#book-meeting form[method=post]")


def canceled_meeting(page: Page, known: dict[str, str]) -> None:
    visit(page, f"/meeting/{known['meeting']}")
    page.get_by_text("Cancel the meeting").click()
    page.get_by_role("button", name="Yes, cancel it").click()
    page.get_by_role("heading", name="Canceled meeting").wait_for()


def file_that_cannot_be_read(page: Page, known: dict[str, str]) -> None:
    visit(page, "/imports")
    page.get_by_label("Choose a file").set_input_files(NOT_A_TABLE)
    be_refused(page, "#imports")


def columns_that_mean_the_same(page: Page, known: dict[str, str]) -> None:
    visit(page, f"/imports/{known['brought']}")
    for column in page.locator(".import-columns select").all():
        column.select_option("email")
    be_refused(page, "#import-plan")


def refused_rows(page: Page, known: dict[str, str]) -> None:
    visit(page, f"/imports/{known['import']}?rows=refused")
    page.locator(".import-rows .details span").first.wait_for()


def campaign_that_says_nothing(page: Page, known: dict[str, str]) -> None:
    visit(page, "/campaigns/new")
    be_refused(page, "#campaign-form")


def draft(page: Page, known: dict[str, str]) -> None:
    visit(page, f"/campaigns/{known['draft']}")
    page.get_by_text("Draft", exact=True).wait_for()


def draft_about_to_start(page: Page, known: dict[str, str]) -> None:
    page.get_by_role("button", name="Start", exact=True).click()
    page.locator("#confirm[open]").wait_for()


def results(page: Page, known: dict[str, str]) -> None:
    visit(page, f"/campaigns/{known['campaign']}")
    page.get_by_text("Why messages were not sent").click()


def leads_behind_the_results(page: Page, known: dict[str, str]) -> None:
    visit(page, f"/campaigns/{known['campaign']}/leads?what=skipped")
    page.locator("[data-item] .checkbox").first.check()
    page.locator(".bulk-bar").wait_for()
    page.locator("[data-item] .cell-status").first.click(trial=True)  # the bar covers no row


STATES: list[Callable[[Page, dict[str, str]], None]] = [
    account_without_a_name,
    account_that_is_there_already,
    account_somebody_else_saved_first,
    conversion_without_sense,
    loss_nobody_explains,
    visitor_without_a_name,
    time_that_is_gone,
    meeting_without_a_time,
    canceled_meeting,
    file_that_cannot_be_read,
    columns_that_mean_the_same,
    refused_rows,
    campaign_that_says_nothing,
    draft,
    draft_about_to_start,
    results,
    leads_behind_the_results,
]


def test_states(office, open_context, work):
    known = addresses_and_a_draft(office)
    work()
    page = open_context(bypass_csp=True).new_page()
    quiet, problems = Quiet(page), []
    for show in STATES:
        page.set_viewport_size(dict(zip(("width", "height"), SIZES["wide"], strict=True)))
        show(page, known)
        page.wait_for_timeout(200)  # what comes in fades in, and axe would measure half a colour
        found = [f"{size}: {fault}" for size in SIZES for fault in faults_at(page, size)]
        found += [said for said in quiet.complaints if not any(text in said for text in EXPECTED)]
        quiet.complaints.clear()
        problems += [f"{show.__name__}: {fault}" for fault in found]
    assert not problems, "\n".join(problems)
