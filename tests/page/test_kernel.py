"""The kernel of the page, on CPython: what it is asked and what it answers."""

import asyncio
import builtins
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from walkthrough.loop import BlockingLoop
from walkthrough.page import kernel


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Starting the kernel changes asyncio, and a run forgets modules, for all."""
    before = asyncio.run, asyncio.new_event_loop, asyncio.events.new_event_loop
    read, depth, now = builtins.input, sys.getrecursionlimit(), vars(time).copy()
    running, modules = asyncio._get_running_loop(), dict(sys.modules)
    yield
    sys.modules.update(modules)
    asyncio.run, asyncio.new_event_loop, asyncio.events.new_event_loop = before
    builtins.input = read
    vars(time).update(now)
    sys.setrecursionlimit(depth)
    asyncio._set_running_loop(running)


def block(slug: str, code: str, **rest: Any) -> dict[str, Any]:
    plain = {"kind": "run", "line": 1, "expected": "", "raises": False}
    return {"slug": slug, "code": code, **plain, **rest}


def run(*blocks: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    told: list[tuple[str, str]] = []
    request = json.dumps({"page": "docs/page.md", "blocks": blocks})
    answer = kernel.run(request, lambda what, text: told.append((what, text)))
    return json.loads(answer), told


def test_blocks_run_in_order_in_one_namespace() -> None:
    answer, told = run(block("a", "x = 1"), block("b", "print(x)", expected="1\n"))
    assert [b["slug"] for b in answer["blocks"]] == ["a", "b"]
    assert [b["as_shown"] for b in answer["blocks"]] == [True, True]
    assert told[0] == ("begin", "a") and told[1] == ("begin", "b")
    assert "".join(text for what, text in told if what == "text") == "1\n"


def test_a_block_that_fails_is_the_last() -> None:
    answer, _ = run(block("a", "1 / 0"), block("b", "print()"))
    assert [b["slug"] for b in answer["blocks"]] == ["a"]
    assert answer["blocks"][0]["failure"]["summary"].startswith("ZeroDivisionError")


def test_a_block_that_is_there_to_raise_is_not() -> None:
    shown = "ZeroDivisionError: division by zero\n"
    failing = block("a", "1 / 0", raises=True, expected=shown)
    answer, _ = run(failing, block("b", "print(1)"))
    assert [b["as_shown"] for b in answer["blocks"]] == [True, False]


def test_each_run_has_a_fresh_namespace() -> None:
    run(block("a", "x = 1"))
    answer, _ = run(block("b", "x"))
    assert answer["blocks"][0]["failure"]["summary"].startswith("NameError")


def test_a_session_is_judged_by_each_of_its_examples() -> None:
    answer, _ = run(block("s", ">>> 1\n1\n>>> 2\n3\n", kind="pycon"))
    judged = [e["as_shown"] for e in answer["blocks"][0]["examples"]]
    assert judged == [True, False] and not answer["blocks"][0]["as_shown"]


def test_each_run_imports_minichannels_anew() -> None:
    code = "from minichannels import layers\n"
    answer, _ = run(
        block("a", code + "layers.mark = 1\nprint(hasattr(layers, 'mark'))")
    )
    _, told = run(block("b", code + "print(hasattr(layers, 'mark'))"))
    assert answer["blocks"][0]["failure"] is None
    assert "".join(text for what, text in told if what == "text") == "False\n"


def test_what_is_imported_at_the_start_can_be() -> None:
    kernel.warm()
    assert set(kernel.WARM) <= set(sys.modules)


def test_tasks_left_over_are_named() -> None:
    code = "import asyncio\nasync def tick(): await asyncio.sleep(9)\n"
    code += "t = asyncio.create_task(tick())\nawait asyncio.sleep(0)\n"
    answer, _ = run(block("a", code))
    assert answer["left"] == ["tick"]
    answer, _ = run(block("a", code), block("b", code.replace("tick", "tock")))
    assert answer["left"] == ["tock"]


def test_an_error_that_another_python_words_otherwise_is_told_from_the_same() -> None:
    code = "class Chat: ...\nawait Chat()"
    theirs = "TypeError: 'Chat' object can't be awaited\n"
    ours = "TypeError: object Chat can't be used in 'await' expression\n"
    for shown in (ours, theirs):
        answer, _ = run(block("a", code, raises=True, expected=shown))
        (told,) = answer["blocks"]
        assert told["as_shown"]
        assert bool(told["note"]) is (told["failure"]["summary"] not in shown)


def test_started_it_gives_programs_a_loop_and_a_sleep_that_may_block() -> None:
    slept: list[float] = []
    kernel.start(slept.append)
    time.sleep(3)
    loop = asyncio.new_event_loop()
    assert isinstance(loop, BlockingLoop) and slept == [3.0]
    loop.close()
    with pytest.raises(ValueError, match="non-negative"):
        time.sleep(-1)


WAITS = """
import asyncio
import time

async def late():
    began = time.monotonic(), time.time(), time.perf_counter(), time.time_ns() / 1e9
    try:
        async with asyncio.timeout(2):
            await asyncio.Event().wait()
    except TimeoutError:
        time.sleep(1)
        ended = time.monotonic(), time.time(), time.perf_counter(), time.time_ns() / 1e9
        return [int(b - a) for a, b in zip(began, ended)]

print(await late())
"""


def test_only_the_last_block_waits_and_all_of_them_see_time_go_by() -> None:
    slept: list[float] = []
    real = time.sleep
    kernel.start(lambda seconds: (slept.append(seconds), real(seconds)))
    blocks = [block("a", WAITS), block("b", WAITS), block("c", "import time")]
    _, told = run(*blocks)
    seen = [text for what, text in told if what == "text"]
    assert slept == [] and seen == ["[3, 3, 3, 3]", "\n"] * 2
    run(*blocks[:2])
    assert 2 < sum(slept) < 3.1


def test_each_run_begins_with_the_time_of_the_clock_on_the_wall() -> None:
    kernel.start(lambda seconds: None)
    real = time.time()
    run(block("a", "import time; time.sleep(1e6)"), block("b", "1"))
    assert time.time() > real + 1e6
    run(block("b", "1"))
    assert time.time() < real + 100


def test_started_it_has_no_terminal_to_read_from() -> None:
    kernel.start(lambda seconds: None)
    answer, _ = run(block("a", "input('name? ')"))
    summary = answer["blocks"][0]["failure"]["summary"]
    assert summary == "OSError: input() waits for a terminal, and a page has none"
