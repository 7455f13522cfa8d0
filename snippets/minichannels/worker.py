"""A worker runs consumers that have no client: what they handle comes from channels.

Start one with `python -m minichannels.worker app:application CHANNEL...`. It takes the
channel layer that the module of the application has put under the alias `default`,
which must be one across processes: what is in memory, no other process can send to.

Mirrors `channels/worker.py`, on the `StatelessServer` of asgiref, as in Channels, and
`channels/management/commands/runworker.py`.
"""

import asyncio
import logging
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from asgiref.server import StatelessServer

from minichannels import DEFAULT_CHANNEL_LAYER
from minichannels.asgi import Application
from minichannels.layers import InMemoryChannelLayer, get_channel_layer
from minichannels.loading import load


class Worker(StatelessServer):
    """A process that listens on some channels, with one application for each.

    Each channel has one instance of the application, which handles one message at a
    time. Messages are taken off the layer as fast as they come, without limit, and
    wait in this process. They are lost if it dies, and those of a channel are lost if
    its application raises; the next message then gets a new instance.
    """

    def __init__(
        self,
        application: Application,
        channels: Sequence[str],
        channel_layer: Any,
        max_applications: int = 1000,
    ) -> None:
        super().__init__(application, max_applications)
        self.channels = channels
        self.channel_layer = channel_layer
        if self.channel_layer is None:
            raise ValueError("Channel layer is not valid")

    async def handle(self) -> None:
        """Listen until every listener has failed, then raise the first's error."""
        listeners = [
            asyncio.ensure_future(self.listener(name)) for name in self.channels
        ]
        await asyncio.wait(listeners)
        for listener in listeners:
            listener.result()

    async def listener(self, channel: str) -> None:
        """Hand each message of a channel to the application of that channel."""
        while True:
            message = await self.channel_layer.receive(channel)
            if not message.get("type"):
                raise ValueError("Worker received message with no type.")
            scope = {"type": "channel", "channel": channel}
            queue = self.get_or_create_application_instance(channel, scope)
            await queue.put(message)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a worker as the command line says, until it is interrupted."""
    parser = ArgumentParser("python -m minichannels.worker")
    parser.add_argument("application", help="its name: module:variable")
    parser.add_argument("channels", nargs="+", help="the channels to listen on")
    parser.add_argument(
        "--layer", default=DEFAULT_CHANNEL_LAYER, help="the alias of the channel layer"
    )
    options = parser.parse_args(arguments)
    application = load(options.application, parser)
    layer = layer_for(options.channels, options.layer, parser)
    logging.basicConfig(level=logging.INFO)
    if isinstance(layer, InMemoryChannelLayer):
        text = "The layer %r is in memory: no other process can send to this worker"
        logging.warning(text, options.layer)
    logging.info("Listening on %s", ", ".join(options.channels))
    Worker(application, options.channels, layer).run()


def layer_for(channels: Sequence[str], alias: str, parser: ArgumentParser) -> Any:
    """Give the channel layer of an alias that has these channels, or end with usage."""
    layer = get_channel_layer(alias)
    if layer is None:
        parser.error(
            f"there is no channel layer {alias!r}; have the module of the "
            f"application call channel_layers.set({alias!r}, layer)"
        )
    for name in channels:
        try:
            layer.require_valid_channel_name(name)
        except TypeError as error:
            parser.error(f"{name!r} names no channel: {error}")
    return layer


if __name__ == "__main__":
    main()
