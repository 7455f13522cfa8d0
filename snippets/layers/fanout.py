"""How many receivers of one channel get one message."""

import asyncio
from contextlib import suppress
from typing import Any

PATIENCE = 1.0
"""Seconds to wait for a receiver who may never get the message."""


async def receivers_of_one_job(*layers: Any) -> int:
    """Let each layer receive on one channel; send one job; count who gets it."""
    got: list[list[int]] = [[] for _ in layers]
    arrived = asyncio.Event()
    receiving = [
        asyncio.create_task(collect(layer, seen, arrived))
        for layer, seen in zip(layers, got, strict=True)
    ]
    job = 0
    while not all(got):
        # A layer without memory loses what is sent before its receivers listen.
        job += 1
        await layers[0].send("jobs", {"type": "job", "number": job})
        await asyncio.sleep(0.01)
    await layers[0].send("jobs", {"type": "job", "number": job + 1})
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while not all(job + 1 in seen for seen in got):
                arrived.clear()
                await arrived.wait()
    for task in receiving:
        task.cancel()
    await asyncio.gather(*receiving, return_exceptions=True)
    return sum(job + 1 in seen for seen in got)


async def collect(layer: Any, seen: list[int], arrived: asyncio.Event) -> None:
    while True:
        seen.append((await layer.receive("jobs"))["number"])
        arrived.set()
