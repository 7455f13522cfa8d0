"""An event loop that needs no sockets and no threads: its selector only sleeps.

It is CPython's own `asyncio.BaseEventLoop`, so tasks, timeouts, task groups and
`asyncio.run` behave as usual. A program in which every task waits and no timer is
set can never go on: here that is an error at once, where a real loop waits for ever.

Snippets run on this loop in the page, where nothing else works, and therefore
everywhere else too.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

Clock = Callable[[float], None]


class Deadlock(RuntimeError):
    """Every task waits, and nothing is left that could wake one."""


class Sleeper:
    """A selector with nothing to select on."""

    def __init__(self, sleep: Clock) -> None:
        self.sleep = sleep

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise Deadlock("every task is waiting, and nothing is left to wake one")
        if timeout > 0:
            self.sleep(timeout)
        return []


class BlockingLoop(asyncio.BaseEventLoop):
    """CPython's event loop on a `Sleeper`.

    Args:
        sleep: Blocks for a number of seconds. The page gives its own.
    """

    def __init__(self, sleep: Clock | None = None) -> None:
        super().__init__()
        self._selector = Sleeper(sleep or time.sleep)

    def _process_events(self, event_list: list[Any]) -> None:
        """There are no events: the selector never gives one."""

    def _write_to_self(self) -> None:
        """There is one thread, so there is nobody to wake."""

    def run_in_executor(  # type: ignore[override]
        self, executor: object, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Call `func` at once, on this thread, as if it were another one."""
        future = self.create_future()
        try:
            future.set_result(outside(self, func, *args))
        except Exception as error:
            future.set_exception(error)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """There is no executor."""


def give() -> None:
    """Let the loops that programs ask asyncio for be of this kind."""
    for module in (asyncio, asyncio.events):
        module.new_event_loop = BlockingLoop  # type: ignore[attr-defined]


@contextmanager
def given() -> Iterator[None]:
    """Let them be of this kind within the block."""
    before = asyncio.new_event_loop
    give()
    try:
        yield
    finally:
        for module in (asyncio, asyncio.events):
            module.new_event_loop = before  # type: ignore[attr-defined]


def outside(loop: asyncio.AbstractEventLoop, func: Callable[..., T], *args: Any) -> T:
    """Call `func` as a thread without an event loop would: none runs, no task."""
    task = asyncio.current_task(loop)
    if task is not None:
        asyncio.tasks._leave_task(loop, task)
    asyncio._set_running_loop(None)
    try:
        return func(*args)
    finally:
        asyncio._set_running_loop(loop)
        if task is not None:
            asyncio.tasks._enter_task(loop, task)


def drive(loop: BlockingLoop, work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end on a loop that already runs further up the stack."""
    task = loop.create_task(work)
    asyncio._set_running_loop(loop)
    try:
        while not task.done():
            loop._run_once()  # type: ignore[attr-defined]
    finally:
        asyncio._set_running_loop(None)
    return task.result()
