"""Delivery reports as mail systems write them."""

from typing import NamedTuple

TO = "leads@leadcrm.test"


class Reporter(NamedTuple):
    """A mail system's habits; the fields are filled with `original`, `address` and `to`."""

    name: str
    raw: str
    code: str


POSTFIX = """\
Return-Path: <>
From: MAILER-DAEMON@mx.example.com (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B1"
Message-Id: <postfix-report@mx.example.com>

This is a MIME-encapsulated message.

--B1
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
X-Postfix-Queue-ID: 4TabcD
Arrival-Date: Sat, 21 Nov 2026 07:00:00 +0000 (UTC)

Final-Recipient: rfc822; {address}
Original-Recipient: rfc822;{address}
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.example.com
Diagnostic-Code: smtp; 550 5.1.1 <{address}>: Recipient address rejected:
    User unknown in virtual mailbox table

--B1
Content-Description: Undelivered Message
Content-Type: message/rfc822

From: Ada <leads@leadcrm.test>
To: {address}
Message-ID: {original}
Subject: Hello

Hi

--B1--
"""

EXIM = """\
Return-path: <>
From: Mail Delivery System <Mailer-Daemon@exim.example.com>
To: {to}
Auto-Submitted: auto-replied
X-Failed-Recipients: {address}
References: {original}
Content-Type: multipart/report; report-type=delivery-status; boundary=E2
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Message-Id: <exim-report@exim.example.com>

--E2
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

--E2
Content-type: message/delivery-status

Reporting-MTA: dns; exim.example.com

Action: failed
Final-Recipient: rfc822;{address}
Status: 5.0.0
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.

--E2
Content-type: text/rfc822-headers

Message-ID: {original}
From: leads@leadcrm.test
Subject: Hello

--E2--
"""

EXCHANGE = """\
From: <postmaster@outlook.example.com>
To: <{to}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="_000_"
Message-ID: <exchange-report@outlook.example.com>
In-Reply-To: {original}
Subject: Undeliverable: Hello
Auto-Submitted: auto-replied

--_000_
Content-Type: multipart/alternative; boundary="_alt_"

--_alt_
Content-Type: text/plain; charset="us-ascii"

Your message couldn't be delivered.
--_alt_
Content-Type: text/html; charset="us-ascii"

<p>Your message couldn't be delivered.</p>
--_alt_--

--_000_
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR.example.com
Received-From-MTA: dns;crm.example.com
Arrival-Date: Sat, 21 Nov 2026 07:00:00 +0000

Final-Recipient: rfc822;{address}
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup

--_000_
Content-Type: message/rfc822

Message-ID: {original}
Subject: Hello

Hi
--_000_--
"""

REPORTERS = (
    Reporter("postfix", POSTFIX, "5.1.1"),
    Reporter("exim", EXIM, "5.1.1"),
    Reporter("exchange", EXCHANGE, "5.1.10"),
)


def report(
    original: str = "<original@leadcrm.test>", address: str = "jane@example.com", to: str = TO, raw: str = POSTFIX
) -> bytes:
    """A report that the mail `original` to `address` came back."""
    return raw.format(original=original, address=address, to=to).replace("\n", "\r\n").encode()


def changed(body: bytes, **fields: str) -> bytes:
    """The report with other values in the fields of its verdict: `changed(…, Action="delayed")`."""
    lines = body.decode().split("\r\n")
    for number, line in enumerate(lines):
        name = line.partition(":")[0].replace("-", "_")
        if name in fields:
            lines[number] = f"{line.partition(':')[0]}: {fields[name]}"
            while lines[number + 1].startswith(" "):
                del lines[number + 1]
                lines.append("")
    return "\r\n".join(lines).encode()


def without_original(body: bytes) -> bytes:
    """The report of a system that returns nothing of the mail."""
    head, _, _ = body.partition(b"\r\n--B1\r\nContent-Description: Undelivered Message")
    return head + b"\r\n--B1--\r\n"
