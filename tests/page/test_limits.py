"""Programs that never end, print without end, wait for ever, or ask for too much."""

import json
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from .conftest import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

FLOOD = "while True:\n    print('x' * 50)"
STREAM = "import time\nwhile True:\n    print('x')\n    time.sleep(0.001)"
NEVER = {
    "loop": "while True: pass",
    "stream": STREAM,
    "sleep": "import time\ntime.sleep(1e9)",
    "await": "import asyncio\nawait asyncio.sleep(1e9)",
    "recursion": "def f():\n    try:\n        f()\n    finally:\n        f()\n\nf()",
    "hog": (
        "kept = []\nwhile True:\n    try:\n        kept.append(bytearray(10**7))\n"
        "    except MemoryError:\n        pass"
    ),
}
MARKUP = "<img src=x onerror=document.title='owned'><script>document.title=1</script>"


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def works_afterwards(desk: Desk) -> AsyncIterator[None]:
    """Whatever a program did, the page can run the next one."""
    yield
    await desk.limit(silence=30_000, characters=200_000)
    await desk.run("print('next')")
    assert await desk.output() == "next\n"


async def test_a_silent_endless_loop_is_stopped_with_a_reason(desk: Desk) -> None:
    await desk.run("pass")
    await desk.limit(silence=300)
    said = await desk.run("while True: pass")
    assert said.startswith("Stopped: nothing came for 0.3 s.")
    assert "loop without an end" in said


async def test_an_endless_print_is_stopped_and_the_page_stays_alive(desk: Desk) -> None:
    await desk.run("pass")
    gap = await desk.reader.page.evaluate_handle(
        """() => {
          const seen = {longest: 0, last: performance.now()};
          seen.timer = setInterval(() => {
            const now = performance.now();
            seen.longest = Math.max(seen.longest, now - seen.last);
            seen.last = now;
          }, 5);
          return seen;
        }"""
    )
    assert await desk.run(FLOOD) == "Stopped after 200,000 characters of output."
    assert len(await desk.output()) == 200_000
    longest = await gap.evaluate("(seen) => (clearInterval(seen.timer), seen.longest)")
    assert longest < 3000, f"the page stood still for {longest} ms"


@pytest.mark.parametrize("code", NEVER.values(), ids=list(NEVER))
async def test_stop_ends_it_at_once(desk: Desk, code: str) -> None:
    await desk.run("pass")
    await desk.limit(characters=10**7)
    await desk.start("print('begun')\n" + code)
    await desk.reader.block("desk", ".run-live samp").wait_for()
    await desk.reader.press("desk", "Stop")
    assert await desk.reader.ended("desk") == "Stopped."


async def test_stop_ends_a_flood_at_once(desk: Desk) -> None:
    """Stop is pressed in the page, in the middle of what comes: nothing comes after."""
    await desk.run("pass")
    await desk.limit(characters=10**12)
    await desk.reader.rewrite("desk", FLOOD)
    length = await desk.reader.page.evaluate(
        """() => new Promise((resolve) => {
          const live = document.querySelector(".run-live");
          const seen = new MutationObserver(() => {
            if (live.textContent.length < 10_000) return;
            seen.disconnect();
            document.querySelector(".run-stop").click();
            resolve(live.textContent.length);
          });
          seen.observe(live, {childList: true, subtree: true, characterData: true});
          document.querySelector(".run-go").click();
        })"""
    )
    assert await desk.reader.ended("desk") == "Stopped."
    await desk.reader.page.wait_for_timeout(50)
    assert (
        await desk.reader.page.locator(".run-live").evaluate(
            "(live) => live.textContent.length"
        )
        == length
    )


async def test_a_deadlock_is_an_error(desk: Desk) -> None:
    code = "import asyncio\nawait asyncio.Queue().get()"
    assert (await desk.run(code)).startswith("Deadlock (")
    assert "every task is waiting" in await desk.text(".run-summary")


@pytest.mark.parametrize(
    "code",
    [
        "def f(n):\n    return f(n + 1)\n\nf(0)",
        "async def f():\n    return await f()\n\nawait f()",
        "class A:\n    def __repr__(self):\n        return repr(self)\n\nrepr(A())",
        "class A:\n    def __getattr__(self, name):\n"
        "        return getattr(self, name + 'x')\n\nA().b",
    ],
    ids=["function", "coroutine", "repr", "getattr"],
)
async def test_a_deep_recursion_is_an_error_of_python(desk: Desk, code: str) -> None:
    assert (await desk.run(code)).startswith("RecursionError (")
    assert "maximum recursion depth" in await desk.text(".run-summary")
    assert re.search(r"line [23], 3\d\d times", await desk.text(".run-frames"))


async def test_what_breaks_python_itself_is_told_and_mended(desk: Desk) -> None:
    said = await desk.run("print('before')\neval('-' * 100_000 + '1')")
    assert said == ("The calls went deeper than a browser allows. Python started anew.")
    assert await desk.output() == "before\n"
    said = await desk.run("import os\nos._exit(3)")
    assert said.startswith("The program ended Python itself (")


async def test_a_memory_hog_gets_a_memory_error(desk: Desk) -> None:
    code = "x = []\nwhile True:\n    x.append(bytearray(10_000_000))"
    assert (await desk.run(code)).startswith("MemoryError (")
    assert "line 3" in await desk.text(".run-frames")


async def test_hostile_output_stays_text(desk: Desk) -> None:
    await desk.run(f"print({MARKUP!r})\nraise ValueError({MARKUP!r})")
    assert await desk.output() == MARKUP + "\n"
    assert MARKUP in await desk.text(".run-summary")
    assert await desk.reader.page.title() == "desk"
    assert await desk.reader.block("desk", ".run-live :is(img, script)").count() == 0


async def test_control_characters_and_lone_surrogates_are_shown(desk: Desk) -> None:
    await desk.run(r"print('\x00 \x1b[31m \x7f \u202e \ud800 \x9b é', end='')")
    assert await desk.output() == "␀ ␛[31m ␡ \ufffd \ufffd \ufffd é"


async def test_ten_megabytes_of_text_do_no_harm(desk: Desk) -> None:
    assert (await desk.run("print('x' * 10_000_000)")).startswith("Stopped after")
    assert len(await desk.output()) == 200_000


async def test_a_program_cannot_speak_for_the_runner(desk: Desk) -> None:
    """What it posts is text at most; it cannot end a run or plant a snapshot."""
    message = json.dumps({"ready": {"snapshot": "evil"}, "failed": "evil"})
    code = f"import js\nprint(hasattr(js, 'postMessage'))\nprint({message!r})"
    await desk.run(code)
    assert await desk.output() == f"False\n{message}\n"


async def test_there_is_no_terminal_to_read_from(desk: Desk) -> None:
    await desk.run("name = input('Your name? ')")
    assert "a page has none" in await desk.text(".run-summary")
