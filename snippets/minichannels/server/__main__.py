"""The command line: `python -m minichannels.server app:application`.

Mirrors `daphne/cli.py`.
"""

import argparse
import asyncio
import dataclasses
import signal
from collections.abc import Callable, Sequence
from math import inf
from types import FrameType
from typing import Any

from minichannels.asgi import Application
from minichannels.loading import load

from . import serve
from .connection import Limits


async def run(application: Application, host: str, port: int, **limits: Any) -> None:
    """Serve until SIGINT or SIGTERM; a second one does not wait for anything.

    An application that is still starting then has `close_timeout` seconds to do so.
    """
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    known, start = Limits(**limits), asyncio.timeout(None)

    def stop(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        loop.call_soon_threadsafe(stopped.set)
        loop.call_soon_threadsafe(start.reschedule, loop.time() + known.close_timeout)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    async with start, serve(application, host, port, known) as (name, number):
        name = f"[{name}]" if ":" in name else name
        print(f"Listening on http://{name}:{number}", flush=True)
        await stopped.wait()
        start.reschedule(None)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m minichannels.server")
    parser.add_argument("application", help="its name: module:variable")
    parser.add_argument("--host", default="127.0.0.1")
    port = within(int, 0, 2**16 - 1)
    parser.add_argument("--port", type=port, default=8000, help="0 is any free one")
    for limit in dataclasses.fields(Limits):
        option, kind = "--" + limit.name.replace("_", "-"), type(limit.default)
        number = within(kind, 1 if kind is int else 0)
        parser.add_argument(option, type=number, default=limit.default)
    options = vars(parser.parse_args(arguments))
    application = load(options.pop("application"), parser)
    try:
        asyncio.run(run(application, **options))
    except (OSError, RuntimeError) as error:
        said = str(error) or "it was stopped before the application had started"
        where = "--host {host} --port {port}".format(**options)
        parser.exit(1, f"{parser.prog}: error: cannot serve with {where}: {said}\n")


def within(kind: type, least: float, most: float = inf) -> Callable[[str], Any]:
    """Give what reads a number from the command line, if it is in its limits."""

    def number(text: str) -> Any:
        if not least <= (value := kind(text)) <= most:
            raise argparse.ArgumentTypeError(f"{text} is not from {least} to {most}")
        return value

    return number


if __name__ == "__main__":
    main()
