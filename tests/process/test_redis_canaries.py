"""Redis hears nothing worth stealing: no words of people, no password, no token, no secret of a session or a link."""

import codecs
import hmac
import re
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from itsdangerous import base64_decode

from soak.crowd import raw_mail
from soak.redis_weather import redis_on_a_line
from tests.installation import Installation, post_form, sign_in, token_of, wait_for

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

NAME, ADDRESS, PHONE = "Zanzibara", "zz-canary@leads.test", "+442079460123"
MESSAGE, REPLY, WRONG_PASSWORD = "quokka-message", "quokka-reply", "quokka-password"
ARGUMENT = re.compile(rb'"((?:[^"\\]|\\.)*)"')


class Tap:
    """Everything that a Redis server is told, by its MONITOR."""

    def __init__(self, connection: socket.socket):
        self.connection = connection
        self.heard: list[bytes] = []

    def listen(self) -> None:
        with self.connection.makefile("rb") as lines:
            for line in lines:
                self.heard += [_plain(codecs.escape_decode(words)[0]) for words in ARGUMENT.findall(line)]

    def tells(self, words: str) -> list[bytes]:
        return [argument for argument in self.heard if words.lower().encode() in argument.lower()]


def _plain(argument: bytes) -> bytes:
    """RQ packs what a job is called with."""
    try:
        return zlib.decompress(argument)
    except zlib.error:
        return argument


@contextmanager
def tapped(port: int) -> Iterator[Tap]:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"MONITOR\r\n")
        tap = Tap(connection)
        listener = threading.Thread(target=tap.listen, daemon=True)
        listener.start()
        try:
            yield tap
        finally:
            connection.shutdown(socket.SHUT_RDWR)
            listener.join(10)


def do_the_main_job(installation: Installation, api) -> None:
    """Capture, welcome, write, be answered."""
    lead = api.post("/api/leads", first_name=NAME, email=ADDRESS, phone=PHONE).json()["id"]
    api.post("/api/messages", lead_id=lead, channel="email", subject="Hi", content=MESSAGE).raise_for_status()
    wait_for(lambda: len([mail for mail in installation.mails() if mail["rcpt"] == ADDRESS]) >= 2)
    mail = raw_mail(ADDRESS, installation.environment["MAIL_FROM"], REPLY)
    secret = installation.environment["EMAIL_WEBHOOK_SECRET"].encode()
    headers = {
        "X-LeadCRM-Signature": "sha256=" + hmac.digest(secret, mail, "sha256").hex(),
        "Content-Type": "message/rfc822",
    }
    requests.post(f"{installation.url}/webhook/email", data=mail, headers=headers, timeout=15).raise_for_status()
    wait_for(lambda: any(row["content"].strip() == REPLY for row in api.all("/api/messages", lead_id=lead)))


def sign_in_and_ask_for_things(installation: Installation, owner: dict) -> dict[str, str]:
    """What is counted: sign-ins, resets, forms that ask for the password. Returns the secrets that were in play."""
    post_form(requests.Session(), f"{installation.url}/login", email=owner["email"], password=WRONG_PASSWORD)
    browser = sign_in(installation.url, owner)
    page = browser.get(f"{installation.url}/settings/security/two-factor", timeout=15).text
    seed = page.split("<code>")[1].split("</code>")[0]
    form = {"csrf_token": token_of(page), "code": "000000", "password": owner["password"]}
    refused = browser.post(f"{installation.url}/settings/security/two-factor", data=form, timeout=15)
    assert refused.status_code == 422
    cookies = "; ".join(cookie.value for cookie in browser.cookies)
    post_form(requests.Session(), f"{installation.url}/password/reset", email=owner["email"])
    return {"seed": seed, "cookie": cookies, "password": owner["password"], "e-mail": owner["email"]}


def test_redis_is_told_no_words_of_people_and_no_secrets(installation, demo):
    owner = next(user for user in demo["users"] if user["role"] == "owner")
    with redis_on_a_line() as (port, _), tapped(port) as tap:
        installation.environment["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
        installation.start_sink()
        installation.start_web()
        installation.start_worker()
        do_the_main_job(installation, installation.api(owner["api_token"]))
        secrets = sign_in_and_ask_for_things(installation, owner)
        secrets |= {"session": session_secret(secrets["cookie"]), "token": owner["api_token"]}
    assert tap.tells("leadcrm.core.lanes"), "bells were heard, what they call is readable"
    assert tap.tells("password of"), "counts were heard"
    words = {"name": NAME, "address": ADDRESS, "phone": PHONE, "message": MESSAGE, "reply": REPLY}
    words |= {"wrong password": WRONG_PASSWORD, "key": installation.environment["SECRET_KEY"]}
    words |= {"webhook secret": installation.environment["EMAIL_WEBHOOK_SECRET"]}
    told = {name: found[:2] for name, secret in (words | secrets).items() if (found := tap.tells(secret))}
    assert told == {}


def session_secret(cookie: str) -> str:
    """What the signed cookie holds in the clear: as good as a password while the session lives."""
    payload = cookie.removeprefix(".").split(".")[0]
    packed = base64_decode(payload)
    text = zlib.decompress(packed) if cookie.startswith(".") else packed
    return re.search(rb'"_user_id":"([^"]+)"', text)[1].decode()
