"""The bytes of files: one folder, which backup, restore and erasure know, and names that nobody else chooses."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from flask import current_app

from leadcrm.conversations.models import LARGEST_FILE
from leadcrm.core.values import new_id

FOLDER = "inbound"  # older than files that go out; backups know it by this name
UNFINISHED = ".part"
WRITTEN = "out-"  # how the names of files begin that people of the team attached
CHUNK = 256 * 1024
LONGEST_NAME = 200
LONGEST_TYPE = 100
ANY_TYPE = "application/octet-stream"
_TYPE = re.compile(r"(?!multipart/|message/)[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")


class TooLarge(Exception):
    """More than LARGEST_FILE bytes."""


@dataclass(frozen=True)
class StoredFile:
    """A file that lies in the folder as `stored_as`; `size` in bytes, `sha256` in hex."""

    filename: str
    content_type: str
    size: int
    sha256: str
    stored_as: str


def path_of(stored_as: str) -> Path:
    """Where a kept file lies."""
    return folder() / stored_as


def folder() -> Path:
    """The folder itself, which only we may read."""
    path = current_app.settings.uploads / FOLDER
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def store(source: BinaryIO, filename: str | None, content_type: str) -> StoredFile:
    """Keep what somebody attaches under a new name of ours. Raises TooLarge, and keeps nothing then."""
    stored_as = f"{WRITTEN}{new_id()}"
    unfinished = folder() / f"{stored_as}{UNFINISHED}"
    try:
        size, sha256 = _copy(source, unfinished)
        unfinished.replace(path_of(stored_as))
    finally:
        unfinished.unlink(missing_ok=True)
    return StoredFile(plain_name(filename), plain_type(content_type), size, sha256, stored_as)


def remove(names: Iterable[str]) -> None:
    """Remove files that no row names any more."""
    for stored_as in names:
        path_of(stored_as).unlink(missing_ok=True)


def written_before(moment: datetime) -> Iterator[str]:
    """The names of files that people attached before a moment of the real clock, unfinished ones among them."""
    for path in folder().glob(f"{WRITTEN}*"):
        if path.stat().st_mtime < moment.timestamp():
            yield path.name


def plain_name(name: str | None) -> str:
    """The last part of a path, without control characters; the ending survives the cut."""
    text = "".join(c for c in (name or "").replace("\\", "/").rpartition("/")[2] if c.isprintable()).strip(". ")
    if len(text) > LONGEST_NAME:
        stem, dot, ending = text.rpartition(".")
        text = stem[: LONGEST_NAME - 20] + dot + ending[:19] if dot else text[:LONGEST_NAME]
    return text or "attachment"


def plain_type(content_type: str) -> str:
    """The type when it has a type's shape and is a leaf's, else that of any bytes."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind if len(kind) <= LONGEST_TYPE and _TYPE.fullmatch(kind) else ANY_TYPE


def _copy(source: BinaryIO, target: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as file:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > LARGEST_FILE:
                raise TooLarge
            digest.update(chunk)
            file.write(chunk)
    return size, digest.hexdigest()
