"""Servers on real sockets, and clients that speak to them in bytes."""

import asyncio
import base64
import os
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from minichannels.server import serve
from minichannels.server.connection import Limits
from walkthrough.bench_server import COMMANDS, serving
from websockets.utils import apply_mask

Address = tuple[str, int]
Serve = Callable[..., Awaitable[Address]]


@pytest.fixture
async def start() -> AsyncIterator[Serve]:
    """Start servers in this process, each on a port of its own, until the test ends."""
    async with AsyncExitStack() as servers:

        async def start(application: Any, **limits: Any) -> Address:
            async def without_lifespan(scope: Any, *channels: Any) -> None:
                assert scope["type"] != "lifespan"
                await application(scope, *channels)

            limits = {"close_timeout": 0.5} | limits
            server = serve(without_lifespan, port=0, limits=Limits(**limits))
            return await servers.enter_async_context(server)

        yield start


class Client:
    """A client that says exactly the bytes it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> "Client":
        self.writer.write(data)
        await self.writer.drain()
        return self

    async def until(self, mark: bytes) -> bytes:
        async with asyncio.timeout(20):
            return await self.reader.readuntil(mark)

    async def rest(self) -> bytes:
        """All that the server still says, until it hangs up."""
        async with asyncio.timeout(20):
            return await self.reader.read()

    async def response(self) -> tuple[int, dict[str, str], bytes]:
        """One response: its status, its headers, its body."""
        head = (await self.until(b"\r\n\r\n")).decode().split("\r\n")
        headers = {k.lower(): v for k, v in (line.split(": ") for line in head[1:-2])}
        body = b""
        async with asyncio.timeout(20):
            if "content-length" in headers:
                body = await self.reader.readexactly(int(headers["content-length"]))
            elif headers.get("transfer-encoding") == "chunked":
                body = await self.chunks()
        return int(head[0].split()[1]), headers, body

    async def chunks(self) -> bytes:
        """A body that is chunked, and the empty chunk at its end."""
        body = b""
        while size := int(await self.until(b"\r\n"), 16):
            body += await self.reader.readexactly(size)
            await self.until(b"\r\n")
        await self.until(b"\r\n")
        return body

    async def frame(self) -> tuple[int, bytes]:
        """One frame of a WebSocket: its first byte, its payload."""
        async with asyncio.timeout(20):
            first, size = await self.reader.readexactly(2)
            if size >= 126:
                width = 2 if size == 126 else 8
                size = int.from_bytes(await self.reader.readexactly(width), "big")
            return first, await self.reader.readexactly(size)

    async def closed(self) -> int:
        """The code of the close frame that must come next."""
        first, payload = await self.frame()
        assert first == 0x88
        return int(struct.unpack("!H", payload[:2])[0])

    async def upgrade(self, path: str = "/", *headers: str) -> int:
        """Ask for a WebSocket, and give the status of the answer."""
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            "Host: test",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
            *headers,
        ]
        await self.send("\r\n".join([*lines, "", ""]).encode())
        return int((await self.until(b"\r\n\r\n")).split()[1])

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


@asynccontextmanager
async def connecting() -> AsyncIterator[Callable[[Address], Awaitable[Client]]]:
    """Connect clients, and close all of them at the end."""
    clients: list[Client] = []

    async def connect(address: Address) -> Client:
        clients.append(Client(*await asyncio.open_connection(*address)))
        return clients[-1]

    yield connect
    for one in clients:
        one.writer.transport.abort()
    await asyncio.sleep(0)


@pytest_asyncio.fixture
async def client() -> AsyncIterator[Any]:
    """Connect clients; all are closed when the test ends."""
    async with connecting() as connect:
        yield connect


@pytest_asyncio.fixture(loop_scope="module")
async def module_client() -> AsyncIterator[Any]:
    """The same, for tests that share servers, and with them a loop."""
    async with connecting() as connect:
        yield connect


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def servers() -> AsyncIterator[dict[str, Address]]:
    """Our server, Daphne and Uvicorn, each a process, with the same application."""
    folder = str(Path(__file__).parent / "peers")
    options = {
        "minichannels": "--handshake-timeout 2 --close-timeout 2",
        "daphne": "--websocket_connect_timeout 3",
    }
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(
                serving(name, "peer:application", options.get(name, ""), folder)
            )
            for name in COMMANDS
        }


def frame(
    opcode: int,
    data: bytes = b"",
    *,
    fin: bool = True,
    masked: bool = True,
    reserved: int = 0,
    length: int | None = None,
) -> bytes:
    """A frame as a client sends it, or as it never should."""
    size = len(data) if length is None else length
    head = bytes([(0x80 if fin else 0) | reserved | opcode])
    mask = 0x80 if masked else 0
    if size < 126:
        head += bytes([mask | size])
    elif size < 2**16:
        head += bytes([mask | 126]) + struct.pack("!H", size)
    else:
        head += bytes([mask | 127]) + struct.pack("!Q", size)
    if not masked:
        return head + data
    key = b"\x01\x02\x03\x04"
    return head + key + apply_mask(data, key)
