"""A mail server that takes everything and keeps nothing but Message-IDs, so that only the senders cost time.

`python -m bench.mail_server SECONDS` prints its port, and thinks for so long about each mail. Beside SMTP it knows
`XCOUNT`: how many mails came since the last one, and how many different Message-IDs they had.
"""

import asyncio
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from leadcrm.settings import ROOT

END_OF_MAIL = b"\r\n.\r\n"
MESSAGE_ID = b"\r\nmessage-id:"
TAKEN = b"250 taken\r\n"
ANSWERS = {
    b"EHLO": b"250-bench.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}


class Dialogue(asyncio.Protocol):
    """One sender's connection."""

    def __init__(self, message_ids: list[bytes], thinks: float):
        self.message_ids = message_ids
        self.thinks = thinks
        self.unread = b""
        self.takes_mail = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        transport.write(b"220 bench.test\r\n")

    def data_received(self, data: bytes) -> None:
        self.unread += data
        answers = []
        while (answer := self._read_on()) is not None:
            answers.append(answer)
        if not answers:
            return
        if self.thinks and TAKEN in answers:
            asyncio.get_running_loop().call_later(self.thinks, self.transport.write, b"".join(answers))
        else:
            self.transport.write(b"".join(answers))

    def _read_on(self) -> bytes | None:
        """The answer to the next command or mail, None when it has not come completely."""
        read, end, rest = self.unread.partition(END_OF_MAIL if self.takes_mail else b"\r\n")
        if not end:
            return None
        self.unread = rest
        if self.takes_mail:
            self.takes_mail = False
            self.message_ids.append(_message_id(read))
            return TAKEN
        verb = read[:4].upper()
        self.takes_mail = verb == b"DATA"
        return self._count() if verb == b"XCOU" else ANSWERS.get(verb, b"250 ok\r\n")

    def _count(self) -> bytes:
        answer = f"250 {len(self.message_ids)} {len(set(self.message_ids))}\r\n".encode()
        self.message_ids.clear()
        return answer


def _message_id(mail: bytes) -> bytes:
    """Its value, wherever the sender wrote the header; empty when there is none."""
    head = b"\r\n" + mail[:4000].partition(b"\r\n\r\n")[0] + b"\r\n"
    start = head.lower().find(MESSAGE_ID)
    return head[start + len(MESSAGE_ID) :].partition(b"\r\n")[0].strip() if start >= 0 else b""


@contextmanager
def accepting_everything(thinks: float = 0) -> Iterator[int]:
    """A server in a process of its own, which thinks so many seconds about each mail; gives its port on loopback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.mail_server", str(thinks)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def expect(port: int, count: int) -> None:
    """Raises RuntimeError unless exactly so many mails came since the last time, each once."""
    with smtplib.SMTP("127.0.0.1", port) as client:
        came, different = map(int, client.docmd("XCOUNT")[1].split())
    if (came, different) != (count, count):
        raise RuntimeError(f"{came} mails came, {different} different ones, instead of {count}")


async def _serve(thinks: float) -> None:
    message_ids: list[bytes] = []
    server = await asyncio.get_running_loop().create_server(lambda: Dialogue(message_ids, thinks), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
