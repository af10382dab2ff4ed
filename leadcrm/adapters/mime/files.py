"""Files as parts of a mail, read from disk at the moment they are needed: what is not there is never left out."""

import binascii
import hashlib
import hmac
import re
from urllib.parse import quote

from leadcrm.adapters.ports import OutgoingFile

LINE_BYTES = 57  # 76 characters of base64
LONGEST_PLAIN = 60  # characters of a name that stands on its line as it is
SEGMENT = 60  # characters of a part of a longer one
_PLAIN = re.compile(r"[ !#-\[\]-~]+")  # printable ASCII without quotes and backslashes
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,50}/[a-z0-9!#$&^_.+-]{1,50}")
_ESCAPE = re.compile(r"(?:%[0-9A-F]{2}|[^%])")


def file_part(file: OutgoingFile) -> str:
    """The part's header and base64, lines ended by CRLF.

    Raises ValueError when the file is not on the disk as it was attached, or its type has not a type's shape.
    """
    if not _TYPE.fullmatch(file.content_type):
        raise ValueError(f"{file.content_type[:80]!r} is not a media type.")
    return (
        f"Content-Type: {file.content_type}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {_filename(file.filename)}\r\n\r\n"
        f"{_base64(_bytes_of(file))}"
    )


def _bytes_of(file: OutgoingFile) -> bytes:
    try:
        is_as_long = file.path.stat().st_size == file.size
        content = file.path.read_bytes() if is_as_long else b""
    except OSError as error:
        raise ValueError(f"The file {file.filename} cannot be read: {error.strerror}.") from error
    if not is_as_long or not hmac.compare_digest(hashlib.sha256(content).hexdigest(), file.sha256):
        raise ValueError(f"The file {file.filename} is not the one that was attached.")
    return content


def _base64(content: bytes) -> str:
    pieces = (content[i : i + LINE_BYTES] for i in range(0, len(content), LINE_BYTES))
    return b"".join(binascii.b2a_base64(piece, newline=False) + b"\r\n" for piece in pieces).decode("ascii")


def _filename(name: str) -> str:
    """The parameter as RFC 2231 wants it: other than plain names in UTF-8, long ones in numbered parts."""
    if len(name) <= LONGEST_PLAIN and _PLAIN.fullmatch(name):
        return f'filename="{name}"'
    segments, current = [], "utf-8''"
    for piece in _ESCAPE.findall(quote(name, safe="")):
        if len(current) + len(piece) > SEGMENT:
            segments.append(current)
            current = ""
        current += piece
    segments.append(current)
    if len(segments) == 1:
        return f"filename*={current}"
    return ";\r\n ".join(f"filename*{n}*={segment}" for n, segment in enumerate(segments))
