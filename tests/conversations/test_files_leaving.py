"""Files on their way out: in the mail, through undo, cancel and retry, and what happens when one is not there."""

import asyncio
import queue
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import SimpleNamespace

import pytest
from aiosmtpd.smtp import SMTP
from sqlalchemy import event

from leadcrm.adapters.registry import mail_transport
from leadcrm.conversations import delivery, storage
from leadcrm.conversations.schemas import MessageSchema
from leadcrm.core.db import db
from tests.conversations.conftest import again, make_due, make_lead, plan
from tests.conversations.test_composer import messages, send
from tests.conversations.test_files import PLAN, attach, files, on_disk, upload
from tests.conversations.test_inbox import shown

NAMES = ("plan.pdf", "Grundriß für Zoë.pdf", "a" * 190 + ".pdf", 'quo"te\\.txt', "计划" * 40 + ".docx")


@pytest.fixture
def ada(sign_in, cast):
    return sign_in(cast.ada)


@pytest.fixture
def server() -> Iterator[SimpleNamespace]:
    """A real SMTP server and the whole mails it took."""
    taken: list[bytes] = []

    class Handler:
        async def handle_DATA(self, server, session, envelope) -> str:
            taken.append(envelope.content)
            return "250 accepted"

    loop, ports = asyncio.new_event_loop(), queue.SimpleQueue()

    def serve() -> None:
        listening = loop.run_until_complete(loop.create_server(lambda: SMTP(Handler(), loop=loop), "127.0.0.1", 0))
        ports.put(listening.sockets[0].getsockname()[1])
        loop.run_forever()
        listening.close()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield SimpleNamespace(url=f"smtp://127.0.0.1:{ports.get(timeout=10)}", taken=taken)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


def drain_by(url: str | None) -> None:
    transport = mail_transport(SimpleNamespace(smtp_url=url))
    channel = SimpleNamespace(open=transport.open, is_sandbox=url is None)
    delivery.drain(lambda: False, lambda _: channel)


def read(mail: bytes) -> EmailMessage:
    return message_from_bytes(mail, policy=policy.SMTP)


def test_the_mail_carries_every_byte_under_its_name(ada, jane, server):
    contents = [PLAN, b"", b".\r\n..\r\n", bytes(range(256)) * 50, b"\x00" * 57]
    attach(ada, jane, *(upload(content, name) for content, name in zip(contents, NAMES, strict=True)))
    send(ada, jane, content="See the plan")
    make_due(messages()[0])
    drain_by(server.url)
    assert again(messages()[0]).status == "sent"
    (raw,) = server.taken
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    mail = read(raw)
    assert mail.get_content_type() == "multipart/mixed"
    assert mail.get_body(("plain",)).get_content().splitlines() == ["See the plan"]
    got = {part.get_filename(): part for part in mail.iter_attachments()}
    stored = [file.filename for file in files()]
    assert list(got) == stored
    assert [part.get_content() for part in got.values()] == contents
    assert {part.get_content_type() for part in got.values()} == {"application/pdf"}
    assert {part.get_content_disposition() for part in got.values()} == {"attachment"}
    assert mail.defects == []


def test_the_thread_the_sandbox_and_the_api_show_them(ada, jane):
    attach(ada, jane)
    send(ada, jane)
    make_due(messages()[0])
    drain_by(None)
    (message,) = messages()
    (file,) = files()
    assert message.sandbox
    for page in (f"/conversations/{message.conversation_id}", f"/sandbox?c={message.conversation_id}"):
        assert f"/attachments/{file.id}" in shown(ada.get(page, hx=page.startswith("/conv"))), page
    assert ada.get(f"/attachments/{file.id}").data == PLAN
    told = {"id": file.id, "filename": "plan.pdf", "content_type": "application/pdf", "size": len(PLAN)}
    assert MessageSchema().dump(message)["attachments"] == [told]


def test_sending_takes_the_files_out_of_the_composer(ada, jane):
    attach(ada, jane)
    assert "plan.pdf" not in shown(send(ada, jane))
    (file,) = files()
    assert (file.message_id, file.draft_id) == (messages()[0].id, None)
    assert on_disk() == {file.stored_as}


def test_a_double_click_sends_them_once(ada, jane):
    attach(ada, jane)
    send(ada, jane, key="the-same-key")
    send(ada, jane, key="the-same-key")
    assert [file.message_id for file in files()] == [messages()[0].id]
    assert len(on_disk()) == 1


def test_undo_brings_them_back_with_the_words(ada, jane):
    attach(ada, jane)
    send(ada, jane)
    ada.post(f"/messages/{messages()[0].id}/cancellation", hx=True)
    page = shown(ada.get(f"/leads/{jane.id}/composer?channel=email", hx=True))
    assert "Remove plan.pdf" in page
    assert "See you at 10" in page
    send(ada, jane)
    assert [file.message_id for file in files()] == [messages()[1].id]


def test_what_somebody_else_cancels_keeps_its_files(ada, jane, sign_in, cast):
    attach(ada, jane)
    send(ada, jane)
    sign_in(cast.max).post(f"/messages/{messages()[0].id}/cancellation", hx=True)
    assert [file.message_id for file in files()] == [messages()[0].id]


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda path: path.unlink(), "The file plan.pdf cannot be read: No such file or directory."),
        (lambda path: path.write_bytes(PLAN[:-1]), "The file plan.pdf is not the one that was attached."),
        (lambda path: path.write_bytes(PLAN[::-1]), "The file plan.pdf is not the one that was attached."),
    ],
)
def test_a_file_that_is_not_there_as_it_was_is_a_failure_with_its_reason(ada, jane, server, harm, reason):
    attach(ada, jane)
    send(ada, jane)
    path = storage.path_of(files()[0].stored_as)
    harm(path)
    other = plan(make_lead("Other", email="other@example.com"))
    for message in messages():
        make_due(message)
    drain_by(server.url)
    message = next(one for one in messages() if one.id != other.id)
    assert (message.status, message.reason) == ("failed", reason)
    assert [read(mail)["To"].addresses[0].addr_spec for mail in server.taken] == ["other@example.com"]
    path.write_bytes(PLAN)
    ada.post(f"/messages/{message.id}/retry", hx=True)
    make_due(message)
    drain_by(server.url)
    assert again(message).status == "sent"
    assert [part.get_content() for part in read(server.taken[1]).iter_attachments()] == [PLAN]


def test_what_rules_say_is_not_asked_about_files(acme, transport):
    """A drain of a flow's mails costs what it cost before there were files."""
    for n in range(3):
        lead = make_lead(email=f"{n}@leads.test")
        make_due(plan(lead, lead.id, origin="flow"))
    asked: list[str] = []

    def note(connection, cursor, statement, *_) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        transport.drain()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(transport.sent) == 3
    assert not [statement for statement in asked if "attachments" in statement]
