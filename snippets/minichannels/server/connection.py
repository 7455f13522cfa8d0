"""One TCP connection: bytes from a client to the events of `h11`, and back.

What can go wrong with a client becomes an end here. A reset is read as the end of the
stream; a request that is malformed, too long or too slow is refused with a status. The
rest of the server knows two things of a client: what it said, and that it has left.

Mirrors `daphne/http_protocol.py`, and the part of Twisted below it.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from math import inf

import h11

Headers = list[tuple[bytes, bytes]]
REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}
UNANSWERED = {h11.SEND_RESPONSE, h11.SEND_BODY}
HAS_ASKED = {h11.DONE, h11.MUST_CLOSE}
MAY_STILL_SEND = {h11.SEND_BODY, h11.ERROR, h11.SWITCHED_PROTOCOL} | HAS_ASKED
TWO_LENGTHS = {b"content-length", b"transfer-encoding"}
# A target is a path, or "*", or a URL as for a proxy, of which the path is what counts.
HOST = re.compile(rb"\Ahttps?://[^/?]+", re.IGNORECASE)
TARGET = re.compile(rb"[/*]|" + HOST.pattern, re.IGNORECASE)
CONTROL = re.compile(rb"[^\t\x20-\x7e\x80-\xff]")


@dataclass(frozen=True)
class Limits:
    """What a client or an application may take, in bytes and in seconds.

    Attributes:
        max_message: Bytes of a WebSocket message.
        max_head: Bytes of the head of a request.
        max_inbox: Events that wait for the application before reading stops.
        client_timeout: For a head to arrive, a body to go on, a ping to be answered,
            and for a client to take some of what it was sent.
        handshake_timeout: For the application to accept a WebSocket, or to refuse it.
        close_timeout: For an application to return when its client has left, and for
            a client to hang up when we have.
    """

    max_message: int = 2**20
    max_head: int = 2**15
    max_inbox: int = 16
    client_timeout: float = 20.0
    handshake_timeout: float = 5.0
    close_timeout: float = 10.0


class Connection:
    """One client's connection, and its requests: each after the last response."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limits: Limits
    ) -> None:
        self.reader, self.writer, self.limits = reader, writer, limits
        self.h11 = h11.Connection(h11.SERVER, limits.max_head)
        self.given_up = False

    async def next_request(self) -> h11.Request | None:
        """Wait for the head of a request; None when there will not be another."""
        if self.h11.states == {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}:
            self.h11.start_next_cycle()
        if self.h11.our_state is not h11.IDLE:
            return None
        event = await self.next_event()
        if not isinstance(event, h11.Request):
            return None
        fault = fault_of(event, self.limits.max_head)
        if fault is not None:
            self.refuse(fault)
            return None
        return event

    async def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Wait for all of an event, `client_timeout` at most, or for the end."""
        try:
            if (event := self.h11.next_event()) is h11.NEED_DATA:
                async with self.patience():
                    while event is h11.NEED_DATA:
                        self.h11.receive_data(await self.read())
                        event = self.h11.next_event()
            return event
        except (h11.RemoteProtocolError, TimeoutError) as error:
            self.refuse(getattr(error, "error_status_hint", HTTPStatus.REQUEST_TIMEOUT))
            return h11.ConnectionClosed()

    @asynccontextmanager
    async def patience(self) -> AsyncIterator[None]:
        """Limit what a wait for the client may take: no time at all after `give_up`.

        The clock starts when it has taken what was sent to it. Until then it is busy,
        not silent, and nothing is read from it.
        """
        async with asyncio.timeout(0 if self.given_up else None) as self.wait:
            await self.drain()
            limit = 0 if self.given_up else self.limits.client_timeout
            self.wait.reschedule(asyncio.get_running_loop().time() + limit)
            yield

    def give_up(self) -> None:
        """Wait for the client no more, neither now nor later."""
        self.given_up = True
        with suppress(RuntimeError):  # nobody waits now
            self.wait.reschedule(asyncio.get_running_loop().time())

    async def read(self) -> bytes:
        """Wait for bytes from the client; none means that it has left."""
        with suppress(OSError):
            return await self.reader.read(2**14)
        return b""

    def write(self, *events: h11.Event) -> None:
        """Hand over what is to be sent; `drain` waits until the client takes it."""
        data = b"".join(self.h11.send(event) or b"" for event in events)
        if not self.writer.is_closing():
            self.writer.write(data)

    async def drain(self) -> None:
        """Wait for the client to take what was sent; drop it if it takes no more."""
        transport, left = self.writer.transport, inf
        while left > (left := transport.get_write_buffer_size()):
            patience = self.limits.client_timeout if left else None
            with suppress(OSError):  # which a timeout is, too
                async with asyncio.timeout(patience):
                    await self.writer.drain()
                    return
        transport.abort()

    def refuse(self, status: int, *headers: tuple[str, str]) -> None:
        """Answer in place of the application, if nothing has been answered yet."""
        if self.h11.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            fields = [("connection", "close"), ("content-length", "0"), *headers]
            reason = REASONS[status]
            head = h11.Response(status_code=status, headers=fields, reason=reason)
            self.write(head, h11.EndOfMessage())

    async def close(self) -> None:
        """Close once the client is done: to close while it sends would be a reset.

        One that has its answer may ask for more at once, but need not: it has a second.
        """
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(self.limits.close_timeout):
                if self.h11.their_state in MAY_STILL_SEND:
                    self.writer.write_eof()
                    data, quiet = b"?", self.h11.their_state in HAS_ASKED
                    while data:
                        async with asyncio.timeout(1.0 if quiet else None):
                            data = await self.reader.read(2**14)
                self.writer.close()
                await self.writer.wait_closed()


def fault_of(request: h11.Request, max_head: int) -> HTTPStatus | None:
    """Say what is wrong with a request that h11 lets through, if anything is.

    h11 counts a head only while it is not whole. Of two lengths, another server on the
    way may have believed the other one.
    """
    lines = [(request.method, request.target), *request.headers]
    if sum(len(a) + len(b) + len(": \r\n") for a, b in lines) > max_head:
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    if not request.http_version.startswith(b"1."):
        return HTTPStatus.HTTP_VERSION_NOT_SUPPORTED
    if (
        request.method == b"CONNECT"
        or not TARGET.match(request.target)
        or {name for name, _ in request.headers} >= TWO_LENGTHS
        or any(CONTROL.search(value) for _, value in request.headers)
    ):
        return HTTPStatus.BAD_REQUEST
    return None
