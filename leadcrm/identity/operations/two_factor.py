"""The second step of signing in: codes of an authenticator app, and recovery codes for the day it is lost."""

import base64
import hmac
import logging
import secrets

import pyotp

from leadcrm.core import clock, events
from leadcrm.core.at_rest import Place, Unreadable, decrypt, encrypt
from leadcrm.core.db import lock
from leadcrm.core.errors import DomainError
from leadcrm.core.security import digest
from leadcrm.identity.events import TwoFactorChanged
from leadcrm.identity.models import User
from leadcrm.identity.operations.sessions import end_sessions

log = logging.getLogger(__name__)

STEP_SECONDS = 30
TOLERATED_STEPS = 1  # clocks of phones are off by some seconds
RECOVERY_CODES = 8
UNREADABLE = (
    "Codes of your app cannot be checked: what we kept for it cannot be read. Sign in with a recovery code, and tell "
    "whoever runs this server."
)


def enable_two_factor(user: User, secret: str, code: str) -> list[str]:
    """Ask for codes from now on; every session ends. Returns the recovery codes, this once. Raises DomainError."""
    step = _step_of(secret, code, after=None)
    if step is None:
        raise DomainError("This code is not right. Is the clock of your phone set automatically?", "code")
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    user.totp_secret = encrypt(secret, Place.of(User.totp_secret, user))
    user.totp_last_step = step
    user.recovery_hashes = [digest(code) for code in codes]
    _changed(user, enabled=True)
    return codes


def disable_two_factor(user: User) -> None:
    """The password alone is enough again; every session ends."""
    user.totp_secret = user.totp_last_step = None
    user.recovery_hashes = []
    _changed(user, enabled=False)


def use_totp_code(user: User, code: str) -> bool:
    """Whether the code is right now and was not used before; uses it up. Raises DomainError: it cannot be checked."""
    user = lock(user)
    if user.totp_secret is None:
        return False
    try:
        secret = decrypt(user.totp_secret, Place.of(User.totp_secret, user))
    except Unreadable as trouble:
        log.error("the two-factor secret of user %s is not used: %s", user.id, trouble)
        raise DomainError(UNREADABLE, "code") from trouble
    step = _step_of(secret, code, after=user.totp_last_step)
    if step is None:
        return False
    user.totp_last_step = step
    return True


def use_recovery_code(user: User, code: str) -> bool:
    """Whether it is one of the unused recovery codes; uses it up."""
    user = lock(user)
    hashed = digest(code.strip().lower().replace(" ", ""))
    left = [known for known in user.recovery_hashes if not hmac.compare_digest(known, hashed)]
    was_right = len(left) < len(user.recovery_hashes)
    if was_right:
        user.recovery_hashes = left
    return was_right


def _step_of(secret: str, code: str, after: int | None) -> int | None:
    """The time step the code belongs to, if it is near now and later than `after`."""
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    current = int(clock.real_now().timestamp()) // STEP_SECONDS
    code = code.replace(" ", "")
    for step in range(current - TOLERATED_STEPS, current + TOLERATED_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()) and (after is None or step > after):
            return step
    return None


def _recovery_code() -> str:
    """80 random bits as four groups of four."""
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[i : i + 4] for i in range(0, 16, 4))


def _changed(user: User, enabled: bool) -> None:
    end_sessions(user)
    events.record(TwoFactorChanged(user_id=user.id, enabled=enabled))
