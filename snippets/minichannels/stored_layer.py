"""What the layers across processes share: messages lie in a store, not in a consumer.

A store is a place outside the process: a file, a server. To ask it again and again
would cost time, so whoever puts a message into it also *rings*: it tells the processes
concerned to look.

Channels has no such module: `channels_redis/core.py` does this in its one class.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from minichannels.asgi import Message
from minichannels.codec import encode
from minichannels.exceptions import ChannelFull
from minichannels.layers import BaseChannelLayer
from minichannels.mailroom import Mailroom, heed_cancellation, logger


class StoredChannelLayer(BaseChannelLayer):
    """A channel layer whose messages lie in a store that many processes share.

    - A message goes to one receiver, at most once: to take it is to delete it.
    - Messages of one channel are received in the order in which the store got them.
    - A message not read within `expiry` seconds is dropped, and nobody is told.
    - A channel that holds `capacity` messages takes no more: `send` raises
      `ChannelFull`, `group_send` skips the channel and logs how many it skipped.
    - A membership of a group ends `group_expiry` seconds after the last `group_add`.
    - A process that is killed takes with it what it had received, and nothing else.
    - Messages are sent as JSON in which bytes are allowed: what is not JSON, `send`
      refuses with a TypeError; tuples arrive as lists, and keys as strings.
    """

    extensions = ["groups", "flush"]
    retry_delay = 1.0

    def __init__(self, place: str, group_expiry: float = 86400, **limits: Any) -> None:
        super().__init__(**limits)
        self.channel_capacity = self.compile_capacities(self.channel_capacity)
        self.place, self.group_expiry = place, group_expiry
        self.process = uuid4().hex
        self._mailrooms: dict[asyncio.AbstractEventLoop, Mailroom] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.place}>"

    async def send(self, channel: str, message: Message) -> None:
        """Put a message into the store, or raise `ChannelFull`."""
        self.require_valid_channel_name(channel)
        if await self._put([channel], encode(message)):
            raise ChannelFull(channel)

    async def receive(self, channel: str) -> Message:
        """Wait for the oldest message of a channel, and take it out of the store.

        Each message goes to one of those who wait. What is on its way to a receiver
        that is cancelled is kept for the next one of this process, until it expires.
        While the store is away, it waits, and a warning is logged every second.

        Raises:
            RuntimeError: The layer was closed.
        """
        self.require_valid_channel_name(channel)
        return await self._mailroom().get(channel)

    async def new_channel(self, prefix: str = "specific") -> str:
        """Give a name that no other process and no other consumer has."""
        return f"{prefix}.{self.process}!{uuid4().hex}"

    async def group_send(self, group: str, message: Message) -> None:
        """Put a message into the store for every member that is not full."""
        self.require_valid_group_name(group)
        body = encode(message)
        members = await self._members(group)
        if members and (full := await self._put(members, body)):
            logger.info("%d of %d channels of %s were full", full, len(members), group)

    async def close(self) -> None:
        """Let go of the store in this event loop. What is in it stays there.

        Those who wait get an error.
        """
        if mailroom := self._mailrooms.get(asyncio.get_running_loop()):
            mailroom.serving.cancel()
            await asyncio.wait([mailroom.serving])
            mailroom.close()

    def _mailroom(self) -> Mailroom:
        loop = asyncio.get_running_loop()
        if loop not in self._mailrooms:
            mailroom = self._mailrooms[loop] = Mailroom(self._take, self.expiry)
            mailroom.serving = loop.create_task(self._serve(mailroom))
            mailroom.serving.add_done_callback(lambda _: self._mailrooms.pop(loop))
        return self._mailrooms[loop]

    async def _serve(self, mailroom: Mailroom) -> None:
        works = mailroom.deliver, lambda: self._listen(mailroom.look)
        await asyncio.gather(*map(self._persist, works), return_exceptions=True)

    async def _persist(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except Exception as error:
                heed_cancellation()
                logger.warning("%s tries again: %s", self, str(error) or repr(error))
                await asyncio.sleep(self.retry_delay)

    @abstractmethod
    async def _put(self, channels: list[str], body: bytes) -> int:
        """Store a message for each channel, and ring; give how many were full."""

    @abstractmethod
    async def _take(self, channels: list[str]) -> list[tuple[str, bytes]]:
        """Delete the oldest message of each channel that has one, and give them."""

    @abstractmethod
    async def _members(self, group: str) -> list[str]:
        """Give the channels of a group."""

    @abstractmethod
    async def _listen(self, look: Callable[..., None]) -> None:
        """Call `look` for ever: with the channels that were rung for, or with none."""
