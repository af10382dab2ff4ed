"""An SMTP server of a few lines that misbehaves exactly where it is told to."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

HANG_UP = "hang up"
SAY_NOTHING = "say nothing"
DRIP = "drip"
GOOD_ANSWERS = {"connect": "220 hi", "mail": "250 ok", "rcpt": "250 ok", "data": "354 go", "dot": "250 taken"}


@dataclass
class FaultySmtp:
    """`faults` maps connect, ehlo, mail, rcpt, data or dot to what is answered, once each; HANG_UP closes instead,
    DRIP answers a byte at a time and never comes to an end.

    `accepted` holds the mails (dots undone) that were answered or cut after being taken; `reads` how many pieces the
    last DATA came in.
    """

    port: int
    faults: dict[str, str] = field(default_factory=dict)
    pipelines: bool = False  # whether it says so
    is_careless: bool = False  # asks for the mail even when it took no recipient
    accepted: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, connection.makefile("rb") as lines, suppress(ConnectionError):
                self.talk(connection, lines)  # until the other side has enough: it may hang up on a refusal

    def talk(self, connection: socket.socket, lines) -> None:
        if not self.answer(connection, "connect"):
            return
        recipient = ""
        while line := lines.readline():
            verb = line.split(b" ")[0].strip().decode().lower()
            if verb == "ehlo":
                alive = self.answer(
                    connection, "ehlo", "250-faulty\r\n250 PIPELINING" if self.pipelines else "250 faulty"
                )
            elif verb == "rcpt":
                recipient = "" if "rcpt" in self.faults else line.decode().partition("<")[2].partition(">")[0]
                alive = self.answer(connection, "rcpt")
            elif verb == "data" and not recipient and not self.is_careless:
                alive = self.answer(connection, "data", "554 no valid recipients")
            elif verb == "data" and "data" not in self.faults:
                connection.sendall(b"354 go\r\n")
                if self.faults.get("body") == HANG_UP:
                    del self.faults["body"]
                    return
                mail = read_mail(lines)
                if mail is None:
                    return
                self.accepted.append(mail)
                self.recipients.append(recipient)
                alive = self.answer(connection, "dot")
            elif verb == "quit":
                self.answer(connection, "quit", "221 bye")
                return
            else:
                alive = self.answer(connection, verb, "250 ok")
            if not alive:
                return

    def answer(self, connection: socket.socket, moment: str, good: str | None = None) -> bool:
        """Say what belongs here, or the fault laid for it; False when the connection is to be closed."""
        reply = self.faults.pop(moment, good or GOOD_ANSWERS.get(moment, "250 ok"))
        if reply == SAY_NOTHING:
            self.released.wait(10)
            return False
        if reply == HANG_UP:
            return False
        if reply == DRIP:
            with suppress(OSError):
                while not self.released.wait(0.05):
                    connection.sendall(b"2")
            return False
        connection.sendall(reply.encode() + b"\r\n")
        return True


def read_mail(lines) -> bytes | None:
    """The mail with its dots undone; None when the connection ends before the final one."""
    mail = []
    while line := lines.readline():
        if line == b".\r\n":
            return b"".join(mail)
        mail.append(line[1:] if line.startswith(b".") else line)
    return None


@contextmanager
def faulty_smtp() -> Iterator[FaultySmtp]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = FaultySmtp(listener.getsockname()[1])
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
