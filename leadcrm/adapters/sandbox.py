"""The outside world of an installation without credentials: everything is accepted and nothing leaves."""

from collections.abc import Iterator
from contextlib import contextmanager

from leadcrm.adapters import mime
from leadcrm.adapters.ports import OutgoingEmail, OutgoingText, Refused, Sent


class SandboxMailSession:
    def send(self, email: OutgoingEmail) -> Sent:
        """Accept what a real server could be given; a mail that cannot be built is refused here too."""
        try:
            mime.build(email)
        except ValueError as error:
            raise Refused(str(error), "invalid") from error
        return Sent(f"sandbox-{email.message_id.strip('<>')}")


class SandboxTextSession:
    def send(self, text: OutgoingText) -> Sent:
        return Sent(f"sandbox-{text.key}")


class SandboxMail:
    @contextmanager
    def open(self) -> Iterator[SandboxMailSession]:
        yield SandboxMailSession()


class SandboxText:
    @contextmanager
    def open(self) -> Iterator[SandboxTextSession]:
        yield SandboxTextSession()
