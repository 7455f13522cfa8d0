"""One application on each server, to see what crosses the border there.

`python -m walkthrough.roundtrip.probe SERVER` starts a server with the probe, acts as
its clients, and prints as JSON which scopes and events the probe was given, and what of
its own events reached the clients.
"""

import asyncio
import json
import logging
import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.request import urlopen

from minichannels.asgi import Message, Receive, Scope, Send
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

Seen = dict[str, Any]
CONSTANT = {"type", "http_version", "scheme", "method"}
HEADER = (b"x-probe", b"here")


class Probe:
    """An application that notes what it is given, and answers with every key it may."""

    def __init__(self) -> None:
        self.seen: Seen = {"scopes": {}, "events": {}, "reached": {}, "callables": {}}
        self.done = threading.Semaphore(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        self.seen["scopes"].setdefault(kind, shape(scope))
        self.seen["callables"].setdefault(kind, [named(receive), named(send)])
        try:
            await getattr(self, kind)(receive, send)
        finally:
            self.done.release()

    async def next(self, receive: Receive) -> Message:
        event = await receive()
        name = event["type"]
        if name == "websocket.receive":
            name += " (text)" if event.get("text") is not None else " (bytes)"
        self.seen["events"].setdefault(name, sorted(event.keys() - {"type"}))
        return event

    async def http(self, receive: Receive, send: Send) -> None:
        while (await self.next(receive)).get("more_body"):
            pass
        start = {"type": "http.response.start", "status": 201, "headers": [HEADER]}
        await send(start)
        await send({"type": "http.response.body", "body": b"yes", "more_body": False})
        try:
            await self.next(receive)
        except asyncio.CancelledError:
            self.seen["events"]["http.disconnect"] = ["(cancelled instead)"]
            raise

    async def websocket(self, receive: Receive, send: Send) -> None:
        await self.next(receive)
        accept = {"type": "websocket.accept", "subprotocol": "chat"}
        await send(accept | {"headers": [HEADER]})
        while (event := await self.next(receive))["type"] == "websocket.receive":
            if event.get("text") == "close":
                bye = {"type": "websocket.close", "code": 4001, "reason": "enough"}
                await send(bye)
            else:
                await send({**event, "type": "websocket.send"})

    async def lifespan(self, receive: Receive, send: Send) -> None:
        for moment in ("startup", "shutdown"):
            await self.next(receive)
            await send({"type": f"lifespan.{moment}.complete"})

    def act(self, port: int) -> None:
        """Be the clients, and note what reached them."""
        self.seen["reached"]["http.response.start"] = self.request(port)
        self.done.acquire()
        with self.client(port) as client:
            self.accepted(client.subprotocol, client.response)
            for frame, key in (("hello", "text"), (b"hello", "bytes")):
                client.send(frame)
                if client.recv() == frame:
                    self.seen["reached"].setdefault("websocket.send", []).append(key)
            client.close(4000, "bye")
        self.done.acquire()
        with self.client(port) as client:
            client.send("close")
            with suppress(ConnectionClosed):
                client.recv()
            closed = {"code": client.close_code == 4001}
            closed["reason"] = client.close_reason == "enough"
            self.seen["reached"]["websocket.close"] = [k for k in closed if closed[k]]
        self.done.acquire()

    def client(self, port: int) -> Any:
        url = f"ws://127.0.0.1:{port}/probe/?a=1"
        return connect(url, subprotocols=[Subprotocol("chat")], compression=None)

    def request(self, port: int) -> list[str]:
        with urlopen(f"http://127.0.0.1:{port}/probe/?a=1", data=b"hello") as answer:
            told = {"status": answer.status == 201}
            told["headers"] = answer.headers.get("x-probe") == "here"
            body = ["body"] if answer.read() == b"yes" else []
        self.seen["reached"]["http.response.body"] = body
        return [key for key in told if told[key]]

    def accepted(self, subprotocol: Any, response: Any) -> None:
        told = {"subprotocol": subprotocol == "chat"}
        told["headers"] = response.headers.get("x-probe") == "here"
        self.seen["reached"]["websocket.accept"] = [key for key in told if told[key]]


def shape(scope: Scope) -> dict[str, str]:
    """Give what each key holds: its value where that says more than its type."""
    found: dict[str, str] = {}
    for key, value in scope.items():
        if key == "asgi":
            found |= {f"asgi.{inner}": repr(told) for inner, told in value.items()}
        else:
            found[key] = repr(value) if key in CONSTANT else type(value).__name__
    return dict(sorted(found.items()))


def named(function: Any) -> str:
    """Give the function behind a callable, as `module:Class.method`."""
    function = getattr(function, "func", function)
    if not hasattr(function, "__qualname__"):
        function = type(function).__call__
    return f"{function.__module__}:{function.__qualname__}"


def on_daphne(probe: Probe) -> None:
    from daphne.server import Server
    from twisted.internet import reactor

    def play() -> None:
        while not server.listening_addresses:
            time.sleep(0.01)
        probe.act(server.listening_addresses[0][1])
        reactor.callFromThread(server.stop)

    server = Server(
        probe,
        endpoints=["tcp:port=0:interface=127.0.0.1"],
        signal_handlers=False,
        ready_callable=lambda: beside(play),
    )
    server.run()


def on_uvicorn(probe: Probe) -> None:
    import uvicorn

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(probe, log_level="critical"))

    def play() -> None:
        probe.act(listener.getsockname()[1])
        server.should_exit = True

    beside(play)
    server.run([listener])


def on_hypercorn(probe: Probe) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    listener = socket.create_server(("127.0.0.1", 0))
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.loglevel = "critical"

    async def run() -> None:
        played = asyncio.to_thread(probe.act, listener.getsockname()[1])
        task = asyncio.create_task(played)
        await serve(probe, config, shutdown_trigger=lambda: wait_for(task))  # type: ignore[arg-type]

    asyncio.run(run())


async def wait_for(task: asyncio.Task[None]) -> None:
    await task


def on_minichannels(probe: Probe) -> None:
    from minichannels.server import serve

    async def run() -> None:
        async with serve(probe, port=0) as (_, port):
            await asyncio.to_thread(probe.act, port)

    asyncio.run(run())


SERVERS: dict[str, Callable[[Probe], None]] = {
    "daphne": on_daphne,
    "uvicorn": on_uvicorn,
    "hypercorn": on_hypercorn,
    "minichannels": on_minichannels,
}


def beside(play: Callable[[], None]) -> None:
    """Run the clients in a thread; a failure there ends the process."""

    def guarded() -> None:
        try:
            play()
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    threading.Thread(target=guarded, daemon=True).start()


def main(server: str) -> None:
    """Run the probe on one server, and print what it saw."""
    logging.disable(logging.CRITICAL)
    probe = Probe()
    SERVERS[server](probe)
    print(json.dumps(probe.seen))


if __name__ == "__main__":
    main(sys.argv[1])
