"""How a message becomes bytes to be stored, and a message again: as JSON, plus bytes.

Binary frames are why JSON alone will not do: bytes are an object in it, whose key is a
mark made up for the message. And `pickle` would let whoever can write to the store run
code in every process.

Mirrors the serializers of `channels_redis`, which use MessagePack.
"""

import json
from base64 import b64decode, b64encode
from secrets import token_hex
from typing import Any

from minichannels.asgi import Message


def encode(message: Message) -> bytes:
    """Give the JSON of a message, which may hold bytes, and before it their mark."""
    assert isinstance(message, dict), "message is not a dict"
    assert "__asgi_channel__" not in message
    # Known in advance, it could be put into a message by a client of the application.
    mark = token_hex(8)

    def encode_bytes(value: Any) -> dict[str, str]:
        if not isinstance(value, bytes):
            advice = "send its id, and let the receiver look it up"
            raise TypeError(f"{value!r} cannot go to another process: {advice}")
        return {mark: b64encode(value).decode()}

    return f"{mark} {json.dumps(message, default=encode_bytes)}".encode()


def decode(body: bytes) -> Message:
    """Give the message that was encoded as this."""
    mark, _, text = body.decode().partition(" ")

    def decode_bytes(value: dict[str, Any]) -> Any:
        return b64decode(value[mark]) if mark in value else value

    message = json.loads(text, object_hook=decode_bytes)
    assert isinstance(message, dict), "message is not a dict"
    return message
