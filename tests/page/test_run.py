"""Run, Stop, Reset, Edit, Copy: what a reader does with a snippet."""

import json
import re

import pytest

from .conftest import Show, Site

pytestmark = pytest.mark.asyncio(loop_scope="session")

HELLO = """
``` { .python .run #hello }
print("Hello!")
```

``` { .text .output }
Hello!
```
"""
TWO = """
``` { .python .setup }
base = 40
```

``` { .python .run #first }
count = globals().get("count", 0) + 1
print("first")
```

``` { .text .output }
first
```

``` { .python .run #second }
base + count + 1
```

``` { .text .output }
42
```
"""
FOREVER = """
``` { .python .run #forever }
print("on and on")
while True:
    pass
```
"""


async def test_a_snippet_runs_and_is_as_the_page_shows(show: Show) -> None:
    reader = await show(HELLO)
    assert (await reader.run("hello")).startswith("✓ as the page shows")
    assert await reader.output("hello") == "Hello!\n"
    assert "Hello!" in await reader.text("hello", ".run-output")


async def test_nothing_of_python_is_loaded_before_it_is_asked_for(
    show: Show, site: Site
) -> None:
    site.asked.clear()
    reader = await show(HELLO)
    await reader.page.wait_for_load_state("networkidle")
    assert [path for path in site.asked if "runtime" in path] == []
    await reader.run("hello")
    assert any(path.endswith("pyodide.asm.wasm") for path in site.asked)


async def test_the_first_run_says_what_is_loaded_and_when_python_is_ready(
    show: Show,
) -> None:
    reader = await show(HELLO)
    await reader.page.evaluate(
        """() => {
          globalThis.said = [];
          const status = document.querySelector(".run-status");
          new MutationObserver(() => said.push(status.textContent))
            .observe(status, {childList: true});
        }"""
    )
    await reader.run("hello")
    said = await reader.page.evaluate("() => said")
    assert re.fullmatch(r"Loading Python, 1\d MB, once", said[0])
    assert said.index("Starting Python…") < said.index("Python is ready. Running…")


async def test_a_run_is_of_all_snippets_up_to_it_in_a_fresh_namespace(
    show: Show,
) -> None:
    reader = await show(TWO)
    for _ in range(2):
        assert (await reader.run("second")).startswith("✓ as the page shows")
        assert await reader.output("second") == "42\n"
    assert await reader.output("first") == ""


async def test_an_edit_is_run_and_reset_brings_the_page_back(show: Show) -> None:
    reader = await show(HELLO)
    await reader.rewrite("hello", "for n in range(2):\n    print(n)")
    assert (await reader.run("hello")).startswith("≠ your text does something else")
    assert await reader.output("hello") == "0\n1\n"
    await reader.press("hello", "Reset")
    assert await reader.text("hello", "pre > code") == 'print("Hello!")\n'
    assert (await reader.run("hello")).startswith("✓")


async def test_control_enter_runs_from_within_the_editor(show: Show) -> None:
    reader = await show(HELLO)
    await reader.rewrite("hello", "print('typed')")
    await reader.page.keyboard.press("Control+Enter")
    await reader.ended("hello")
    assert await reader.output("hello") == "typed\n"


async def test_output_is_seen_while_the_program_runs(show: Show) -> None:
    reader = await show(
        "``` { .python .run #slow }\nimport time\nprint('begun')\ntime.sleep(60)\n```\n"
    )
    await reader.press("slow", "Run")
    await reader.block("slow", ".run-live samp").wait_for(timeout=40_000)
    assert await reader.output("slow") == "begun\n"
    assert await reader.block("slow").get_attribute("data-state") == "running"


async def test_stop_ends_an_endless_loop_and_the_next_run_works(show: Show) -> None:
    reader = await show(HELLO + FOREVER)
    await reader.press("forever", "Run")
    await reader.block("forever", ".run-live samp").wait_for(timeout=40_000)
    await reader.press("forever", "Stop")
    assert await reader.ended("forever") == "Stopped."
    assert (await reader.run("hello")).startswith("✓")


async def test_asyncio_behaves_as_on_any_machine(show: Show) -> None:
    reader = await show(
        "``` { .python .run #aio }\nimport asyncio\n\n"
        "async def work(n):\n    await asyncio.sleep(n / 100)\n    return n\n\n"
        "try:\n    async with asyncio.timeout(0.01):\n        await work(100)\n"
        "except TimeoutError:\n    print('too slow')\n"
        "async with asyncio.TaskGroup() as group:\n"
        "    tasks = [group.create_task(work(n)) for n in (2, 1)]\n"
        "print([task.result() for task in tasks])\n```\n\n"
        "``` { .text .output }\ntoo slow\n[2, 1]\n```\n\n"
        "``` { .python .run #run }\nasyncio.run(work(1))\n```\n\n"
        "``` { .text .output }\n1\n```\n"
    )
    assert (await reader.run("aio")).startswith("✓")
    assert (await reader.run("run")).startswith("✓")


async def test_an_interpreter_session_is_marked_example_by_example(show: Show) -> None:
    reader = await show("``` { .pycon #shell }\n>>> 1 + 1\n2\n>>> 2 + 2\n5\n```\n")
    assert (await reader.run("shell")).startswith("≠ not as the page shows")
    marks = await reader.block("shell", ".run-examples p").all_text_contents()
    assert marks == ["✓ as shown", "≠ the page shows:"]
    shown = await reader.block("shell", ".run-different pre").all_text_contents()
    assert shown == [">>> 2 + 2\n4\n", "5\n"]


async def test_copy_takes_the_text_as_it_stands(show: Show) -> None:
    reader = await show(HELLO)
    await reader.rewrite("hello", "print('mine')")
    await reader.press("hello", "Copy")
    copied = await reader.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == "print('mine')\n"


async def test_a_local_block_has_no_run_and_says_the_command(show: Show) -> None:
    reader = await show(
        '``` { .python .run .local #threads data-reason="It starts threads." }\n'
        "import threading\n```\n\n" + HELLO
    )
    labels = await reader.block("threads", "button").all_inner_texts()
    assert labels == ["Copy"]
    reason = await reader.text("threads", ".run-reason")
    assert "It starts threads." in reason and "walkthrough run" in reason
    assert (await reader.run("hello")).startswith("✓")


async def test_two_blocks_cannot_run_at_once(show: Show) -> None:
    reader = await show(HELLO + FOREVER)
    await reader.press("forever", "Run")
    await reader.block("forever", ".run-live samp").wait_for(timeout=40_000)
    await reader.press("hello", "Run")
    assert (await reader.ended("hello")).startswith("✓")
    assert await reader.ended("forever") == "Stopped: another snippet was run."


async def test_a_run_that_was_stopped_while_it_waited_never_begins(show: Show) -> None:
    reader = await show(HELLO)
    await reader.run("hello")
    await reader.page.evaluate(
        """async () => {
          const {python} = await import("/javascripts/python.mjs");
          const post = Worker.prototype.postMessage;
          globalThis.asked = [];
          Worker.prototype.postMessage = function (message) {
            if (message.run) asked.push(message.run.request);
            post.call(this, message);
          };
          const blocks = [{slug: "x", kind: "run", code: "while True: pass", line: 1}];
          const endless = new Promise((begin) =>
            python.run({page: "other", blocks}, {begin, text() {}}));
          await endless;
        }"""
    )
    await reader.press("hello", "Run")
    await reader.press("hello", "Stop")
    assert await reader.ended("hello") == "Stopped."
    assert (await reader.run("hello")).startswith("✓")
    asked = await reader.page.evaluate("asked")
    asked = [json.loads(request)["page"] for request in asked]
    assert len(asked) == 2 and asked[0] == "other"


async def test_tasks_left_over_are_cancelled_and_named(show: Show) -> None:
    reader = await show(
        "``` { .python .run #left }\nimport asyncio\n\n"
        "async def ticker():\n    while True:\n        await asyncio.sleep(1)\n\n"
        "task = asyncio.create_task(ticker())\nawait asyncio.sleep(0)\n```\n"
    )
    await reader.run("left")
    said = await reader.text("left", ".run-left")
    assert said == "Cancelled at the end: ticker."
