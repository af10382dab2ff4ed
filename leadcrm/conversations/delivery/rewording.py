"""Copies of an edited step: until the worker has brought them up to date, they do not leave as they are."""

from sqlalchemy import ColumnElement, and_, exists, or_, select, update

from leadcrm.conversations.models import Message, RewordedStep
from leadcrm.core.db import db

MESSAGES, REWORDED = Message.__table__, RewordedStep.__table__
# what a first attempt filled in was said, or may have been, and is said again by the next
_behind = and_(
    ~MESSAGES.c.rendered,
    REWORDED.c.step_id == MESSAGES.c.step_id,
    or_(REWORDED.c.subject != MESSAGES.c.subject, REWORDED.c.content != MESSAGES.c.content),
)


def is_behind() -> ColumnElement[bool]:
    """Criterion on a message: its step says something else by now."""
    return exists().where(_behind)


def catch_up(message_id: str) -> bool:
    """Give a copy that is behind its new words, before its turn in the worker's rounds. Returns whether it was."""
    new = select(REWORDED.c.subject, REWORDED.c.content).where(MESSAGES.c.id == message_id, _behind)
    words = db.session.execute(new).one_or_none()
    if words is None:
        return False
    copy = update(MESSAGES).where(MESSAGES.c.id == message_id)
    db.session.execute(copy.values(subject=words.subject, content=words.content))
    return True
