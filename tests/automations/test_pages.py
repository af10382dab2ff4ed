"""Automations through HTTP: every route works, refuses, and keeps strangers out."""

import re

import pytest
from sqlalchemy import select

from leadcrm.automations import operations, queries
from leadcrm.automations.examples import EXAMPLES, started_from
from leadcrm.automations.models import Automation
from leadcrm.conversations import operations as conversations
from leadcrm.conversations.operations import ensure_default_templates, template_for
from leadcrm.core import clock
from leadcrm.core.db import db, perform, writing
from leadcrm.identity.models import User
from tests.automations.conftest import NOTE, wait
from tests.conftest import count_queries

FORM = {
    "name": "Hot leads",
    "trigger": "lead.tagged",
    "quiet": "2",
    "quiet_unit": "days",
    "conditions-0-field": "score",
    "conditions-0-op": "at_least",
    "conditions-0-value": "70",
    "actions-0-kind": "notify",
    "actions-0-to": "role:manager",
    "actions-0-text": "Call them",
    "actions-1-kind": "set_field",
    "actions-1-field": "status",
    "actions-1-value": "qualified",
}


def newest() -> Automation:
    db.session.rollback()
    return db.session.scalars(select(Automation).order_by(Automation.id.desc()).limit(1)).one()


def fresh(automation: Automation) -> Automation:
    db.session.rollback()
    statement = select(Automation).where(Automation.id == automation.id).execution_options(populate_existing=True)
    return db.session.scalars(statement).one()


@pytest.mark.parametrize("hx", [True, False])
def test_create_one_and_read_it_as_a_sentence(mia, hx):
    answer = mia.post("/automations", data=FORM, hx=hx)
    assert answer.status_code == (200 if hx else 303)
    made = newest()
    assert (made.trigger, made.quiet_seconds, made.enabled) == ("lead.tagged", 0, True)
    assert made.conditions == {"all": [{"field": "score", "op": "at_least", "value": 70}]}
    assert [action["kind"] for action in made.actions] == ["notify", "set_field"]
    sentence = "if score is at least 70: notify managers: “Call them” and change the status to "
    assert f"{sentence}qualified." in mia.get("/automations").text


def test_who_saved_one_goes_on_with_it(mia):
    saved = mia.post("/automations", data=FORM).location
    assert f'href="/automations/{newest().id}" data-open autofocus>' in mia.get(saved).text
    assert "autofocus" not in mia.get("/automations").text


def test_edit_one_with_everything_it_holds_shown(mia, rule):
    template = perform(lambda: (ensure_default_templates(), template_for("welcome"))[1])
    automation = rule(actions=[wait(7200), {"kind": "send_template", "template_id": template.id}])
    page = mia.get(f"/automations/{automation.id}").text
    assert f'value="{template.id}" selected' in page
    assert 'value="2"' in page
    assert '<option value="hours" selected' in page
    form = FORM | {"revision": str(automation.revision)}
    assert mia.post(f"/automations/{automation.id}", data=form).status_code == 303
    assert fresh(automation).name == "Hot leads"
    stale = mia.post(f"/automations/{automation.id}", data=form | {"name": "Mine"}, hx=True)
    assert stale.status_code == 409
    assert 'value="Mine"' in stale.text
    assert (
        "It says now: “Hot leads”. When a lead&#39;s tags change, if score is at least 70: notify managers"
        in stale.text
    )
    assert fresh(automation).name == "Hot leads"


def test_rows_are_added_and_removed_without_losing_what_was_typed(mia):
    more = mia.post("/automations/draft?add=conditions", data=FORM, hx=True).text
    assert 'name="conditions-1-field"' in more
    assert 'value="Hot leads"' in more
    assert 'value="70"' in more
    less = mia.post("/automations/draft?remove=actions-0", data=FORM, hx=True).text
    assert 'name="actions-1-kind"' not in less
    assert "Call them" not in less
    assert 'name="conditions-0-value"' in less
    page = mia.post("/automations/draft?add=actions", data=FORM)
    assert page.status_code == 200
    assert "<!doctype html>" in page.text
    for strange in ("remove=actions-9", "remove=actions-x", "add=everything", "remove="):
        assert mia.post(f"/automations/draft?{strange}", data=FORM, hx=True).status_code == 200


def test_a_row_shows_what_its_field_can_be_compared_with(mia):
    form = FORM | {"conditions-0-field": "email", "conditions-0-op": "is_set"}
    redrawn = mia.post("/automations/draft", data=form, hx=True).text
    assert 'name="conditions-0-value"' not in redrawn
    assert "is at least" not in redrawn


@pytest.mark.parametrize("hx", [True, False])
def test_switch_delete_and_undo(mia, rule, hx):
    automation = rule()
    url = f"/automations/{automation.id}"
    assert mia.post(f"{url}/enablement", data={}, hx=hx).status_code == (200 if hx else 303)
    assert fresh(automation).enabled is False
    mia.post(f"{url}/enablement", data={"enabled": "1"}, hx=hx)
    assert fresh(automation).enabled is True
    deleted = mia.post(f"{url}/deletion", hx=hx)
    assert fresh(automation).deleted_at is not None
    if hx:
        assert f'hx-post="{url}/restoration"' in deleted.text
    else:
        page = mia.get(deleted.location).text
        assert f"{automation.name} was deleted." in page
        assert f'action="{url}/restoration"' in page
    assert mia.get(url).status_code == 404
    assert mia.post(f"{url}/restoration", hx=hx).status_code == (200 if hx else 303)
    assert [one.id for one in queries.automation_list()] == [automation.id]


BAD = {
    "name": ["", " ", "x" * 81, "a\x00b"],
    "trigger": ["", "lead.exploded", "\x00"],
    "conditions-0-0-field": ["password"],
    "conditions-1-how": ["any"],
    "conditions-0-field": ["", "password", "\x00"],
    "conditions-0-op": ["", "contains", "drop"],
    "conditions-0-value": ["", "101", "-1", "many", "x" * 300, "a\x00b"],
    "actions-0-kind": ["", "launch", "\x00"],
    "actions-0-to": ["", "everyone", "user:nobody", "role:provider"],
    "actions-0-text": ["", "x" * 161, "a\x00b"],
    "actions-1-field": ["", "id"],
    "actions-1-value": ["", "converted", "x" * 300],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in BAD.items() for value in values])
def test_bad_input_is_refused_and_nothing_typed_is_lost(mia, field, value):
    answer = mia.post("/automations", data=FORM | {field: value}, hx=True)
    assert answer.status_code == 422
    assert "field-error" in answer.text or 'role="alert"' in answer.text
    if field != "actions-0-kind":
        assert value in answer.text.replace("&#34;", '"') or "Call them" in answer.text
    assert queries.automation_list() == []


SILENCE = FORM | {"trigger": "quiet.no_reply"}


NO_STRETCH = {"quiet": ("", "0", "-1", "soon", "1.5", "9" * 30, "91"), "quiet_unit": ("", "years")}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, bad in NO_STRETCH.items() for value in bad])
def test_how_long_a_silence_is_must_make_sense(mia, field, value):
    answer = mia.post("/automations", data=SILENCE | {field: value}, hx=True)
    assert answer.status_code == 422
    assert "quiet-error" in answer.text
    assert mia.post("/automations", data=FORM | {field: value}).status_code == 303, "it is no silence"


def test_a_silence_is_written_read_and_changed(mia):
    assert "quiet_unit" not in mia.get("/automations/new").text
    assert "quiet_unit" in mia.post("/automations/draft", data=SILENCE, hx=True).text
    assert mia.post("/automations", data=SILENCE).status_code == 303
    made = newest()
    assert (made.trigger, made.quiet_seconds) == ("quiet.no_reply", 2 * 86_400)
    assert "When we wrote and the lead does not reply for 2 days, if score is" in mia.get("/automations").text
    assert re.search(r'name="quiet"[^>]*value="2"', mia.get(f"/automations/{made.id}").text)


GROUPS = FORM | {
    "conditions-how": "any",
    "conditions-1-how": "all",
    "conditions-1-0-field": "replied", "conditions-1-0-op": "yes",
    "conditions-1-1-field": "time", "conditions-1-1-op": "from", "conditions-1-1-value": "09:00",
}  # fmt: skip


def test_conditions_stand_in_groups(mia):
    mia.post("/automations", data=GROUPS)
    made = newest()
    assert made.conditions["any"][1]["all"][0] == {"field": "replied", "op": "yes", "value": None}
    words = "score is at least 70 or (the lead has replied and it is 09:00 or later where they are)"
    assert f"if {words}" in mia.get("/automations").text
    page = mia.get(f"/automations/{made.id}").text
    assert 'name="conditions-1-1-value" type="time" value="09:00"' in page
    wrong = mia.post("/automations", data=GROUPS | {"name": "x", "conditions-1-1-value": "9 o'clock"}, hx=True)
    assert wrong.status_code == 422
    assert 'id="conditions-1-1-value-error"' in wrong.text


def test_groups_are_added_and_removed(mia):
    more = mia.post("/automations/draft?add=conditions-group", data=FORM, hx=True).text
    assert 'name="conditions-1-1-field"' in more
    more = mia.post("/automations/draft?add=conditions-1", data=GROUPS, hx=True).text
    assert 'name="conditions-1-2-field"' in more
    assert 'value="09:00"' in more
    less = mia.post("/automations/draft?remove=conditions-1-0", data=GROUPS, hx=True).text
    assert 'name="conditions-1-1-field"' not in less
    assert 'value="09:00"' in less


def test_every_example_is_a_rule_to_create(mia, acme):
    perform(ensure_default_templates)
    page = mia.get("/automations/examples").text
    assert "ESG is not kept yet" in page
    for key, example in EXAMPLES.items():
        assert example.title in page
        assert f"example={key}" in page
        assert mia.get(f"/automations/new?example={key}").status_code == 200
        assert perform(operations.create_automation, started_from(example)).enabled
    shown = mia.get("/automations/new?example=no-reply").text
    assert 'value="No reply for two days"' in shown
    assert shown.count("<fieldset") == 4, "a condition and three actions"
    assert 'value="No reply' not in mia.get("/automations/new?example=nonsense").text


def test_rows_without_end_are_cut_off(mia):
    flood = {f"conditions-{number}-field": "email" for number in range(150)}
    assert mia.post("/automations", data=FORM | flood, hx=True).status_code == 422


@pytest.mark.parametrize("words", ["<img src=x onerror=alert(1)>", "שלום", "👩🏽‍🚀" * 20, "{{7*7}}"])
def test_strange_words_are_kept_and_shown_as_text(mia, words):
    assert mia.post("/automations", data=FORM | {"actions-0-text": words, "name": words}).status_code == 303
    assert newest().actions[0]["text"] == words
    assert "<img src=x" not in mia.get("/automations").text


def test_the_log_filters_by_rule_result_and_lead_and_pages(mia, rule, new_lead):
    noted = rule()
    rule(name="Never", conditions=[{"field": "source", "op": "is", "value": "Import"}])
    first = new_lead(first_name="Zanele")
    for _ in range(30):
        new_lead()
    page = mia.get("/automations/runs").text
    assert page.count('id="run-') == 50
    following = re.search(r'href="(/automations/runs\?[^"]*cursor=[^"]+)" aria-label="Next page"', page)
    assert mia.get(following[1].replace("&amp;", "&")).text.count('id="run-') == 12
    assert "Not the case: source is Import" in mia.get("/automations/runs?state=skipped", hx=True).text
    assert mia.get(f"/automations/runs?automation={noted.id}", hx=True).text.count('id="run-') == 31
    for_lead = mia.get(f"/automations/runs?lead={first.id}", hx=True).text
    assert for_lead.count('id="run-') == 2
    assert "For Zanele" in for_lead
    assert mia.get("/automations/runs?state=nonsense", hx=True).text.count('id="run-') == 50
    assert mia.get("/automations/runs?cursor=nonsense", hx=True).status_code == 400


def test_reps_read_but_do_not_change(sign_in, cast, rule):
    automation = rule()
    ben = sign_in(cast.ben)
    assert "write a note" in ben.get(f"/automations/{automation.id}").text
    assert 'role="switch"' not in ben.get("/automations").text
    assert ben.get("/automations/new").status_code == 403
    urls = ["/automations", "/automations/draft", *urls_of(automation)]
    assert {ben.post(url, data=FORM, hx=True).status_code for url in urls} == {403}
    assert fresh(automation).deleted_at is None


def test_reps_see_runs_of_their_own_leads_only(sign_in, cast, rule, new_lead):
    rule()
    new_lead(owner_id=cast.ben.id), new_lead(owner_id=cast.ada.id), new_lead()
    assert sign_in(cast.ben).get("/automations/runs", hx=True).text.count('id="run-') == 2


def test_another_organization_finds_nothing(sign_in, cast, rule, new_lead):
    automation = rule()
    lead = new_lead()
    rita = sign_in(cast.rita)
    assert {rita.post(url, data=FORM, hx=True).status_code for url in urls_of(automation)} == {404}
    assert rita.post(f"/automations/draft?id={automation.id}", data=FORM, hx=True).status_code == 404
    assert rita.get(f"/automations/{automation.id}").status_code == 404
    assert rita.get(f"/automations/runs?lead={lead.id}", hx=True).status_code == 404
    assert 'id="run-' not in rita.get(f"/automations/runs?automation={automation.id}", hx=True).text
    assert "Rule 0" not in rita.get("/automations", hx=True).text


def urls_of(automation) -> list[str]:
    base = f"/automations/{automation.id}"
    return [base, f"{base}/enablement", f"{base}/deletion", f"{base}/restoration"]


def test_pages_make_a_fixed_number_of_queries(mia, rule, new_lead):
    def measure(url: str) -> int:
        with count_queries() as seen:
            assert mia.get(url, hx=True).status_code == 200
        return len(seen)

    rule()
    new_lead()
    urls = ("/automations", "/automations/runs")
    before = [measure(url) for url in urls]
    for _ in range(5):
        rule(actions=[NOTE, {"kind": "notify", "to": "owner", "text": "Hi"}])
        new_lead()
    assert [measure(url) for url in urls] == before
    assert perform(operations.ensure_default_automation).name == "Welcome New Leads"


def test_saving_a_rule_points_it_at_nobody_else_when_what_it_names_is_gone(mia, rule, cast):
    """A browser shows the first choice of a select that has no chosen one: a colleague, another template."""
    words = {"channel": "email", "subject": "Hi", "content": "Hi"}
    template = perform(conversations.save_template, None, name="Offer", **words)
    perform(conversations.save_template, None, name="Another", **words)
    ben = f"user:{cast.ben.id}"
    automation = rule(
        conditions=[{"field": "owner", "op": "is", "value": cast.ben.id}],
        actions=[
            {"kind": "send_template", "template_id": template.id},
            {"kind": "set_field", "field": "owner", "value": cast.ben.id},
            {"kind": "create_task", "title": "Call", "to": ben, "due_seconds": 0},
            {"kind": "notify", "to": ben, "text": "Look"},
        ],
    )
    perform(conversations.archive_template, template)
    with writing() as session:
        session.get_one(User, cast.ben.id).disabled_at = clock.now()
    page = mia.get(f"/automations/{automation.id}").text
    for value, words in ((cast.ben.id, "someone who left"), (ben, "someone who left")):
        assert page.count(f'<option value="{value}" selected>{words}') == 2
    assert f'<option value="{template.id}" selected>a template that is gone' in page
    form = FORM | {"actions-0-kind": "send_template", "actions-0-template_id": template.id}
    refused = mia.post(f"/automations/{automation.id}", data=form | {"revision": "1"}, hx=True)
    assert refused.status_code == 422
    assert "Choose a template." in refused.text
    assert f'<option value="{template.id}" selected>a template that is gone' in refused.text
    assert "someone who left" not in mia.post("/automations/draft", data=FORM | {"actions-0-to": "nobody"}).text
