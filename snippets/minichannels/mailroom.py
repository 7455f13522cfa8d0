"""Where messages from a store are handed to those who wait for them in this process.

A process takes from the store only what one of its consumers waits for at this moment,
so all else is still there when the process is killed.

Channels has no such module: `channels_redis/core.py` does this in its one class.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from minichannels.asgi import Message
from minichannels.codec import decode

logger = logging.getLogger(__name__)

Take = Callable[[list[str]], Awaitable[list[tuple[str, bytes]]]]
"""Take the oldest message of each of these channels that has one, with its name."""


class Inbox(asyncio.Queue[Message | None]):
    """What was taken out of the store for one channel, and how many wait for it.

    None says that there will be nothing more.
    """

    receivers = 0


class Mailroom:
    """Hands what is in the store to the receivers of one event loop.

    There is one, however many receivers there are: it takes for all of them at once.
    """

    serving: asyncio.Task[None]

    def __init__(self, take: Take, expiry: float) -> None:
        self.take, self.expiry = take, expiry
        self.inboxes: dict[str, Inbox] = {}
        self.due: set[str] = set()
        self.bell = asyncio.Event()

    async def get(self, channel: str) -> Message:
        """Wait for the next message of a channel."""
        inbox = self.inboxes.setdefault(channel, Inbox())
        inbox.receivers += 1
        self.look([channel])
        try:
            message = await inbox.get()
        finally:
            inbox.receivers -= 1
            self.release(channel, inbox)
        if message is None:
            raise RuntimeError(f"The layer was closed while {channel!r} was read.")
        return message

    def release(self, channel: str, inbox: Inbox, expired: bool = False) -> None:
        """Forget an inbox without receivers: at once if it is empty, or in time."""
        if inbox.receivers or self.inboxes.get(channel) is not inbox:
            return
        if expired or inbox.empty():
            del self.inboxes[channel]
        else:
            later = asyncio.get_running_loop().call_later
            later(self.expiry, self.release, channel, inbox, True)

    def close(self) -> None:
        """Tell all who wait that nothing will come."""
        for inbox in self.inboxes.values():
            for _ in range(inbox.receivers):
                inbox.put_nowait(None)

    def look(self, channels: Iterable[str] | None = None) -> None:
        """Have the store searched for some channels, or for all that have receivers."""
        self.due.update(self.inboxes if channels is None else channels)
        self.bell.set()

    async def deliver(self) -> None:
        """Take what receivers wait for, whenever there may be some."""
        self.look()
        while True:
            await self.bell.wait()
            self.bell.clear()
            await self.deliver_due()
            heed_cancellation()

    async def deliver_due(self) -> None:
        """Take one message for each channel that is due, and look for the next."""
        due, self.due = self.inboxes.keys() & self.due, set()
        wanted = [x for x in due if (box := self.inboxes[x]).receivers > box.qsize()]
        for channel, body in await self.take(wanted) if wanted else ():
            self.hand_over(channel, body)
            self.look([channel])

    def hand_over(self, channel: str, body: bytes) -> None:
        """Give a message to a receiver. If it is none, drop it, and let them wait."""
        try:
            message = decode(body)
        except Exception as error:
            logger.error("Dropped %.80r from %s: %r", body, channel, error)
        else:
            inbox = self.inboxes.setdefault(channel, Inbox())
            inbox.put_nowait(message)
            self.release(channel, inbox)


def heed_cancellation() -> None:
    """End this task if it was cancelled, even if what it awaited did not say so.

    `asyncio.wait_for` of Python 3.11 may not, nor what fails while it is cancelled.
    """
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError
