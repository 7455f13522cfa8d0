"""The events of a WebSocket, made and read: what both kinds of consumer share.

Mirrors the bodies of the methods in `channels/generic/websocket.py`.
"""

from collections.abc import Iterable
from typing import Any

from minichannels.asgi import Message
from minichannels.exceptions import InvalidChannelLayerError

Text = str | None
Bytes = bytes | None
Code = int | bool | None
Headers = Iterable[tuple[bytes, bytes]] | None

NO_GROUPS = "BACKEND is unconfigured or doesn't support groups"


def accept_event(subprotocol: Text, headers: Headers) -> Message:
    """Make the event that accepts a handshake."""
    event: Message = {"type": "websocket.accept", "subprotocol": subprotocol}
    return {**event, "headers": list(headers)} if headers else event


def frame_of(event: Message) -> Message:
    """Give the text or the bytes of an event as the arguments of `receive()`."""
    if event.get("text") is not None:
        return {"text_data": event["text"]}
    return {"bytes_data": event["bytes"]}


def send_event(text_data: Text, bytes_data: Bytes) -> Message:
    """Make the event that sends a frame: of text, or else of bytes."""
    if text_data is not None:
        return {"type": "websocket.send", "text": text_data}
    if bytes_data is not None:
        return {"type": "websocket.send", "bytes": bytes_data}
    raise ValueError("You must pass one of bytes_data or text_data")


def close_event(code: Code, reason: Text) -> Message:
    """Make the event that closes a connection. A code of True stands for none."""
    event: Message = {"type": "websocket.close"}
    if code is not None and code is not True:
        event["code"] = code
    if reason:
        event["reason"] = reason
    return event


async def for_each_group(consumer: Any, action: str) -> None:
    """Call the layer's `group_add` or `group_discard` for each group of a consumer."""
    try:
        for group in consumer.groups:
            await getattr(consumer.channel_layer, action)(group, consumer.channel_name)
    except AttributeError as error:
        raise InvalidChannelLayerError(NO_GROUPS) from error
