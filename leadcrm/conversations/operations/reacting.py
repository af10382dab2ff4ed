"""What a lead did with a message of ours."""

from sqlalchemy import func, update

from leadcrm.conversations.models import Message
from leadcrm.conversations.operations.threads import touch_conversations
from leadcrm.core import clock
from leadcrm.core.db import db


def note_reaction(message_id: str, *, opened: bool = False, clicked: bool = False) -> None:
    """The message was opened, or a link in it was clicked, just now; the first time is the one that stays."""
    columns = [column for column, done in ((Message.opened_at, opened), (Message.clicked_at, clicked)) if done]
    firsts = {column: func.coalesce(column, clock.now()) for column in columns}
    statement = update(Message).where(Message.id == message_id).values(firsts)
    db.session.execute(statement.execution_options(synchronize_session=False))
    touch_conversations([message_id])
