"""How long things last that let a person in."""

from datetime import datetime, timedelta

LONGEST_SESSION = timedelta(days=60)
IDLE_SESSION = timedelta(days=14)
IDLE_OWNER_SESSION = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=5)  # a signed-in person costs at most one write in this time
PASSWORD_RESET = timedelta(minutes=30)
INVITATION = timedelta(days=7)
SECOND_STEP = timedelta(minutes=5)  # between the password and the code


def idle_limit(role: str) -> timedelta:
    """How long a session of this role may rest."""
    return IDLE_OWNER_SESSION if role == "owner" else IDLE_SESSION


def is_alive(session, role: str, now: datetime) -> bool:
    """Whether the session row still signs its person in."""
    if session.ended_at is not None or now >= session.expires_at:
        return False
    return now < session.seen_at + idle_limit(role)
