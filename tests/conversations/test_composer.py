"""The composer: send, schedule, take back, drafts, templates, notes, and everything that can be typed wrong."""

import html
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from leadcrm.conversations import operations
from leadcrm.conversations.models import Attempt, Draft, Message
from leadcrm.conversations.operations import composing
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.models import EventRow
from leadcrm.core.values import new_id
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Note
from tests.conversations.conftest import again, make_due, make_lead
from tests.conversations.test_inbox import hears, shown
from tests.databases import only_on

NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<x-canary-7 hx-get=/trap hx-trigger=load>",
    "' onfocus=alert(1) autofocus='",
    "javascript:alert(1)",
    "<svg/onload=alert(1)>",
    "{{7*7}}",
]


@pytest.fixture
def ada(sign_in, cast):
    return sign_in(cast.ada)


def typed(**changes) -> dict:
    return {
        "channel": "email",
        "subject": "Hello",
        "content": "See you at 10",
        "key": new_id(),
        "when": "now",
        **changes,
    }


def send(client, lead, **changes):
    return client.post(f"/leads/{lead.id}/messages", data=typed(**changes), hx=True)


def messages() -> list[Message]:
    db.session.expire_all()
    return list(db.session.scalars(select(Message).order_by(Message.id)))


def test_a_message_waits_five_seconds_with_undo(ada, jane, cast):
    before = clock.now()
    response = send(ada, jane)
    (message,) = messages()
    assert response.status_code == 200
    assert "leaves in 5 seconds" in shown(response)
    assert f"/messages/{message.id}/cancellation" in shown(response)
    assert response.headers["HX-Trigger"] == "messages-changed"
    assert (message.origin, message.author_id, message.status) == ("manual", cast.ada.id, "scheduled")
    assert timedelta(seconds=4) < message.scheduled_for - before < timedelta(seconds=9)
    assert "See you at 10" not in shown(response)  # the composer is empty again


def test_undo_cancels_and_gives_the_words_back(ada, jane):
    send(ada, jane)
    (message,) = messages()
    response = ada.post(f"/messages/{message.id}/cancellation", hx=True)
    assert "draft-restored" in response.headers["HX-Trigger"]
    assert again(message).status == "canceled"
    assert "See you at 10" in shown(ada.get(f"/leads/{jane.id}/composer?channel=email", hx=True))


def test_undo_that_comes_too_late_says_so(ada, jane, transport):
    send(ada, jane)
    (message,) = messages()
    make_due(message)
    transport.drain()
    response = ada.post(f"/messages/{message.id}/cancellation", hx=True)
    assert response.status_code == 409
    assert "already sent" in shown(response)


def test_a_double_click_is_one_message(ada, jane):
    same = typed()
    for _ in range(2):
        assert ada.post(f"/leads/{jane.id}/messages", data=same, hx=True).status_code == 200
    assert len(messages()) == 1


def test_the_message_really_leaves(ada, jane, transport):
    send(ada, jane, content="Hi {first_name}, see you")
    make_due(messages()[0])
    transport.drain()
    assert [mail.recipient for mail in transport.sent] == ["jane@example.com"]
    (message,) = messages()
    assert (message.status, message.content) == ("sent", "Hi Jane, see you")
    page = shown(ada.get(f"/conversations/{message.conversation_id}", hx=True))
    assert "Hi Jane, see you" in page
    assert "Ada" in page


def test_scheduling_is_by_the_chosen_clock(ada, jane):
    day = (clock.now() + timedelta(days=30)).date()
    response = send(ada, jane, when="later", at=f"{day}T14:00", zone="Asia/Tokyo")
    assert response.status_code == 200
    (message,) = messages()
    assert message.scheduled_for.isoformat() == f"{day}T05:00:00+00:00"
    assert "planned for" in shown(response)


@pytest.mark.parametrize(
    ("at", "zone", "field"),
    [
        ("", "UTC", "at"), ("soon", "UTC", "at"), ("2001-01-01T10:00", "UTC", "at"), ("9998-01-01T10:00", "UTC", "at"),
        ("2030-13-45T10:00", "UTC", "at"), ("2030-01-01T10:00", "Mars/Olympus", "zone"), ("\x00", "UTC", "at"),
        ("2030-01-01T10:00", "../../etc/passwd", "zone"), ("2030-01-01T10:00", "x" * 5000, "zone"),
    ],
)  # fmt: skip
def test_a_wrong_moment_is_refused_beside_its_field(ada, jane, at, zone, field):
    response = send(ada, jane, when="later", at=at, zone=zone)
    assert response.status_code == 422
    assert f"composer-{jane.id}-{field}-error" in shown(response)
    assert "See you at 10" in shown(response)
    assert messages() == []


# ---- What may not be sent ----------------------------------------------------------------------------------


def test_a_hole_is_refused_named_and_nothing_typed_is_lost(ada, jane):
    response = send(ada, jane, content="Regards to {company}, and to {interest|you}")
    assert response.status_code == 422
    page = shown(response)
    assert f"composer-{jane.id}-content-error" in page
    assert "We know no {company} for Jane Doe" in page
    assert "Regards to {company}, and to {interest|you}" in page
    assert messages() == []


def test_an_unknown_field_is_refused_in_the_subject_too(ada, jane):
    response = send(ada, jane, subject="Hi {frist_name}")
    assert response.status_code == 422
    assert f"composer-{jane.id}-subject-error" in shown(response)
    assert "There is no merge field {frist_name}" in shown(response)


def test_an_email_needs_a_subject(ada, jane):
    assert "An email needs a subject." in shown(send(ada, jane, subject=""))


@pytest.mark.parametrize(
    "changes",
    [
        {"content": ""}, {"content": "   \n "}, {"content": "a\x00b"}, {"channel": "fax"}, {"channel": ""},
        {"channel": "sms", "content": "x" * 1601}, {"content": "x" * 100_001}, {"subject": "x" * 501},
        {"key": ""}, {"key": "<script>"}, {"key": "k" * 300}, {"when": "whenever"}, {"subject": "a\x07b"},
    ],
)  # fmt: skip
def test_bad_input_is_a_422_and_nothing_is_written(ada, jane, changes):
    response = send(ada, jane, **changes)
    assert response.status_code == 422
    assert messages() == []


@pytest.mark.parametrize("content", ["مرحبا بك", "👩‍👩‍👧‍👦 ok", "line\r\nline", "‮evil", *NASTY])
def test_odd_text_is_kept_as_it_is_and_never_markup(ada, jane, content):
    assert send(ada, jane, content=content, subject=content.replace("\r\n", " ")).status_code == 200
    (message,) = messages()
    assert message.content == content.replace("\r\n", "\n")
    hears(jane, "hello")
    page = shown(ada.get(f"/conversations/{db.session.scalars(select(Message.conversation_id)).all()[-1]}", hx=True))
    for raw in NASTY[:6]:
        assert raw not in page.replace("javascript:alert(1)", "") or "<" not in raw


def test_ten_megabytes_are_refused(ada, jane):
    assert send(ada, jane, content="x" * 10_000_000).status_code == 413
    assert messages() == []


def test_a_channel_without_address_is_closed_with_the_reason(ada, acme):
    lead = make_lead("Ann", email="ann@example.com")
    page = shown(ada.get(f"/leads/{lead.id}/composer?channel=sms", hx=True))
    assert "Ann Doe has no phone number." in page
    assert re.search(r"<textarea[^>]* disabled", page)
    refused = send(ada, lead, channel="sms")
    assert refused.status_code == 422
    assert "no phone number" in shown(refused)


def test_an_opted_out_address_is_closed_with_the_reason(ada, jane):
    perform(operations.suppress, "all", "jane@example.com", "unsubscribed")
    page = shown(ada.get(f"/leads/{jane.id}/composer?channel=email", hx=True))
    assert "does not want messages at jane@example.com" in page
    assert send(ada, jane).status_code == 422
    assert "to +12125550123" in shown(ada.get(f"/leads/{jane.id}/composer", hx=True))  # the first open channel


def test_a_lead_out_of_reach_gets_a_note_and_a_way_on_instead_of_a_composer(ada, acme):
    bare = make_lead("Ann")
    unwilling = make_lead("Uma", email="uma@example.com")
    perform(operations.suppress, "all", "uma@example.com", "unsubscribed")
    for lead in (bare, unwilling):
        page = shown(ada.get(f"/leads/{lead.id}/composer", hx=True))
        assert re.search(r'value="note" checked', page)
        assert "put another address into" in page
        assert not re.search(r"<textarea[^>]* disabled", page)
        asked = shown(ada.get(f"/leads/{lead.id}/composer?channel=email", hx=True))
        assert "put another address into" in asked
        assert re.search(r"<textarea[^>]* disabled", asked)


def test_an_archived_lead_is_not_written_to(ada, jane):
    with writing() as session:
        session.merge(jane).archived_at = clock.now()
    assert "is archived" in shown(send(ada, jane))
    page = shown(ada.get(f"/leads/{jane.id}/composer", hx=True))
    assert "Restore the lead to write to them." in page
    assert "another address" not in page


def test_without_htmx_a_refusal_is_a_page_that_keeps_the_words(ada, jane):
    response = ada.post(f"/leads/{jane.id}/messages", data=typed(subject=""))
    assert response.status_code == 422
    assert "<!doctype html>" in shown(response)
    assert "See you at 10" in shown(response)


# ---- Drafts ------------------------------------------------------------------------------------------------


def test_drafts_are_kept_per_person_lead_and_channel(ada, sign_in, cast, jane):
    kept = ada.post(f"/leads/{jane.id}/draft", data={"drafted_channel": "sms", "content": "On my w"}, hx=True)
    assert kept.status_code == 204
    assert "On my w" in shown(ada.get(f"/leads/{jane.id}/composer?channel=sms", hx=True))
    assert "On my w" not in shown(ada.get(f"/leads/{jane.id}/composer?channel=email", hx=True))
    assert "On my w" not in shown(sign_in(cast.max).get(f"/leads/{jane.id}/composer?channel=sms", hx=True))


def test_switching_the_channel_keeps_what_was_typed_on_both(ada, jane):
    data = {"drafted_channel": "email", "channel": "sms", "subject": "S", "content": "half a mail"}
    page = shown(ada.post(f"/leads/{jane.id}/composer", data=data, hx=True))
    assert 'name="drafted_channel" value="sms"' in page
    assert "half a mail" not in page
    back = {"drafted_channel": "sms", "channel": "email", "content": "half a text"}
    assert "half a mail" in shown(ada.post(f"/leads/{jane.id}/composer", data=back, hx=True))


def test_a_draft_is_forgotten_when_it_is_sent_or_emptied(ada, jane):
    ada.post(f"/leads/{jane.id}/draft", data={"drafted_channel": "email", "content": "soon"}, hx=True)
    send(ada, jane)
    assert db.session.scalars(select(Draft)).all() == []
    ada.post(f"/leads/{jane.id}/draft", data={"drafted_channel": "email", "content": "again"}, hx=True)
    ada.post(f"/leads/{jane.id}/draft", data={"drafted_channel": "email", "content": ""}, hx=True)
    db.session.expire_all()
    assert db.session.scalars(select(Draft)).all() == []


@pytest.mark.parametrize("channel", ["email", "note"])
def test_a_draft_that_arrives_after_its_message_is_none(ada, jane, channel):
    late = typed(channel=channel, key="rendering-1", content="See you at 10") | {"drafted_channel": channel}
    assert ada.post(f"/leads/{jane.id}/messages", data=late, hx=True).status_code == 200
    assert ada.post(f"/leads/{jane.id}/draft", data=late, hx=True).status_code == 204
    assert db.session.scalars(select(Draft)).all() == []
    assert ada.post(f"/leads/{jane.id}/draft", data=late | {"key": "rendering-2"}, hx=True).status_code == 204
    assert len(db.session.scalars(select(Draft)).all()) == 1


@only_on("postgresql", "SQLite has one writer at a time")
def test_a_draft_that_arrives_while_its_message_is_sent_is_none(app, cast, jane):
    """The draft must wait for the message although it cannot see it yet."""
    words = {"channel": "email", "subject": "S", "content": "See you at 10"}
    with ThreadPoolExecutor(1) as pool:
        with writing():
            composing.say(cast.ada, jane, **words, key="rendering-1")
            kept = pool.submit(save_draft_elsewhere, app, cast, jane, words)
            with pytest.raises(TimeoutError):
                kept.result(timeout=0.5)
        kept.result()
    assert db.session.scalars(select(Draft)).all() == []


def save_draft_elsewhere(app, cast, jane, words) -> None:
    with app.app_context(), tenancy.organization(cast.acme.id):
        perform(operations.save_draft, cast.ada, jane.id, **words, key="rendering-1")


def test_a_note_that_is_sent_again_is_one(ada, jane):
    for _ in range(2):
        note = typed(channel="note", key="rendering-1", content="Ask about the roof")
        assert ada.post(f"/leads/{jane.id}/messages", data=note, hx=True).status_code == 200
    assert len(db.session.scalars(select(Note)).all()) == 1


@pytest.mark.parametrize(
    "data",
    [{}, {"drafted_channel": "fax"}, {"drafted_channel": "email", "content": "a\x00"},
     {"drafted_channel": "email", "content": "x" * 100_001}, {"drafted_channel": "email", "subject": "x" * 501}],
)  # fmt: skip
def test_a_draft_that_cannot_be_kept_is_refused(ada, jane, data):
    assert ada.post(f"/leads/{jane.id}/draft", data=data, hx=True).status_code == 422
    assert db.session.scalars(select(Draft)).all() == []


def test_a_reply_takes_the_subject_over_once(ada, jane):
    hears(jane, "Hello", subject="Viewing on Saturday")
    assert 'value="Re: Viewing on Saturday"' in shown(ada.get(f"/leads/{jane.id}/composer?channel=email", hx=True))
    hears(jane, "Hello", subject="Re: Viewing on Saturday")
    assert 'value="Re: Viewing on Saturday"' in shown(ada.get(f"/leads/{jane.id}/composer?channel=email", hx=True))


# ---- Notes -------------------------------------------------------------------------------------------------


def test_a_note_stands_in_the_thread_and_is_not_sent(ada, jane):
    message = hears(jane)
    response = send(ada, jane, channel="note", content="One bay is included", beside="email")
    assert "Only your team" in shown(response)
    assert len(messages()) == 1
    page = shown(ada.get(f"/conversations/{message.conversation_id}", hx=True))
    assert 'class="message note"' in page
    assert "One bay is included" in page
    assert db.session.scalars(select(Note)).one().channel == "email"


def test_a_note_that_an_automation_wrote_is_the_houses(ada, jane):
    message = hears(jane)
    perform(leads.add_note, jane, "Call within two hours", None)
    page = shown(ada.get(f"/conversations/{message.conversation_id}", hx=True))
    assert "Private note · LeadCRM" in page


def test_an_empty_note_is_refused(ada, jane):
    assert send(ada, jane, channel="note", content=" ").status_code == 422


# ---- Templates in the composer -----------------------------------------------------------------------------


def make_template(
    name="Hello", channel="email", subject="Hi {first_name}", content="Dear {first_name}, about {company}"
):
    return perform(operations.save_template, None, name=name, channel=channel, subject=subject, content=content)


def test_a_template_is_filled_and_its_hole_stays_visible(ada, jane):
    template = make_template()
    offered = shown(ada.get(f"/leads/{jane.id}/composer/templates?channel=email&q=hel", hx=True))
    assert "Hello" in offered
    assert "Dear Jane, about <mark>{company}</mark>" in offered
    assert "Hello" not in shown(ada.get(f"/leads/{jane.id}/composer/templates?channel=sms", hx=True))
    data = typed(template_id=template.id, subject="", content="/")
    page = shown(ada.post(f"/leads/{jane.id}/composer/template", data=data, hx=True))
    assert "Dear Jane, about {company}" in page
    assert 'value="Hi Jane"' in page
    assert "We know no <mark>{company}</mark> for Jane Doe. Write it yourself" in page
    refused = send(ada, jane, content="Dear Jane, about {company}")
    assert "{company}" in shown(refused)
    assert refused.status_code == 422


def test_a_template_follows_what_was_typed(ada, jane):
    template = make_template(content="the rest")
    data = typed(template_id=template.id, content="Good morning")
    assert "Good morning\n\nthe rest" in shown(ada.post(f"/leads/{jane.id}/composer/template", data=data, hx=True))


@pytest.mark.parametrize("template_id", ["", "nothing", "\x00", "x" * 5000])
def test_no_such_template(ada, jane, template_id):
    data = typed(template_id=template_id)
    assert ada.post(f"/leads/{jane.id}/composer/template", data=data, hx=True).status_code == 404


# ---- Delivery states and what can be done about them -------------------------------------------------------


def with_status(lead, status: str, **columns) -> Message:
    thread_message = hears(lead)
    message = Message(
        lead_id=lead.id, conversation_id=thread_message.conversation_id, channel="email", origin="manual", subject="s",
        content="the text", intent_key=new_id(), status=status, **columns,
    )  # fmt: skip
    with writing() as session:
        session.add(message)
    return message


@pytest.mark.parametrize(
    ("status", "columns", "words"),
    [
        ("held", {"reason": "quiet hours of the lead"}, ["Waiting, next try", "quiet hours of the lead"]),
        ("sent", {"sent_at": clock.now(), "sandbox": True}, ["Sent to the sandbox", "nothing left the house"]),
        ("sent", {"sent_at": clock.now()}, ["Sent"]),
        ("delivered", {"sent_at": clock.now()}, ["Delivered"]),
        ("bounced", {"reason": "no such mailbox"}, ["Bounced", "no such mailbox"]),
        ("failed", {"reason": "mailbox full"}, ["Not sent", "mailbox full", "Retry"]),
        ("expired", {"reason": "not accepted in time"}, ["Not sent, too late", "Retry"]),
        ("unknown", {"reason": "no answer"}, ["We cannot tell whether this arrived", "It arrived", "Send again"]),
        ("canceled", {"reason": "canceled by hand"}, ["Canceled", "canceled by hand"]),
        ("skipped", {"reason": "the lead replied"}, ["Skipped", "the lead replied"]),
    ],
)
def test_each_state_is_told_honestly(ada, jane, status, columns, words):
    message = with_status(
        jane, status, **columns, due_at=clock.now() + timedelta(hours=1) if status == "held" else None
    )
    page = shown(ada.get(f"/conversations/{message.conversation_id}", hx=True))
    for word in words:
        assert word in page


def test_a_scheduled_message_is_shown_filled_and_can_be_canceled_or_sent_now(ada, jane):
    hears(jane)
    at = clock.now() + timedelta(days=2)
    message = perform(
        operations.plan_message, lead_id=jane.id, channel="email", subject="Soon", content="Hi {first_name}",
        origin="flow", intent_key="flow one", scheduled_for=at,
    )  # fmt: skip
    thread_id = db.session.scalars(select(Message.conversation_id).where(Message.direction == "inbound")).one()
    page = shown(ada.get(f"/conversations/{thread_id}", hx=True))
    assert "Scheduled for" in page
    assert "Hi Jane" in page
    assert "Flow" in page
    assert ada.post(f"/messages/{message.id}/dispatch", hx=True).status_code == 200
    assert again(message).due_at <= clock.now()
    assert ada.post(f"/messages/{message.id}/cancellation", hx=True).status_code == 200
    assert again(message).status == "canceled"
    assert ada.post(f"/messages/{message.id}/dispatch", hx=True).status_code == 409


def test_retry_really_sends_again(ada, jane, transport):
    message = with_status(jane, "failed", reason="mailbox full", due_at=None)
    assert "Trying again" in shown(ada.post(f"/messages/{message.id}/retry", hx=True))
    transport.drain()
    assert again(message).status == "sent"
    assert len(transport.sent) == 1
    assert ada.post(f"/messages/{message.id}/retry", hx=True).status_code == 409


def test_an_unknown_message_is_settled_by_a_person(ada, jane, transport):
    message = with_status(jane, "unknown", due_at=None)
    assert ada.post(f"/messages/{message.id}/verdict", data={"verdict": "maybe"}, hx=True).status_code == 422
    assert ada.post(f"/messages/{message.id}/verdict", data={"verdict": "arrived"}, hx=True).status_code == 200
    assert again(message).status == "sent"
    other = with_status(jane, "unknown", due_at=None)
    ada.post(f"/messages/{other.id}/verdict", data={"verdict": "resend"}, hx=True)
    transport.drain()
    assert again(other).status == "sent"
    assert len(transport.sent) == 1


def test_that_a_message_arrived_can_be_taken_back(ada, sign_in, cast, jane):
    message = with_status(jane, "unknown", reason="no answer", due_at=None)
    with writing() as session:
        session.add(Attempt(message_id=message.id, n=1, outcome="unknown", detail="no answer"))
    noted = ada.post(f"/messages/{message.id}/verdict", data={"verdict": "arrived"}, hx=True).text
    undo = html.unescape(re.search(rf'"(/messages/{message.id}/verdict/undo[^"]+)"', noted)[1])
    assert sign_in(cast.ben).post(undo, hx=True).status_code == 409
    assert ada.post(undo, hx=True).status_code == 200
    assert (again(message).status, again(message).sent_at, again(message).reason) == ("unknown", None, "no answer")
    assert ada.post(undo, hx=True).status_code == 409
    told = db.session.scalars(select(EventRow.name).where(EventRow.name.startswith("message.un"))).all()
    assert told == ["message.unresolved"]  # for `message.unknown` its author would be notified, and rules begin, again


def test_every_try_is_listed(ada, jane):
    message = with_status(jane, "failed", tries=2, due_at=None)
    with writing() as session:
        for n, outcome in ((1, "try_later"), (2, "refused")):
            session.add(Attempt(message_id=message.id, n=n, outcome=outcome, detail=f"because {n}"))
    assert "2 tries" in shown(ada.get(f"/conversations/{message.conversation_id}", hx=True))
    page = shown(ada.get(f"/messages/{message.id}/attempts", hx=True))
    assert page.index("not accepted now, because 1") < page.index("refused, because 2")


# ---- What a lead sends stays text --------------------------------------------------------------------------


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_a_lead_writes_becomes_markup(ada, acme, nasty):
    lead = make_lead(nasty[:100], email="nasty@example.com", interest=nasty, company=nasty)
    file = operations.IncomingFile(filename=nasty, content_type="text/plain", size=1, stored_as=new_id())
    message = hears(lead, nasty, subject=nasty, quoted=nasty, html=f"<p>{nasty}</p>", attachments=[file])
    send(ada, lead, channel="note", content=nasty, beside="email")
    urls = ["/inbox?queue=all", f"/inbox?c={message.conversation_id}", f"/leads/{lead.id}/timeline",
            f"/leads/{lead.id}/composer", f"/conversations/{message.conversation_id}/snooze"]  # fmt: skip
    for url in urls:
        page = shown(ada.get(url))
        if "<" in nasty or "'" in nasty:
            assert nasty not in page, url
        assert 'href="javascript:' not in page


def test_the_original_of_a_mail_is_locked_up(ada, jane):
    message = hears(jane, "text", html="<p>rich</p>")
    page = shown(ada.get(f"/conversations/{message.conversation_id}", hx=True))
    assert f'src="/messages/{message.id}/original"' in page
    assert re.search(r"<iframe[^>]* sandbox[ >]", page)
    response = ada.get(f"/messages/{message.id}/original")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")
    assert "script-src" not in policy
    assert shown(response) == "<p>rich</p>"
    assert ada.get(f"/messages/{hears(jane, 'plain').id}/original").status_code == 404


def test_quiet_hours_of_the_lead_are_told_before_a_text_is_written(ada, jane, acme):
    clock.move(0)
    night = clock.now().astimezone(acme_zone(jane)).replace(hour=23, minute=30)
    clock.move(int((night - clock.real_now().astimezone(night.tzinfo)).total_seconds()))
    assert "quiet hours. This leaves at 8:00 AM" in shown(ada.get(f"/leads/{jane.id}/composer?channel=sms", hx=True))
    assert "quiet hours" not in shown(ada.get(f"/leads/{jane.id}/composer?channel=email", hx=True))


def acme_zone(lead):
    from zoneinfo import ZoneInfo

    return ZoneInfo(lead.timezone)


def test_a_guessed_zone_says_where_it_comes_from_and_what_that_means(ada, acme):
    nine = datetime(2026, 11, 24, 14, tzinfo=UTC)  # in New York; on Hawaii it is 4:00
    clock.move(int((nine - clock.real_now()).total_seconds()))
    lead = make_lead("Kai", phone="+18005550199", zone_source="organization")
    page = shown(ada.get(f"/leads/{lead.id}/composer?channel=sms", hx=True))
    assert "for Kai in New York, your organization’s: quiet hours in one of 15 possible time zones." in page
    told = make_lead("Lou", phone="+18005550198", zone_source="browser")
    page = shown(ada.get(f"/leads/{told.id}/composer?channel=sms", hx=True))
    assert "for Lou in New York, from the browser · texts wait from 9:00 PM to 8:00 AM" in page
