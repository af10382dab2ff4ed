"""Files in what people write: kept with the draft, sent with the mail, given to nobody else, gone when removed."""

import io
import os
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from leadcrm.conversations import storage
from leadcrm.conversations.jobs import remove_orphaned_files
from leadcrm.conversations.models import LARGEST_FILE, Attachment, Draft
from leadcrm.conversations.operations.drafting import LARGEST_TOGETHER, MOST_FILES
from leadcrm.core import clock
from leadcrm.core.db import db, writing
from leadcrm.core.values import new_id
from tests.conversations.conftest import make_due, make_lead
from tests.conversations.test_composer import messages, send, typed
from tests.conversations.test_inbox import shown

PLAN = b"%PDF-1.7 a plan \x00\xff\r\n.\r\n"


@pytest.fixture
def ada(sign_in, cast):
    return sign_in(cast.ada)


def upload(content: bytes = PLAN, name: str = "plan.pdf", kind: str = "application/pdf") -> tuple:
    return io.BytesIO(content), name, kind


def attach(client, lead, *uploads, hx: bool = True, **fields):
    data = {"files": list(uploads or [upload()]), **fields}
    return client.post(f"/leads/{lead.id}/attachments", data=data, hx=hx)


def files() -> list[Attachment]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Attachment).order_by(Attachment.id)))


def on_disk() -> set[str]:
    return {path.name for path in storage.folder().iterdir()}


def detach(client, lead, file, **more):
    return client.post(f"/leads/{lead.id}/attachments/{file.id}/removal", **{"hx": True, **more})


# ---- With the draft ------------------------------------------------------------------------------------------


def test_a_file_is_kept_with_the_draft_and_shown_with_its_size(ada, jane):
    answer = attach(ada, jane, upload(b"x" * 2048, "offer.pdf"), upload(b"hi", "note.txt", "text/plain"))
    assert answer.status_code == 200
    assert "offer.pdf" in shown(answer)
    assert "2 kB" in shown(answer)
    offer, note = files()
    assert (offer.filename, offer.content_type, offer.size) == ("offer.pdf", "application/pdf", 2048)
    assert storage.path_of(note.stored_as).read_bytes() == b"hi"
    assert on_disk() == {offer.stored_as, note.stored_as}
    page = shown(ada.get(f"/leads/{jane.id}/composer?channel=email", hx=True))
    assert "offer.pdf" in page
    assert "Remove note.txt" in page


def test_files_alone_leave_the_subject_of_the_reply(ada, jane, transport):
    send(ada, jane, subject="Your offer")
    make_due(messages()[0])
    transport.drain()
    attach(ada, jane)
    assert 'value="Re: Your offer"' in shown(ada.get(f"/leads/{jane.id}/composer?channel=email", hx=True))


def test_only_the_mails_composer_takes_files(ada, jane):
    attach(ada, jane)
    for channel in ("sms", "note"):
        page = shown(ada.get(f"/leads/{jane.id}/composer?channel={channel}", hx=True))
        assert "Attach files" not in page
        assert "plan.pdf" not in page


def test_emptied_words_leave_the_files_and_the_last_file_takes_an_empty_draft_along(ada, jane):
    attach(ada, jane)
    ada.post(f"/leads/{jane.id}/draft", data={"drafted_channel": "email", "subject": "", "content": ""}, hx=True)
    (file,) = files()
    answer = detach(ada, jane, file)
    assert answer.status_code == 200
    assert "plan.pdf" not in shown(answer)
    assert (files(), on_disk(), db.session.scalars(select(Draft)).all()) == ([], set(), [])


def test_removing_a_file_leaves_the_words(ada, jane):
    words = {"drafted_channel": "email", "subject": "Hello", "content": "See you"}
    ada.post(f"/leads/{jane.id}/draft", data=words, hx=True)
    attach(ada, jane)
    detach(ada, jane, files()[0])
    assert "See you" in shown(ada.get(f"/leads/{jane.id}/composer?channel=email", hx=True))
    assert on_disk() == set()


def test_a_draft_that_goes_with_its_lead_leaves_bytes_that_a_job_removes(ada, jane):
    attach(ada, jane)
    attach(ada, other := make_lead("Other", email="other@example.com"))
    gone, stays = (file.stored_as for file in files())
    with writing() as session:
        session.delete(session.scalars(select(Draft).where(Draft.lead_id == jane.id)).one())
    unfinished = storage.path_of(f"{storage.WRITTEN}half{storage.UNFINISHED}")
    unfinished.write_bytes(b"half")
    foreign = storage.path_of("019c-0")  # what came in is not this job's
    foreign.write_bytes(b"came in")
    assert remove_orphaned_files() == 0  # it could be one that is being attached now
    old = (clock.real_now() - timedelta(days=2)).timestamp()
    for name in on_disk():
        os.utime(storage.path_of(name), (old, old))
    assert remove_orphaned_files() == 2
    assert on_disk() == {stays, foreign.name}
    assert gone not in on_disk()
    assert [file.draft_id for file in files()] == [db.session.scalar(select(Draft.id).where(Draft.lead_id == other.id))]


# ---- What is refused -----------------------------------------------------------------------------------------


def test_too_many_too_large_and_none_are_refused_beside_the_field(ada, jane):
    def refused(status: int, words: str, *uploads) -> None:
        answer = attach(ada, jane, *uploads)
        assert answer.status_code == status
        assert words in shown(answer)
        assert f"composer-{jane.id}-files-error" in shown(answer)
        assert (files(), on_disk()) == ([], set())

    refused(422, "Choose a file first.", upload(b"", ""))
    refused(422, f"at most {MOST_FILES} files", *(upload(b"x", f"{n}.txt") for n in range(MOST_FILES + 1)))
    refused(413, "big.bin is larger than 10 MB.", upload(), upload(bytes(LARGEST_FILE + 1), "big.bin"))
    nearly = LARGEST_TOGETHER // 3 + 1
    refused(422, "larger than 20 MB", *(upload(bytes(nearly), f"{n}.bin") for n in range(3)))
    refused(413, "larger than 20 MB", *(upload(bytes(LARGEST_FILE), f"{n}.bin") for n in range(3)))


def test_the_limits_count_what_is_there_already(ada, jane):
    assert attach(ada, jane, *(upload(b"x", f"{n}.txt") for n in range(MOST_FILES))).status_code == 200
    assert attach(ada, jane).status_code == 422
    assert len(files()) == len(on_disk()) == MOST_FILES


def test_the_largest_mail_there_may_be_is_taken_in_one_form(ada, jane):
    halves = [upload(bytes(LARGEST_FILE), f"{n}.bin") for n in range(2)]
    assert attach(ada, jane, *halves).status_code == 200
    assert sum(file.size for file in files()) == LARGEST_TOGETHER


def test_other_forms_take_no_more_than_before(app, ada, jane):
    body = {"files": [upload(bytes(app.config["MAX_CONTENT_LENGTH"]))], "drafted_channel": "email"}
    assert ada.post(f"/leads/{jane.id}/draft", data=body, hx=True).status_code == 413


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\fakepath\\plan.pdf", "plan.pdf"), ("..", "attachment"),
        ("", "attachment"), ("<b>.svg", "<b>.svg"), ("a" * 300 + ".pdf", "a" * 180 + ".pdf"),
        ("pla\u202en\r\n.pdf", "plan.pdf"),
    ],
)  # fmt: skip
def test_names_are_words_and_never_paths(name, kept):
    assert storage.plain_name(name) == kept


def test_a_hostile_name_is_text_on_the_page_and_no_path_on_the_disk(ada, jane):
    answer = attach(ada, jane, upload(PLAN, "../../<x-canary-7 hx-get=trap>.svg"))
    (file,) = files()
    assert file.filename == "<x-canary-7 hx-get=trap>.svg"
    assert "<x-canary" not in answer.get_data(as_text=True)
    assert on_disk() == {file.stored_as}


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed", "nonsense", "a/b\r\nX: y", "x" * 90 + "/y"])
def test_a_type_is_a_leafs_or_that_of_any_bytes(kind):
    assert storage.plain_type(kind) == "application/octet-stream" or kind.startswith("x")


def test_a_file_is_a_download_and_nothing_else(ada, jane):
    attach(ada, jane, upload(b"<script>alert(1)</script>", "page.html", "text/html"))
    answer = ada.get(f"/attachments/{files()[0].id}")
    assert answer.data == b"<script>alert(1)</script>"
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_draft_and_its_files_are_its_writers_alone(ada, jane, sign_in, cast):
    attach(ada, jane)
    (file,) = files()
    for stranger in (sign_in(cast.max), sign_in(cast.rita)):
        assert stranger.get(f"/attachments/{file.id}").status_code == 404
        assert detach(stranger, jane, file).status_code == 404
    assert detach(ada, make_lead("Other"), file).status_code == 404
    assert attach(sign_in(cast.rita), jane).status_code == 404
    assert len(files()) == len(on_disk()) == 1


@pytest.mark.parametrize(
    "columns",
    [
        {}, {"draft_id": "draft", "message_id": "message"}, {"draft_id": "draft", "sha256": None},
        {"draft_id": "draft", "size": -1}, {"draft_id": "draft", "size": LARGEST_FILE + 1}, {"draft_id": "nobody's"},
        {"draft_id": "draft", "stored_as": "taken"},
    ],
)  # fmt: skip
def test_the_database_refuses_what_no_verb_writes(ada, jane, columns):
    send(ada, jane)
    attach(ada, jane)
    real = {"draft": files()[0].draft_id, "message": messages()[0].id, "taken": files()[0].stored_as}
    row = {"filename": "x", "content_type": "a/b", "size": 1, "sha256": "0" * 64, "stored_as": new_id(), **columns}
    with pytest.raises(IntegrityError), writing() as session:
        session.add(Attachment(**{name: real.get(value, value) for name, value in row.items()}))


# ---- Without scripts -------------------------------------------------------------------------------------------


def test_the_attach_button_of_a_plain_form_keeps_all_that_was_typed(ada, jane):
    words = typed(content="See you at 10", drafted_channel="email", at="2031-01-01T10:00")
    page = shown(attach(ada, jane, hx=False, **words))
    assert all(word in page for word in ("plan.pdf", "See you at 10", "2031-01-01T10:00", words["key"]))
    page = shown(detach(ada, jane, files()[0], hx=False, data={**words, "content": "See you at 11"}))
    assert "plan.pdf" not in page
    assert "See you at 11" in page
    refused = attach(ada, jane, upload(bytes(LARGEST_FILE + 1), "big.bin"), hx=False, **words)
    assert refused.status_code == 413
    assert "See you at 10" in shown(refused)


def test_files_come_with_the_words_when_a_plain_form_is_sent(ada, jane):
    answer = ada.post(f"/leads/{jane.id}/messages", data=typed(files=[upload()]))
    assert answer.status_code == 303
    (message,) = messages()
    assert [file.message_id for file in files()] == [message.id]


def test_a_plain_form_with_a_mistake_keeps_its_files(ada, jane):
    page = ada.post(f"/leads/{jane.id}/messages", data=typed(subject="", files=[upload()]))
    assert page.status_code == 422
    assert "An email needs a subject." in shown(page)
    assert "Remove plan.pdf" in shown(page)
