"""The jobs as messages of minichannels, on its Redis layer, and its worker."""

import asyncio
import os
from typing import Any

from minichannels.consumer import AsyncConsumer
from minichannels.layers import channel_layers
from minichannels.redis_layer import RedisChannelLayer
from minichannels.routing import ChannelNameRouter
from minichannels.worker import Worker

from worker.jobs import work


class Jobs(AsyncConsumer):
    async def job(self, event: dict[str, Any]) -> None:
        await asyncio.to_thread(work, event["number"])


def make_layer() -> RedisChannelLayer:
    return RedisChannelLayer([("127.0.0.1", int(os.environ["JOBS_REDIS"]))])


def send(*numbers: int) -> None:
    """Put some jobs on the channel."""

    async def all_of_them() -> None:
        layer = make_layer()
        for number in numbers:
            await layer.send("jobs", {"type": "job", "number": number})
        await layer.close()

    asyncio.run(all_of_them())


if __name__ == "__main__":
    channel_layers.set("default", make_layer())
    application = ChannelNameRouter({"jobs": Jobs.as_asgi()})
    Worker(application, ["jobs"], channel_layers["default"]).run()
