"""The two packages that every parity test runs on: ours, and the real Channels."""

import asyncio
import contextvars
import importlib
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from walkthrough.packages import configure_django

configure_django()  # pytest may come here before its plugins are configured

MODULES = [
    "consumer",
    "exceptions",
    "generic.http",
    "generic.websocket",
    "layers",
    "middleware",
    "routing",
    "security.websocket",
    "sessions",
    "testing",
    "worker",
]


class Package(SimpleNamespace):
    """The public names of minichannels, or of channels, in one place."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        for module in MODULES:
            for key, value in vars(importlib.import_module(f"{name}.{module}")).items():
                if not key.startswith("_"):
                    setattr(self, key, value)
        urls = "minichannels.urls" if name == "minichannels" else "django.urls"
        self.path = importlib.import_module(urls).path
        self.re_path = importlib.import_module(urls).re_path

    def __repr__(self) -> str:
        return self.name

    def use(self, layer: Any) -> Any:
        """Make a layer the default one, and give it."""
        self.channel_layers.set("default", layer)
        return layer

    def run(self, scenario: Callable[[], Awaitable[Any]]) -> Any:
        """Run a scenario in a loop and a context of its own, with no layer set."""
        self.channel_layers.backends.clear()
        try:
            return contextvars.Context().run(asyncio.run, scenario())
        finally:
            self.channel_layers.backends.clear()


OURS, THEIRS = Package("minichannels"), Package("channels")


@pytest.fixture(params=[OURS, THEIRS], ids=lambda package: package.name)
def lib(request: pytest.FixtureRequest) -> Iterator[Package]:
    """One package after the other: the same text of a test runs on both."""
    yield request.param
    request.param.channel_layers.backends.clear()


@pytest.fixture(scope="session")
def both() -> tuple[Package, Package]:
    """Both packages, for a test that compares what they do."""
    return OURS, THEIRS


class Clock:
    """What `time.time` gives while a scenario runs."""

    def __init__(self) -> None:
        self.now = 1_000_000.25

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still unless it is told to advance."""
    clock = Clock()
    monkeypatch.setattr("time.time", clock)
    return clock
