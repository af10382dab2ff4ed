"""The words of mails to people of the team: plain text, a subject and a body."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Letter:
    subject: str
    body: str


def password_reset(name: str, link: str, minutes: int) -> Letter:
    """To someone who forgot the password."""
    return Letter(
        "Choose a new password",
        f"Hello {name},\n\n"
        f"choose a new password for LeadCRM here:\n\n{link}\n\n"
        f"The link works once, for {minutes} minutes. If you did not ask for it, do nothing: your password stays.\n",
    )


def invitation(organization: str, inviter: str, link: str, days: int) -> Letter:
    """To someone who is asked to join."""
    return Letter(
        f"{inviter} invites you to {organization}"[:200],
        f"Hello,\n\n"
        f"{inviter} invites you to work with {organization} in LeadCRM. Choose your password here:\n\n{link}\n\n"
        f"The link works once, for {days} days.\n",
    )


def password_changed(name: str) -> Letter:
    """To someone whose password is another one now: they may not have done it."""
    return Letter(
        "Your password was changed",
        f"Hello {name},\n\n"
        "the password of your LeadCRM account was changed, and all other sessions were signed out.\n"
        "If this was not you, ask for a new password on the sign-in page and tell an owner of your team.\n",
    )
