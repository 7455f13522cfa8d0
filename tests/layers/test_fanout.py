"""The count of the chapter on layers, on layers whose answers are known."""

import asyncio
from typing import Any

from layers.fanout import receivers_of_one_job


class Line:
    """Gives each message to one receiver."""

    def __init__(self, *queues: asyncio.Queue[Any]) -> None:
        self.queues = queues

    async def send(self, channel: str, message: Any) -> None:
        for queue in self.queues:
            queue.put_nowait(message)

    async def receive(self, channel: str) -> Any:
        return await self.queues[0].get()


async def test_one_queue_gives_a_job_to_one_receiver() -> None:
    queue: asyncio.Queue[Any] = asyncio.Queue()
    assert await receivers_of_one_job(Line(queue), Line(queue)) == 1


async def test_a_queue_each_gives_a_job_to_both() -> None:
    one: asyncio.Queue[Any] = asyncio.Queue()
    two: asyncio.Queue[Any] = asyncio.Queue()
    assert await receivers_of_one_job(Line(one, two), Line(two, one)) == 2
