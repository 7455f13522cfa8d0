"""What every channel layer has: limits, rules for names, and the calls to implement.

A layer of your own subclasses `BaseChannelLayer` and writes its seven coroutines.

Mirrors `BaseChannelLayer` of `channels/layers.py`, and is imported from `layers`.
"""

import fnmatch
import re
from typing import Any

from minichannels.asgi import Message


class BaseChannelLayer:
    """What every layer has: limits, and rules for names."""

    MAX_NAME_LENGTH = 100
    channel_name_regex = re.compile(r"^[a-zA-Z\d\-_.]+(\![\d\w\-_.]*)?$")
    group_name_regex = re.compile(r"^[a-zA-Z\d\-_.]+$")
    invalid_name_error = (
        "{} name must be a valid unicode string with length < 100 containing only "
        "ASCII alphanumerics, hyphens, underscores, or periods."
    )

    def __init__(
        self,
        expiry: float = 60,
        capacity: int = 100,
        channel_capacity: dict[Any, int] | None = None,
    ) -> None:
        self.expiry = expiry
        self.capacity = capacity
        self.channel_capacity: Any = channel_capacity or {}

    def compile_capacities(self, channel_capacity: dict[Any, int]) -> list[Any]:
        """Make a list of (regular expression, capacity) of globs or expressions."""
        return [
            (glob if hasattr(glob, "match") else re.compile(fnmatch.translate(glob)), n)
            for glob, n in channel_capacity.items()
        ]

    def get_capacity(self, channel: str) -> int:
        """Give the capacity of the first pattern that matches, else the default."""
        for pattern, capacity in self.channel_capacity:
            if pattern.match(channel):
                return capacity  # type: ignore[no-any-return]
        return self.capacity

    def match_type_and_length(self, name: Any) -> bool:
        """Tell if a name is a string, and short enough."""
        return isinstance(name, str) and len(name) < self.MAX_NAME_LENGTH

    def require_valid_channel_name(self, name: Any, receive: bool = False) -> bool:
        """Raise TypeError unless this can name a channel."""
        if not (
            self.match_type_and_length(name) and self.channel_name_regex.match(name)
        ):
            raise TypeError(self.invalid_name_error.format("Channel"))
        if receive and "!" in name and not name.endswith("!"):
            raise TypeError("Specific channel names in receive() must end at the !")
        return True

    def require_valid_group_name(self, name: Any) -> bool:
        """Raise TypeError unless this can name a group."""
        if not (self.match_type_and_length(name) and self.group_name_regex.match(name)):
            raise TypeError(self.invalid_name_error.format("Group"))
        return True

    def valid_channel_names(self, names: list[str], receive: bool = False) -> bool:
        """Raise unless this is a list of names of channels, and not empty."""
        assert names and isinstance(names, list), "names must be a non-empty list"
        return all(self.require_valid_channel_name(name, receive) for name in names)

    def non_local_name(self, name: str) -> str:
        """Give the part of a name that says which process reads it, `!` included."""
        return name[: name.find("!") + 1] if "!" in name else name

    async def send(self, channel: str, message: Message) -> None:
        raise NotImplementedError("send() should be implemented in a channel layer")

    async def receive(self, channel: str) -> Message:
        raise NotImplementedError("receive() should be implemented in a channel layer")

    async def new_channel(self) -> str:
        raise NotImplementedError(
            "new_channel() should be implemented in a channel layer"
        )

    async def flush(self) -> None:
        raise NotImplementedError("flush() not implemented (flush extension)")

    async def group_add(self, group: str, channel: str) -> None:
        raise NotImplementedError("group_add() not implemented (groups extension)")

    async def group_discard(self, group: str, channel: str) -> None:
        raise NotImplementedError("group_discard() not implemented (groups extension)")

    async def group_send(self, group: str, message: Message) -> None:
        raise NotImplementedError("group_send() not implemented (groups extension)")
