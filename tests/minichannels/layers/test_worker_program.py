"""The worker as a program: real processes, which talk through a store."""

import asyncio
import runpy
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import minichannels.worker
import pytest
from minichannels.layers import InMemoryChannelLayer, channel_layers
from minichannels.sqlite_layer import SqliteChannelLayer
from minichannels.worker import main

OURS = """
    from minichannels.redis_layer import RedisChannelLayer as Layer
    layer_options = {"hosts": [URL]}
"""
THEIRS = """
    from django.conf import settings
    settings.configure()
    from channels_redis.core import RedisChannelLayer as Layer
    layer_options = {"hosts": [{"address": URL, "socket_timeout": None}]}
"""
SQLITE = """
    from minichannels.sqlite_layer import SqliteChannelLayer as Layer
    layer_options = {"path": URL, "capacity": 1000}
"""
APP = """
    import asyncio, os
    from {package}.consumer import AsyncConsumer
    from {package}.layers import channel_layers
    from {package}.routing import ChannelNameRouter

    class Counting(Layer):
        taken = []

        async def receive(self, channel):
            message = await super().receive(channel)
            self.taken.append(message.get("n"))
            with open(f"taken-{{os.getpid()}}", "a") as file:
                print(message.get("n"), file=file)
            return message

    class Jobs(AsyncConsumer):
        async def job(self, message):
            done = {{"type": "done", "n": message["n"], "pid": os.getpid()}}
            await self.channel_layer.send("done", done | {{"who": id(self)}})

        async def hold(self, message):
            while len(Counting.taken) < message["until"]:
                await asyncio.sleep(0.005)
            await asyncio.sleep(0.05)

        async def crash(self, message):
            raise RuntimeError("crashed on purpose")

    layer = Counting(**layer_options)
    channel_layers.set("default", layer)
    application = ChannelNameRouter({{"jobs": Jobs.as_asgi(), "other": Jobs.as_asgi()}})
"""
THEIR_PROGRAM = """
import sys, jobs
from channels.worker import Worker
Worker(jobs.application, sys.argv[2:], jobs.layer).run()
"""


def interruptible() -> None:
    """Have this process heed SIGINT, even if it was started in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Workers:
    """Starts workers in a directory, gives a layer to talk to them, ends them."""

    def __init__(self, preamble: str, url: str, home: Path) -> None:
        self.home = home
        self.package = "channels" if preamble is THEIRS else "minichannels"
        preamble = textwrap.dedent(preamble).replace("URL", repr(url))
        app = textwrap.dedent(APP).format(package=self.package)
        (home / "jobs.py").write_text(preamble + app)
        self.processes: list[subprocess.Popen[bytes]] = []
        space: dict = {}
        exec(preamble.replace("settings.configure()", ""), space)
        self.layer = space["Layer"](**space["layer_options"])

    def start(self, *channels: str) -> subprocess.Popen[bytes]:
        """Start a worker that listens on some channels."""
        program = ["-m", "minichannels.worker"]
        if self.package == "channels":
            program = ["-c", THEIR_PROGRAM]
        command = [sys.executable, *program, "jobs:application", *channels]
        with open(self.home / "log", "ab") as log:
            process = subprocess.Popen(
                command, cwd=self.home, stderr=log, preexec_fn=interruptible
            )
        self.processes.append(process)
        return self.processes[-1]

    async def logged(self, text: str) -> bool:
        """Wait until this is in the log of the workers."""
        async with asyncio.timeout(20):
            while text not in (self.home / "log").read_text():  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0.02)
        return True

    async def done(self) -> dict:
        """Wait for the next job that was done."""
        async with asyncio.timeout(20):
            return await self.layer.receive("done")

    def taken(self, pid: int) -> set[int]:
        """Give the numbers of the jobs that a worker took off the layer."""
        file = self.home / f"taken-{pid}"
        return set(map(int, file.read_text().split())) if file.exists() else set()

    def end(self) -> None:
        """End every worker."""
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture(params=[OURS, THEIRS], ids=["minichannels", "channels"])
async def workers(request, tmp_path, run_server):
    """Workers of one package and then of the other, on the same server."""
    workers = Workers(request.param, run_server("valkey").url, tmp_path)
    yield workers
    workers.end()
    await workers.layer.flush()


@pytest.fixture
async def sqlite_workers(tmp_path):
    """Workers on a file."""
    workers = Workers(SQLITE, str(tmp_path / "layer.db"), tmp_path)
    yield workers
    workers.end()
    await workers.layer.close()


async def test_one_instance_does_the_jobs_of_a_channel_one_after_another(workers):
    for n in range(4):
        await workers.layer.send("jobs", {"type": "job", "n": n})
    workers.start("jobs", "other")
    done = [await workers.done() for _ in range(4)]
    assert [job["n"] for job in done] == [0, 1, 2, 3]
    await workers.layer.send("other", {"type": "job", "n": 4})
    assert len({job["who"] for job in [*done, await workers.done()]}) == 2


async def test_a_crash_loses_what_the_worker_had_taken_and_a_new_instance_goes_on(
    workers,
):
    for n, kind in enumerate(["job", "hold", "crash", "job", "job"]):
        await workers.layer.send("jobs", {"type": kind, "n": n, "until": 5})
    workers.start("jobs")
    first = await workers.done()
    assert await workers.logged("crashed on purpose")
    sent, later = 10, None
    while later is None:
        await workers.layer.send("jobs", {"type": "job", "n": (sent := sent + 1)})
        try:
            later = await asyncio.wait_for(workers.layer.receive("done"), 0.2)
        except TimeoutError:
            continue  # it went to the instance that crashed, not yet replaced
    assert first["n"] == 0
    assert later["n"] > 10


async def test_a_message_without_a_type_ends_the_listener_of_its_channel(workers):
    worker = workers.start("jobs", "other")
    await workers.layer.send("jobs", {"n": 1})
    await workers.layer.send("other", {"type": "job", "n": 2})
    assert (await workers.done())["n"] == 2
    assert worker.poll() is None
    await workers.layer.send("other", {"n": 3})
    assert await workers.logged("Worker received message with no type.")
    assert worker.wait(20) == 1


async def test_a_channel_without_an_application_is_an_error_in_the_log(workers):
    workers.start("nowhere", "jobs")
    await workers.layer.send("nowhere", {"type": "job", "n": 1})
    assert await workers.logged("No application configured for channel name 'nowhere'")
    await workers.layer.send("jobs", {"type": "job", "n": 2})
    assert (await workers.done())["n"] == 2


async def test_of_three_workers_a_killed_one_loses_only_what_it_had_taken(
    sqlite_workers,
):
    jobs, done = set(range(300)), []
    victim, *others = [sqlite_workers.start("jobs") for _ in range(3)]
    for n in jobs:
        await sqlite_workers.layer.send("jobs", {"type": "job", "n": n})
        if n == 150:
            while victim.pid not in {job["pid"] for job in done}:
                done.append(await sqlite_workers.done())
            victim.send_signal(signal.SIGKILL)
            victim.wait()
    taken = sqlite_workers.taken(victim.pid)
    # One more may have been on its way from the file to the worker.
    while len(jobs - {job["n"] for job in done} - taken) > 1:
        done.append(await sqlite_workers.done())
    assert len({job["n"] for job in done}) == len(done), "some job was done twice"
    for job in done:
        assert job["n"] in sqlite_workers.taken(job["pid"])
    assert all(worker.poll() is None for worker in others)


async def test_an_interrupted_worker_ends_without_a_traceback(sqlite_workers):
    worker = sqlite_workers.start("jobs")
    await sqlite_workers.layer.send("jobs", {"type": "job", "n": 1})
    await sqlite_workers.done()
    worker.send_signal(signal.SIGINT)
    assert worker.wait(10) == 0
    assert "Traceback" not in (sqlite_workers.home / "log").read_text()


APPS = {
    "fine.py": "application = layer = print; number = 5",
    "broken.py": "import no_such_library",
}


@pytest.fixture
def apps(tmp_path, monkeypatch):
    """Some modules that can be imported, and no layer."""
    for name, source in APPS.items():
        (tmp_path / name).write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    channel_layers.backends.clear()


@pytest.mark.parametrize(
    "arguments, error",
    [
        (["nosuch:application", "jobs"], "no 'nosuch:application'"),
        (["nosuch.module:application", "jobs"], "no 'nosuch.module:application'"),
        (["fine:nosuch", "jobs"], "no 'fine:nosuch'"),
        (["./fine:application", "jobs"], "no './fine:application'"),
        (["fine:number", "jobs"], "fine:number cannot be called: 5"),
        (["fine", "jobs"], "write module:variable, as in chat.asgi:application"),
        ([":application", "jobs"], "write module:variable"),
        (["fine:application"], "required: channels"),
        (["fine:application", "jobs"], "call channel_layers.set('default', layer)"),
        (["fine:application", "jobs", "--layer", "x"], "no channel layer 'x'"),
    ],
)
def test_a_wrong_command_line_says_what_to_type(apps, capsys, arguments, error):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert error in capsys.readouterr().err


@pytest.mark.parametrize("name", ["no good!!", "", "x" * 200])
def test_a_wrong_name_of_a_channel_is_an_error_of_usage(apps, capsys, name):
    channel_layers.set("default", InMemoryChannelLayer())
    with pytest.raises(SystemExit, match="2"):
        main(["fine:application", "jobs", name])
    assert f"{name!r} names no channel: " in capsys.readouterr().err


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_layer_in_memory_is_warned_of(apps, monkeypatch, caplog, in_memory):
    layer = InMemoryChannelLayer() if in_memory else SqliteChannelLayer("layer.db")
    channel_layers.set("default", layer)
    monkeypatch.setattr(minichannels.worker.Worker, "run", lambda self: None)
    main(["fine:application", "jobs"])
    warning = "The layer 'default' is in memory: no other process can"
    assert (warning in caplog.text) is in_memory


def test_an_error_of_the_application_is_not_hidden(apps):
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        main(["broken:application", "jobs"])


def test_the_program_runs_a_worker_on_the_layer_of_its_alias(apps, monkeypatch):
    made = []

    class Recording(minichannels.worker.Worker):
        def run(self):
            made.append(self)

    layer = InMemoryChannelLayer()
    channel_layers.set("jobs", layer)
    monkeypatch.setattr(minichannels.worker, "Worker", Recording)
    main(["fine:application", "a", "b", "--layer", "jobs"])
    [worker] = made
    assert worker.application is print
    assert (worker.channels, worker.channel_layer) == (["a", "b"], layer)


def test_the_module_is_a_program(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["worker", "--help"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_path(minichannels.worker.__file__, run_name="__main__")
    assert "usage: python -m minichannels.worker" in capsys.readouterr().out
