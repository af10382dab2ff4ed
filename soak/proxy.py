"""A line to Redis that has weather: passes, refuses, swallows or delays."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

CHUNK = 1 << 16


@dataclass
class Line:
    """`weather` is what befalls every byte from now on: "fine", "refused", "stalled" (a black hole) or "slow"."""

    target: int
    delay_seconds: float = 0.1  # each way
    weather: str = "fine"
    port: int = 0
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def turn(self, weather: str) -> None:
        """Change the weather; what is open breaks when it is refused from now on."""
        self.weather = weather

    async def serve(self, ready: threading.Event) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.weather == "refused":
            writer.transport.abort()
            return
        try:
            theirs, ours = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        pumps = [self._pump(reader, ours), self._pump(theirs, writer), self._break_when_refused()]
        tasks = [asyncio.ensure_future(pump) for pump in pumps]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        writer.transport.abort()
        ours.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if self.weather == "slow":
                    await asyncio.sleep(self.delay_seconds)
                if self.weather != "stalled":
                    writer.write(chunk)
                    await writer.drain()

    async def _break_when_refused(self) -> None:
        while self.weather != "refused":
            await asyncio.sleep(0.05)


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    """A proxy in a thread of this process."""
    line, ready = Line(port), threading.Event()

    def run() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            line.loop.run_until_complete(line.serve(ready))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(5)
    try:
        yield line
    finally:
        line.loop.call_soon_threadsafe(_cancel_all, line.loop)
        thread.join(5)


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()
