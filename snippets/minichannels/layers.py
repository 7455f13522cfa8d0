"""A channel layer carries messages between consumers, by the names of channels.

Delivery is at most once. A message is dropped, and nobody is told, when it is not read
within `expiry` seconds, or when it was sent to a group and a member's channel is full.

Mirrors `channels/layers.py`.
"""

import asyncio
import random
import string
import time
from copy import deepcopy
from itertools import chain
from math import inf
from typing import Any

from minichannels import DEFAULT_CHANNEL_LAYER
from minichannels.asgi import Message
from minichannels.base import BaseChannelLayer as BaseChannelLayer
from minichannels.exceptions import ChannelFull
from minichannels.mailbox import Letter, Mailbox


class ChannelLayerManager:
    """The channel layers of this process, each under its alias."""

    def __init__(self) -> None:
        self.backends: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        return self.backends[key]

    def __contains__(self, key: str) -> bool:
        return key in self.backends

    def set(self, key: str, layer: Any) -> Any:
        """Put a layer under an alias, and give the one that was there, or None."""
        old = self.backends.get(key)
        self.backends[key] = layer
        return old


channel_layers = ChannelLayerManager()


def get_channel_layer(alias: str = DEFAULT_CHANNEL_LAYER) -> Any:
    """Give the layer of an alias, or None if there is none."""
    return channel_layers.backends.get(alias)


class InMemoryChannelLayer(BaseChannelLayer):
    """The channels and groups of one process, in dictionaries.

    - Order: a channel gives its messages oldest first, each to one receiver.
    - Full: a channel holds `capacity` unread messages. `send` then raises
      `ChannelFull`; `group_send` leaves that member out without a word.
    - Late: a message unread after `expiry` seconds is dropped, and its channel is then
      taken out of all groups. A membership ends `group_expiry` seconds after the last
      `group_add`. Both happen at the next `receive` or `group_send` of any channel.
    - Private: what a receiver gets is its own copy of what was sent.

    A channel should have one receiver: it is forgotten when it is empty, together with
    whoever still waits on it.
    """

    extensions = ["groups", "flush"]

    def __init__(
        self,
        expiry: float = 60,
        group_expiry: float = 86400,
        capacity: int = 100,
        channel_capacity: dict[Any, int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(expiry, capacity, channel_capacity, **kwargs)
        self.channel_capacity = self.compile_capacities(self.channel_capacity)
        self.group_expiry = group_expiry
        self.channels: dict[str, Mailbox] = {}
        self.groups: dict[str, dict[str, float]] = {}
        # No letter expires, and no member joined, before these.
        self._first_expiry = self._first_join = inf

    async def send(self, channel: str, message: Message) -> None:
        """Put a copy of a message on a channel, or raise `ChannelFull`."""
        assert isinstance(message, dict), "message is not a dict"
        self.require_valid_channel_name(channel)
        assert "__asgi_channel__" not in message
        if not self._mailbox(channel).put(self._letter(message)):
            raise ChannelFull(channel)

    async def receive(self, channel: str) -> Message:
        """Wait for the oldest message of a channel, and take it off."""
        self.require_valid_channel_name(channel)
        self._clean_expired()
        mailbox = self._mailbox(channel)
        try:
            letter = await mailbox.get()
        finally:
            if not mailbox.letters:
                self.channels.pop(channel, None)
        return deepcopy(letter.message) if letter.shared else letter.message

    async def new_channel(self, prefix: str = "specific.") -> str:
        """Make up a name that nobody else has. It reserves nothing."""
        letters = (random.choice(string.ascii_letters) for _ in range(12))
        return f"{prefix}.inmemory!{''.join(letters)}"

    async def group_add(self, group: str, channel: str) -> None:
        """Make a channel a member of a group, or renew its membership."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        self.groups.setdefault(group, {})[channel] = now = time.time()
        self._first_join = min(self._first_join, now)

    async def group_discard(self, group: str, channel: str) -> None:
        """Take a channel out of a group, if it is in it."""
        self.require_valid_channel_name(channel)
        self.require_valid_group_name(group)
        members = self.groups.get(group)
        if members:
            members.pop(channel, None)
            if not members:
                del self.groups[group]

    async def group_send(self, group: str, message: Message) -> None:
        """Put a message on the channel of every member that is not full.

        One copy serves all: each member's own is made when it is received.
        """
        assert isinstance(message, dict), "Message is not a dict"
        self.require_valid_group_name(group)
        self._clean_expired()
        members = list(self.groups.get(group, ()))
        if members:
            assert "__asgi_channel__" not in message
            # Those who wait take theirs: before this broadcast, and before the next.
            await asyncio.sleep(0)
            letter = self._letter(message)._replace(shared=True)
            for channel in members:
                self._mailbox(channel).put(letter)
            await asyncio.sleep(0)

    async def flush(self) -> None:
        """Forget every message and every group, those of open connections included."""
        self.channels = {}
        self.groups = {}

    async def close(self) -> None:
        """Do nothing: there is no connection to close."""

    def _mailbox(self, channel: str) -> Mailbox:
        if channel not in self.channels:
            self.channels[channel] = Mailbox(self.get_capacity(channel))
        return self.channels[channel]

    def _letter(self, message: Message) -> Letter:
        expires = time.time() + self.expiry
        self._first_expiry = min(self._first_expiry, expires)
        return Letter(expires, deepcopy(message))

    def _clean_expired(self) -> None:
        """Drop what is too old. A look at everything is dear: only if there is some."""
        now = time.time()
        joined_before = int(now) - self.group_expiry
        if now <= self._first_expiry and joined_before <= self._first_join:
            return
        for channel, mailbox in list(self.channels.items()):
            if mailbox.drop_expired(now):
                for members in self.groups.values():
                    members.pop(channel, None)
                if not mailbox.letters:
                    del self.channels[channel]
        for members in self.groups.values():
            for channel, joined in list(members.items()):
                if joined and joined < joined_before:
                    del members[channel]
        self._set_bounds()

    def _set_bounds(self) -> None:
        letters = chain.from_iterable(box.letters for box in self.channels.values())
        joins = chain.from_iterable(each.values() for each in self.groups.values())
        self._first_expiry = min((letter.expires for letter in letters), default=inf)
        self._first_join = min(filter(None, joins), default=inf)
