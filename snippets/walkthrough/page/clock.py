"""The page's time, in which nobody waits for what was run before.

To run a snippet, the page runs those above it again. Each may sleep, or wait a second
for an answer that never comes, and the reader has seen that already. While the clock is
hurried a sleep moves it forward instead: the same timers are due, in the same order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import SupportsIndex

SHOWN = ("time", "monotonic", "perf_counter")
"""What a program can read the time from. Each also counts in nanoseconds."""


class Clock:
    """The time of a program that owns its thread."""

    def __init__(self) -> None:
        self.block: Callable[[float], object] = time.sleep
        """What blocks for a number of seconds."""
        self.skipped = 0.0
        """Seconds that the program was told have passed, and have not."""
        self.hurried = False

    def install(self) -> None:
        """Let the module `time`, and with it every event loop, go by this clock."""
        self.skipped = 0.0
        time.sleep = self.sleep
        for name in SHOWN:
            seconds: Callable[[], float] = getattr(time, name)
            nanoseconds: Callable[[], int] = getattr(time, f"{name}_ns")
            setattr(time, name, self.ahead(seconds))
            setattr(time, f"{name}_ns", self.ahead_in_ns(nanoseconds))

    def ahead(self, real: Callable[[], float]) -> Callable[[], float]:
        return lambda: real() + self.skipped

    def ahead_in_ns(self, real: Callable[[], int]) -> Callable[[], int]:
        return lambda: real() + round(self.skipped * 1e9)

    def sleep(self, seconds: float | SupportsIndex, /) -> None:
        """Do as `time.sleep` does, with its own checks."""
        length = float(seconds)
        if length < 0:
            raise ValueError("sleep length must be non-negative")
        if self.hurried:
            self.skipped += length
        else:
            self.block(length)

    @contextmanager
    def hurry(self, wanted: bool = True) -> Iterator[None]:
        """Skip what would be slept within the block."""
        self.hurried = wanted
        try:
            yield
        finally:
            self.hurried = False


clock = Clock()
"""The clock of this page."""
