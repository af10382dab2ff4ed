"""What became of messages, and of the threads they stand in."""

from collections.abc import Callable

from leadcrm.conversations.telling.base import BEGUN_BY, Telling, inside

BY_HAND = "canceled by hand"


def _scheduled(telling: Telling) -> str:
    if telling.get("origin") == "booking":  # else the time that follows reads as the meeting's
        return f"{telling.the_message} about a meeting was planned for"
    begun = BEGUN_BY.get(telling.get("origin")) or (f" by {telling.who}" if telling.who else "")
    return f"{telling.the_message} was planned{begun} for"


def _sent(telling: Telling) -> str:
    message = telling.background.messages.get(telling.get("message_id"))
    where = ", to the sandbox" if message is not None and message.sandbox else ""
    return f"{telling.the_message} was sent{BEGUN_BY.get(telling.get('origin'), '')}{where}"


def _resolved(telling: Telling) -> str:
    verdict = telling.get("verdict")
    if verdict == "accepted":
        return f"A mail system reported that it has {telling.a_message}: it was sent"
    if verdict == "found":
        return f"A copy of {telling.a_message} was found among the mailbox's sent mail: it was sent"
    if verdict == "resend":
        return f"{telling.someone} had {telling.a_message} sent again that may not have arrived"
    return f"{telling.someone} confirmed that {telling.a_message} arrived"


def _canceled(telling: Telling) -> str:
    if telling.get("reason") == BY_HAND:
        return telling.done(f"canceled {telling.a_message}", f"{telling.the_message} was canceled")
    return f"{telling.the_message} will not be sent: {inside(telling.because)}"


def _received(telling: Telling) -> str:
    if telling.row.told.get("automatic"):
        return f"An automatic reply came from {telling.lead}: {telling.a_message}"
    return f"{telling.lead} wrote {telling.a_message}"


def _clicked(telling: Telling) -> str:
    url = telling.get("url").partition("://")[2].rstrip("/")
    return f"{telling.lead} clicked {url}" if url else f"{telling.lead} clicked a link in {telling.a_message}"


def _thread_assigned(telling: Telling) -> str:
    return telling.handed(
        "assignee_id",
        nobody=("put the conversation back to unassigned", "The conversation is unassigned again"),
        took="took the conversation",
        gave=lambda person: (f"gave the conversation to {person}", f"The conversation was given to {person}"),
    )


def _thread_status(telling: Telling) -> str:
    verb = {"open": "reopened", "snoozed": "snoozed", "closed": "closed"}.get(telling.get("new"), "changed")
    return telling.done(f"{verb} the conversation", f"The conversation was {verb}")


def _ended(words: str) -> Callable[[Telling], str]:
    """`An email came back: mailbox full`."""
    return lambda telling: f"{telling.the_message} {words}: {telling.because}"


SENTENCES: dict[str, Callable[[Telling], str]] = {
    "message.scheduled": _scheduled,
    "message.sent": _sent,
    "message.failed": _ended("was not sent"),
    "message.bounced": _ended("came back"),
    "message.delayed": _ended("is delayed on its way"),
    "message.unknown": lambda telling: f"We cannot tell whether {telling.a_message} arrived: {inside(telling.because)}",
    "message.resolved": _resolved,
    "message.unresolved": lambda telling: f"{telling.someone} took back that {telling.a_message} arrived",
    "message.canceled": _canceled,
    "message.hurried": lambda telling: f"{telling.someone} sent {telling.a_message} without waiting",
    "message.retried": lambda telling: f"{telling.someone} tried {telling.a_message} again",
    "message.received": _received,
    "message.opened": lambda telling: f"{telling.lead} opened {telling.a_message}",
    "message.clicked": _clicked,
    "conversation.assigned": _thread_assigned,
    "conversation.status_changed": _thread_status,
}
