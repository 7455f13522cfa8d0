"""What the worker of the page calls: run the first N snippets in a fresh namespace.

The snippets themselves are run by `walkthrough.session`, as in the doc tests. Here is
what only the page needs: requests and answers as JSON, and a Python that may block.
"""

from __future__ import annotations

import asyncio
import builtins
import functools
import importlib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from walkthrough.clock import clock
from walkthrough.loop import give
from walkthrough.page.live import answer
from walkthrough.sequence import figure, pair
from walkthrough.session import Result, Session, difference
from walkthrough.trace import Trace

Tell = Callable[[str, str], object]
KERNEL = {name for name in sys.modules if name.startswith("walkthrough")}
DEPTH = 400
"""Calls within calls. A browser gives less stack than CPython's own limit needs."""
BOOTED: set[str] = set()
WARM = (
    *("collections", "contextlib", "dataclasses", "functools", "random", "typing"),
    *(
        "asgiref.sync",
        "asgiref.testing",
        "walkthrough.recorder",
        "minichannels.testing",
    ),
    *("minichannels.generic.http", "minichannels.generic.websocket"),
    *("minichannels.middleware", "minichannels.routing", "minichannels.worker"),
)


def warm() -> None:
    """Import what the chapters do: they find it compiled, and in the first snapshot."""
    for name in WARM:
        importlib.import_module(name)


def start(sleep: Callable[[float], object]) -> None:
    """Make asyncio and `time.sleep` those of a program that owns its thread.

    Pyodide's own event loop gives way to the browser at each wake-up; ours need not.
    """
    asyncio._set_running_loop(None)
    asyncio.run = getattr(asyncio.run, "__wrapped__", asyncio.run)
    give()
    clock.block = sleep
    clock.install()
    builtins.input = no_input
    sys.setrecursionlimit(DEPTH)
    forget_ours()
    BOOTED.update(sys.modules)


def no_input(prompt: object = "", /) -> str:
    raise OSError("input() waits for a terminal, and a page has none")


def run(request: str, tell: Tell) -> str:
    """Run blocks in order until one fails that should not; wait in the last one only.

    Args:
        request: `{"page": name, "blocks": [{"slug", "kind", "code", "line",
            "expected", "raises", "traced", "beside"}, ...]}`, as JSON.
        tell: Called with `"begin", slug` before each block, and with `"text", piece`
            for what it prints.

    Returns:
        `{"blocks": [...], "left": [...]}`, as JSON: an answer for each block that was
        run, and the tasks of the last one that had to be cancelled at the end. A
        request with "acts" is one of a live snippet: see `walkthrough.page.live`.
    """
    wanted = json.loads(request)
    if "blocks" in wanted:
        forget_ours()
        clock.reset()
    if "acts" in wanted:
        return answer(wanted)
    traced = any(block.get("traced") for block in wanted["blocks"])
    write = functools.partial(tell, "text")
    session = Session(wanted["page"], write=write, traced=traced)
    answers: list[dict[str, Any]] = []
    traces: dict[str, Trace] = {}
    known: set[asyncio.Task[Any]] = set()
    try:
        for block in wanted["blocks"]:
            tell("begin", block["slug"])
            known = session.tasks()
            with clock.hurry(block is not wanted["blocks"][-1]):
                answers.append(run_block(session, block, traces))
            if answers[-1]["failure"] and not block["raises"]:
                break
    finally:
        left = session.close(known)
    return json.dumps({"blocks": answers, "left": left})


def run_block(
    session: Session, block: dict[str, Any], traces: dict[str, Trace]
) -> dict[str, Any]:
    """Run one block, draw it, and judge whether it did what the page shows."""
    started = time.perf_counter()
    work = session.replay if block["kind"] == "pycon" else session.run
    result = work(block["code"], block["line"])
    return {
        "slug": block["slug"],
        "milliseconds": (time.perf_counter() - started) * 1000,
        "failure": asdict(result.failure) if result.failure else None,
        "examples": [asdict(example) for example in result.examples],
        "as_shown": as_shown(result, block),
        "note": "" if exactly(result, block) else ", in this Python's words",
        "picture": picture(result, block, traces),
    }


def picture(result: Result, block: dict[str, Any], traces: dict[str, Trace]) -> str:
    """Give the diagram of a traced block, as the build of the site draws it."""
    slug, trace = block["slug"], result.trace
    if not block.get("traced") or not trace or not trace.events:
        return ""
    traces[slug] = trace
    if other := traces.get(block.get("beside", "")):
        return pair({block["beside"]: other, slug: trace}, slug)
    return figure(trace, slug, title="What your run did")


def as_shown(result: Result, block: dict[str, Any]) -> bool:
    if block["kind"] == "pycon":
        return all(example.as_shown for example in result.examples)
    if result.failure and not block["raises"]:
        return False
    return not difference(block["expected"], result.shown)


def exactly(result: Result, block: dict[str, Any]) -> bool:
    """Whether a block printed what the page shows letter by letter."""
    if block["kind"] == "pycon" or not block["expected"]:
        return True
    expected: str = block["expected"]
    return result.shown.rstrip() == expected.rstrip()


def forget_ours() -> None:
    """Let each run import minichannels anew, so that no run sees another's layers."""
    for name in set(sys.modules) - BOOTED - KERNEL:
        if name.partition(".")[0] in ("minichannels", "walkthrough"):
            del sys.modules[name]
