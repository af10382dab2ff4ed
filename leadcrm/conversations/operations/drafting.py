"""What a person has typed and attached to a lead and not sent."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import exists, func, or_, select, update

from leadcrm.conversations import storage
from leadcrm.conversations.models import Attachment, Draft, Message
from leadcrm.conversations.storage import StoredFile
from leadcrm.conversations.wording import file_size
from leadcrm.core import clock
from leadcrm.core.db import after_commit, db, lock
from leadcrm.core.errors import Conflict, DomainError
from leadcrm.identity.models import User
from leadcrm.leads.models import Note

CARRIER = "email"  # the channel that files go by
MOST_FILES = 10
LARGEST_TOGETHER = 20 * 1024 * 1024  # bytes; in a mail a third more


class TooLarge(DomainError):
    """Files that no mail of ours carries."""

    status = 413
    code = "too_large"

    def __init__(self, message: str):
        super().__init__(message, "files")


def save_draft(user: User, lead_id: str, channel: str, subject: str, content: str, *, key: str | None = None) -> None:
    """Keep what the person has typed to this lead on this channel (`note` is one).

    Empty text forgets it, unless there are files. `key` names the rendering of the composer it was typed into: what
    was sent from there in the meantime is no draft any more.
    """
    if key is not None and _was_sent(user, key):
        return
    draft = _draft(user, lead_id, channel)
    if not subject and not content and (draft is None or not _count(draft)[0]):
        discard_draft(user, lead_id, channel)
        return
    draft = draft or _begin(user, lead_id, channel)
    draft.subject, draft.content, draft.updated_at = subject, content, clock.now()


def discard_draft(user: User, lead_id: str, channel: str) -> None:
    """Forget what the person has typed and attached: it was sent, or thrown away."""
    draft = _draft(user, lead_id, channel)
    if draft is not None:
        _discard(draft)


def attach_files(user: User, lead_id: str, files: Sequence[StoredFile]) -> None:
    """Add files that lie in the storage to the person's mail to this lead. Raises DomainError beyond the limits."""
    draft = _draft(user, lead_id, CARRIER) or _begin(user, lead_id, CARRIER)
    count, size = _count(draft)
    if count + len(files) > MOST_FILES:
        raise DomainError(f"A mail takes at most {MOST_FILES} files.", "files")
    if size + sum(file.size for file in files) > LARGEST_TOGETHER:
        raise DomainError(f"Together the files would be larger than {file_size(LARGEST_TOGETHER)}.", "files")
    db.session.add_all(Attachment(draft_id=draft.id, **vars(file)) for file in files)
    draft.updated_at = clock.now()


def remove_file(attachment: Attachment) -> None:
    """Take a file out of its draft; its bytes go. Raises Conflict when it was sent meanwhile."""
    attachment = lock(attachment)
    if attachment.draft_id is None:
        raise Conflict("The file was sent with its mail.")
    draft = db.session.scalars(select(Draft).where(Draft.id == attachment.draft_id)).one()
    _remove_bytes_later([attachment.stored_as])
    db.session.delete(attachment)
    db.session.flush()
    if not draft.subject and not draft.content and not _count(draft)[0]:
        _discard(draft)


def give_files(user: User, message: Message) -> None:
    """What the person attached to the draft goes with the message it became."""
    draft = _draft(user, message.lead_id, message.channel)
    if draft is not None:
        moved = update(Attachment).where(Attachment.draft_id == draft.id).values(draft_id=None, message_id=message.id)
        db.session.execute(moved.execution_options(synchronize_session=False))


def give_back(user: User, message: Message) -> None:
    """A message that is not sent becomes the person's draft again, files included."""
    draft = _begin(user, message.lead_id, message.channel)
    draft.subject, draft.content = message.subject, message.content
    moved = update(Attachment).where(Attachment.message_id == message.id).values(draft_id=draft.id, message_id=None)
    db.session.execute(moved.execution_options(synchronize_session=False))


def typed_by(user: User, key: str) -> str:
    """The intent of what a person says from one rendering of the composer."""
    return f"manual:{user.id}:{key}"


def has_draft(user: User, lead_id: str, channel: str) -> bool:
    """Whether the person has typed or attached something there."""
    return _draft(user, lead_id, channel) is not None


def _was_sent(user: User, key: str) -> bool:
    """Looked at once nobody is just sending it: a message and a note keep their author's row as it is."""
    db.session.execute(select(User.id).where(User.id == user.id).with_for_update())
    said = exists().where(Message.intent_key == typed_by(user, key))
    noted = exists().where(Note.form_key == key)
    return bool(db.session.scalar(select(or_(said, noted))))


def _draft(user: User, lead_id: str, channel: str) -> Draft | None:
    """The draft, held until we are done: two uploads at once must not both find room."""
    whose = (Draft.user_id == user.id, Draft.lead_id == lead_id, Draft.channel == channel)
    return db.session.scalars(select(Draft).where(*whose).with_for_update()).one_or_none()


def _begin(user: User, lead_id: str, channel: str) -> Draft:
    draft = Draft(user_id=user.id, lead_id=lead_id, channel=channel, subject="", content="")
    db.session.add(draft)
    db.session.flush()
    return draft


def _discard(draft: Draft) -> None:
    _remove_bytes_later(db.session.scalars(select(Attachment.stored_as).where(Attachment.draft_id == draft.id)).all())
    db.session.delete(draft)
    db.session.flush()


def _count(draft: Draft) -> tuple[int, int]:
    """How many files, and how many bytes they have together."""
    sums = select(func.count(Attachment.id), func.coalesce(func.sum(Attachment.size), 0))
    count, size = db.session.execute(sums.where(Attachment.draft_id == draft.id)).one()
    return count, size


def _remove_bytes_later(names: Sequence[str]) -> None:
    """When the rows are gone for good: until then somebody could still need them."""
    if names:
        after_commit(partial(storage.remove, list(names)))
