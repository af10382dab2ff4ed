"""Delivery reports of the mail systems there are: which mail, which verdict, in whose words."""

from email import message_from_bytes
from email.policy import compat32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadcrm.conversations import delivery_reports
from leadcrm.conversations.incoming_mail import read, read_head
from tests.conversations.mails import mail
from tests.conversations.reports import REPORTERS, changed, report, without_original


def found_in(body: bytes) -> delivery_reports.Report | None:
    return delivery_reports.find(message_from_bytes(body, policy=compat32))


@pytest.mark.parametrize("reporter", REPORTERS, ids=[reporter.name for reporter in REPORTERS])
def test_each_systems_report_is_understood(reporter):
    found = found_in(report(raw=reporter.raw))
    verdict = found.verdict_on("jane@example.com")
    assert found.message_id == "<original@leadcrm.test>"
    assert (verdict.action, verdict.code, verdict.addresses) == ("failed", reporter.code, ("jane@example.com",))
    assert verdict.is_of_the_address
    assert verdict.said.startswith("550")


@pytest.mark.parametrize("reporter", REPORTERS, ids=[reporter.name for reporter in REPORTERS])
def test_a_reports_head_names_the_mail_it_is_about(reporter):
    head = read_head(report(raw=reporter.raw))
    assert head.references[-1] == "<original@leadcrm.test>"
    assert head.is_automatic
    assert head.is_auto_reply


@pytest.mark.parametrize(
    ("fields", "words", "is_of_the_address"),
    [
        ({"Status": "5.1.1"}, "there is no such mailbox (5.1.1)", True),
        ({"Status": "5.1.2"}, "there is no such mail domain (5.1.2)", True),
        ({"Status": "5.1.8"}, "the address is wrong (5.1.8)", False),
        ({"Status": "5.2.1"}, "the mailbox is closed (5.2.1)", True),
        ({"Status": "5.2.2"}, "the mailbox is full (5.2.2)", False),
        ({"Status": "5.7.1"}, "their rules refuse it (5.7.1)", False),
        ({"Status": "5.9.9"}, "their mail system did not deliver it (5.9.9)", False),
        ({"Status": "4.4.7"}, "their mail system was not reached (4.4.7)", False),
        ({"Status": "5.0.0", "Diagnostic_Code": "smtp; 550 No such user"}, "did not deliver it (5.0.0)", True),
        ({"Status": "5.0.0", "Diagnostic_Code": "smtp; 554 This is spam"}, "did not deliver it (5.0.0)", False),
        ({"Status": "5.0.0", "Diagnostic_Code": "smtp; 550 5.7.1 from 10.5.1.1"}, "rules refuse it (5.7.1)", False),
        ({"Status": "nonsense", "Diagnostic_Code": "x"}, "did not deliver it (5.0.0)", False),
        ({"Status": "5.1.1", "Action": "delayed"}, "there is no such mailbox (5.1.1)", False),
    ],
)
def test_the_code_decides_whether_the_address_is_at_fault(fields, words, is_of_the_address):
    verdict = found_in(changed(report(), **fields)).verdict_on("jane@example.com")
    assert verdict.words.endswith(words)
    assert verdict.is_of_the_address is is_of_the_address


def test_the_verdict_on_our_address_is_told_from_its_neighbours():
    other = (
        b"Final-Recipient: rfc822; other@example.com\r\nAction: failed\r\nStatus: 5.7.1\r\n\r\n"
        b"Final-Recipient: rfc822; third@example.com\r\nAction: delayed\r\nStatus: 4.4.1\r\n\r\n"
    )
    body = report().replace(b"Final-Recipient: rfc822; jane", other + b"Final-Recipient: rfc822; jane")
    found = found_in(body)
    assert found.verdict_on("jane@example.com").code == "5.1.1"
    assert found.verdict_on("third@example.com").action == "delayed"
    assert found.verdict_on("alias@example.com").code == "5.7.1", "what failed counts where ours is not named"


def test_a_report_that_returns_nothing_still_gives_its_verdict():
    found = found_in(without_original(report()))
    assert found.message_id is None
    assert found.verdict_on("jane@example.com").code == "5.1.1"


@pytest.mark.parametrize(
    "body",
    [
        mail(),
        b"From: a@b.test\r\nContent-Type: multipart/report; boundary=x\r\n\r\nno parts",
        b"From: a@b.test\r\nContent-Type: multipart/report; boundary=x\r\n\r\n--x\r\n"
        b"Content-Type: message/delivery-status\r\n\r\n\r\n--x--",
        b"From: a@b.test\r\nContent-Type: multipart/report; boundary=x; report-type=disposition-notification\r\n\r\n"
        b"--x\r\nContent-Type: message/disposition-notification\r\n\r\nDisposition: manual; displayed\r\n--x--",
    ],
    ids=["a letter", "no parts", "no fields", "a receipt"],
)
def test_what_is_no_delivery_report_is_none(body):
    assert found_in(body) is None


def test_a_report_without_a_sender_is_read():
    body = report().replace(b"From: MAILER-DAEMON@mx.example.com (Mail Delivery System)\r\n", b"From: <>\r\n")
    assert read_head(body).sender == ""
    assert read(body).report is not None


def test_a_report_whose_header_breaks_where_none_may_is_read():
    body = report()
    within_a_date = body.index(b"07:00:00")
    assert read(body[:within_a_date] + b"\x0b" + body[within_a_date:]).head.sender


@given(st.binary(max_size=300), st.integers(0, 1200))
def test_no_bytes_in_a_report_surprise_its_reader(junk, place):
    body = report()
    place = len(body) // 3 + place % (len(body) // 2)
    found = read(body[:place] + junk + body[place:]).report
    if found is not None:
        found.verdict_on("jane@example.com").words.encode()
