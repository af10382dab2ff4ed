"""One thread: read, keep fresh, assign, snooze, close."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from babel.dates import format_date
from flask import request, url_for

from leadcrm.conversations import operations, thread_queries
from leadcrm.conversations.blueprint import CHANGED, blueprint, changed, unchanged
from leadcrm.conversations.composer import composer_context, drafted_form
from leadcrm.conversations.forms import SnoozeForm
from leadcrm.conversations.models import Conversation, Message
from leadcrm.conversations.operations.composing import fill_what_is_known, values_for
from leadcrm.conversations.thread_queries import Entry, Log, OpenThread
from leadcrm.core import clock
from leadcrm.core.db import perform
from leadcrm.core.errors import DomainError
from leadcrm.core.web import add_errors, fragment, go, is_partial, moment_text, user_locale, user_zone
from leadcrm.core.zones import wall_time
from leadcrm.identity.permissions import background, is_staff, me
from leadcrm.identity.queries import colleagues
from leadcrm.leads.models import Lead

MORNING = time(9, 0)
WALL = "%Y-%m-%dT%H:%M"  # as a browser's field of a moment writes it


@blueprint.get("/conversations/<conversation_id>")
def conversation(conversation_id: str):
    """The thread and its lead, for the inbox; `?m=` reaches back to a message that a search found."""
    if not is_partial():
        thread = thread_queries.conversation(me(), conversation_id)
        return go(url_for("conversations.inbox", c=thread.id, m=request.args.get("m")))
    return fragment("inbox/_conversation.html", **thread_context(conversation_id, asked_message()))


@blueprint.get("/conversations/<conversation_id>/messages")
@background
def live_messages(conversation_id: str):
    """What stands in the log from `since` on; 204 while `after` is still the thread's version."""
    opened = thread_queries.open_thread(me(), conversation_id)
    if request.args.get("after") == opened.version:
        return unchanged()
    entries = thread_queries.log_since(opened.thread, _since())
    return fragment("inbox/_live.html", opened=opened, since=_since(), **entry_context(opened.thread.lead, entries))


@blueprint.get("/conversations/<conversation_id>/messages/earlier")
def earlier_messages(conversation_id: str):
    """The page of messages above `cursor`."""
    thread = thread_queries.conversation(me(), conversation_id)
    log = thread_queries.log(thread, request.args.get("cursor"))
    return fragment("inbox/_earlier.html", thread=thread, log=log, **entry_context(thread.lead, log.entries))


@blueprint.get("/conversations/<conversation_id>/header")
@background
def thread_header(conversation_id: str):
    """The thread's bar: who has it, whether it is open."""
    opened = thread_queries.open_thread(me(), conversation_id)
    return fragment("inbox/_thread_header.html", opened=opened, presets=_presets())


@blueprint.get("/conversations/<conversation_id>/assignees")
def assignees(conversation_id: str):
    """The colleagues a thread can be given to, as a menu's items."""
    thread = thread_queries.conversation(me(), conversation_id)
    return fragment(
        "inbox/_assignees.html", thread=thread, people=[person for person in colleagues() if is_staff(person)]
    )


@blueprint.post("/conversations/<conversation_id>/reading")
@background
def read(conversation_id: str):
    """The person has had it open for a moment: it is read."""
    thread = thread_queries.conversation(me(), conversation_id)
    perform(operations.mark_read, thread, me())
    response = unchanged()
    response.headers["HX-Trigger"] = CHANGED
    return response


@blueprint.post("/conversations/<conversation_id>/unreading")
def unread(conversation_id: str):
    """Bold again for this person, until opened again."""
    thread = thread_queries.conversation(me(), conversation_id)
    perform(operations.mark_unread, thread, me())
    return changed("Marked as unread.", undo=_url("read", thread), back=url_for("conversations.inbox"))


@blueprint.post("/conversations/<conversation_id>/assignee")
def assign(conversation_id: str):
    """Give it to `assignee_id`, or to nobody."""
    thread = thread_queries.conversation(me(), conversation_id)
    before = thread.assignee_id or ""
    thread = perform(operations.assign_conversation, thread, request.values.get("assignee_id") or None)
    name = thread.assignee.name if thread.assignee else "nobody"
    return changed(f"Assigned to {name}.", undo=_url("assign", thread, assignee_id=before), back=_page(thread))


@blueprint.get("/conversations/<conversation_id>/snooze")
def snooze_dialog(conversation_id: str):
    """Asks until when."""
    thread = thread_queries.conversation(me(), conversation_id)
    return _snooze_dialog(thread, SnoozeForm())


@blueprint.post("/conversations/<conversation_id>/snooze")
def snooze(conversation_id: str):
    """Aside until a preset or a wall time of the person; it comes back at once when the lead writes.

    The address may name the time, for whoever takes its end back.
    """
    thread = thread_queries.conversation(me(), conversation_id)
    form = SnoozeForm(request.values)
    if not form.validate():
        return _snooze_dialog(thread, form, status=422)
    until = _presets()[form.preset.data] if form.preset.data else _in_my_zone(form.until.wall)
    try:
        perform(operations.snooze_conversation, thread, until)
    except DomainError as error:
        add_errors(form, error)
        return _snooze_dialog(thread, form, status=422)
    response = changed(f"Snoozed until {moment_text(until)}.", undo=_url("reopen", thread), back=_page(thread))
    if is_partial():
        response.headers["HX-Trigger"] = f"{CHANGED}, close-dialog"
    return response


@blueprint.post("/conversations/<conversation_id>/closing")
def close(conversation_id: str):
    """Done for now."""
    thread = thread_queries.conversation(me(), conversation_id)
    perform(operations.close_conversation, thread)
    return changed("Closed. A new message opens it again.", undo=_url("reopen", thread), back=_page(thread))


@blueprint.post("/conversations/<conversation_id>/opening")
def reopen(conversation_id: str):
    """Back among the open threads. Undo puts it aside again until it was, or closes it."""
    thread = thread_queries.conversation(me(), conversation_id)
    until = thread.snoozed_until and thread.snoozed_until.astimezone(user_zone()).strftime(WALL)
    perform(operations.reopen_conversation, thread)
    undo = _url("snooze", thread, until=until) if until else _url("close", thread)
    return changed("Open again.", undo=undo, back=_page(thread))


def asked_message() -> str | None:
    """The message the address points at, `?m=`."""
    return request.args.get("m", "").replace("\x00", "") or None


def thread_context(conversation_id: str, message_id: str | None = None) -> dict[str, Any]:
    """Everything a page needs to show a thread, down to one message of it. Raises NotFound for the thread."""
    opened = thread_queries.open_thread(me(), conversation_id)
    thread = opened.thread
    log = thread_queries.log(thread, down_to=message_id)
    since = thread_queries.moment_of(log.entries[0]) if log.entries else clock.now()
    return {
        "opened": opened,
        "thread": thread,
        "log": log,
        "since": since,
        "found_id": message_id,
        "presets": _presets(),
        **entry_context(thread.lead, log.entries),
        **_reply_context(opened, log),
    }


def _reply_context(opened: OpenThread, log: Log) -> dict[str, Any]:
    thread = opened.thread
    said = [m for m in log.entries if isinstance(m, Message) and (m.direction == "inbound" or m.sent_at)]
    subjects = [message.subject for message in said if message.subject]
    form = drafted_form(thread.lead, thread.channel, opened.draft, subjects[-1] if subjects else "")
    doors = thread_queries.doors(thread.lead)
    return composer_context(thread.lead, doors, thread.channel, form, draft=opened.draft, beside=thread.channel)


def entry_context(lead: Lead, entries: Sequence[Entry]) -> dict[str, Any]:
    """Entries, and the words of planned messages as they will be when their tags are filled."""
    messages = [entry for entry in entries if isinstance(entry, Message)]
    unsent = [m for m in messages if m.direction == "outbound" and not m.rendered and "{" in m.subject + m.content]
    values = values_for(lead) if unsent else {}
    filled = {m.id: (fill_what_is_known(m.subject, values), fill_what_is_known(m.content, values)) for m in unsent}
    return {"entries": entries, "filled": filled, "lead": lead, "is_message": _is_message, "day_words": _day_words}


def _is_message(entry: Entry) -> bool:
    return isinstance(entry, Message)


def _day_words(moment: datetime) -> str:
    """`Today`, `Yesterday`, `Tomorrow`, else the date, by the reader's calendar."""
    local, today = moment.astimezone(user_zone()), clock.now().astimezone(user_zone()).date()
    days = (local.date() - today).days
    near = {0: "Today", -1: "Yesterday", 1: "Tomorrow"}
    return near.get(days) or format_date(local, "EEEE, d MMMM y" if abs(days) > 180 else "EEEE, d MMMM", user_locale())


def _since() -> datetime:
    try:
        since = datetime.fromisoformat(request.args.get("since", ""))
        return since.astimezone(UTC) if since.tzinfo else clock.now()
    except (ValueError, OverflowError):  # at the ends of the calendar not every moment is one in UTC
        return clock.now()


def _snooze_dialog(thread: Conversation, form: SnoozeForm, status: int = 200):
    return fragment("inbox/_snooze_dialog.html", status=status, thread=thread, form=form)


def _presets() -> dict[str, datetime]:
    """How long a thread is put aside by one click, by the person's own clock."""
    tomorrow = clock.now().astimezone(user_zone()).date() + timedelta(days=1)
    next_monday = tomorrow + timedelta(days=7 - tomorrow.weekday())  # on a Sunday not the same as tomorrow
    return {
        "hours": clock.now() + timedelta(hours=3),
        "tomorrow": wall_time(tomorrow, MORNING, user_zone()),
        "week": wall_time(next_monday, MORNING, user_zone()),
    }


def _in_my_zone(wall: datetime) -> datetime:
    return wall_time(wall.date(), wall.time(), user_zone())


def _url(endpoint: str, thread: Conversation, **arguments: str) -> str:
    return url_for(f"conversations.{endpoint}", conversation_id=thread.id, **arguments)


def _page(thread: Conversation) -> str:
    return url_for("conversations.inbox", c=thread.id)
