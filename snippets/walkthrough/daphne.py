"""A real Daphne for a snippet: it serves an application for as long as a block runs.

    async with daphne("routing.refusing:application") as server:
        async with connect(f"{server.url}/chat/") as client:
            ...

It is a process of its own, since Twisted's reactor can be started once in a process,
and it listens on whichever port is free.
"""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from walkthrough.sources import SNIPPETS

SECONDS = 30
"""How long it may take to start, and to stop."""

LISTENING = re.compile(r"Listening on TCP address (\S+)")


class NotServing(RuntimeError):
    """Daphne ended before it listened. The message is its log."""


@dataclass
class RunningDaphne:
    """One Daphne that listens, and what it has logged."""

    url: str = ""
    log: list[str] = field(default_factory=list)
    """Its lines so far; all of them once the block has been left."""

    def tracebacks(self) -> int:
        return sum(line.startswith("Traceback") for line in self.log)


@asynccontextmanager
async def daphne(application: str, *options: str) -> AsyncIterator[RunningDaphne]:
    """Serve an application, and give the server.

    Args:
        application: `module:variable`, with the module below snippets/.
        options: More of Daphne's command line.
    """
    command = [sys.executable, "-m", "daphne", "-p", "0", *options, application]
    environment = {**os.environ, "PYTHONPATH": str(SNIPPETS)}
    process = await asyncio.create_subprocess_exec(
        *command, stdout=PIPE, stderr=STDOUT, env=environment
    )
    server = RunningDaphne()
    reading: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(SECONDS):
            await started(process, server)
        reading = asyncio.create_task(read_log(process, server))
        yield server
    finally:
        await stop(process)
        if reading:
            await reading


async def started(process: Process, server: RunningDaphne) -> None:
    """Read the log until it says where Daphne listens."""
    assert process.stdout
    while line := (await process.stdout.readline()).decode():
        server.log.append(line.rstrip())
        if found := LISTENING.search(line):
            server.url = f"ws://{found[1]}"
            return
    raise NotServing("\n".join(server.log))


async def read_log(process: Process, server: RunningDaphne) -> None:
    assert process.stdout
    async for line in process.stdout:
        server.log.append(line.decode().rstrip())


async def stop(process: Process) -> None:
    """Ask the process to end, and see to it that it does."""
    if process.returncode is None:
        # Not process.terminate(): that may reap it behind the back of asyncio.
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
    try:
        async with asyncio.timeout(SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
