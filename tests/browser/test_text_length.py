"""How long a text is where a flow's step is written: as the chosen lead reads it, not as the template is typed."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from leadcrm.core.db import perform
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from tests.browser.acme import inside_acme

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

FIELD = "{first_name|there}"
LATIN, FOREIGN = "Al", "Ж"  # what the field says to the two leads: in GSM's alphabet, and not

LENGTHS = {  # letters beside the field → what the form says
    LATIN: {
        158: "160 / 160",
        159: "161 characters, 2 segments",
        304: "306 characters, 2 segments",
        305: "307 characters, 3 segments",
    },
    FOREIGN: {
        69: "70 / 70",
        70: "71 characters, 2 segments",
        133: "134 characters, 2 segments",
        134: "135 characters, 3 segments",
    },
}


@pytest.fixture
def form(page: Page, office) -> Locator:
    """The form of a text, with two new leads to read it."""
    with inside_acme(office):
        for number, name in enumerate((LATIN, FOREIGN)):
            data = LeadData(first_name=name, email=f"read-{number}@leads.test", source="Website")
            perform(leads.capture_lead, data, realtor=None)
    page.goto("/flows", wait_until="networkidle")
    page.get_by_role("link", name="New lead").first.click()
    page.wait_for_url(re.compile(r"/flows/[0-9a-f-]{36}$"))
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="Follow-up Text").click()
    expect(page.locator("#step-preview")).to_contain_text(f"as {FOREIGN} reads it")
    return page.locator("#step-form")


def choose_lead(form: Locator, name: str) -> None:
    form.get_by_role("combobox", name="Preview for").fill(name)
    form.get_by_role("option", name=name, exact=True).click()
    expect(form.locator("#step-preview")).to_contain_text(f"as {name} reads it")


def test_a_text_is_counted_as_its_lead_reads_it(form: Locator):
    for lead, lengths in LENGTHS.items():
        choose_lead(form, lead)
        for letters, words in lengths.items():
            form.get_by_label("Message").fill(FIELD + "a" * letters)
            expect(form.locator("#content-count"), f"{lead} and {letters} letters").to_have_text(words)


def test_what_cannot_be_filled_is_not_counted(form: Locator):
    form.get_by_label("Message").fill("Hi {frist_name}")
    expect(form.locator("#step-preview")).to_contain_text("We do not know {frist_name}.")
    expect(form.locator("#content-count")).to_have_text("")
    form.get_by_label("Message").fill("Hi")
    expect(form.locator("#content-count")).to_have_text("2 / 160")
