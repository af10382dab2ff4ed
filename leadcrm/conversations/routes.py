"""The inbox: queues, search, and the open thread beside them."""

import hashlib
from typing import Any

from flask import request, url_for

from leadcrm.conversations import (
    bounce_routes,
    composer_routes,
    consent_routes,
    message_routes,
    queries,
    templates_routes,
    timeline_routes,
)
from leadcrm.conversations.blueprint import blueprint, unchanged
from leadcrm.conversations.thread_routes import asked_message, thread_context
from leadcrm.core.paging import Page
from leadcrm.core.web import fragment, is_partial, render
from leadcrm.identity.permissions import background, me
from leadcrm.leads import queries as leads
from leadcrm.leads.data import Filters

__all__ = [
    "blueprint",
    "bounce_routes",
    "composer_routes",
    "consent_routes",
    "message_routes",
    "templates_routes",
    "timeline_routes",
]
LONGEST_QUERY = 200
RECIPIENTS = 8  # leads offered for a new message at once


@blueprint.get("/inbox")
def inbox():
    """`?queue=` a queue, `?q=` a search over everything said, `?c=` the open thread, `?cursor=` a further page."""
    context = _list_context()
    opened = request.args.get("c")
    if opened:
        context.update(thread_context(opened, asked_message()))
    return render("inbox/index.html", "inbox/_threads.html", current=opened, **context)


@blueprint.get("/inbox/threads")
@background
def thread_list():
    """The queue's first page for a poll, with the counts: 204 while `after` still says what is on the screen."""
    context = _queue_context()
    if request.args.get("after") == context["after"]:
        return unchanged()
    counts = {"queue_counts": queries.queue_counts(me()), "waiting": queries.unread_count(me())}
    return fragment("inbox/threads.swap.html", current=request.args.get("c"), **counts, **context)


@blueprint.get("/inbox/new")
def new_message():
    """Asks whom to write to: a dialog, over the inbox where the address was opened as a page."""
    if is_partial():
        return fragment("inbox/_new_message.html")
    return fragment("inbox/index.html", current=None, is_new=True, **_list_context())


@blueprint.get("/inbox/recipients")
def recipients():
    """Leads that `q` finds, else those with the latest news, as options."""
    found = leads.lead_list(me(), Filters(q=_query()), limit=RECIPIENTS)
    return fragment("inbox/_recipients.html", people=found.items)


def _query() -> str:
    return request.args.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]


def _list_context() -> dict[str, Any]:
    query = _query()
    counts = queries.queue_counts(me())
    if query:
        return {"queue_counts": counts, "q": query, **_search_context(query)}
    return {"queue_counts": counts, "q": "", **_queue_context(counts)}


def _search_context(query: str) -> dict[str, Any]:
    cursor = request.args.get("cursor")
    people = [] if cursor else queries.threads_of(me(), _people(query))
    page = queries.search_messages(me(), query, cursor)
    queue = _queue({})
    return {"queue": queue, "people": people, "listing": page, **_pager_urls(page, queue=queue, q=query)}


def _people(query: str) -> list[str]:
    found = leads.lead_list(me(), Filters(q=query), limit=queries.PEOPLE)
    return [lead.id for lead in found.items]


def _queue_context(counts: dict[str, int] | None = None) -> dict[str, Any]:
    queue, cursor = _queue(counts or {}), request.args.get("cursor")
    page = queries.threads(me(), queue, cursor)
    return {
        "queue": queue,
        "people": [],
        "listing": page,
        "after": None if cursor else _fingerprint(page),
        "q": "",
        **_pager_urls(page, queue=queue),
    }


def _queue(counts: dict[str, int]) -> str:
    asked = request.args.get("queue", "")
    if asked in queries.QUEUES:
        return asked
    return "mine" if counts.get("mine") else "all"


def _pager_urls(page: Page, **arguments: str) -> dict[str, str | None]:
    def url(cursor: str | None) -> str | None:
        return url_for("conversations.inbox", cursor=cursor, **arguments) if cursor else None

    return {"next_url": url(page.next), "previous_url": url(page.previous)}


def _fingerprint(page: Page[queries.Thread]) -> str:
    """What the list shows, in a few characters: a poll that would show the same is answered 204."""
    shown = [(row.conversation.id, row.conversation.revision, row.unread, row.excerpt) for row in page.items]
    return hashlib.blake2b(repr(shown).encode(), digest_size=9).hexdigest()
