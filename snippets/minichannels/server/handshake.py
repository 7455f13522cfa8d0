"""Both halves of a WebSocket handshake: what a client has to say, and our answer.

Mirrors what `daphne/ws_protocol.py` leaves to autobahn.
"""

from collections.abc import Sequence

import h11
from websockets.datastructures import Headers as Fields
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from .connection import Headers

# What a refusal has to name, so that the client learns what would be accepted.
REQUIRED = {"Allow", "Upgrade"}
VERSION = ("Sec-WebSocket-Version", "13")
BREAKING = {b"connection", b"upgrade", b"content-length", b"transfer-encoding"} | {
    b"sec-websocket-" + part for part in (b"accept", b"protocol", b"extensions")
}


def handshake(request: h11.Request) -> Response:
    """Give the answer to a client's half of a handshake: 101, or what is wrong."""
    fields = Fields((k.decode(), v.decode("latin-1")) for k, v in request.headers)
    method, target = request.method.decode(), request.target.decode()
    version = f"HTTP/{request.http_version.decode()}"
    return ServerProtocol().accept(Request(target, fields, method, version))


def acceptance(
    answer: Fields, offers: Sequence[str], subprotocol: str | None, headers: Headers
) -> h11.InformationalResponse:
    """Give our half of the handshake; headers that would break it are refused."""
    if clash := BREAKING.intersection(name.lower() for name, _ in headers):
        raise ValueError(f"Cannot accept with {sorted(clash)}: the server sets them.")
    if subprotocol is not None:
        if subprotocol not in offers:
            raise ValueError(f"Cannot accept {subprotocol!r}; offered is {offers}.")
        headers.append((b"sec-websocket-protocol", subprotocol.encode()))
    headers += [(k.encode(), v.encode()) for k, v in answer.raw_items()]
    return h11.InformationalResponse(status_code=101, headers=headers)
