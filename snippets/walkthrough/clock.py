"""The time that a program sees which owns its thread.

While the clock is hurried, a sleep moves it instead of taking time, and nothing else
does: the same timers are due, in the same order. So nobody waits again for what a page
has shown already, and where computing takes long, no timeout comes too early.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, SupportsIndex

SHOWN: dict[str, Callable[[], float]] = {
    "time": time.time,
    "monotonic": time.monotonic,
    "perf_counter": time.perf_counter,
}
"""What a program can read the time from. Each also counts in nanoseconds."""

LOOK = 1e-6
"""Seconds that a look at a hurried clock takes, for programs that wait by looking."""


class Clock:
    """The time of a program that owns its thread.

    Args:
        hurried: Whether sleeping takes no time from the start.
    """

    def __init__(self, *, hurried: bool = False) -> None:
        self.block: Callable[[float], object] = time.sleep
        """What blocks for a number of seconds."""
        self.hurried = hurried
        self.faces: dict[str, Any] = {"sleep": self.sleep}
        for name in SHOWN:
            seconds, nanoseconds = self.face(name)
            self.faces |= {name: seconds, f"{name}_ns": nanoseconds}
        self.reset()

    def reset(self) -> None:
        """Show the time of the clock on the wall, and go on from there."""
        self.began = {name: real() for name, real in SHOWN.items()}
        self.passed = 0.0
        self.since = SHOWN["monotonic"]()

    def install(self) -> None:
        """Let the module `time`, and with it every event loop, go by this clock."""
        self.reset()
        vars(time).update(self.faces)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Let it go by this clock within the block."""
        before = {name: getattr(time, name) for name in self.faces}
        vars(time).update(self.faces)
        try:
            yield
        finally:
            vars(time).update(before)

    def seconds(self) -> float:
        """Give the seconds that have passed for the program."""
        if self.hurried:
            self.passed += LOOK
            return self.passed
        return self.passed + SHOWN["monotonic"]() - self.since

    def face(self, name: str) -> tuple[Callable[[], float], Callable[[], int]]:
        """Give one of the readings, in seconds and in nanoseconds."""

        def seconds() -> float:
            passed = self.seconds()
            return self.began[name] + passed

        return seconds, lambda: round(seconds() * 1e9)

    def sleep(self, seconds: float | SupportsIndex, /) -> None:
        """Do as `time.sleep` does, with its own checks."""
        length = float(seconds)
        if length < 0:
            raise ValueError("sleep length must be non-negative")
        if self.hurried:
            self.passed += length
        else:
            self.block(length)

    @contextmanager
    def hurry(self, wanted: bool = True) -> Iterator[None]:
        """Skip what would be slept within the block."""
        if wanted:
            self.passed, self.hurried = self.seconds(), True
        try:
            yield
        finally:
            if wanted:
                self.since, self.hurried = SHOWN["monotonic"](), False


clock = Clock()
"""The clock of a page, which its worker installs."""
