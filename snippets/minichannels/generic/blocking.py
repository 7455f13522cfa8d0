"""The consumers of `generic.websocket`, without `async` and `await`.

Their methods run on the one thread of all synchronous consumers, and may block it.

Mirrors `channels/generic/websocket.py`, and is imported from `generic.websocket`.
"""

import json
from typing import Any

from asgiref.sync import async_to_sync

from minichannels.asgi import Message
from minichannels.consumer import SyncConsumer
from minichannels.exceptions import (
    AcceptConnection,
    DenyConnection,
    InvalidChannelLayerError,
    StopConsumer,
)
from minichannels.generic import events
from minichannels.generic.events import NO_GROUPS, Bytes, Code, Headers, Text


class WebsocketConsumer(SyncConsumer):
    """One WebSocket whose methods block: `AsyncWebsocketConsumer` without `await`.

    Its calls of a layer have to go through `async_to_sync`.
    """

    groups: list[str] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if self.groups is None:
            self.groups = []

    def websocket_connect(self, message: Message) -> None:
        for_each_group(self, "group_add")
        try:
            self.connect()
        except AcceptConnection:
            self.accept()
        except DenyConnection:
            self.close()

    def connect(self) -> None:
        self.accept()

    def accept(self, subprotocol: Text = None, headers: Headers = None) -> None:
        super().send(events.accept_event(subprotocol, headers))

    def websocket_receive(self, message: Message) -> None:
        self.receive(**events.frame_of(message))

    def receive(self, text_data: Text = None, bytes_data: Bytes = None) -> None:
        """Take a frame of the client: override it."""

    def send(  # type: ignore[override]
        self, text_data: Text = None, bytes_data: Bytes = None, close: Code = False
    ) -> None:
        super().send(events.send_event(text_data, bytes_data))
        if close:
            self.close(close)

    def close(self, code: Code = None, reason: Text = None) -> None:
        super().send(events.close_event(code, reason))

    def websocket_disconnect(self, message: Message) -> None:
        for_each_group(self, "group_discard")
        self.disconnect(message["code"])
        raise StopConsumer

    def disconnect(self, code: int) -> None:
        """Clean up after the connection: override it."""


def for_each_group(consumer: WebsocketConsumer, action: str) -> None:
    """Do as `events.for_each_group` does, and wait for each call of the layer."""
    try:
        for group in consumer.groups or ():
            call = async_to_sync(getattr(consumer.channel_layer, action))
            call(group, consumer.channel_name)
    except AttributeError as error:
        raise InvalidChannelLayerError(NO_GROUPS) from error


class JsonWebsocketConsumer(WebsocketConsumer):
    """A blocking WebSocket whose text frames hold JSON. Any other frame is an error."""

    def receive(
        self, text_data: Text = None, bytes_data: Bytes = None, **kwargs: Any
    ) -> None:
        if not text_data:
            raise ValueError("No text section for incoming WebSocket frame!")
        self.receive_json(self.decode_json(text_data), **kwargs)

    def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Take what a frame of the client held: override it."""

    def send_json(self, content: Any, close: Code = False) -> None:
        super().send(text_data=self.encode_json(content), close=close)

    @classmethod
    def decode_json(cls, text_data: str) -> Any:
        return json.loads(text_data)

    @classmethod
    def encode_json(cls, content: Any) -> str:
        return json.dumps(content)
