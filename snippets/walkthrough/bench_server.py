"""Speed of the server of minichannels beside Daphne and Uvicorn, in one run.

    python -m walkthrough.bench_server

Each server is a process of its own and serves the same application. Each measure is
taken several times, one server after the other in turn, and what is printed are
medians. None of them writes an access log. Uvicorn runs on what is installed: without
`uvloop` and `httptools` it is, like the others, Python all through.
"""

import asyncio
import os
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from minichannels.asgi import Receive, Scope, Send

from walkthrough.sources import SNIPPETS

COMMANDS = {
    "minichannels": "minichannels.server {application} --port {port} {options}",
    "daphne": "daphne -v 0 -p {port} {options} {application}",
    "uvicorn": "uvicorn --log-level critical --port {port} {options} {application}",
}
CLIENTS = 10
ROUNDS = 9
TIMES = 200
"""What each client asks in a round."""

REQUEST = b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n"
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bWluaWNoYW5uZWxzIDEyMw==\r\n\r\n"
)
MASKED = b"\x81\x85\x00\x00\x00\x00hello"
ECHOED = b"\x81\x05hello"

Address = tuple[str, int]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Ask = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request with a line, and a message with itself."""
    if scope["type"] == "http":
        headers = [(b"content-length", b"5"), (b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"hello"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": event["text"]})


@asynccontextmanager
async def serving(
    server: str, application: str, options: str = "", folder: str = str(SNIPPETS)
) -> AsyncIterator[Address]:
    """Run one of the servers for an application in a folder, and give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address: Address = free.getsockname()
    words = {"application": application, "port": address[1], "options": options}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *COMMANDS[server].format(**words).split()),
        stdout=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([folder, *sys.path])},
    )
    try:
        async with asyncio.timeout(30):
            await listening(process, address)
        yield address
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def listening(process: asyncio.subprocess.Process, address: Address) -> None:
    """Wait until there is somebody at an address.

    Raises:
        RuntimeError: The process ended before.
    """
    while process.returncode is None:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(*address)
            writer.close()
            return
        await asyncio.sleep(0.02)
    raise RuntimeError(f"The server ended with {process.returncode}.")


async def request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(REQUEST)
    await reader.readuntil(b"hello")


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(MASKED)
    assert await reader.readexactly(len(ECHOED)) == ECHOED


async def upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(UPGRADE)
    await reader.readuntil(b"\r\n\r\n")


async def rate(address: Address, first: Ask, ask: Ask, times: int) -> float:
    """Give how often a second all clients together are answered."""
    clients = [await asyncio.open_connection(*address) for _ in range(CLIENTS)]
    for client in clients:
        await first(*client)

    async def talk(client: Streams) -> None:
        for _ in range(times):
            await ask(*client)

    started = time.perf_counter()
    await asyncio.gather(*map(talk, clients))
    seconds = time.perf_counter() - started
    for _, writer in clients:
        writer.close()
    return CLIENTS * times / seconds


async def measure(rounds: int = ROUNDS, times: int = TIMES) -> dict[str, list[float]]:
    """Give, for each measure, the median rate of each server."""
    asks = {"HTTP requests": (request, request), "WebSocket echoes": (upgrade, echo)}
    name = "walkthrough.bench_server:application"
    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(serving(server, name))
            for server in COMMANDS
        ]
        medians = {}
        for what, (first, ask) in asks.items():
            rates = [
                [await rate(address, first, ask, times) for address in servers]
                for _ in range(rounds)
            ]
            of_each = zip(*rates, strict=True)
            medians[what] = [statistics.median(of_one) for of_one in of_each]
        return medians


def main() -> None:
    """Print the table."""
    print(f"{'a second':16}" + "".join(f"{name:>14}" for name in COMMANDS))
    for name, (ours, *theirs) in asyncio.run(measure()).items():
        figures = "".join(f"{rate:14,.0f}" for rate in (ours, *theirs))
        ratios = "".join(f"{ours / rate:8.1f}x" for rate in theirs)
        print(f"{name:16}{figures}{ratios}")


if __name__ == "__main__":
    main()
