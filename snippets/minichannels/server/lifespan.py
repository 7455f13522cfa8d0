"""The life of a server, as its application is told of it: a start, and an end.

Daphne has no such module: it sends no events of this kind.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from minichannels.asgi import Application, Message, Scope

from .exchange import logger

ASGI = {"version": "3.0", "spec_version": "2.3"}
STAGES, ENDS = ("startup", "shutdown"), ("complete", "failed")
ANSWERS = [f"lifespan.{stage}.{end}" for stage in STAGES for end in ENDS]
State = dict[str, Any]
Events = asyncio.Queue[Message]


@asynccontextmanager
async def lifespan(application: Application, patience: float) -> AsyncIterator[State]:
    """Tell an application that it starts, and that it stops, if it wants to know.

    Gives the `state` that it fills at its start, which every scope gets a copy of. To
    stop, it has `patience` seconds.

    Raises:
        RuntimeError: It answered that it could not start, or not stop.
    """
    events, answers = Events(), Events()
    scope: Scope = {"type": "lifespan", "asgi": ASGI, "state": {}}
    task = asyncio.create_task(live(application, scope, events, answers))
    task.add_done_callback(lambda _: answers.put_nowait({"type": "ended"}))

    async def tell(event: str) -> None:
        events.put_nowait({"type": event})
        answer = await answers.get()
        if answer["type"] == f"{event}.failed":
            raise RuntimeError(f"{event} failed: {answer.get('message', '')}")

    await tell("lifespan.startup")
    try:
        yield scope["state"]
    finally:
        if not task.done():
            try:
                await asyncio.wait_for(tell("lifespan.shutdown"), patience)
            except TimeoutError:
                logger.warning("Took too long to stop: no answer to lifespan.shutdown")
                task.cancel()


async def live(
    application: Application, scope: Scope, events: Events, answers: Events
) -> None:
    """Call an application that may not know of lifespan: then this ends at once."""

    async def send(answer: Message) -> None:
        if answer.get("type") not in ANSWERS:
            raise ValueError(f"Cannot send {answer!r}, only {' or '.join(ANSWERS)}.")
        answers.put_nowait(answer)

    try:
        await application(scope, events.get, send)
    except (Exception, asyncio.CancelledError) as error:
        logger.info("No lifespan: %r", error)
