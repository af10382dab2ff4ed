"""Copies of a step that was moved: until the worker has seen to their passage, they do not leave at their old time."""

from sqlalchemy import ColumnElement, exists

from leadcrm.conversations.models import Message
from leadcrm.conversations.models.rules import RetimedStep

MESSAGES, RETIMED = Message.__table__, RetimedStep.__table__


def is_being_moved() -> ColumnElement[bool]:
    """Criterion on a message: its step has another time by now, and nobody has yet said what that means for it."""
    return exists().where(RETIMED.c.step_id == MESSAGES.c.step_id, RETIMED.c.done_up_to < MESSAGES.c.enrolment_id)
