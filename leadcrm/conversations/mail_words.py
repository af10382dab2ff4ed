"""What the parts of a mail say: bytes as text, HTML as safe HTML and as lines. Nothing in it is believed."""

import codecs
import html
import re

import nh3

MOST_TAGS = 10_000  # nested, this many keep the sanitiser busy for a fifth of a second, ten times as many for 20

_TAG = re.compile(r"<[^<>]*>")
_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
# Python's own, which no mail program writes: the first takes quadratic time, the last two make what cannot be stored
_NOT_OF_MAIL = ("punycode", "idna", "unicode-escape", "raw-unicode-escape")
_BLOCK_END = re.compile(r"<br\b[^<>]{0,200}>|</(?:p|div|tr|li|h[1-6]|blockquote)\s*>", re.IGNORECASE)
_BLOCK_START = re.compile(r"<(?:p|div|table|ul|ol|li|h[1-6]|blockquote)\b[^<>]{0,2000}>", re.IGNORECASE)
_CELL_END = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
_STARTS = "\x1e"  # stands for the start of a block until it is known whether the line has begun


def printable(text: str) -> str:
    """The text with a blank for each character that cannot be shown."""
    return "".join(c if c.isprintable() else " " for c in text)


def text_of(content: bytes, charset: str | None) -> str:
    """Bytes in the charset they claim, else in UTF-8; what cannot be read becomes replacement characters."""
    try:
        text = content.decode(_codec(charset), "replace")
    except (LookupError, ValueError):
        text = content.decode("utf-8", "replace")
    text = _HALF_A_CHARACTER.sub("\ufffd", text)  # utf-7 may hold one; no database does
    return text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")


def safe_html(rich: str) -> str | None:
    """HTML that is safe to show framed; None of nothing, and of more than the sanitiser takes in good time."""
    return nh3.clean(rich) if rich and _is_reasonable(rich) else None


def lines_of_html(rich: str) -> str:
    """What HTML says, as lines of text."""
    broken = _BLOCK_END.sub("\n", _CELL_END.sub(" ", " ".join(rich.split())))
    broken = _BLOCK_START.sub(_STARTS, broken)
    bare = nh3.clean(broken, tags=set()) if _is_reasonable(rich) else _TAG.sub(" ", broken)
    lines = (line.strip(f" {_STARTS}") for line in html.unescape(bare).split("\n"))
    return "\n".join("\n".join(part.strip() for part in line.split(_STARTS) if part.strip()) for line in lines).strip()


def _codec(charset: str | None) -> str:
    """The charset's codec, unless no mail is written in it. Raises LookupError or ValueError for what is none."""
    name = codecs.lookup(charset or "utf-8").name
    return "utf-8" if name in _NOT_OF_MAIL else name


def _is_reasonable(rich: str) -> bool:
    return rich.count("<") <= MOST_TAGS
