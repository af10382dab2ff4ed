"""The inbox: queues of threads, what is unread in them, and search. One thread is read by thread_queries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, or_, select, union_all
from sqlalchemy.orm import contains_eager

from leadcrm.conversations import search
from leadcrm.conversations.lead_facts import facts_of as facts_of  # for flows and automations
from leadcrm.conversations.models import Conversation, Message, ReadMark, Template
from leadcrm.conversations.sending_queries import last_automatic as last_automatic
from leadcrm.conversations.sending_queries import sending_rules as sending_rules
from leadcrm.core.db import MADE_ONCE, db
from leadcrm.core.hints import told
from leadcrm.core.paging import Order, Page, keyset_page
from leadcrm.identity.models import User
from leadcrm.identity.permissions import Reader, sees_all_leads, visible_leads_filter
from leadcrm.leads.models import Lead

QUEUES = {
    "mine": "Mine",
    "unassigned": "Unassigned",
    "all": "All",
    "snoozed": "Snoozed",
    "closed": "Closed",
    "failed": "Failed & unknown",
}
TROUBLE = ("failed", "unknown", "bounced")
PAGE = 30
MOST_COUNTED = 100  # a queue is counted up to here: "99+" costs the same in a queue of a hundred thousand
NEWEST_LOOKED_AT = 100  # answered threads, of the person's and of nobody's, the sidebar's number looks at
PEOPLE = 5  # leads shown above the messages that a search finds

_newest_first = Order("threads", (Conversation.last_message_at, Conversation.id))


@dataclass(frozen=True)
class Thread:
    """One row of the thread list. `excerpt` is the words a search found, else the newest message's."""

    conversation: Conversation
    unread: int
    excerpt: str
    at: Any
    message_id: str | None = None
    words: Sequence[str] = ()  # what was searched for

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The excerpt cut at what was searched for: (stretch, whether it is a hit)."""
        return search.pieces(self.excerpt, self.words) if self.words else [(self.excerpt, False)]


def threads(user: User, queue: str, cursor: str | None = None) -> Page[Thread]:
    """A page of a queue's threads, newest first, with this person's unread counts. Raises BadCursor."""
    page = keyset_page(_visible(user).where(_in_queue(user, queue)), _newest_first, cursor, PAGE)
    unread = unread_counts(user, [thread.id for thread in page.items])
    rows = [Thread(row, unread.get(row.id, 0), row.snippet, row.last_message_at) for row in page.items]
    return Page(rows, page.next, page.previous)


def search_messages(user: User, query: str, cursor: str | None = None) -> Page[Thread]:
    """Messages of the whole history in which every word of the query begins some word, newest first."""
    words = search.words_of(query)
    if not words:
        return Page([], None, None)
    statement = (
        select(Message, Conversation)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .join(Lead, Lead.id == Conversation.lead_id)
        .where(visible_leads_filter(user, Lead.owner_id))
        .options(contains_eager(Conversation.lead))
        .add_columns(Lead)
    )
    statement, newest = search.matching(statement, words)
    page = keyset_page(statement, Order("hits", (newest,)), cursor, PAGE, rows=True)
    unread = unread_counts(user, {row.Conversation.id for row in page.items})
    hits = [
        Thread(
            row.Conversation,
            unread.get(row.Conversation.id, 0),
            search.excerpt(f"{row.Message.subject} {row.Message.content}", words),
            row.Message.position_at,
            row.Message.id,
            words,
        )
        for row in page.items
    ]
    return Page(hits, page.next, page.previous)


def threads_of(user: User, lead_ids: Collection[str]) -> list[Thread]:
    """The newest threads of these leads, a few: what a search by name shows first."""
    if not lead_ids:
        return []
    statement = _visible(user).where(Conversation.lead_id.in_(lead_ids))
    found = db.session.scalars(statement.order_by(Conversation.last_message_at.desc()).limit(PEOPLE)).all()
    unread = unread_counts(user, [row.id for row in found])
    return [Thread(row, unread.get(row.id, 0), row.snippet, row.last_message_at) for row in found]


def unread_counts(user: User, conversation_ids: Collection[str]) -> dict[str, int]:
    """How many inbound messages the person has not seen, per thread; threads without any are left out."""
    if not conversation_ids:
        return {}
    statement = (
        select(Message.conversation_id, func.count(Message.id))
        .outerjoin(ReadMark, _mark_of(user, Message.conversation_id))
        .where(
            Message.conversation_id.in_(conversation_ids),
            Message.direction == "inbound",
            or_(ReadMark.read_until.is_(None), Message.position_at > ReadMark.read_until),
        )
        .group_by(Message.conversation_id)
    )
    return dict(db.session.execute(statement).all())


def unread_count(user: User) -> int:
    """Open threads, the person's and nobody's, with something unread: the number beside Inbox in the sidebar.

    Looks at the NEWEST_LOOKED_AT threads of each in which a lead wrote last, so that it costs the same for ever.
    """
    return db.session.scalar(unread_of_role(user.role), {"reader": user.id}) or 0


@lru_cache
def unread_of_role(role: str) -> Select:
    """`unread_count` as a statement, executed with the person's id as `reader`: every page asks, so it is made once."""
    reader = Reader(role)
    mine = _newest_inbound(reader, Conversation.assignee_id == reader.id)
    nobodys = _newest_inbound(reader, Conversation.assignee_id.is_(None))
    newest = union_all(select(mine), select(nobodys)).subquery()  # by OR, all open threads would be walked through
    unread = or_(ReadMark.read_until.is_(None), ReadMark.read_until < newest.c.last_inbound_at)
    statement = select(func.count()).select_from(newest).outerjoin(ReadMark, _mark_of(reader, newest.c.id))
    return statement.where(unread).execution_options(**MADE_ONCE)


def _newest_inbound(reader: Reader, whose: ColumnElement[bool]) -> Subquery:
    """Open threads with an answer, newest answer first, from ix_conversations_answered."""
    statement = select(Conversation.id, Conversation.last_inbound_at).where(
        whose, Conversation.status == "open", Conversation.last_inbound_at.is_not(None)
    )
    if not sees_all_leads(reader):
        statement = statement.join(Lead, Lead.id == Conversation.lead_id)
        statement = statement.where(visible_leads_filter(reader, Lead.owner_id))
    # by assignee first, though there is one: PostgreSQL sorts all of nobody's threads otherwise, not seeing that the
    # index has them in order
    newest_first = (Conversation.assignee_id.desc(), Conversation.last_inbound_at.desc())
    return statement.order_by(*newest_first).limit(told(NEWEST_LOOKED_AT)).subquery()


def queue_counts(user: User) -> dict[str, int]:
    """How many threads wait in the person's queue and in nobody's, each counted up to MOST_COUNTED."""
    counted = [
        select(func.count())
        .select_from(_visible(user).where(_in_queue(user, queue)).limit(MOST_COUNTED).subquery())
        .scalar_subquery()
        .label(queue)
        for queue in ("mine", "unassigned")
    ]
    return dict(db.session.execute(select(*counted)).one()._mapping)


def templates(channel: str | None = None, query: str = "") -> Sequence[Template]:
    """Templates in use, by name; for one channel, or whose name holds the query."""
    statement = select(Template).where(Template.archived_at.is_(None)).order_by(Template.name)
    if channel:
        statement = statement.where(Template.channel == channel)
    if query:
        statement = statement.where(Template.name.icontains(query, autoescape=True))
    return db.session.scalars(statement.limit(200)).all()


def archived_templates() -> Sequence[Template]:
    """Templates that were put away, by name."""
    statement = select(Template).where(Template.archived_at.is_not(None)).order_by(Template.name)
    return db.session.scalars(statement.limit(200)).all()


def _visible(user: User) -> Select:
    return (
        select(Conversation)
        .join(Conversation.lead)
        .where(visible_leads_filter(user, Lead.owner_id))
        .options(contains_eager(Conversation.lead))
    )


def _in_queue(user: User, queue: str) -> ColumnElement[bool]:
    if queue == "mine":
        return and_(Conversation.assignee_id == user.id, Conversation.status == "open")
    if queue == "unassigned":
        return and_(Conversation.assignee_id.is_(None), Conversation.status == "open")
    if queue == "failed":
        troubled = select(Message.conversation_id).where(Message.status.in_(TROUBLE))
        return Conversation.id.in_(troubled.where(Message.conversation_id.is_not(None)))
    status = {"snoozed": "snoozed", "closed": "closed"}.get(queue, "open")
    return Conversation.status == status


def _mark_of(user: User | Reader, conversation_id: ColumnElement) -> ColumnElement[bool]:
    return and_(ReadMark.conversation_id == conversation_id, ReadMark.user_id == user.id)


def preview_leads(user: User) -> Sequence[Lead]:
    """A few of the person's newest leads, to read a template as they would."""
    statement = select(Lead).where(Lead.archived_at.is_(None), visible_leads_filter(user, Lead.owner_id))
    return db.session.scalars(statement.order_by(Lead.created_at.desc(), Lead.id.desc()).limit(PAGE)).all()


def preview_lead(user: User, lead_id: str | None) -> Lead | None:
    """The lead of that id when the person may see it."""
    if not lead_id:
        return None
    return db.session.scalar(select(Lead).where(Lead.id == lead_id, visible_leads_filter(user, Lead.owner_id)))
