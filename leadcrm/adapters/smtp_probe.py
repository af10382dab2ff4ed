"""Whether a mail server would take our mail, without giving it any."""

import smtplib
from contextlib import suppress

from leadcrm.adapters.smtp import SmtpConnection, SmtpServer


def greet(server: SmtpServer) -> None:
    """Connect, greet, encrypt and sign in as for sending. Raises OSError, ValueError or smtplib.SMTPException."""
    connection = SmtpConnection(server)
    try:
        connection.enter()
        with suppress(OSError, smtplib.SMTPException):
            connection.quit()
    finally:
        connection.close()
