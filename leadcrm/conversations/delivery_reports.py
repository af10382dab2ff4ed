"""What mail systems report about mails of ours: came back, delayed, or arrived, and why, in plain words (RFC 3464).

And what their users say of it: a complaint, where somebody pressed "spam" (RFC 5965).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

MOST_PARTS = 10
MOST_RECIPIENTS = 20
LONGEST_WORDS = 160
LONGEST_HEAD = 64 * 1024
COMPLAINED = "complained"

_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_DEAD_ADDRESS = re.compile(r"5\.(?:1\.(?![78]$)\d+|2\.1|4\.4|4\.310)")  # 5.1.7 and 5.1.8 complain of the sender
_SOFT = re.compile(r"4\.(?!7\.)[\d.]+|5\.(?:2|4)\.\d+|5\.3\.(?!4$)\d+")  # not what is said of us or of the mail's size
_NO_SUCH_USER = ("550", "551", "553")  # of systems that give no better code than 5.0.0
_NOT_THERE = re.compile(r"5\.(?:1\.(?:1|2|3|6|10)|2\.1)")  # of an answer: 5.1.0 and bare 550s are said of senders, too
_COMPLAINTS = ("abuse", "fraud", "opt-out", "other")
_WORDS = {
    "5.1.1": "there is no such mailbox",
    "5.1.2": "there is no such mail domain",
    "5.1.10": "their domain takes no mail",
    "5.2.1": "the mailbox is closed",
    "5.2.2": "the mailbox is full",
    "5.3.4": "the mail is too large for them",
    "5.4.4": "there is no way to their mail system",
    "5.1": "the address is wrong",
    "5.2": "the mailbox does not take it",
    "5.3": "their mail system cannot take it",
    "5.4": "their mail system was not reached",
    "5.6": "their mail system cannot read it",
    "5.7": "their rules refuse it",
    "4.2.2": "the mailbox is full",
    "4.4": "their mail system was not reached",
    "4.7": "their rules put it off",
    "4": "their mail system could not take it yet",
}


@dataclass(frozen=True)
class Verdict:
    """What became of the mail to one recipient; `action` and `code` as in RFC 3464, `said` the other server's words."""

    action: str  # failed, delayed, delivered, relayed, expanded; or complained
    code: str
    addresses: tuple[str, ...]  # as we wrote to it, and as it ended up
    said: str

    @property
    def words(self) -> str:
        """Why, without personal data: `there is no such mailbox (5.1.1)`."""
        subject = self.code.rpartition(".")[0]
        known = _WORDS.get(self.code) or _WORDS.get(subject) or _WORDS.get(self.code[:1])
        return f"{known or 'their mail system did not deliver it'} ({self.code})"

    @property
    def is_of_the_address(self) -> bool:
        """Whether the address itself is at fault, so that the next mail to it would come back too."""
        if self.action != "failed":
            return False
        return bool(_DEAD_ADDRESS.fullmatch(self.code)) or (self.code == "5.0.0" and self.said[:3] in _NO_SUCH_USER)

    @property
    def is_soft(self) -> bool:
        """Whether the mailbox or its system did not take it this time, and might the next."""
        return self.action == "failed" and not self.is_of_the_address and _SOFT.fullmatch(self.code) is not None


@dataclass(frozen=True)
class Report:
    """A report on one mail, known by `message_id` (with brackets) where it tells it; one verdict per recipient."""

    message_id: str | None
    verdicts: tuple[Verdict, ...]

    def verdict_on(self, address: str) -> Verdict:
        """What it says of this address, else of whichever it ended up at: first what failed."""
        named = [verdict for verdict in self.verdicts if address in verdict.addresses] or self.verdicts
        return next((verdict for verdict in named if verdict.action == "failed"), named[0])


def find(mail: Message) -> Report | None:
    """The delivery report in a mail; None when it is none."""
    if mail.get_content_type() != "multipart/report" or not isinstance(mail.get_payload(), list):
        return None
    parts = [part for part in mail.get_payload()[:MOST_PARTS] if isinstance(part, Message)]
    verdicts = tuple(verdict for part in parts for verdict in _verdicts(part))[:MOST_RECIPIENTS]
    if not verdicts:
        return None
    return Report(next((found for part in parts if (found := _original_id(part))), None), verdicts)


def refusal(said: str, address: str) -> Verdict | None:
    """What our mail server's own answer (`550 5.1.1 …`) says of the recipient; None when that is not its subject."""
    found = _CODE.search(said)
    code = ".".join(found.groups()) if found else ""
    return Verdict("failed", code, (address,), said[:LONGEST_WORDS]) if _NOT_THERE.fullmatch(code) else None


def _verdicts(part: Message) -> Iterator[Verdict]:
    if not isinstance(part.get_payload(), list):
        return
    if part.get_content_type() == "message/feedback-report":
        yield from map(_feedback, part.get_payload())
    if part.get_content_type() != "message/delivery-status":
        return
    for block in part.get_payload():
        action = _field(block, "Action").lower()
        if action:
            said = _after_type(_field(block, "Diagnostic-Code"))
            yield Verdict(action, _code(_field(block, "Status"), said, action), _addresses(block), said[:LONGEST_WORDS])


def _feedback(block: Message) -> Verdict:
    """A complaint; other feedback (`not-spam`, a failed check of the sender) only says that the mail arrived."""
    kind = _field(block, "Feedback-Type").lower()
    about = _field(block, "Original-Rcpt-To").strip("<>").lower()
    return Verdict(COMPLAINED if kind in _COMPLAINTS else "delivered", "2.0.0", (about,) if about else (), "")


def _addresses(block: Message) -> tuple[str, ...]:
    found = [_after_type(_field(block, name)).lower() for name in ("Original-Recipient", "Final-Recipient")]
    return tuple(dict.fromkeys(filter(None, found)))


def _code(status: str, said: str, action: str) -> str:
    """The most telling code: many systems say 5.0.0 and put the other server's own code into its words."""
    codes = [".".join(found.groups()) for found in map(_CODE.search, (status, said)) if found]
    telling = [code for code in codes if not code.endswith(".0.0")]
    return (telling or codes or ["5.0.0" if action == "failed" else "4.0.0"])[0]


def _original_id(part: Message) -> str | None:
    """The Message-ID of the mail the report is about, which comes along whole or as its headers."""
    kind, payload = part.get_content_type(), part.get_payload()
    if kind == "text/rfc822-headers" and isinstance(payload, str):
        head = HeaderParser().parsestr(payload[:LONGEST_HEAD])
    elif kind in ("message/rfc822", "message/rfc822-headers") and isinstance(payload, list) and payload:
        head = payload[0]
    else:
        return None
    found = _MESSAGE_ID.search(_field(head, "Message-ID"))
    return found[0] if found else None


def _field(block: Message, name: str) -> str:
    """A field on one line, printable characters only."""
    line = " ".join(str(block.get(name, "")).split())
    return "".join(character for character in line if character.isprintable())


def _after_type(value: str) -> str:
    """`rfc822; jane@example.com` → `jane@example.com`."""
    kind, separator, rest = value.partition(";")
    return (rest if separator else kind).strip()
