"""What the clients do: one function a phase, the same for every server.

A phase begins when its client acts, and ends when the server has nothing left to do.
What must be there before, such as an open socket, is made outside the recording.
"""

import asyncio
import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any
from urllib.request import urlopen

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from walkthrough.roundtrip.path import Record, written
from walkthrough.roundtrip.tracer import Tracer

ORIGIN = "http://example.com"
LOOKS, PAUSE = 8, 0.01
"""How many looks without a new step make the server idle, and the seconds between them.

Looks, not seconds: on a machine with much else to do, whoever is slow to look is as
slow to work, so that the wait grows with the load.
"""

Phase = Callable[["Stage"], None]
PHASES: dict[str, Phase] = {}


def phase(name: str) -> Callable[[Phase], Phase]:
    """Give a scenario the name of its phase."""

    def register(scenario: Phase) -> Phase:
        PHASES[name] = scenario
        return scenario

    return register


class Stage:
    """A running server, a client's means to reach it, and what was recorded."""

    def __init__(
        self,
        tracer: Tracer,
        port: int = 0,
        cookie: str = "",
        layer: Callable[[], Any] = lambda: None,
    ) -> None:
        self.tracer = tracer
        self.address = f"127.0.0.1:{port}"
        self.cookie = cookie
        self.layer = layer
        self.recorded: dict[str, list[Record]] = {}
        self.calls: dict[str, int] = {}

    @contextmanager
    def record(self, name: str) -> Iterator[None]:
        """Record what the block makes the server do, until it is idle again."""
        self.settle()
        before = self.tracer.calls
        with self.tracer.phase() as turns:
            yield
            self.settle()
        self.recorded[name] = written(turns)
        self.calls[name] = about(self.tracer.calls - before)

    def settle(self) -> None:
        """Wait until the server has made no step for a while."""
        seen, quiet = self.tracer.count, 0
        while quiet < LOOKS:
            time.sleep(PAUSE)
            quiet = quiet + 1 if seen == self.tracer.count else 0
            seen = self.tracer.count

    def get(self, path: str) -> bytes:
        """Fetch a page."""
        with urlopen(f"http://{self.address}{path}") as response:
            body: bytes = response.read()
        return body

    @contextmanager
    def socket(self, path: str, origin: str = ORIGIN) -> Iterator[ClientConnection]:
        """Keep a WebSocket open for the time of the block."""
        cookie = {"Cookie": self.cookie} if self.cookie else {}
        client: ClientConnection = connect(
            f"ws://{self.address}{path}",
            origin=Origin(origin),
            additional_headers=cookie,
            compression=None,
            ping_interval=None,
        )
        with client, suppress(ConnectionClosed):
            yield client
        self.settle()


def about(count: int) -> int:
    """Round to two digits: how many calls there are differs a little each time."""
    return int(float(f"{count:.2g}"))


@phase("http-sync")
def http_sync(stage: Stage) -> None:
    with stage.record("http-sync"):
        assert stage.get("/hello/") == b"hello"


@phase("http-async")
def http_async(stage: Stage) -> None:
    with stage.record("http-async"):
        assert stage.get("/hello-async/") == b"hello"


@phase("http-stream")
def http_stream(stage: Stage) -> None:
    with stage.record("http-stream"):
        assert stage.get("/ticks/") == b"123"


@phase("http-body")
def http_body(stage: Stage) -> None:
    """Send 20,000 bytes as a slow client would: the head first, then two halves."""
    client = http.client.HTTPConnection(stage.address)
    with stage.record("http-body"):
        client.putrequest("POST", "/upload/")
        client.putheader("Content-Length", "20000")
        client.putheader("Connection", "close")
        client.endheaders()
        for _ in range(2):
            stage.settle()
            client.send(b"x" * 10000)
        assert client.getresponse().read() == b"20000"
        client.close()


@phase("ws-connect")
def ws_connect(stage: Stage) -> None:
    with ExitStack() as sockets, stage.record("ws-connect"):
        sockets.enter_context(stage.socket("/chat/"))


@phase("ws-frame")
def ws_frame(stage: Stage) -> None:
    with stage.socket("/chat/") as client, stage.record("ws-frame"):
        client.send("hello")
        assert client.recv() == "hello"


@phase("ws-sync")
def ws_sync(stage: Stage) -> None:
    with stage.socket("/echo/") as client, stage.record("ws-sync"):
        client.send("hello")
        assert client.recv() == "hello"


def group(name: str, path: str) -> None:
    """Make the phase in which one client's frame reaches another client."""

    @phase(name)
    def group_send(stage: Stage) -> None:
        sockets = stage.socket(path), stage.socket(path)
        with sockets[0] as alice, sockets[1] as bob, stage.record(name):
            alice.send("all: hello")
            assert alice.recv() == bob.recv() == "all: hello"


group("group-memory", "/chat/")
group("group-redis", "/chat/redis/")
group("group-pubsub", "/chat/pubsub/")


@phase("ws-client-closes")
def ws_client_closes(stage: Stage) -> None:
    with stage.socket("/chat/") as client, stage.record("ws-client-closes"):
        client.close()


@phase("ws-server-closes")
def ws_server_closes(stage: Stage) -> None:
    with stage.socket("/chat/") as client, stage.record("ws-server-closes"):
        client.send("bye")
        with suppress(ConnectionClosed):
            client.recv()
        assert client.close_code == 4001


@phase("ws-refused-origin")
def ws_refused_origin(stage: Stage) -> None:
    with stage.record("ws-refused-origin"):
        refused(stage, "/chat/", "http://evil.example")


@phase("ws-no-route")
def ws_no_route(stage: Stage) -> None:
    with stage.record("ws-no-route"):
        refused(stage, "/nowhere/", ORIGIN)


def refused(stage: Stage, path: str, origin: str) -> None:
    """Try to connect, and be told no."""
    with suppress(InvalidHandshake), stage.socket(path, origin):
        raise AssertionError(f"{path} accepted a socket from {origin}")


@phase("ws-error")
def ws_error(stage: Stage) -> None:
    with stage.socket("/chat/") as client, stage.record("ws-error"):
        client.send("fail")
        with suppress(ConnectionClosed):
            client.recv()
        assert client.close_code == 1011


@phase("worker")
def worker(stage: Stage) -> None:
    with stage.record("worker"):
        asyncio.run(do_job(stage.layer()))


async def do_job(layer: Any) -> None:
    """Send a job to the worker, and wait for its answer."""
    name = await layer.new_channel()
    await layer.send("jobs", {"type": "job", "reply_to": name})
    assert (await layer.receive(name))["type"] == "job.done"
    await layer.flush()
