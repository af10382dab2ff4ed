"""The inbox: queues, unread, search, live updates, and who sees what."""

import html
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from leadcrm.conversations import operations, queries
from leadcrm.conversations.models import Conversation, Message
from leadcrm.conversations.search import index_messages
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.values import new_id
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead
from tests.conftest import count_queries
from tests.conversations.conftest import make_lead


def hears(lead, text="Hello there", channel="email", minutes_ago=0, **arguments) -> Message:
    """The lead writes to us."""
    sender = next(p.value for p in lead.contact_points if p.kind == ("email" if channel == "email" else "phone"))
    return perform(
        operations.receive,
        channel=channel,
        sender=sender,
        content=text,
        external_id=new_id(),
        received_at=clock.now() - timedelta(minutes=minutes_ago),
        **arguments,
    )


def thread_of(message: Message) -> Conversation:
    return db.session.get(Conversation, message.conversation_id)


def shown(response) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def ada(sign_in, cast):
    return sign_in(cast.ada)


def test_a_reply_appears_unread_in_words_and_in_bold(ada, jane):
    hears(jane, "Could we do Thursday?")
    page = shown(ada.get("/inbox?queue=all"))
    assert "Jane Doe" in page
    assert "Could we do Thursday?" in page
    assert re.search(r'Unassigned\s*<span class="count">1</span>', page)
    assert 'class="thread unread"' in page
    assert "unread: " in page


@pytest.mark.parametrize("queue", queries.QUEUES)
def test_every_queue_opens(ada, jane, queue):
    hears(jane)
    assert ada.get(f"/inbox?queue={queue}").status_code == 200


def test_queues_hold_what_they_say(ada, jane, cast):
    thread = thread_of(hears(jane))

    def names(queue: str) -> list[str]:
        return [row.conversation.id for row in queries.threads(cast.ada, queue).items]

    perform(operations.assign_conversation, thread, None)
    assert names("unassigned") == [thread.id]
    assert names("mine") == []
    perform(operations.assign_conversation, thread, cast.ada.id)
    assert (names("mine"), names("unassigned"), names("all")) == ([thread.id], [], [thread.id])
    perform(operations.snooze_conversation, thread, clock.now() + timedelta(hours=1))
    assert (names("mine"), names("snoozed")) == ([], [thread.id])
    perform(operations.close_conversation, thread)
    assert (names("snoozed"), names("closed")) == ([], [thread.id])


def test_a_thread_begins_with_its_leads_owner_and_follows_a_new_one(acme, cast):
    lead = make_lead("Ann", email="ann@example.com", owner_id=cast.ben.id)
    thread = thread_of(hears(lead))
    assert thread.assignee_id == cast.ben.id
    perform(operations.hand_over_conversations, lead.id, cast.ben.id, cast.rosa.id)
    assert [row.conversation.id for row in queries.threads(cast.rosa, "all").items] == []  # still Ben's lead
    db.session.expire_all()
    assert thread_of(db.session.query(Message).one()).assignee_id == cast.rosa.id


def test_a_thread_given_to_someone_else_stays_theirs(acme, cast):
    lead = make_lead("Ann", email="ann@example.com", owner_id=cast.ben.id)
    thread = thread_of(hears(lead))
    perform(operations.assign_conversation, thread, cast.max.id)
    perform(operations.hand_over_conversations, lead.id, cast.ben.id, cast.rosa.id)
    db.session.expire_all()
    assert thread_of(db.session.query(Message).one()).assignee_id == cast.max.id


def test_failed_and_unknown_messages_have_their_queue(ada, jane, cast):
    message = hears(jane)
    lost = {"channel": "email", "origin": "manual", "status": "unknown", "content": "x", "intent_key": "lost"}
    with writing() as session:
        session.add(Message(lead_id=jane.id, conversation_id=message.conversation_id, due_at=None, **lost))
    assert [row.conversation.lead.name for row in queries.threads(cast.ada, "failed").items] == ["Jane Doe"]


def test_reading_is_per_person_and_can_be_taken_back(ada, jane, cast):
    thread = thread_of(hears(jane))
    hears(jane, "And another thing")
    assert queries.unread_counts(cast.ada, [thread.id]) == {thread.id: 2}
    assert queries.unread_count(cast.ada) == 1
    assert ada.post(f"/conversations/{thread.id}/reading", hx=True).status_code == 204
    assert queries.unread_counts(cast.ada, [thread.id]) == {}
    assert queries.unread_count(cast.ada) == 0
    assert queries.unread_counts(cast.max, [thread.id]) == {thread.id: 2}
    assert ada.post(f"/conversations/{thread.id}/unreading", hx=True).status_code == 200
    assert queries.unread_counts(cast.ada, [thread.id]) == {thread.id: 1}


def test_a_thread_in_which_nobody_wrote_cannot_be_unread(ada, jane):
    perform(operations.plan_message, lead_id=jane.id, channel="email", subject="s", content="c", origin="manual",
            intent_key="one")  # fmt: skip
    thread = db.session.query(Conversation).one()
    response = ada.post(f"/conversations/{thread.id}/unreading", hx=True)
    assert response.status_code == 422
    assert "has not written" in shown(response)


def test_pages_follow_by_keyset_without_loss(acme, cast, jane):
    with writing() as session:
        for number in range(75):
            lead = make_row(session, number)
            session.add(
                Conversation(
                    lead_id=lead.id, channel="sms", last_message_at=clock.now() - timedelta(minutes=number // 2)
                )
            )
    seen, cursor = [], None
    while True:
        page = queries.threads(cast.ada, "all", cursor)
        seen += [row.conversation.id for row in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 75


def make_row(session, number):
    lead = Lead(id=new_id(), name=f"Lead {number}", timezone="UTC")
    session.add(lead)
    session.flush()
    return lead


def test_a_nonsense_cursor_is_refused(ada, jane):
    assert ada.get("/inbox?cursor=nonsense").status_code == 400


# ---- Search ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Is the Café in Woodstock open?", "cafe wood"),
        ("Straße, Müller & Söhne", "muller strasse"),
        ("请问周六可以看房吗", "看房"),
        ("Order AB-1234/7 please", "1234"),
        ("Привет, когда?", "прив"),
    ],
)
def test_search_finds_words_by_their_beginning_in_any_script(ada, jane, cast, text, query):
    hears(jane, text, "email")
    assert [row.conversation.lead.name for row in queries.search_messages(cast.ada, query).items] == ["Jane Doe"]


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("Is the Café in Woodstock open?", "cafe wood", ["Café", "Woodstock"]),
        ("Straße & Strasse", "strasse", ["Straße", "Strasse"]),
        ("请问周六可以看房吗", "看房", ["看", "房"]),
        ("<b>bold</b>", "bold", ["bold"]),
    ],
)
def test_search_marks_the_words_it_found(ada, jane, cast, text, query, marked):
    hears(jane, text)
    [hit] = queries.search_messages(cast.ada, query).items
    assert [piece for piece, is_hit in hit.pieces if is_hit] == marked
    assert "".join(piece for piece, _ in hit.pieces) == hit.excerpt
    page = shown(ada.get("/inbox", query_string={"q": query}, hx=True))
    assert f"<mark>{marked[0]}</mark>" in page
    assert "<b>bold" not in page


def test_search_wants_all_words_and_names_the_place(ada, jane, cast):
    hears(jane, "x " * 200 + "the parking bay is included")
    assert queries.search_messages(cast.ada, "parking spaceship").items == []
    hit = queries.search_messages(cast.ada, "parking").items[0]
    assert "parking bay is included" in hit.excerpt
    assert hit.excerpt.startswith("… ")


@pytest.mark.parametrize(
    "query", ['"', "*", "a\x00b", "AND OR NOT", "'; DROP TABLE messages", "(", "%", "😀", "x" * 5000]
)
def test_search_survives_anything_typed(ada, jane, query):
    hears(jane)
    assert ada.get("/inbox", query_string={"q": query}).status_code == 200


def test_search_finds_people_too(ada, acme, cast):
    lead = perform(leads.create_lead, LeadData(first_name="Naledi", email="naledi@example.com"), by=cast.ada)
    hears(lead)
    page = shown(ada.get("/inbox?q=nale", hx=True))
    assert "People" in page
    assert 'id="person-' in page
    assert "People" not in shown(ada.get("/inbox?q=hello", hx=True))


def test_search_says_that_nothing_was_found(ada, jane):
    hears(jane)
    assert "Nothing found" in shown(ada.get("/inbox?q=zebra", hx=True))


# ---- Live --------------------------------------------------------------------------------------------------


def test_a_poll_answers_204_until_something_changes(ada, jane, cast):
    thread = thread_of(hears(jane))
    row = queries.threads(cast.ada, "all")
    first = shown(ada.get("/inbox?queue=all"))
    list_url = url_in(first, "/inbox/threads")
    assert ada.get(list_url, hx=True).status_code == 204
    log = shown(ada.get(f"/conversations/{thread.id}", hx=True))
    log_url = url_in(log, f"/conversations/{thread.id}/messages?")
    assert ada.get(log_url, hx=True).status_code == 204
    hears(jane, "Are you there?")
    news = shown(ada.get(list_url, hx=True))
    assert "Are you there?" in news
    assert re.search(r'hx-target="#inbox-count"[^>]*>1<', news)
    assert 'hx-target="#queues"' in news
    answer = ada.get(log_url, hx=True)
    assert "Are you there?" in shown(answer)
    assert ada.get(url_in(shown(answer), f"/conversations/{thread.id}/messages?"), hx=True).status_code == 204
    assert row.items


def url_in(page: str, path: str) -> str:
    start = page.index(path.replace("&", "&amp;"))
    return page[start : page.index('"', start)].replace("&amp;", "&")


def test_polls_of_a_closed_session_do_not_pop_up_a_dialog(app, jane):
    response = app.test_client().get("/inbox/threads", headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert shown(response) == ""


# ---- Who sees what -----------------------------------------------------------------------------------------


def test_reps_see_their_own_and_unowned_leads_only(sign_in, cast, jane):
    thread = thread_of(hears(jane))
    ben = sign_in(cast.ben)
    assert "Jane Doe" in shown(ben.get("/inbox?queue=all"))
    with writing():
        jane.owner_id = cast.rosa.id
        db.session.merge(jane)
    assert "Jane Doe" not in shown(ben.get("/inbox?queue=all"))
    assert ben.get(f"/inbox?c={thread.id}").status_code == 404
    assert ben.get(f"/conversations/{thread.id}", hx=True).status_code == 404
    assert queries.search_messages(cast.ben, "hello").items == []
    assert queries.unread_count(cast.ben) == 0


def every_address(thread, message) -> list[tuple[str, str]]:
    thread_url, message_url, lead_url = (
        f"/conversations/{thread.id}", f"/messages/{message.id}", f"/leads/{message.lead_id}",
    )  # fmt: skip
    reads = [f"/inbox?c={thread.id}", thread_url, f"{message_url}/attempts", f"{message_url}/original"]
    reads += [f"{thread_url}/{part}" for part in ("messages", "messages/earlier", "header", "assignees", "snooze")]
    reads += [f"{lead_url}/{part}" for part in ("composer", "composer/templates", "timeline")]
    writes = [f"{message_url}/{verb}" for verb in ("cancellation", "retry", "dispatch", "verdict")]
    writes += [f"{thread_url}/{verb}" for verb in ("reading", "unreading", "assignee", "snooze", "closing", "opening")]
    writes += [f"{lead_url}/{part}" for part in ("composer", "draft", "composer/template", "messages")]
    return [("GET", url) for url in reads] + [("POST", url) for url in writes]


def test_another_organization_gets_404_everywhere_and_changes_nothing(sign_in, cast, jane):
    message = hears(jane)
    thread = thread_of(message)
    addresses = every_address(thread, message)
    before = (thread.revision, thread.status)
    with tenancy.organization(cast.rival.id):
        rita = sign_in(cast.rita)
        for method, url in addresses:
            assert rita.open(url, method=method, hx=True).status_code == 404, (method, url)
    db.session.expire_all()
    assert (thread.revision, thread.status) == before


def test_providers_are_kept_out(sign_in, cast, jane):
    message = hears(jane)
    pat = sign_in(cast.pat)
    for method, url in every_address(thread_of(message), message):
        assert pat.open(url, method=method, hx=True).status_code == 403, (method, url)


# ---- What is done with a thread ----------------------------------------------------------------------------


def test_assign_and_undo(ada, jane, cast):
    thread = thread_of(hears(jane))
    response = ada.post(f"/conversations/{thread.id}/assignee?assignee_id={cast.ben.id}", hx=True)
    assert "Assigned to Ben" in shown(response)
    assert response.headers["HX-Trigger"] == "messages-changed"
    undo = url_in(shown(response), f"/conversations/{thread.id}/assignee")
    db.session.expire_all()
    assert thread_of(db.session.query(Message).one()).assignee_id == cast.ben.id
    ada.post(undo, hx=True)
    db.session.expire_all()
    assert thread_of(db.session.query(Message).one()).assignee_id is None


def test_nobody_of_another_organization_can_be_assigned(ada, jane, cast):
    thread = thread_of(hears(jane))
    assert ada.post(f"/conversations/{thread.id}/assignee?assignee_id={cast.rita.id}", hx=True).status_code == 404


def test_close_reopen_and_snooze(ada, jane):
    thread = thread_of(hears(jane))

    def status() -> str:
        db.session.expire_all()
        return db.session.get(Conversation, thread.id).status

    assert "Undo" in shown(ada.post(f"/conversations/{thread.id}/closing", hx=True))
    assert status() == "closed"
    ada.post(f"/conversations/{thread.id}/opening", hx=True)
    assert status() == "open"
    for preset in ("hours", "tomorrow", "week"):
        assert ada.post(f"/conversations/{thread.id}/snooze", data={"preset": preset}, hx=True).status_code == 200
        assert status() == "snoozed"


def test_next_week_is_not_tomorrow_on_a_sunday(ada, jane):
    thread = thread_of(hears(jane))
    clock.move(timedelta(days=6 - clock.now().astimezone(ZoneInfo("America/New_York")).weekday()).total_seconds())
    until = {}
    for preset in ("tomorrow", "week"):
        ada.post(f"/conversations/{thread.id}/snooze", data={"preset": preset}, hx=True)
        db.session.expire_all()
        until[preset] = db.session.get(Conversation, thread.id).snoozed_until
    assert until["week"] - until["tomorrow"] >= timedelta(days=6)


def test_whoever_opened_a_thread_too_early_puts_it_aside_again_as_it_was(ada, jane):
    thread = thread_of(hears(jane))
    ada.post(f"/conversations/{thread.id}/snooze", data={"preset": "week"}, hx=True)
    db.session.expire_all()
    until = db.session.get(Conversation, thread.id).snoozed_until
    toast = ada.post(f"/conversations/{thread.id}/opening", hx=True).text
    undo = re.search(rf"/conversations/{thread.id}/snooze\?until=[^\"]+", toast)[0]
    ada.post(html.unescape(undo), hx=True)
    db.session.expire_all()
    assert db.session.get(Conversation, thread.id).snoozed_until == until


@pytest.mark.parametrize("until", ["", "tomorrow", "2001-01-01T10:00", "9999-99-99T99:99", "\x00", "<b>", "x" * 10_000])
def test_a_wrong_snooze_is_refused_beside_the_field(ada, jane, until):
    thread = thread_of(hears(jane))
    response = ada.post(f"/conversations/{thread.id}/snooze", data={"until": until}, hx=True)
    assert response.status_code == 422
    assert 'class="field-error"' in shown(response)


def test_without_htmx_the_forms_lead_back_to_the_thread(ada, jane):
    thread = thread_of(hears(jane))
    response = ada.post(f"/conversations/{thread.id}/closing")
    assert (response.status_code, response.location) == (303, f"/inbox?c={thread.id}")


def test_what_will_not_be_said_stands_where_that_was_decided(ada, jane):
    """Not for ever below what is said later."""
    for key, drop in (("canceled", operations.cancel_message), ("skipped", drop_for_reply)):
        planned = perform(operations.plan_message, lead_id=jane.id, channel="email", subject=key, content=key,
                          origin="manual", intent_key=key, scheduled_for=clock.now() + timedelta(days=2))  # fmt: skip
        perform(drop, planned)
    message = hears(jane, "The newest words")
    page = shown(ada.get(f"/conversations/{message.conversation_id}", hx=True))
    assert max(page.index(">canceled<"), page.index(">skipped<")) < page.index("The newest words")


def drop_for_reply(message: Message) -> None:
    operations.skip_waiting_of_lead(message.lead_id, "The lead replied")


# ---- Cost --------------------------------------------------------------------------------------------------


def test_inbox_and_thread_cost_the_same_however_much_is_in_them(ada, jane, cast):
    hears(jane)
    counted = [cost_of_pages(ada, thread_of(db.session.query(Message).first()))]
    for number in range(25):
        lead = make_lead(f"Lead{number}", email=f"lead{number}@example.com")
        hears(lead, "One"), hears(lead, "Two")
        hears(jane, f"More {number}")
    counted.append(cost_of_pages(ada, thread_of(db.session.query(Message).first())))
    assert counted[0] == counted[1]
    inbox, thread = counted[1]
    assert inbox <= 8
    assert thread <= 8


def test_a_thread_with_everything_in_it_costs_eight_queries(ada, jane, cast):
    """What is planned with open fields, who has read it, and notes."""
    message = hears(jane)
    thread = thread_of(message)
    perform(operations.mark_read, thread, cast.max), perform(operations.mark_read, thread, cast.ben)
    perform(leads.add_note, jane, "A note", cast.max)
    perform(operations.plan_message, lead_id=jane.id, channel="email", subject="{first_name}", content="{company|us}",
            origin="flow", intent_key="later", scheduled_for=clock.now() + timedelta(days=2))  # fmt: skip
    page, cost = page_and_cost(ada, f"/conversations/{thread.id}")
    assert cost <= 8
    for words in ("Read by Ben, Max", "A note", "Scheduled for"):
        assert words in page
    _, cost = page_and_cost(ada, f"/conversations/{thread.id}?m={message.id}")
    assert cost <= 9


def page_and_cost(client, url: str) -> tuple[str, int]:
    client.get(url, hx=True)
    db.session.expire_all()
    with count_queries() as seen:
        page = shown(client.get(url, hx=True))
    return page, len(seen)


def cost_of_pages(client, thread) -> tuple[int, int]:
    counts = []
    for url in ("/inbox?queue=all", f"/conversations/{thread.id}"):
        client.get(url, hx=True)
        db.session.expire_all()
        with count_queries() as seen:
            assert client.get(url, hx=True).status_code == 200
        counts.append(len(seen))
    return tuple(counts)


def test_ten_thousand_messages_are_read_page_by_page(ada, jane):
    first = hears(jane, "the very first")
    now = clock.now()
    rows = [
        {
            "id": new_id(), "organization_id": jane.organization_id, "lead_id": jane.id, "channel": "email",
            "conversation_id": first.conversation_id, "direction": "outbound", "origin": "manual", "status": "sent",
            "content": f"message number {n}", "intent_key": f"k{n}", "sent_at": now, "due_at": None,
            "position_at": now + timedelta(seconds=n // 3), "created_at": now,
        }
        for n in range(10_000)
    ]  # fmt: skip
    with writing() as session:
        session.execute(db.insert(Message), rows)
        newest = session.query(Message).filter(Message.intent_key.in_(["k9998", "k9999"])).all()
        index_messages(newest)
    page = shown(ada.get(f"/conversations/{first.conversation_id}", hx=True))
    assert "message number 9999" in page
    assert "message number 9969" not in page
    seen = 30
    for _ in range(3):
        page = shown(ada.get(url_in(page, f"/conversations/{first.conversation_id}/messages/earlier"), hx=True))
        seen += page.count('<article class="message')
    assert seen == 120
    assert f"message number {10_000 - 120}" in page


def test_a_search_opens_the_thread_at_the_old_message(ada, jane, cast):
    old = hears(jane, "the red bicycle", minutes_ago=600)
    for number in range(40):
        hears(jane, f"later {number}", minutes_ago=40 - number)
    page = shown(ada.get(f"/inbox?c={old.conversation_id}&m={old.id}"))
    assert f'data-found="message-{old.id}"' in page
    assert "the red bicycle" in page


@pytest.mark.parametrize("asked", ["nothing", "%00", "x" * 500])
def test_a_thread_opens_whatever_message_the_address_names(ada, jane, asked):
    message = hears(jane)
    assert ada.get(f"/conversations/{message.conversation_id}?m={asked}", hx=True).status_code == 200


def test_a_new_message_begins_with_its_lead(ada, acme, cast):
    lead = perform(leads.create_lead, LeadData(first_name="Naledi", email="naledi@example.com"), by=cast.ada)
    assert "New message" in shown(ada.get("/inbox/new", hx=True))
    page = shown(ada.get("/inbox/new"))
    assert 'id="thread-list"' in page
    assert 'id="new-message-box"' in page
    assert 'id="new-message-box"' not in shown(ada.get("/inbox"))
    found = shown(ada.get("/inbox/recipients?q=nal", hx=True))
    assert f'data-href="/leads/{lead.id}#composer"' in found
    assert "No such lead" in shown(ada.get("/inbox/recipients?q=zebra%00", hx=True))


def test_mark_unread_needs_a_message(acme, jane, cast):
    thread = thread_of(hears(jane))
    perform(operations.mark_read, thread, cast.ada)
    perform(operations.mark_unread, thread, cast.ada)
    assert queries.unread_count(cast.ada) == 1
