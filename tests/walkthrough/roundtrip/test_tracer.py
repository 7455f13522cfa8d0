"""What the tracer sees of a program, without any server."""

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import SyncToAsync, async_to_sync, sync_to_async
from walkthrough.roundtrip import rules
from walkthrough.roundtrip.path import Record, written
from walkthrough.roundtrip.tracer import Tracer


async def pause() -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def work() -> None:
    async_to_sync(answer)()


async def answer() -> None:
    pass


@pytest.fixture
def new_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the shared thread start anew: one that runs already isn't watched."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        monkeypatch.setattr(SyncToAsync, "single_thread_executor", executor)
        yield


@pytest.fixture
def traced(
    monkeypatch: pytest.MonkeyPatch, new_thread: None
) -> Callable[..., list[Record]]:
    """Run a coroutine under a tracer to which this module is the project."""
    name = work.__module__
    module = rules.path_of(__file__).removesuffix(".py").replace("/", ".")
    monkeypatch.setitem(rules.WHOLE, module, "yours")
    rules.site_of.cache_clear()
    assert name

    def run(coroutine: Coroutine[Any, Any, None]) -> list[Record]:
        tracer = Tracer()
        before = sys.getprofile(), threading.getprofile()
        with tracer.phase() as turns:
            tracer.install()
            try:
                asyncio.run(coroutine)
            finally:
                sys.setprofile(before[0])
                threading.setprofile(before[1])
        return written(turns)

    return run


def names(turns: list[Record]) -> list[tuple[str, list[str]]]:
    return [
        (turn["thread"], [step["name"].partition(":")[2] for step in turn["steps"]])
        for turn in turns
    ]


def test_a_coroutine_that_waits_twice_is_called_once(
    traced: Callable[..., list[Record]],
) -> None:
    assert names(traced(pause())) == [("loop", ["pause"])]


def test_a_thread_stands_after_the_step_that_asked_for_it(
    traced: Callable[..., list[Record]],
) -> None:
    turns = traced(sync_to_async(work)())
    assert names(turns) == [
        ("loop", ["SyncToAsync.__call__"]),
        ("shared", ["SyncToAsync.thread_handler", "work", "AsyncToSync.__call__"]),
        ("loop", ["AsyncToSync.main_wrap", "answer"]),
    ]
    assert [turn.get("cause") for turn in turns] == [None, 1, 4]


def test_equal_calls_in_a_row_are_one_step_with_a_count(
    traced: Callable[..., list[Record]],
) -> None:
    async def thrice() -> None:
        for _ in range(3):
            await answer()

    [turn] = traced(thrice())
    assert [step.get("times") for step in turn["steps"]] == [None, 3]


def test_a_task_names_the_step_that_created_it(
    traced: Callable[..., list[Record]],
) -> None:
    async def two() -> None:
        await asyncio.create_task(answer())

    first, second = traced(two())
    assert second["cause"] == 1
    assert second["task"] == "2 answer"
    assert first["task"].startswith("1 ")
