"""A WebSocket, from its handshake to its close, as ASGI events.

Frames are read and written by the Sans-I/O layer of `websockets`. `wsproto` was tried
beside it: both close with 1002, 1007 and 1009 where they must. `websockets` needs less
code around it (it answers pings and closes, and holds the limit against the length that
a frame declares), checks more of a handshake, and is two to ten times as fast.

Mirrors `daphne/ws_protocol.py`.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus

import h11
from websockets.datastructures import Headers as Fields
from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from minichannels.asgi import Message, Scope

from .connection import Connection, Headers
from .exchange import Exchange, headers_of
from .handshake import acceptance


class WebSocket(Exchange):
    """One WebSocket: a handshake that the application answers, then messages."""

    moves = {
        "connecting": {"websocket.accept": "open", "websocket.close": "closed"},
        "open": {"websocket.send": "open", "websocket.close": "closed"},
        "closed": {},
    }

    def __init__(self, connection: Connection, scope: Scope, answer: Fields) -> None:
        super().__init__(connection, scope)
        self.frames = ServerProtocol(state=OPEN, max_size=self.limits.max_message)
        self.answer = answer
        self.answered = asyncio.Event()
        self.inbox.put_nowait({"type": "websocket.connect"})

    async def converse(self, application: asyncio.Task[None]) -> None:
        timeout = self.limits.handshake_timeout
        self.later(timeout, self.refuse, HTTPStatus.GATEWAY_TIMEOUT)
        await super().converse(application)
        self.close(1011 if self.failed else 1000)
        end = self.frames.close_rcvd or self.frames.close_sent or Close(1006, "")
        event = {"type": "websocket.disconnect", "code": int(end.code)}
        self.disconnect(event | {"reason": end.reason})

    @property
    def accepted(self) -> bool:
        return self.connection.h11.our_state is h11.SWITCHED_PROTOCOL

    async def listen(self) -> None:
        """Deliver messages as they become whole, until both sides have closed."""
        data = self.connection.h11.trailing_data[0] or await self.read()
        while data:
            await self.answered.wait()
            self.frames.receive_data(data)
            self.flush()
            try:
                for message in self.messages():
                    await self.deliver(message)
            except UnicodeDecodeError as error:
                self.frames.fail(CloseCode.INVALID_DATA, error.reason)
                self.flush()
            data = b"" if self.frames.eof_sent else await self.read()
        if not self.over.is_set():
            self.frames.receive_eof()
            self.finish()

    async def read(self) -> bytes:
        """Wait for bytes. A client that is silent is asked by a ping, then given up."""
        pings = 0
        while pings < 2 and not self.over.is_set():
            with suppress(TimeoutError):
                async with self.connection.patience():
                    return await self.connection.read()
            if self.accepted and not self.over.is_set():
                self.frames.send_ping(b"")
                self.flush()
                pings += 1
        return b""

    def messages(self) -> Iterator[Message]:
        """Join the fragments that have come to messages; drop those after our close."""
        for frame in self.frames.events_received():
            assert isinstance(frame, Frame)
            if frame.opcode >= Opcode.CLOSE:
                continue  # a close, a ping or a pong, which `frames` deals with
            if frame.opcode is not Opcode.CONT:
                self.opcode, self.message = frame.opcode, bytearray()
            self.message += frame.data
            if frame.fin and self.state == "open":
                if self.opcode is Opcode.TEXT:
                    yield {"type": "websocket.receive", "text": self.message.decode()}
                else:
                    yield {"type": "websocket.receive", "bytes": bytes(self.message)}

    async def send(self, message: Message) -> None:
        self.move(message)
        if self.over.is_set() or self.frames.state is not OPEN:
            return
        match message:
            case {"type": "websocket.accept"}:
                self.accept(message.get("subprotocol"), headers_of(message))
            case {"type": "websocket.close"} if self.accepted:
                self.close(message.get("code"), message.get("reason") or "")
            case {"type": "websocket.close"}:
                self.refuse(HTTPStatus.FORBIDDEN)
            case {"text": str(text)} if not message.get("bytes"):
                self.frames.send_text(text.encode())
            case {"bytes": bytes(data)} if not message.get("text"):
                self.frames.send_binary(data)
            case _:
                kind, has = message["type"], sorted(message)
                raise ValueError(f"{kind} needs text, a str, or bytes. It has {has}.")
        self.flush()
        await self.connection.drain()

    def accept(self, subprotocol: str | None, headers: Headers) -> None:
        """Send our half of the handshake."""
        offers = self.scope["subprotocols"]
        self.connection.write(acceptance(self.answer, offers, subprotocol, headers))
        self.answered.set()

    def close(self, code: int | None, reason: str = "") -> None:
        """Begin the closing handshake, with as much of the reason as fits its frame."""
        if self.accepted and self.frames.state is OPEN:
            reason = reason.encode()[:123].decode(errors="ignore")
            self.frames.send_close(1000 if code is None else code, reason)
            self.flush()
            self.later(self.limits.close_timeout, self.finish)

    def refuse(self, status: int) -> None:
        """Answer the client's handshake with an error, if it still waits."""
        if not self.accepted:
            self.connection.refuse(status)
            self.finish()

    def stop(self) -> None:
        self.refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        self.close(CloseCode.GOING_AWAY)

    def finish(self) -> None:
        super().finish()
        self.answered.set()

    def flush(self) -> None:
        self.connection.writer.write(b"".join(self.frames.data_to_send()))
