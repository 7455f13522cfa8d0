"""The command line: `python -m minichannels.server app:application`.

Mirrors `daphne/cli.py`.
"""

import argparse
import asyncio
import dataclasses
import signal
from collections.abc import Sequence
from types import FrameType
from typing import Any

from minichannels.asgi import Application
from minichannels.loading import load

from . import serve
from .connection import Limits


async def run(application: Application, host: str, port: int, **limits: Any) -> None:
    """Serve until SIGINT or SIGTERM; a second one does not wait for anything."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        loop.call_soon_threadsafe(stopped.set)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    async with serve(application, host, port, Limits(**limits)) as address:
        print("Listening on http://{}:{}".format(*address), flush=True)
        await stopped.wait()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m minichannels.server")
    parser.add_argument("application", help="its name: module:variable")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    for limit in dataclasses.fields(Limits):
        option = "--" + limit.name.replace("_", "-")
        parser.add_argument(option, type=type(limit.default), default=limit.default)
    options = vars(parser.parse_args(arguments))
    application = load(options.pop("application"), parser)
    asyncio.run(run(application, **options))


if __name__ == "__main__":
    main()
