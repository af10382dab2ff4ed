"""How a webhook's receiver can tell that a call is ours: the signature of standardwebhooks.com. Pure."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 24


def new_secret() -> str:
    """What both sides know: `whsec_` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(secret: str, call_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of one try: every try carries the same id, so that its receiver can leave out repeats."""
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signature = hmac.new(key, b".".join((call_id.encode(), stamp.encode(), body)), hashlib.sha256).digest()
    return {
        "webhook-id": call_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }
