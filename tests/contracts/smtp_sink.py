"""A real SMTP server for tests: accepts mail, logs it before it answers, and misbehaves on request.

python -m tests.contracts.smtp_sink --port 0 --log FILE     prints its port, then one JSON line per accepted mail
"""

import argparse
import asyncio
import json
import os
import random
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP

FAULTS = {
    "lost": "accepted, and the connection cut instead of the answer",
    "cut": "not accepted, the connection cut after the final dot",
    "later": "451 to the recipient",
    "refused": "550 to the recipient",
}


class Faults:
    """Which share of the mails meets which fault; what befell whom is one JSON line each beside the sink's log."""

    def __init__(self, shares: dict[str, float], log: Path, seed: int = 1):
        self.shares = shares
        self.rng = random.Random(seed)
        self.log = os.open(log.with_suffix(".faults"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def befalls(self, fault: str, recipient: str) -> bool:
        if self.rng.random() >= self.shares.get(fault, 0):
            return False
        os.write(self.log, json.dumps({"rcpt": recipient, "fault": fault}).encode() + b"\n")
        return True


class Sink:
    """aiosmtpd's handler: appends {message_id, rcpt, subject, at} to the log, synced, before the 250 is answered."""

    def __init__(self, log: Path, delay_seconds: float = 0.0, befalls: Callable[[str, str], bool] = lambda *_: False):
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.delay_seconds = delay_seconds
        self.befalls = befalls

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if self.befalls("later", address):
            return "451 try again later"
        if self.befalls("refused", address):
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        recipient = envelope.rcpt_tos[0]
        if self.befalls("cut", recipient):
            server.transport.abort()
            return ""
        mail = message_from_bytes(envelope.content[:20_000], policy=policy.default)
        line = {
            "message_id": mail["Message-ID"],
            "rcpt": recipient,
            "subject": mail["Subject"],
            "at": time.time(),
        }
        os.write(self.log, json.dumps(line).encode() + b"\n")
        if self.befalls("lost", recipient):
            server.transport.abort()
        return "250 accepted"


async def serve(port: int, handler: Sink) -> None:
    """Listen on loopback until killed; prints the port first."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, hostname="sink.test", loop=loop), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each mail is answered")
    for fault, meaning in FAULTS.items():
        parser.add_argument(f"--{fault}", type=float, default=0.0, help=f"share of the mails: {meaning}")
    options = parser.parse_args()
    faults = Faults({fault: getattr(options, fault) for fault in FAULTS}, options.log)
    asyncio.run(serve(options.port, Sink(options.log, options.delay, faults.befalls)))


if __name__ == "__main__":
    main()
