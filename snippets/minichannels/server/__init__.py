"""A mini Daphne: HTTP/1.1 and WebSocket on asyncio, for any ASGI application.

Read `connection` first (bytes), then `exchange` (one application at work), `http` and
`websocket` (its two kinds), and then this module, which starts and stops it all.
Start it with `python -m minichannels.server app:application`.

Mirrors `daphne/server.py`.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import unquote

import h11

from minichannels.asgi import Application, Scope

from .connection import HOST, Connection, Limits
from .exchange import Exchange
from .handshake import REQUIRED, VERSION, handshake
from .http import HttpExchange
from .lifespan import ASGI, lifespan
from .websocket import WebSocket

DEFAULT = Limits()


@asynccontextmanager
async def serve(
    application: Application,
    host: str = "127.0.0.1",
    port: int = 8000,
    limits: Limits = DEFAULT,
) -> AsyncIterator[tuple[str, int]]:
    """Serve an application for as long as the context is open.

    Gives the address; port 0 asks for any free port. On leaving, no new client is let
    in, sockets are closed with 1001, and what is at work has `close_timeout` to end; so
    has then the application, to stop.
    """
    async with lifespan(application, limits.close_timeout) as state:
        server = Server(application, limits, state)
        listener = await asyncio.start_server(server.connect, host, port, backlog=1024)
        try:
            yield listener.sockets[0].getsockname()[:2]
        finally:
            listener.close()
            await server.stop()


class Server:
    """The connections of one application, and all tasks that are at work for them."""

    def __init__(
        self, application: Application, limits: Limits, state: dict[str, Any]
    ) -> None:
        self.application, self.limits, self.state = application, limits, state
        self.exchanges: dict[Connection, Exchange | None] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.stopping = False

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def connect(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        # What lies in our buffers hides from `drain` whether the client takes any.
        writer.transport.set_write_buffer_limits(0)
        with suppress(AttributeError):  # Windows has no such option
            option = socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT
            writer.get_extra_info("socket").setsockopt(*option, 2**14)
        self.spawn(self.attend(Connection(reader, writer, self.limits)))

    async def attend(self, connection: Connection) -> None:
        """Hold a client's exchanges one after the other, until one is the last."""
        self.exchanges[connection] = None
        try:
            while not self.stopping and (exchange := await self.next(connection)):
                self.exchanges[connection] = exchange
                await exchange.converse(self.spawn(exchange.perform(self.application)))
                self.exchanges[connection] = None
            await connection.close()
        finally:
            del self.exchanges[connection]
            connection.writer.transport.abort()

    async def next(self, connection: Connection) -> Exchange | None:
        request = await connection.next_request()
        if request is None:
            return None
        scope = scope_of(connection, request) | {"state": self.state.copy()}
        if dict(scope["headers"]).get(b"upgrade", b"").lower() != b"websocket":
            return HttpExchange(connection, scope | {"method": request.method.decode()})
        answer = handshake(request)
        if answer.status_code != 101:
            told = [(k, v) for k, v in answer.headers.raw_items() if k in REQUIRED]
            connection.refuse(answer.status_code, *told, VERSION)
            return None
        offers = (v for k, v in scope["headers"] if k == b"sec-websocket-protocol")
        offer = b",".join(offers).decode("latin-1")
        subprotocols = [name.strip() for name in offer.split(",") if name]
        scope |= {"type": "websocket", "scheme": "ws", "subprotocols": subprotocols}
        return WebSocket(connection, scope, answer.headers)

    async def stop(self) -> None:
        """Close what is idle, say goodbye to sockets, and wait for what is at work."""
        self.stopping = True
        for connection, exchange in self.exchanges.items():
            if exchange is None or exchange.over.is_set():
                connection.writer.close()
            else:
                exchange.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.limits.close_timeout):
                await asyncio.gather(*self.tasks, return_exceptions=True)


def scope_of(connection: Connection, request: h11.Request) -> Scope:
    """Give what ASGI wants to know of a request, whatever it is to become."""
    path, _, query = HOST.sub(b"", request.target).partition(b"?")
    path = path or b"/"
    version = request.http_version.decode()
    scope: Scope = {"type": "http", "asgi": ASGI, "http_version": version}
    scope |= {"scheme": "http", "root_path": "", "headers": [*request.headers]}
    scope |= {"path": unquote(path.decode()), "raw_path": path, "query_string": query}
    for end, name in {"client": "peername", "server": "sockname"}.items():
        scope[end] = (connection.writer.get_extra_info(name) or ())[:2] or None
    return scope
