"""The errors and signals of Channels: some end a consumer, some answer a handshake.

Mirrors `channels/exceptions.py`. Here as there, what was given is in the message.
"""


class RequestAborted(Exception):
    """The client went away while its request was being read."""


class RequestTimeout(RequestAborted):
    """The request took too long to arrive."""


class InvalidChannelLayerError(ValueError):
    """A channel layer is missing, or cannot do what was asked of it."""


class AcceptConnection(Exception):
    """Raise it in `connect()` to accept the connection."""


class DenyConnection(Exception):
    """Raise it in `connect()` to refuse the connection."""


class ChannelFull(Exception):
    """The channel holds as many unread messages as it may: this one was not stored."""


class MessageTooLarge(Exception):
    """The message is larger than the layer takes."""


class StopConsumer(Exception):
    """Raise it in a handler to end the consumer. It is the only clean way out."""
