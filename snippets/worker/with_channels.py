"""The jobs as messages of the real Channels, on its Redis layer, and its worker."""

import asyncio
import os

from channels.consumer import AsyncConsumer
from channels.layers import channel_layers
from channels.routing import ChannelNameRouter
from channels.worker import Worker
from channels_redis.core import RedisChannelLayer
from walkthrough.packages import configure_django

from worker.jobs import work


class Jobs(AsyncConsumer):  # type: ignore[misc]
    async def job(self, event: dict[str, int]) -> None:
        await asyncio.to_thread(work, event["number"])


def make_layer() -> RedisChannelLayer:
    port = int(os.environ["JOBS_REDIS"])
    host = {"host": "127.0.0.1", "port": port, "socket_timeout": None}
    return RedisChannelLayer(hosts=[host])


def send(*numbers: int) -> None:
    """Put some jobs on the channel."""

    async def all_of_them() -> None:
        layer = make_layer()
        for number in numbers:
            await layer.send("jobs", {"type": "job", "number": number})
        await layer.close_pools()

    asyncio.run(all_of_them())


if __name__ == "__main__":
    configure_django()
    channel_layers.set("default", make_layer())
    application = ChannelNameRouter({"jobs": Jobs.as_asgi()})
    Worker(application, ["jobs"], channel_layers["default"]).run()
