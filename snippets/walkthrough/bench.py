"""Speed of minichannels beside Channels, in one run, as ratios.

    python -m walkthrough.bench

Each measure is taken several times, one package after the other in turn, so that a slow
moment of the machine meets both. What is printed are medians.
"""

import asyncio
import importlib
import statistics
import time
from collections.abc import Callable, Coroutine
from typing import Any

from django.conf import settings

PACKAGES = ["minichannels", "channels"]
ROUNDS = 7
EVENTS = 1000
MEMBERS = [10, 100, 1000, 10_000]

Measure = Callable[[str], Coroutine[Any, Any, float]]


def main() -> None:
    """Print the table."""
    if not settings.configured:
        settings.configure()
    print(f"{'microseconds':34}{PACKAGES[0]:>14}{PACKAGES[1]:>12}{'ratio':>9}")
    report("an event of the client, handled", dispatch_client)
    report("a message of the layer, handled", dispatch_layer)
    for members in MEMBERS:
        report(f"group_send to {members:,}, a member", group_send(members))


def report(name: str, measure: Measure) -> None:
    """Measure both packages, and print a line."""
    ours, theirs = medians(measure)
    print(f"{name:34}{ours * 1e6:14.2f}{theirs * 1e6:12.2f}{theirs / ours:8.1f}x")


def medians(measure: Measure, rounds: int = ROUNDS) -> list[float]:
    """Take a measure of each package in turn, and give the median of each."""
    taken = [[asyncio.run(measure(name)) for name in PACKAGES] for _ in range(rounds)]
    return [statistics.median(of_one) for of_one in zip(*taken, strict=True)]


async def dispatch_client(package: str) -> float:
    """Give the seconds that a consumer needs for an event of its client."""
    events = iter([{"type": "count"}] * EVENTS)

    async def receive() -> dict[str, Any]:
        return next(events, {"type": "stop"})

    started = time.perf_counter()
    await counter(package)({"type": "bench"}, receive, None)
    return (time.perf_counter() - started) / EVENTS


async def dispatch_layer(package: str) -> float:
    """Give the seconds that a consumer needs for a message that waits in the layer."""
    layers = importlib.import_module(f"{package}.layers")
    layer = layers.InMemoryChannelLayer(capacity=EVENTS + 1)
    layers.channel_layers.set("default", layer)
    consumer = counter(package)
    life = asyncio.ensure_future(consumer({"type": "bench"}, asyncio.Queue().get, None))
    while not layer.channels:  # noqa: ASYNC110 - a consumer tells nobody that it waits
        await asyncio.sleep(0)
    for _ in range(EVENTS):
        await layer.send(consumer.channel_name, {"type": "count"})
    await layer.send(consumer.channel_name, {"type": "stop"})
    started = time.perf_counter()
    await life
    layers.channel_layers.backends.clear()
    return (time.perf_counter() - started) / EVENTS


def counter(package: str) -> Any:
    """Make a consumer whose handler does next to nothing."""
    consumer = importlib.import_module(f"{package}.consumer")
    exceptions = importlib.import_module(f"{package}.exceptions")

    class Counter(consumer.AsyncConsumer):  # type: ignore[misc, name-defined]
        async def count(self, message: dict[str, Any]) -> None:
            """Do nothing."""

        async def stop(self, message: dict[str, Any]) -> None:
            raise exceptions.StopConsumer

    return Counter()


def group_send(members: int) -> Measure:
    """Make the measure of a broadcast: the seconds for each of so many members.

    Nobody reads: there are three broadcasts to new channels, again and again.
    """

    async def measure(package: str) -> float:
        layers = importlib.import_module(f"{package}.layers")
        times = max(1, 1000 // members)
        seconds = 0.0
        for _ in range(times):
            layer = layers.InMemoryChannelLayer()
            for number in range(members):
                await layer.group_add("everyone", f"member.{number}")
            seconds += await three_broadcasts(layer)
        return seconds / times / members / 3

    return measure


async def three_broadcasts(layer: Any) -> float:
    """Give the seconds that they take."""
    started = time.perf_counter()
    for _ in range(3):
        await layer.group_send("everyone", {"type": "chat.message", "text": "hi"})
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
