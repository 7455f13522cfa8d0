"""A WebSocket as methods to override: `connect`, `receive`, `disconnect`.

Mirrors `channels/generic/websocket.py`.
"""

import json
from typing import Any

from minichannels.asgi import Message
from minichannels.consumer import AsyncConsumer
from minichannels.exceptions import AcceptConnection, DenyConnection, StopConsumer
from minichannels.generic import events
from minichannels.generic.blocking import JsonWebsocketConsumer as JsonWebsocketConsumer
from minichannels.generic.blocking import WebsocketConsumer as WebsocketConsumer
from minichannels.generic.events import Bytes, Code, Headers, Text


class AsyncWebsocketConsumer(AsyncConsumer):
    """One WebSocket, from its handshake to its close.

    The `groups` are joined before `connect()` and left before `disconnect()`, which
    also runs when the connection was refused, but not after an error.
    """

    groups: list[str] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if self.groups is None:
            self.groups = []

    async def websocket_connect(self, message: Message) -> None:
        """Join the groups, then let `connect()` decide about the handshake."""
        await events.for_each_group(self, "group_add")
        try:
            await self.connect()
        except AcceptConnection:
            await self.accept()
        except DenyConnection:
            await self.close()

    async def connect(self) -> None:
        """Accept the handshake. An override accepts or closes, or raises either."""
        await self.accept()

    async def accept(self, subprotocol: Text = None, headers: Headers = None) -> None:
        """Open the connection."""
        await super().send(events.accept_event(subprotocol, headers))

    async def websocket_receive(self, message: Message) -> None:
        """Hand a frame to `receive()`."""
        await self.receive(**events.frame_of(message))

    async def receive(self, text_data: Text = None, bytes_data: Bytes = None) -> None:
        """Take a frame of the client: override it."""

    async def send(  # type: ignore[override]
        self, text_data: Text = None, bytes_data: Bytes = None, close: Code = False
    ) -> None:
        """Send a frame, and then close if `close` is true or a code."""
        await super().send(events.send_event(text_data, bytes_data))
        if close:
            await self.close(close)

    async def close(self, code: Code = None, reason: Text = None) -> None:
        """Close the connection, or refuse it if it was not accepted yet."""
        await super().send(events.close_event(code, reason))

    async def websocket_disconnect(self, message: Message) -> None:
        """Leave the groups, call `disconnect()`, and end the consumer."""
        await events.for_each_group(self, "group_discard")
        await self.disconnect(message["code"])
        raise StopConsumer

    async def disconnect(self, code: int) -> None:
        """Clean up after the connection: override it."""


class AsyncJsonWebsocketConsumer(AsyncWebsocketConsumer):
    """A WebSocket whose text frames hold JSON. Any other frame is an error."""

    async def receive(
        self, text_data: Text = None, bytes_data: Bytes = None, **kwargs: Any
    ) -> None:
        """Decode a frame and hand it to `receive_json()`."""
        if not text_data:
            raise ValueError("No text section for incoming WebSocket frame!")
        await self.receive_json(await self.decode_json(text_data), **kwargs)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Take what a frame of the client held: override it."""

    async def send_json(self, content: Any, close: Code = False) -> None:
        """Send a frame that holds this as JSON."""
        await super().send(text_data=await self.encode_json(content), close=close)

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        return json.loads(text_data)

    @classmethod
    async def encode_json(cls, content: Any) -> str:
        return json.dumps(content)
