"""A real Uvicorn for a snippet, in the snippet's own process and event loop."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from uvicorn import Config, Server


class GuestServer(Server):
    """Leaves the signals of the process alone, and says when it listens."""

    def __init__(self, application: Any) -> None:
        super().__init__(
            Config(application, port=0, lifespan="off", log_level="critical")
        )
        self.listening = asyncio.Event()

    async def startup(self, *arguments: Any, **options: Any) -> None:
        await super().startup(*arguments, **options)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def uvicorn(application: Any) -> AsyncIterator[str]:
    """Serve an application for as long as a block runs; give its `ws:` address."""
    server = GuestServer(application)
    serving = asyncio.create_task(server.serve())
    try:
        await server.listening.wait()
        yield "ws://{}:{}".format(*server.servers[0].sockets[0].getsockname())
    finally:
        server.should_exit = True
        await serving
