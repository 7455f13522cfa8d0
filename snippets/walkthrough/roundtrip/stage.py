"""The process under observation: a real server, and its clients in a thread beside it.

`python -m walkthrough.roundtrip.stage STACK PHASE…` records the phases and prints them
as JSON. The parent process, `walkthrough.roundtrip.record`, gives it the port of Redis
and a folder for the database.
"""

import asyncio
import json
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any

from walkthrough.roundtrip.phases import PHASES, Stage
from walkthrough.roundtrip.tracer import Tracer

PATIENCE = 60
"""Seconds for a handshake. Daphne's own five are short on a machine with much to do."""
Recorded = dict[str, dict[str, Any]]
"""What each phase gave: its turns, and how many calls there were."""


def main(stack: str, names: list[str]) -> None:
    """Record the phases on one stack, and print them."""
    logging.disable(logging.CRITICAL)  # a phase that fails on purpose logs a traceback
    recorded = STACKS[stack](names)
    threading.setprofile(None)
    sys.setprofile(None)
    print(json.dumps(recorded))


def daphne(names: list[str], project: str = "roundtrip") -> Recorded:
    """Run Daphne with the project until its clients have acted out the phases."""
    from daphne.server import Server
    from twisted.internet import reactor

    cookie = logged_in(project)
    application = import_module(f"{project}.asgi").application
    tracer = Tracer()
    recorded: Recorded = {}

    def play() -> None:
        while not server.listening_addresses:
            time.sleep(0.01)
        stage = Stage(tracer, server.listening_addresses[0][1], cookie)
        recorded.update(acted(stage, names))
        reactor.callFromThread(server.stop)

    server = Server(
        application,
        endpoints=["tcp:port=0:interface=127.0.0.1"],
        signal_handlers=False,
        websocket_handshake_timeout=PATIENCE,
        ready_callable=lambda: observe(tracer, play),
    )
    server.run()
    return recorded


def daphne_then(names: list[str]) -> Recorded:
    """The same with the project as it was written for Channels 2."""
    return daphne(names, "roundtrip.then")


def worker(names: list[str]) -> Recorded:
    """Run `runworker jobs`; the jobs come from another process's layer."""
    from channels_redis.core import RedisChannelLayer
    from django.conf import settings
    from django.core.management import call_command

    set_up("roundtrip")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored
    tracer = Tracer()
    recorded: Recorded = {}

    def layer() -> Any:
        return RedisChannelLayer(hosts=[settings.REDIS])

    def play() -> None:
        recorded.update(acted(Stage(tracer, layer=layer), names))
        os.kill(os.getpid(), signal.SIGINT)

    observe(tracer, play)
    call_command("runworker", "jobs", layer="redis")
    return recorded


def minichannels(names: list[str]) -> Recorded:
    """Run the project on minichannels, behind its own server."""
    from minichannels.server import serve

    cookie = logged_in("roundtrip")
    application = import_module("roundtrip.mini").application
    tracer = Tracer()
    recorded: Recorded = {}

    async def run() -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def play() -> None:
            recorded.update(acted(Stage(tracer, port, cookie), names))
            loop.call_soon_threadsafe(done.set)

        async with serve(application, port=0) as (_, port):
            observe(tracer, play)
            await done.wait()

    asyncio.run(run())
    return recorded


def minichannels_worker(names: list[str]) -> Recorded:
    """Run the worker of minichannels; the jobs come from another layer."""
    set_up("roundtrip")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored
    from django.conf import settings
    from minichannels.layers import get_channel_layer
    from minichannels.redis_layer import RedisChannelLayer
    from minichannels.worker import Worker

    application = import_module("roundtrip.mini").application
    tracer = Tracer()
    recorded: Recorded = {}

    def layer() -> Any:
        host = settings.REDIS["host"], settings.REDIS["port"]
        return RedisChannelLayer(hosts=[host])

    def play() -> None:
        recorded.update(acted(Stage(tracer, layer=layer), names))
        os.kill(os.getpid(), signal.SIGINT)

    observe(tracer, play)
    worker: Any = Worker(application, ["jobs"], get_channel_layer("redis"))
    worker.run()
    return recorded


STACKS: dict[str, Callable[[list[str]], Recorded]] = {
    "channels": daphne,
    "channels-worker": worker,
    "channels-2.4": daphne_then,
    "minichannels": minichannels,
    "minichannels-worker": minichannels_worker,
}
"""How each stack is run. A stack is a server, and the libraries above it."""


def observe(tracer: Tracer, play: Callable[[], None]) -> None:
    """Start the clients, unobserved; then watch this thread and those to come."""
    threading.Thread(target=play, daemon=True).start()
    tracer.install()


def acted(stage: Stage, names: list[str]) -> Recorded:
    """Act out each phase twice, and keep the second: the first one warms up.

    A handler that fails leaves its consumer in the group, so it fails once, at the end.
    """
    warm_up = [name for name in names if name != "ws-error"]
    try:
        for name in [*warm_up, *names]:
            PHASES[name](stage)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    return {"phases": stage.recorded, "calls": stage.calls}


def set_up(project: str) -> None:
    """Let Django read the settings of the project."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = f"{project}.settings"
    django.setup()


def logged_in(project: str) -> str:
    """Make a user with a session, and give the cookie of its browser."""
    set_up(project)
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    client = Client()
    client.force_login(get_user_model().objects.create_user("ada"))
    return f"sessionid={client.cookies['sessionid'].value}"


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
