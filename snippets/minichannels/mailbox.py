"""Where the messages of one channel wait, and where its receiver waits for them.

What `asyncio.Queue` is to the in-memory layer of Channels, without the parts that a
channel has no use for: a broadcast may make ten thousand of these.
"""

import asyncio
from typing import NamedTuple

from minichannels.asgi import Message


class Letter(NamedTuple):
    """A message in a mailbox; `shared` when other mailboxes hold the same one."""

    expires: float
    message: Message
    shared: bool = False


class Mailbox:
    """The unread letters of one channel, oldest first, and who waits for the next.

    It holds at most `capacity` letters, or any number if that is zero or less.
    """

    __slots__ = ("capacity", "letters", "waiters")

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        # Lists, although both are queues: these are short, and a deque is dear to make.
        self.letters: list[Letter] = []
        self.waiters: list[asyncio.Future[None]] = []

    def put(self, letter: Letter) -> bool:
        """Add a letter and wake the first who waits, or tell that it is full."""
        if 0 < self.capacity <= len(self.letters):
            return False
        self.letters.append(letter)
        self._wake_next()
        return True

    async def get(self) -> Letter:
        """Wait for a letter, and take it out."""
        while not self.letters:
            waiter = asyncio.get_running_loop().create_future()
            self.waiters.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                # Who was woken and then cancelled leaves the letter to the next.
                if not waiter.cancelled():
                    self._wake_next()
                raise
        return self.letters.pop(0)

    def drop_expired(self, now: float) -> bool:
        """Throw away the letters at the front that are too old; tell if there were."""
        before = len(self.letters)
        while self.letters and self.letters[0].expires < now:
            self.letters.pop(0)
        return len(self.letters) < before

    def _wake_next(self) -> None:
        while self.waiters:
            waiter = self.waiters.pop(0)
            if not waiter.done():
                waiter.set_result(None)
                break
