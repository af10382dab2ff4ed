"""Files that come with messages, and those that people attach: kept under names of ours."""

from collections.abc import Iterable
from pathlib import Path

from werkzeug.datastructures import FileStorage

from leadcrm.conversations import storage
from leadcrm.conversations.models import LARGEST_FILE
from leadcrm.conversations.operations import IncomingFile, TooLarge
from leadcrm.conversations.storage import LONGEST_TYPE, UNFINISHED, StoredFile, folder, plain_name
from leadcrm.conversations.wording import file_size

MOST_FILES = 20


def keep_files(source_id: str, parts: Iterable) -> list[IncomingFile]:
    """Write a mail's files under names of ours, which follow from the row the mail came in by.

    Coming again writes the same files again. Those beyond MOST_FILES, and those larger than LARGEST_FILE, are left out.
    """
    wanted = [part for part in parts if len(part.content) <= LARGEST_FILE][:MOST_FILES]
    return [_keep(folder(), f"{source_id}-{number}", part) for number, part in enumerate(wanted)]


def keep_uploads(uploads: Iterable[FileStorage]) -> list[StoredFile]:
    """Write what somebody attaches to disk; no row names it yet. Raises TooLarge, and keeps nothing then."""
    kept: list[StoredFile] = []
    for upload in uploads:
        try:
            kept.append(storage.store(upload.stream, upload.filename, upload.mimetype))
        except storage.TooLarge:
            storage.remove(file.stored_as for file in kept)
            name = plain_name(upload.filename)
            raise TooLarge(f"{name} is larger than {file_size(LARGEST_FILE)}.") from None
    return kept


def _keep(target: Path, stored_as: str, part) -> IncomingFile:
    unfinished = target / f"{stored_as}{UNFINISHED}"
    unfinished.write_bytes(part.content)
    unfinished.replace(target / stored_as)
    return IncomingFile(
        filename=plain_name(part.filename),
        content_type=part.content_type[:LONGEST_TYPE],
        size=len(part.content),
        stored_as=stored_as,
    )
