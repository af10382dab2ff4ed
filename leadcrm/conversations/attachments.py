"""Files that come with messages: kept under our own names, given out only as downloads."""

from collections.abc import Iterable
from pathlib import Path

from flask import current_app

from leadcrm.conversations.operations import IncomingFile

MOST_FILES = 20
LARGEST_FILE = 10 * 1024 * 1024
LONGEST_NAME = 200
LONGEST_TYPE = 100


def keep_files(source_id: str, parts: Iterable) -> list[IncomingFile]:
    """Write a mail's files under names of ours, which follow from the row the mail came in by.

    Coming again writes the same files again. Those beyond MOST_FILES, and those larger than LARGEST_FILE, are left out.
    """
    folder = current_app.settings.uploads / "inbound"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = [part for part in parts if len(part.content) <= LARGEST_FILE][:MOST_FILES]
    return [_keep(folder, f"{source_id}-{number}", part) for number, part in enumerate(wanted)]


def path_of(stored_as: str) -> Path:
    """Where a kept file lies."""
    return current_app.settings.uploads / "inbound" / stored_as


def _keep(folder: Path, stored_as: str, part) -> IncomingFile:
    unfinished = folder / f"{stored_as}.part"
    unfinished.write_bytes(part.content)
    unfinished.replace(folder / stored_as)
    return IncomingFile(
        filename=_plain_name(part.filename),
        content_type=part.content_type[:LONGEST_TYPE],
        size=len(part.content),
        stored_as=stored_as,
    )


def _plain_name(name: str | None) -> str:
    """The last part of a path, without control characters; the ending survives the cut."""
    text = "".join(c for c in (name or "").replace("\\", "/").rpartition("/")[2] if c.isprintable()).strip(". ")
    if len(text) > LONGEST_NAME:
        stem, dot, ending = text.rpartition(".")
        text = stem[: LONGEST_NAME - 20] + dot + ending[:19] if dot else text[:LONGEST_NAME]
    return text or "attachment"
