"""A real SMTP server for tests: accepts mail, logs it before it answers, and misbehaves on request.

python -m tests.contracts.smtp_sink --port 0 --log FILE     prints its port, then one JSON line per accepted mail
"""

import argparse
import asyncio
import json
import os
import time
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP


class Sink:
    """aiosmtpd's handler: appends {message_id, rcpt, subject, at} to the log, synced, before the 250 is answered."""

    def __init__(self, log: Path, delay_seconds: float = 0.0):
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.delay_seconds = delay_seconds

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        mail = message_from_bytes(envelope.content[:20_000], policy=policy.default)
        line = {
            "message_id": mail["Message-ID"],
            "rcpt": envelope.rcpt_tos[0],
            "subject": mail["Subject"],
            "at": time.time(),
        }
        os.write(self.log, json.dumps(line).encode() + b"\n")
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
    options = parser.parse_args()
    asyncio.run(serve(options.port, Sink(options.log, options.delay)))


if __name__ == "__main__":
    main()
