"""Python in the page reaches no other host, and cannot hurt this one."""

import asyncio
from collections.abc import Iterator

import pytest
from playwright.async_api import BrowserContext

from .conftest import Desk, Show, Site, served

pytestmark = pytest.mark.asyncio(loop_scope="session")

ATTEMPTS = {
    "fetch": "js.fetch('{other}')",
    "fetch of a prototype": (
        "js.WorkerGlobalScope.prototype.fetch.call(js.self, '{other}')"
    ),
    "XMLHttpRequest": (
        "x = js.XMLHttpRequest.new(); x.open('GET', '{other}', False); x.send()"
    ),
    "WebSocket": "js.WebSocket.new('{other}'.replace('http', 'ws'))",
    "EventSource": "js.EventSource.new('{other}')",
    "a font": "js.FontFace.new('f', 'url({other})').load()",
    "urllib": "import urllib.request; urllib.request.urlopen('{other}', timeout=2)",
    "pyfetch": "from pyodide.http import pyfetch; await pyfetch('{other}')",
    "open_url": "from pyodide.http import open_url; open_url('{other}')",
    "socket": "import socket; socket.create_connection(('127.0.0.1', {port}), 2)",
    "a package": "import pyodide_js; pyodide_js.loadPackage('{other}x.whl')",
    "run_js": "from pyodide.code import run_js; run_js('fetch(\"{other}\")')",
    "Function": "js.Function.new('return fetch(\"{other}\")')()",
    "a worker": "js.Worker.new('{other}')",
    "a worker of a blob": (
        "js.Worker.new(js.URL.createObjectURL(js.Blob.new("
        "to_js(['fetch(\"{other}\")']))))"
    ),
    "importScripts": "js.importScripts('{other}')",
}
EVERY = (
    "import js\nfrom pyodide.ffi import to_js\n{attempt}\n"
    "import time\ntime.sleep(0.2)\nprint('got through')\n"
)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Another origin, which would notice to be asked."""
    with served(tmp_path_factory.mktemp("other")) as site:
        yield site


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=list(ATTEMPTS))
async def test_python_reaches_no_other_host(
    desk: Desk, other: Site, attempt: str
) -> None:
    port = other.url.rsplit(":", 1)[1].strip("/")
    await desk.run(EVERY.format(attempt=attempt.format(other=other.url, port=port)))
    await desk.run("import time; time.sleep(0.1)")
    assert other.asked == []


async def test_the_other_host_would_notice(
    context: BrowserContext, other: Site
) -> None:
    """The check above can fail: a request that is allowed to go out is seen."""
    page = await context.new_page()
    await page.goto(other.url)
    assert "/" in other.asked
    other.asked.clear()


async def test_python_cannot_change_what_the_browser_keeps(desk: Desk) -> None:
    names = ["caches", "indexedDB", "BroadcastChannel", "Worker", "fetch"]
    await desk.run(f"import js\n[name for name in {names} if hasattr(js, name)]")
    assert await desk.output() == "[]\n"


async def test_a_download_that_is_cut_short_says_so_and_can_be_tried_again(
    show: Show, site: Site
) -> None:
    reader = await show("``` { .python .run #one }\nprint(1)\n```\n")
    site.cut["pyodide.asm.wasm"] = 1_000_000
    try:
        said = await reader.run("one")
    finally:
        site.cut.clear()
    assert said.startswith("Python did not load: ") and "Run tries again" in said
    await reader.run("one")
    assert await reader.output("one") == "1\n"


async def test_a_host_that_is_gone_says_so_and_can_be_tried_again(show: Show) -> None:
    reader = await show("``` { .python .run #one }\nprint(1)\n```\n")
    await reader.page.context.set_offline(True)
    assert (await reader.run("one")).startswith("Python did not load: ")
    await reader.page.context.set_offline(False)
    await reader.run("one")
    assert await reader.output("one") == "1\n"


async def test_a_site_without_python_says_so(show: Show, site: Site) -> None:
    away = site.root / "away"
    (site.root / "runtime").rename(away)
    try:
        reader = await show("``` { .python .run #one }\nprint(1)\n```\n")
        said = await reader.run("one")
    finally:
        away.rename(site.root / "runtime")
    assert said.startswith("This site was built without Python.")


async def test_one_tab_has_one_worker_and_leaves_none_behind(desk: Desk) -> None:
    for _ in range(5):
        await desk.start("print('begun')\nwhile True: pass")
        await desk.reader.block("desk", ".run-live samp").wait_for()
        await desk.reader.press("desk", "Stop")
    await desk.run("print('end')")
    async with asyncio.timeout(20):
        # Chromium lets a worker that was busy spin on for two seconds.
        while len(desk.reader.page.workers) > 1:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_stop_while_python_loads_is_a_stop(show: Show, site: Site) -> None:
    reader = await show("``` { .python .run #one }\nprint(1)\n```\n")
    await reader.press("one", "Run")
    await reader.press("one", "Stop")
    assert await reader.ended("one") == "Stopped."
    await reader.run("one")
    assert await reader.output("one") == "1\n"
