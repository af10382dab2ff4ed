"""What a lead wants to hear."""

from collections.abc import Callable

from leadcrm.conversations.telling.base import Telling, done_by, listed

_MANY_MESSAGES = {"email": "any more emails", "sms": "any more texts", "whatsapp": "any more WhatsApp messages"}
_OPTED_OUT_BY = {
    "unsubscribed": "used the unsubscribe link",
    "replied_stop": "replied STOP",
    "asked_in_words": "asked for it in a message",
    "confirmed_by_hand": "a colleague read it so",
    "complained": "reported our mail as spam",
}
_KINDS = {"whatsapp": "WhatsApp"}


def _opted_out(telling: Telling) -> str:
    what = _MANY_MESSAGES.get(telling.get("channel"), "to hear from us any more")
    how = _OPTED_OUT_BY.get(telling.get("how"), telling.get("how").replace("_", " "))
    return f"{telling.lead} does not want {what}" + (f" ({how})" if how else "")


def _consent_noted(telling: Telling) -> str:
    by = listed(_KINDS.get(kind, kind) for kind in telling.words("kinds"))
    if not telling.get("on"):
        return telling.done(f"took back the consent to write by {by}", f"The consent to write by {by} was taken back")
    where = f" ({telling.get('source')}, {telling.get('on')})" if telling.get("source") else ""
    return telling.done(f"noted consent to write by {by}{where}", f"Consent to write by {by} was noted{where}")


def _opt_out_suspected(telling: Telling) -> str:
    what = _MANY_MESSAGES.get(telling.get("channel"), "to hear from us any more")
    return f"{telling.lead} may not want {what}: a person decides"


def _opt_out_dismissed(telling: Telling) -> str:
    return telling.done("decided that it was no opt-out", "It was no opt-out")


def _opted_in(telling: Telling) -> str:
    what = {"email": "emails", "sms": "texts", "whatsapp": "WhatsApp messages"}.get(telling.get("channel"), "messages")
    return f"{telling.lead} agreed to get {what} again"


SENTENCES: dict[str, Callable[[Telling], str]] = {
    "lead.opted_out": _opted_out,
    "lead.opted_in": _opted_in,
    "lead.opt_out_suspected": _opt_out_suspected,
    "lead.opt_out_dismissed": _opt_out_dismissed,
    "lead.mail_allowed": done_by(
        "allowed mail to an address it had come back from", "Mail to an address it had come back from is allowed again"
    ),
    "lead.consent_noted": _consent_noted,
}
