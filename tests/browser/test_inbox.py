"""The inbox as people use it: reading, answering, drafts, templates, live news, and what went wrong."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from leadcrm.conversations import operations
from leadcrm.core import clock
from leadcrm.core.db import perform
from tests.browser.acme import capture, inside_acme, lead_writes, thread_id
from tests.browser.keyboard import go_to_row, press_on, tab_to

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


@pytest.fixture
def open_thread(page: Page, office):
    """`open_thread("David Cohen")` → its log, on a page whose scripts listen."""

    def open_one(name: str, channel: str = "email"):
        page.goto(f"/inbox?queue=all&c={thread_id(office, name, channel)}", wait_until="networkidle")
        return page.get_by_role("log", name="Messages")

    return open_one


def message_box(page: Page):
    return page.get_by_role("textbox", name="Message")


def row_of(page: Page, name: str):
    return page.locator("a.thread", has_text=name).first


def test_opening_reads_after_two_seconds_and_u_takes_it_back(page: Page, office):
    lead_writes(office, "Amara Adeyemi", "Could we start at 3.2?")
    page.goto("/inbox?queue=all", wait_until="networkidle")
    count = page.locator("#inbox-count")
    others = int(count.inner_text()) - 1
    go_to_row(page, "Amara Adeyemi")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log").get_by_text("Could we start at 3.2?")).to_be_visible()
    row, unread = row_of(page, "Amara Adeyemi"), re.compile(r"\bunread\b")
    expect(row).to_have_class(unread)
    expect(row).not_to_have_class(unread)
    expect(count).to_have_text(str(others or ""))
    page.keyboard.press("u")
    expect(page.get_by_text("Marked as unread.")).to_be_visible()
    expect(row).to_have_class(unread)
    page.wait_for_timeout(3_000)  # it stays so while the thread is on the screen
    expect(row).to_have_class(unread)


def test_a_draft_survives_an_answer_a_switch_and_a_reload(page: Page, office, open_thread):
    log = open_thread("David Cohen")
    page.keyboard.press("r")
    with page.expect_response("**/draft"):
        page.keyboard.type("Tomorrow at noon, t")
    lead_writes(office, "David Cohen", "Or the day after.")
    expect(log.get_by_text("Or the day after.")).to_be_visible()
    expect(message_box(page)).to_be_focused()
    page.keyboard.type("hen")
    tab_to(page, page.get_by_role("radio", name="Email"), "Shift+Tab")
    drafted = page.locator("[name=drafted_channel]")
    page.keyboard.press("ArrowRight")
    expect(drafted).to_have_value("sms")
    expect(page.get_by_role("radio", name="Text")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(drafted).to_have_value("email")
    expect(message_box(page)).to_have_value("Tomorrow at noon, then")
    page.reload(wait_until="networkidle")
    expect(message_box(page)).to_have_value("Tomorrow at noon, then")


def test_a_draft_is_kept_when_another_thread_is_opened_at_once(page: Page, office, open_thread):
    open_thread("David Cohen")
    page.keyboard.press("r")
    page.keyboard.type("Half a sent")
    row_of(page, "Amara Adeyemi").click()
    expect(page.get_by_role("region", name="Conversation with Amara Adeyemi")).to_be_visible()
    expect(message_box(page)).to_have_value("")
    row_of(page, "David Cohen").click()
    expect(message_box(page)).to_have_value("Half a sent")


def test_slash_opens_templates_filled_for_the_lead_with_the_missing_marked(page: Page, office, open_thread):
    with inside_acme(office):
        perform(operations.save_template, None, name="Offer", channel="email", subject="An offer",
                content="Dear {first_name}, about {company}: shall we talk?")  # fmt: skip
    open_thread("David Cohen")
    page.keyboard.press("r")
    page.keyboard.type("/")
    finder = page.get_by_role("combobox", name="Find a template")
    expect(finder).to_be_focused()
    page.keyboard.type("offer")
    option = page.get_by_role("option", name="Offer")
    expect(option).to_contain_text("Dear David, about {company}")
    expect(option.locator("mark")).to_have_text("{company}")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(message_box(page)).to_have_value("Dear David, about {company}: shall we talk?")
    expect(page.get_by_text("We know no {company} for David Cohen.")).to_be_visible()
    expect(message_box(page)).to_be_focused()
    page.keyboard.type("the flat")
    expect(message_box(page)).to_have_value("Dear David, about the flat: shall we talk?")
    expect(page.get_by_label("Subject")).to_have_value("An offer")


def test_on_a_tablet_nothing_of_a_thread_is_cut_off(page: Page, open_thread):
    page.set_viewport_size({"width": 1024, "height": 768})
    open_thread("Amara Adeyemi")
    expect(page.get_by_role("button", name="Close", exact=True)).to_be_in_viewport(ratio=1)
    channels = page.locator(".composer-head .segmented")
    assert channels.evaluate("box => box.scrollWidth <= box.clientWidth")


def test_a_chosen_template_stays_the_draft(page: Page, open_thread):
    open_thread("David Cohen")
    page.keyboard.press("r")
    with page.expect_response("**/draft"):
        page.keyboard.type("/")
        page.keyboard.type("view")
    expect(page.get_by_role("option", name="Viewing confirmed")).to_be_visible()
    late = []
    page.route("**/draft", lambda route: late.append(route))
    page.keyboard.press("Enter")
    expect(message_box(page)).to_have_value(re.compile("^Hi David"))
    page.unroute("**/draft")
    for request in late:
        request.continue_()
    page.wait_for_load_state("networkidle")
    page.reload()
    expect(message_box(page)).to_have_value(re.compile("^Hi David"))


def test_an_undone_message_stands_in_the_composer_of_the_leads_page_again(page: Page):
    page.goto("/leads", wait_until="networkidle")
    page.goto(page.locator("[data-open]").first.get_attribute("href"), wait_until="networkidle")
    page.get_by_label("Send later").click()
    page.get_by_label("Subject").fill("Noon")
    message_box(page).fill("I call you at noon.")
    page.get_by_role("textbox", name="Send at").fill(f"{clock.now() + timedelta(days=7):%Y-%m-%dT12:00}")
    page.get_by_role("button", name="Schedule").click()
    expect(message_box(page)).to_have_value("")
    page.get_by_role("button", name="Undo").click()
    expect(message_box(page)).to_have_value("I call you at noon.")


def test_a_snoozed_thread_is_opened_again_without_its_toast(page: Page):
    page.goto("/inbox?queue=mine", wait_until="networkidle")
    page.locator("a.thread").first.click()
    page.get_by_role("button", name="Snooze", exact=True).click()
    page.get_by_role("menuitem", name="In 3 hours").click()
    expect(page.get_by_text("Snoozed until").first).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    page.get_by_role("button", name="Open now").click()
    expect(page.get_by_text("Open again.")).to_be_visible()
    expect(page.get_by_role("button", name="Open now")).to_have_count(0)


def test_the_picker_of_a_composer_high_on_the_page_is_seen_whole(page: Page):
    page.goto("/leads", wait_until="networkidle")
    page.goto(page.locator("[data-open]").first.get_attribute("href"), wait_until="networkidle")
    page.get_by_role("button", name="Insert a template").click()
    expect(page.get_by_role("option").first).to_be_visible()
    expect(page.get_by_role("combobox", name="Find a template")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("dialog", name="Templates")).to_be_in_viewport(ratio=1)


def test_enter_in_the_picker_sends_nothing_and_escape_leads_back(page: Page, open_thread):
    log = open_thread("David Cohen")
    count = log.locator(".message").count()
    page.keyboard.press("r")
    page.keyboard.type("/")
    page.keyboard.type("no such template")
    expect(page.get_by_text("No template for this channel.")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(message_box(page)).to_be_focused()
    expect(message_box(page)).to_have_value("/")
    expect(log.locator(".message")).to_have_count(count)


def test_a_message_is_taken_back_within_five_seconds(page: Page, open_thread):
    log = open_thread("David Cohen")
    page.keyboard.press("r")
    page.keyboard.type("Too early")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Email leaves in 5 seconds.")).to_be_visible()
    expect(log.get_by_text("Sending in a moment")).to_be_visible()
    tab_to(page, log, "Shift+Tab")
    page.keyboard.press("z")
    expect(page.get_by_text("It will not be sent.")).to_be_visible()
    expect(message_box(page)).to_have_value("Too early")
    expect(log.locator(".message", has_text="Too early")).to_contain_text("Canceled")


def test_a_note_turns_the_box_yellow_and_stays_in_the_house(page: Page, open_thread):
    log = open_thread("David Cohen")
    page.get_by_text("Note", exact=True).click()
    expect(page.get_by_role("textbox", name="Private note")).to_be_focused()
    page.keyboard.type("Wants a garden")
    page.keyboard.press("Control+Enter")
    bubble = log.locator(".message.note .bubble", has_text="Wants a garden")
    expect(bubble).to_be_visible()
    assert ground(page.locator(".composer")) == ground(bubble)
    assert ground(bubble) != ground(log.locator(".message.in .bubble").first)
    expect(page.get_by_text("Note saved. Only your team sees it.")).to_be_visible()


def ground(element) -> str:
    return element.evaluate("element => getComputedStyle(element).backgroundColor")


def test_what_failed_says_why_and_is_tried_again(page: Page, open_thread):
    log = open_thread("Marcus Bell")
    failed = log.locator(".message", has_text="Floor plan of the duplex")
    expect(failed.get_by_text("550 5.1.1 The mailbox does not exist")).to_be_visible()
    failed.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("Trying again now.")).to_be_visible()
    expect(failed.get_by_text("Sending in a moment")).to_be_visible()


def test_what_nobody_can_know_is_decided_by_a_person(page: Page, open_thread):
    log = open_thread("Yasmin Haddad", "whatsapp")
    unknown = log.locator(".message", has_text="does your adviser come along?")
    expect(unknown.get_by_text("We cannot tell whether this arrived")).to_be_visible()
    expect(unknown.get_by_role("button", name="Send again")).to_be_visible()
    unknown.get_by_role("button", name="It arrived").click()
    expect(page.get_by_text("Noted: it arrived.")).to_be_visible()
    expect(unknown.get_by_role("button")).to_have_count(0)


def test_a_planned_message_is_shown_and_called_off(page: Page, open_thread):
    log = open_thread("Amara Adeyemi")
    planned = log.locator(".message", has_text="here is the listing text")
    expect(planned.get_by_text("Scheduled for")).to_be_visible()
    planned.get_by_role("button", name="Cancel").click()
    expect(planned.get_by_text("Canceled", exact=True)).to_be_visible()


def test_a_closed_channel_says_why(page: Page, office, open_thread):
    lead_writes(office, "Camille Laurent", "Stop", "sms")
    open_thread("Camille Laurent", "sms")
    expect(page.locator(".composer-notice", has_text="Camille Laurent does not want messages at")).to_be_visible()
    expect(message_box(page)).to_be_disabled()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()


def test_a_reader_who_scrolled_up_stays_and_is_told(page: Page, office, open_thread):
    page.set_viewport_size({"width": 1440, "height": 560})
    log = open_thread("David Cohen")
    for number in range(8):
        lead_writes(office, "David Cohen", f"One more thing, number {number}.")
    expect(log.get_by_text("number 7.")).to_be_in_viewport()
    log.evaluate("element => { element.scrollTop = 0 }")
    lead_writes(office, "David Cohen", "And the very last.")
    chip = page.get_by_role("button", name="1 new message")
    expect(chip).to_be_visible()
    assert log.evaluate("element => element.scrollTop") == 0
    chip.click()
    expect(log.get_by_text("And the very last.")).to_be_in_viewport()
    expect(chip).to_be_hidden()


def test_search_marks_what_it_found_and_opens_it_there(page: Page):
    page.goto("/inbox?queue=all", wait_until="networkidle")
    page.keyboard.press("/")
    page.keyboard.type("parking")
    hit = page.locator("a.thread", has_text="Naledi Mokoena").first
    expect(hit.locator("mark").first).to_have_text("parking")
    tab_to(page, hit)
    page.keyboard.press("Enter")
    expect(page.locator(".message.found")).to_contain_text("parking bay")
    expect(page.locator(".message.found")).to_be_in_viewport()
    page.reload(wait_until="networkidle")
    expect(page.get_by_label("Search messages and people")).to_have_value("parking")
    expect(page.locator(".message.found")).to_contain_text("parking bay")


def test_a_thread_is_given_put_aside_closed_and_opened_by_keys(page: Page, open_thread):
    log = open_thread("David Cohen")
    page.keyboard.press("a")
    menu = page.get_by_role("menu", name="Assign to")
    expect(menu.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Assigned to Ada Lindqvist.")).to_be_visible()
    expect(page.get_by_role("button", name="Assigned to Ada Lindqvist")).to_have_text("Ada")

    press_on(page, page.get_by_role("button", name="Snooze"))
    expect(page.get_by_role("menuitem", name=re.compile(r"Tomorrow morning.*9:00"))).to_be_visible()
    expect(page.get_by_role("menuitem", name="In 3 hours")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"^Snoozed until .*9:00.*\.$"))).to_be_visible()
    tab_to(page, log)
    page.keyboard.press("z")
    expect(page.get_by_text("Open again.")).to_be_visible()

    tab_to(page, page.get_by_role("button", name="Close", exact=True), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    press_on(page, page.get_by_role("button", name="Reopen"))
    expect(page.get_by_role("button", name="Close", exact=True)).to_be_visible()


def test_the_sandbox_answers_as_the_lead(page: Page, office, work):
    capture(office, "Fanny", "website")
    work()  # without a mail server the greeting stays in the house
    page.goto("/sandbox", wait_until="networkidle")
    page.locator("a.thread", has_text="Fanny").click()
    phone = page.get_by_role("region", name=re.compile("sees$"))
    phone.get_by_role("textbox").fill("I would love to")
    page.keyboard.press("Control+Enter")
    expect(phone.get_by_role("log").get_by_text("I would love to")).to_be_visible()
    page.goto("/inbox?queue=all", wait_until="networkidle")
    expect(page.locator("a.thread").first).to_contain_text("I would love to")


def test_what_was_sent_in_haste_is_no_draft_afterwards(page: Page, open_thread):
    open_thread("David Cohen")
    message_box(page).fill("At noon, then.")
    held = []  # a slow line: the server has it, its answer is on its way
    page.route(re.compile(r"/leads/[^/]+/messages$"), lambda route: held.append((route, route.fetch())))
    message_box(page).press("Control+Enter")
    page.wait_for_timeout(1_200)  # longer than typing waits before it is kept
    route, answer = held.pop()
    route.fulfill(response=answer)
    expect(page.get_by_text("Email leaves in 5 seconds.")).to_be_visible()
    page.reload(wait_until="networkidle")
    expect(message_box(page)).to_have_value("")


def test_what_could_not_be_sent_is_sent_by_retry_also_after_the_polls_got_through(open_context, office):
    page = open_context().new_page()  # its console tells of the requests that failed
    page.goto(f"/inbox?queue=all&c={thread_id(office, 'David Cohen', 'email')}", wait_until="networkidle")
    with page.expect_response("**/draft"):
        message_box(page).fill("At noon, then.")
    page.context.set_offline(True)
    message_box(page).press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("could not be reached")
    page.wait_for_timeout(3_000)  # polls fail meanwhile
    page.context.set_offline(False)
    with page.expect_response("**/inbox/threads?*"):
        pass
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("Email leaves in 5 seconds.")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(message_box(page)).to_have_value("")
