"""Four consumers for sockets, and one for the worker."""

from typing import Any

from channels.consumer import AsyncConsumer
from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer


class Chat(AsyncWebsocketConsumer):
    """Echoes a frame; sends one that starts with `all:` to everybody in the room."""

    room = "room"

    async def connect(self) -> None:
        await self.channel_layer.group_add(self.room, self.channel_name)
        await self.accept()

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        text = text_data or ""
        if text == "fail":
            raise RuntimeError("the handler failed")
        if text == "bye":
            await self.close(code=4001)
        elif text.startswith("all:"):
            message = {"type": "chat.message", "text": text}
            await self.channel_layer.group_send(self.room, message)
        else:
            await self.send(text_data=text)

    async def chat_message(self, message: dict[str, Any]) -> None:
        await self.send(text_data=message["text"])

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.room, self.channel_name)


class RedisChat(Chat):
    """The same chat over channels_redis, core."""

    channel_layer_alias = "redis"


class PubSubChat(Chat):
    """The same chat over channels_redis, pub/sub."""

    channel_layer_alias = "pubsub"


class SyncEcho(WebsocketConsumer):
    """Echoes a frame from a thread."""

    def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        self.send(text_data=text_data)


class Jobs(AsyncConsumer):
    """Does a job that a worker process was sent."""

    channel_layer_alias = "redis"

    async def job(self, message: dict[str, Any]) -> None:
        await self.channel_layer.send(message["reply_to"], {"type": "job.done"})
