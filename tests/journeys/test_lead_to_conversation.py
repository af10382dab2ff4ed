"""sources/lead-to-conversation.md from end to end: HTTP, a real worker, real Redis, a real SMTP server."""

import hashlib
import hmac
from email.message import EmailMessage
from email.utils import make_msgid

import pytest
import requests

from tests.installation import wait_for

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

SECRET = "webhook secret of the tests"


@pytest.fixture
def api(installation, demo):
    installation.start_sink()
    installation.start_web()
    installation.start_worker()
    owner = next(user for user in demo["users"] if user["role"] == "owner")
    return installation.api(owner["api_token"])


def create_sarah(api) -> str:
    response = api.post(
        "/api/leads",
        first_name="Sarah",
        last_name="Connor",
        email="sarah@leads.test",
        phone="+44 20 7946 0958",
        timezone="Europe/London",
    )
    assert response.status_code == 201, response.text
    return response.json()["id"]


def conversations(api, lead: str) -> list[dict]:
    return api.get("/api/conversations", lead_id=lead)["items"]


def messages(api, lead: str, **query) -> list[dict]:
    return api.get("/api/messages", lead_id=lead, **query)["items"]


def deliver(installation, mail: EmailMessage) -> requests.Response:
    raw = mail.as_bytes()
    signature = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    return requests.post(
        f"{installation.url}/webhook/email",
        data=raw,
        headers={"Content-Type": "message/rfc822", "X-LeadCRM-Signature": f"sha256={signature}"},
        timeout=10,
    )


def reply_to(sent: dict, text: str, message_id: str | None = None) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Sarah Connor <sarah@leads.test>"
    mail["To"] = "office@acme.test"
    mail["Subject"] = "Re: hello"
    mail["Message-ID"] = message_id or make_msgid(domain="leads.test")
    mail["In-Reply-To"] = sent["message_id"]
    mail["References"] = sent["message_id"]
    mail.set_content(text)
    return mail


def test_a_lead_becomes_a_conversation(installation, api):
    lead = create_sarah(api)
    assert lead in [row["id"] for row in api.get("/api/leads", q="sarah@leads")["items"]]

    greeting = wait_for(lambda: [mail for mail in installation.mails() if mail["rcpt"] == "sarah@leads.test"])
    assert len(greeting) == 1, "the flow and the automation greet once between them"
    [thread] = wait_for(lambda: conversations(api, lead))
    assert thread["channel"] == "email"
    wait_for(lambda: messages(api, lead, status="sent"))

    assert deliver(installation, reply_to(greeting[0], "Saturday works.\n\n> How about Saturday?")).status_code == 200
    answer = wait_for(lambda: [row for row in messages(api, lead) if row["direction"] == "inbound"])[0]
    assert answer["content"].strip() == "Saturday works."
    [thread] = conversations(api, lead)
    assert thread["unread"] == 1

    response = api.post("/api/messages", lead_id=lead, channel="email", subject="Saturday", content="See you at 10.")
    assert response.status_code == 202
    wait_for(lambda: len([mail for mail in installation.mails() if mail["rcpt"] == "sarah@leads.test"]) == 2)
    assert len(conversations(api, lead)) == 1


def test_a_repeated_delivery_is_one_message(installation, api):
    lead = create_sarah(api)
    [sent] = wait_for(installation.mails)
    mail = reply_to(sent, "Yes please", "<once@leads.test>")
    assert [deliver(installation, mail).status_code for _ in range(3)] == [200, 200, 200]
    wait_for(lambda: [row for row in messages(api, lead) if row["direction"] == "inbound"])
    assert len([row for row in messages(api, lead) if row["direction"] == "inbound"]) == 1


def test_a_reply_ends_what_the_flow_still_had_to_say(installation, api):
    lead = create_sarah(api)
    [sent] = wait_for(installation.mails)
    deliver(installation, reply_to(sent, "Please call me"))

    def waiting() -> list[dict]:
        return [row for row in messages(api, lead) if row["status"] in ("scheduled", "held")]

    wait_for(lambda: not waiting())
    left = [row for row in messages(api, lead) if row["origin"] == "flow" and row["status"] == "skipped"]
    assert left
    assert all(row["error"] for row in left), "a skipped message says why"


def test_a_stranger_who_writes_becomes_a_lead(installation, api):
    mail = EmailMessage()
    mail["From"] = "New Person <new.person@leads.test>"
    mail["To"] = "office@acme.test"
    mail["Subject"] = "The house on the hill"
    mail["Message-ID"] = "<first@leads.test>"
    mail.set_content("Is it still for sale?")
    assert deliver(installation, mail).status_code == 200
    wait_for(lambda: api.get("/api/leads", q="new.person@leads")["items"])


def test_the_sandbox_answer_is_the_same_path(installation, api):
    lead = create_sarah(api)
    response = api.post(f"/api/leads/{lead}/inbound-test", channel="sms", content="Hello?")
    assert response.status_code in (200, 201, 202), response.text
    thread = wait_for(lambda: [row for row in conversations(api, lead) if row["channel"] == "sms"])[0]
    assert thread["unread"] == 1
