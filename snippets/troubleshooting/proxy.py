"""A proxy as nginx is without, and with, the lines that upgrade a connection."""

import asyncio
import re
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

HOP_BY_HOP = re.compile(
    rb"^(?:upgrade|connection):.*\r\n", re.IGNORECASE | re.MULTILINE
)


@asynccontextmanager
async def proxy(upstream: str, *, upgrade: bool) -> AsyncIterator[str]:
    """Stand in front of a server; give the URL to ask instead of its own.

    Args:
        upstream: The URL of the server, such as `ws://127.0.0.1:8000`.
        upgrade: Whether to pass on `Upgrade` and `Connection`.
    """
    host, port = upstream.removeprefix("ws://").split(":")

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if not upgrade:
            head = HOP_BY_HOP.sub(b"", head)
        from_server, to_server = await asyncio.open_connection(host, int(port))
        to_server.write(head)
        async with asyncio.TaskGroup() as both:
            both.create_task(pipe(reader, to_server))
            both.create_task(pipe(from_server, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield "ws://{}:{}".format(*server.sockets[0].getsockname())


async def pipe(reader: StreamReader, writer: StreamWriter) -> None:
    """Carry bytes from one side to the other until the first has no more."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
