"""One file that holds a backup: a ZIP of the database, the uploads and a manifest, closed by a hash over all of it.

Any ZIP tool opens it. The hash stands in the archive's comment, at the file's end, and covers every byte before it; the
manifest holds a hash for each file, which tells what is damaged.
"""

import hashlib
import json
import os
import secrets
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

FORMAT = 1
MANIFEST = "manifest.json"
UPLOADS = "uploads/"
SEAL = b"sha256:"
DIGITS = 64
CHUNK = 1024 * 1024
QUICK = 1  # compression level: most of the time goes into it


class Damaged(Exception):
    """The file is not, or not any more, a backup that can be trusted. The message is for people."""


@dataclass(frozen=True)
class Stored:
    """What the manifest says about one file."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says about itself. `kind` is `sqlite` or `postgresql`; `rows` counts each table's rows."""

    made_at: str
    version: str
    kind: str
    database: str
    migration: str | None
    seal: str | None
    rows: dict[str, int]
    files: dict[str, Stored]
    format: int = FORMAT

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    @classmethod
    def read(cls, text: bytes) -> "Manifest":
        """Raises Damaged."""
        try:
            values: dict[str, Any] = json.loads(text)
            if values["format"] != FORMAT:
                raise Damaged(f"It has format {values['format']}; this version reads format {FORMAT}.")
            values["files"] = {_safe(name): Stored(**stored) for name, stored in values["files"].items()}
            return cls(**{field.name: values[field.name] for field in fields(cls)})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Damaged(f"Its manifest cannot be read: {error!r}.") from error


def write(target: Path, manifest: Manifest, members: Iterable[tuple[str, Path]]) -> Manifest:
    """Make the archive at `target`, readable by its owner only; what was there is replaced once the new one is whole.

    `members` are names in the archive and where their bytes lie; what somebody removed meanwhile is left out. Returns
    the manifest with its files.
    """
    unfinished = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        unfinished.touch(mode=0o600)
        with ZipFile(unfinished, "w", ZIP_DEFLATED, compresslevel=QUICK) as archive:
            files = {}
            for name, path in members:
                with suppress(FileNotFoundError):
                    files[name] = _add(archive, name, path)
            whole = Manifest(**{**vars(manifest), "files": files})
            archive.writestr(MANIFEST, json.dumps(asdict(whole), indent=1))
            archive.comment = SEAL + b"0" * DIGITS
        _put_seal(unfinished)
        unfinished.replace(target)
        _sync(target.parent)
    finally:
        unfinished.unlink(missing_ok=True)
    return whole


def _add(archive: ZipFile, name: str, path: Path) -> Stored:
    info = ZipInfo.from_file(path, name)
    info.compress_type = ZIP_DEFLATED
    digest = hashlib.sha256()
    with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
        size = sum(_copied(source, target, digest))
    return Stored(size, digest.hexdigest())


def _copied(source: BinaryIO, target: BinaryIO, digest: Any) -> Iterator[int]:
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        yield target.write(chunk)


def _put_seal(path: Path) -> None:
    with path.open("r+b") as file:
        found = _hash_without_seal(file)
        file.write(found)
        file.flush()
        os.fsync(file.fileno())


def _hash_without_seal(file: BinaryIO) -> bytes:
    """Over all but the last DIGITS bytes, before which the file is left."""
    left = file.seek(0, os.SEEK_END) - DIGITS
    file.seek(0)
    digest = hashlib.sha256()
    while left > 0:
        chunk = file.read(min(CHUNK, left))
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest().encode()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class Archive:
    """An opened backup whose every byte is as it was written."""

    zip: ZipFile
    manifest: Manifest

    def extract(self, name: str, target: Path) -> Path:
        """Write one file to `target`. Raises Damaged when it is missing or not the one the manifest means."""
        with target.open("xb") as file:
            self._read(name, file)
        return target

    def verify(self, name: str) -> None:
        """Read one file. Raises Damaged as `extract` does."""
        with open(os.devnull, "wb") as nowhere:
            self._read(name, nowhere)

    def extract_uploads(self, folder: Path) -> int:
        """Write all uploads below `folder`, which may hold some already. Returns how many. Raises Damaged."""
        names = [name for name in self.manifest.files if name.startswith(UPLOADS)]
        for name in names:
            target = folder / name.removeprefix(UPLOADS)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = target.with_name(f"{target.name}.part")
            fresh.unlink(missing_ok=True)
            self.extract(name, fresh).replace(target)
        return len(names)

    def _read(self, name: str, target: BinaryIO) -> None:
        digest = hashlib.sha256()
        try:
            promised = self.manifest.files[name]
            with self.zip.open(name) as source:
                size = sum(_copied(source, target, digest))
        except (KeyError, BadZipFile, EOFError, zlib.error) as error:
            raise Damaged(f"{name} cannot be read: {error}.") from error
        if (size, digest.hexdigest()) != (promised.size, promised.sha256):
            raise Damaged(f"{name} is not the file that was backed up.")


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive, after its seal was verified. Raises Damaged; OSError when there is no such file."""
    with path.open("rb") as file:
        _check_seal(file)
        file.seek(0)
        try:
            archive = ZipFile(file)
            manifest = Manifest.read(archive.read(MANIFEST))
        except (BadZipFile, KeyError) as error:
            raise Damaged(f"It is not a backup: {error}.") from error
        with archive:
            yield Archive(archive, manifest)


def _check_seal(file: BinaryIO) -> None:
    found = _hash_without_seal(file)
    said = file.read()
    file.seek(max(0, file.tell() - DIGITS - len(SEAL)))
    if file.read(len(SEAL)) != SEAL:
        raise Damaged("It is not a backup, or not a whole one: it does not end with its checksum.")
    if said != found:
        raise Damaged("It is damaged: its checksum is not the one it was closed with.")


def _safe(name: str) -> str:
    """A manifest's name that stays inside the folder it is extracted to. Raises Damaged."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\x00" in name or str(path) != name:
        raise Damaged(f"It names a file outside of itself: {name!r}.")
    return name
