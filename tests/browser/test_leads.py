"""The leads' pages as people use them: by mouse, by keys, without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


def rows(page: Page):
    return page.locator("[data-item]")


def test_the_list_narrows_while_one_types_and_keeps_the_words(page: Page):
    page.goto("/leads")
    total = rows(page).count()
    page.keyboard.press("/")
    page.keyboard.type("naledi")
    expect(rows(page)).to_have_count(1)
    assert total > 1
    expect(page.get_by_label("Search leads")).to_have_value("naledi")
    expect(page.get_by_label("Search leads")).to_be_focused()
    assert page.url.endswith("?q=naledi")
    page.get_by_label("Search leads").fill("")
    expect(rows(page)).to_have_count(total)


def test_filters_read_as_a_sentence_and_can_be_taken_away(page: Page):
    page.goto("/leads")
    page.locator("#filter").click()
    page.get_by_label("Qualified", exact=True).check()
    page.get_by_label("Score at least").fill("80")
    page.get_by_role("button", name="Show leads").click()
    expect(page.locator(".chip.on")).to_have_text([re.compile(r"Status is\s+Qualified"), re.compile(r"Score ≥\s+80")])
    assert set(page.locator(".cell-status .badge").all_inner_texts()) == {"Qualified"}
    assert page.url.endswith("?status=qualified&score=80")
    before = rows(page).count()
    page.get_by_role("link", name="Remove filter: Score ≥").click()
    expect(page.locator(".chip.on")).to_have_count(1)
    assert rows(page).count() >= before


def test_headers_sort_and_say_so(page: Page):
    page.goto("/leads")
    page.get_by_role("link", name="Score").click()
    expect(page.get_by_role("columnheader", name="Score")).to_have_attribute("aria-sort", "descending")
    scores = [int(text.split()[-1]) for text in page.locator(".cell-score").all_inner_texts()]
    assert scores == sorted(scores, reverse=True)
    page.go_back()
    expect(page.get_by_role("columnheader", name="Last activity")).to_have_attribute("aria-sort", "descending")


def test_keys_move_open_edit_and_close(page: Page):
    page.goto("/leads")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = rows(page).nth(1)
    expect(second.locator("[data-open]")).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.keyboard.press("x")
    page.keyboard.press("Enter")
    panel = page.locator("#panel .panel")
    name = second.locator("[data-open]").inner_text()
    expect(panel.get_by_role("heading", name=name)).to_be_visible()
    assert "open=" in page.url
    page.keyboard.press("e")
    expect(page.get_by_role("dialog", name=f"Edit {name}")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(second.locator("[data-open]")).to_be_focused()
    assert "open=" not in page.url


def test_several_leads_are_assigned_tagged_and_archived_and_all_of_it_can_be_undone(page: Page):
    page.goto("/leads")
    total = rows(page).count()
    for number in (0, 1):
        rows(page).nth(number).locator(".checkbox").check()
    page.get_by_role("button", name="Tag").click()
    dialog = page.get_by_role("dialog", name="Add tags: 2 leads")
    dialog.get_by_label("Tags").fill("autumn fair")
    dialog.get_by_role("button", name="Add tags").click()
    expect(page.get_by_text("2 leads tagged.")).to_be_visible()
    expect(dialog).to_have_count(0)
    for number in (0, 1):
        rows(page).nth(number).locator(".checkbox").check()
    page.get_by_role("button", name="Assign").click()
    dialog = page.get_by_role("dialog", name="Assign: 2 leads")
    dialog.get_by_label("Owner").select_option("Nobody")
    dialog.get_by_role("button", name="Assign").click()
    expect(page.get_by_text("2 leads belong to nobody now.")).to_be_visible()
    for number in (0, 1):
        rows(page).nth(number).locator(".checkbox").check()
    page.get_by_role("button", name="Archive").click()
    expect(rows(page)).to_have_count(total - 2)
    page.locator(".toast", has_text="archived").get_by_role("button", name="Undo").click()
    expect(rows(page)).to_have_count(total)


def test_a_lead_is_typed_in_with_a_warning_about_its_twin(open_context):
    page = open_context().new_page()  # its console tells of the refusal, a 422
    page.goto("/leads", wait_until="networkidle")
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="New lead")
    expect(dialog.get_by_label("Send follow-up email")).to_be_disabled()
    dialog.get_by_label("First name").fill("Zola")
    dialog.get_by_label("Email", exact=True).fill("zola@new.example")
    expect(dialog.get_by_label("Send follow-up email")).to_be_enabled()
    dialog.get_by_label("Send follow-up email").check()
    dialog.get_by_role("button", name="Create lead").click()
    expect(page.locator("#panel").get_by_role("heading", name="Zola")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("n")
    dialog.get_by_label("Email", exact=True).fill("zola@new.example")
    expect(dialog.get_by_role("link", name="Zola")).to_be_visible()
    dialog.get_by_label("First name").fill("Zola the second")
    dialog.get_by_role("button", name="Create lead").click()
    expect(dialog.get_by_label("First name")).to_have_value("Zola the second")
    dialog.get_by_label("Create anyway").check()
    dialog.get_by_role("button", name="Create lead").click()
    expect(page.locator("#panel").get_by_role("heading", name="Zola the second")).to_be_visible()


def test_a_value_becomes_a_field_and_is_saved_undone_or_left_alone(page: Page):
    page.goto("/leads?open=first")
    panel = page.locator("#panel")
    company = panel.locator("#field-company")
    company.click()
    panel.get_by_label("Company").fill("Nova Homes")
    page.keyboard.press("Enter")
    expect(company).to_have_text(re.compile("Nova Homes"))
    expect(company).to_be_focused()
    page.keyboard.press("Enter")
    panel.get_by_label("Company").fill("Nobody wants this")
    page.keyboard.press("Escape")
    expect(company).to_have_text(re.compile("Nova Homes"))
    expect(company).to_be_focused()
    company.click()
    panel.get_by_label("Company").fill("Left by a click")
    panel.get_by_role("heading", level=2).click()
    expect(company).to_have_text(re.compile("Left by a click"))
    page.locator(".toast", has_text="Company changed.").last.get_by_role("button", name="Undo").click()
    expect(company).to_have_text(re.compile("Nova Homes"))
    page.locator(".toast", has_text="Company changed.").first.get_by_role("button", name="Undo").click()
    expect(company).to_have_text(re.compile("^–"))


def test_a_refused_field_keeps_what_was_typed_and_a_conflict_shows_both(open_context):
    context = open_context()  # its consoles tell of the refusals, 422 and 409
    mine, theirs = context.new_page(), context.new_page()
    for each in (mine, theirs):
        each.goto("/leads?open=first")
        each.locator("#field-email").click()
        expect(each.get_by_label("Email", exact=True)).to_be_focused()
    mine.get_by_label("Email", exact=True).fill("nonsense")
    mine.keyboard.press("Enter")
    expect(mine.get_by_text("This is not an email address")).to_be_visible()
    expect(mine.get_by_label("Email", exact=True)).to_have_value("nonsense")
    expect(mine.get_by_label("Email", exact=True)).to_be_focused()
    theirs.get_by_label("Email", exact=True).fill("theirs@new.example")
    theirs.keyboard.press("Enter")
    expect(theirs.locator("#field-email")).to_have_text(re.compile("theirs@new.example"))
    mine.get_by_label("Email", exact=True).fill("mine@new.example")
    mine.keyboard.press("Enter")
    expect(mine.get_by_text("It says theirs@new.example now.")).to_be_visible()
    expect(mine.get_by_label("Email", exact=True)).to_have_value("mine@new.example")
    mine.get_by_role("button", name="Save mine").click()
    expect(mine.locator("#field-email")).to_have_text(re.compile("mine@new.example"))


def test_a_status_is_chosen_where_it_is_shown_and_asks_why_not(page: Page):
    page.goto("/leads?status=new")
    rows(page).first.locator("[data-open]").click()
    panel = page.locator("#panel")
    expect(panel.locator("#field-status")).to_be_visible()
    page.keyboard.press("s")
    panel.get_by_label("Status", exact=True).select_option("Unqualified")
    expect(panel.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("No budget")
    page.keyboard.press("Enter")
    expect(panel.get_by_text("No budget")).to_be_visible()
    page.locator(".toast", has_text="Status changed.").get_by_role("button", name="Undo").click()
    expect(panel.get_by_text("No budget")).to_have_count(0)


def test_the_panel_walks_through_the_list(page: Page):
    page.goto("/leads?sort=name")
    total = rows(page).count()
    rows(page).first.locator("[data-open]").click()
    panel = page.locator("#panel .panel")
    expect(panel.get_by_text(f"1 of {total}", exact=True)).to_be_visible()
    page.keyboard.press("j")
    expect(panel.get_by_text(f"2 of {total}", exact=True)).to_be_visible()
    panel.get_by_role("link", name="Next (J)").click()
    expect(panel.get_by_text(f"3 of {total}", exact=True)).to_be_visible()
    expect(panel.get_by_role("link", name="Next (J)")).to_be_focused()
    expect(rows(page).nth(2)).to_have_attribute("aria-current", "true")
    page.keyboard.press("k")
    expect(panel.get_by_text(f"2 of {total}", exact=True)).to_be_visible()
    page.go_back()
    expect(panel.get_by_text(f"3 of {total}", exact=True)).to_be_visible()


def test_letters_act_on_the_row_or_on_the_ticked_ones(page: Page):
    page.goto("/leads")
    page.keyboard.press("j")
    name = rows(page).first.locator("[data-open]").inner_text()
    page.keyboard.press("a")
    expect(page.get_by_role("dialog", name=f"Change owner: {name}")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name=f"Edit {name}")
    dialog.get_by_label("Last name").fill("Edited")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(dialog).to_have_count(0)
    expect(rows(page).first.locator("[data-open]")).to_have_text(re.compile("Edited"))
    rows(page).first.locator("[data-open]").focus()
    for key in "xjx":
        page.keyboard.press(key)
    page.keyboard.press("a")
    expect(page.get_by_role("dialog", name="Assign: 2 leads")).to_be_visible()


def test_the_order_is_chosen_in_the_display_menu(open_context):
    page = open_context("phone").new_page()
    page.goto("/leads")
    page.get_by_role("button", name="Display").click()
    page.get_by_role("menuitem", name="Score").click()
    expect(page).to_have_url(re.compile(r"sort=score&dir=desc"))
    scores = [int(text.split()[-1]) for text in page.locator(".cell-score").all_inner_texts()[1:]]
    assert scores == sorted(scores, reverse=True)
    page.get_by_role("button", name="Display").click()
    page.get_by_role("menuitem", name="Lowest first").click()
    expect(page).to_have_url(re.compile(r"sort=score&dir=asc"))


def test_a_record_page_shows_history_and_takes_notes(page: Page):
    page.goto("/leads")
    page.goto(rows(page).first.locator("[data-open]").get_attribute("href"))
    expect(page.get_by_role("region", name="Timeline")).to_be_visible()
    expect(page.get_by_role("form", name="Reply")).to_be_visible()
    page.get_by_role("link", name="Notes").click()
    page.get_by_role("textbox", name="Note").fill("Prefers mornings")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_role("list", name="Notes").get_by_text("Prefers mornings")).to_be_visible()
    expect(page.get_by_role("textbox", name="Note")).to_have_value("")


def test_the_palette_finds_people_and_screens(page: Page):
    page.goto("/leads", wait_until="networkidle")
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Search and commands")
    expect(palette.get_by_role("option", name="Inbox")).to_be_visible()
    page.keyboard.type("naledi")
    expect(palette.get_by_role("option", name=re.compile("Naledi"))).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/leads/[0-9a-f-]{36}$"))


def test_the_main_forms_work_without_scripts(open_context):
    page = open_context(java_script_enabled=False).new_page()
    page.goto("/leads")
    page.get_by_role("link", name="New lead").first.click()
    page.get_by_label("First name").fill("Quiet")
    page.get_by_label("Phone").fill("12")
    page.get_by_role("button", name="Create lead").click()
    expect(page.get_by_text("This is not a phone number.")).to_be_visible()
    expect(page.get_by_label("First name")).to_have_value("Quiet")
    page.get_by_label("Phone").fill("+27 21 555 0147")
    page.get_by_role("button", name="Create lead").click()
    expect(page.locator("#panel").get_by_role("heading", name="Quiet")).to_be_visible()
    page.locator("#panel").get_by_role("link", name="change owner").click()
    page.get_by_label("Owner").select_option("Nobody")
    page.get_by_role("button", name="Change owner").click()
    expect(page.get_by_text("Quiet belongs to nobody now.")).to_be_visible()
