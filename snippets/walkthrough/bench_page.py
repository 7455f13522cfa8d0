"""Speed and weight of the runner in the page, beside a stock Pyodide in the same run.

    python -m walkthrough.bench_page [FOLDER]

Each round opens both in turn, each in a profile of its own with an empty cache, in a
Chromium on this machine, from a plain static host. What is printed are medians. The
folder is that of a built site; without one, the site is built first.
"""

import asyncio
import gzip
import os
import shutil
import statistics
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from walkthrough.fences import ROOT
from walkthrough.page.pack import node_modules
from walkthrough.serve import Host
from walkthrough.site import build

ROUNDS = 5
PAGE = "chapters/groups/"
HELLO = "import asyncio\nawait asyncio.sleep(0)\nprint('hello')\n"
ENDLESS = "print('begun')\nwhile True: pass\n"
RUNNER = ("run-block", "python", "worker", "editor", "store", "share")
"""The runner: the scripts that run, edit, keep and share a snippet."""
AT_FIRST = ("widgets", "run-block", "python", "store")
"""Those of them that a page loads before anything is asked for, with their loader."""

RATIOS = (("first run", "stock: first run"), ("after a reload", "first run"))

STOCK = """\
import {loadPyodide} from "./pyodide.mjs";
const python = await loadPyodide({stdout: (text) => postMessage(text)});
onmessage = ({data}) => python.runPythonAsync(data);
postMessage("ready");
"""
STOCK_RUN = """(code) => new Promise((resolve) => {
  const started = performance.now();
  const worker = new Worker("worker.mjs", {type: "module"});
  worker.onmessage = ({data}) => data === "ready" ? worker.postMessage(code)
    : resolve(performance.now() - started);
})"""
PRESS = """async ([slug, label]) => {
  const block = document.getElementById(slug), go = block.querySelector(".run-go");
  // What was measured last ended with its output: the run itself may not have.
  while (go.hidden) await new Promise((wake) => setTimeout(wake, 5));
  const started = performance.now();
  if (label === "Stop") document.querySelector(".run-stop:not([hidden])").click();
  go.click();
  return new Promise((resolve, reject) => {
    const seen = new MutationObserver(() => {
      if (block.querySelector(".run-live samp")?.textContent) {
        seen.disconnect();
        resolve(performance.now() - started);
      } else if (!["loading", "running"].includes(block.dataset.state)) {
        reject(new Error(block.querySelector(".run-status").textContent));
      }
    });
    seen.observe(block, {
      childList: true, subtree: true, characterData: true,
      attributeFilter: ["data-state"],
    });
  });
}"""


def main() -> None:
    """Build the site, and print the figures."""
    from playwright.async_api import Error

    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        if sys.argv[1:]:
            shutil.copytree(sys.argv[1], site)
        else:
            build(ROOT, site)
        put_stock(site / "stock")
        weigh(site)
        with Host(site) as host:
            thread = threading.Thread(target=host.serve_forever)
            thread.start()
            try:
                asyncio.run(measure(host.address))
            except Error as error:
                print(f"no browser to measure in: {error.message.splitlines()[0]}")
            finally:
                host.shutdown()
                thread.join()


def put_stock(folder: Path) -> None:
    """Put up Pyodide as its package has it, and the least that runs a snippet."""
    shutil.copytree(node_modules() / "pyodide", folder)
    (folder / "worker.mjs").write_text(STOCK)
    (folder / "index.html").write_text("<!doctype html><title>stock</title>")


def weigh(site: Path) -> None:
    """Print what a reader loads, compressed, apart from Python itself."""
    sizes = {
        path.stem: len(gzip.compress(path.read_bytes(), 9)) / 1000
        for path in [*(site / "javascripts").glob("*.mjs"), site / "service-worker.js"]
    }
    told = ", ".join(f"{name} {sizes[name]:.1f}" for name in RUNNER)
    print(
        f"the runner: {sum(sizes[name] for name in RUNNER):.2f} kB compressed ({told})"
    )
    first = sum(sizes[name] for name in AT_FIRST)
    print(f"  before anything is asked for: {first:.1f} kB ({', '.join(AT_FIRST)})")
    rest = sorted(set(sizes) - {*RUNNER, *AT_FIRST})
    told = ", ".join(f"{name} {sizes[name]:.1f}" for name in rest)
    print(f"  beside it, for what else a page may have: {told}")


async def measure(address: str, rounds: int = ROUNDS) -> None:
    """Take every figure so many times, ours and stock in turn, and print them."""
    from playwright.async_api import async_playwright

    taken: dict[str, list[float]] = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"),
            args=["--no-sandbox"],
        )
        for _ in range(rounds):
            for visit in (visit_stock, visit_ours):
                context = await browser.new_context()
                for name, value in (await visit(context, address)).items():
                    taken.setdefault(name, []).append(value)
                await context.close()
        await browser.close()
    report(taken)


async def visit_stock(context: Any, address: str) -> dict[str, float]:
    """Boot Pyodide as its documentation says, and run the snippet."""
    page = await context.new_page()
    await page.goto(address + "stock/")
    first = await page.evaluate(STOCK_RUN, HELLO)
    await page.reload()
    again = await page.evaluate(STOCK_RUN, HELLO)
    return {"stock: first run": first, "stock: after a reload": again}


async def visit_ours(context: Any, address: str) -> dict[str, float]:
    """Read a chapter, run, run again, stop an endless loop, reload."""
    page = await context.new_page()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(urlsplit(request.url).path))
    await page.goto(address + PAGE, wait_until="networkidle")
    alive = page.locator("run-block[data-state]").first
    await alive.wait_for(state="attached")
    hello, endless = await edited(page, HELLO), await edited(page, ENDLESS)
    before = sum("/runtime/" in path for path in asked)
    press: Callable[[str, str], Any] = lambda slug, label: page.evaluate(  # noqa: E731
        PRESS, [slug, label]
    )
    first = await press(hello, "Run")
    second = statistics.median([await press(hello, "Run") for _ in range(3)])
    await press(endless, "Run")
    stopped = await press(hello, "Stop")
    await page.reload(wait_until="networkidle")
    await alive.wait_for(state="attached")
    reloaded = await press(hello, "Run")
    return {
        "requests for Python before it is asked for": before,
        "first run": first,
        "second run": second,
        "Stop of an endless loop to the next output": stopped,
        "after a reload": reloaded,
    }


async def edited(page: Any, code: str) -> str:
    """Write into the first snippet of the page that is still as it was."""
    blocks = page.locator("run-block[data-kind=run]:not(.run-edited)")
    block = blocks.first
    slug = str(await block.get_attribute("id"))
    block = page.locator(f"#{slug}")
    await block.get_by_role("button", name="Edit", exact=True).click()
    await block.locator("textarea").fill(code)
    return slug


def report(taken: dict[str, list[float]]) -> None:
    for name, values in taken.items():
        unit = "" if "requests" in name else " ms"
        middle, least, most = statistics.median(values), min(values), max(values)
        print(f"{name:46}{middle:8.0f}{unit:3}  ({least:.0f} to {most:.0f})")
    for one, other in RATIOS:
        # Round by round: what else the machine does weighs on both alike.
        shares = [a / b for a, b in zip(taken[one], taken[other], strict=True)]
        middle = statistics.median(shares)
        print(
            f"{one}, of {other}: {middle:.0%}  ({min(shares):.0%} to {max(shares):.0%})"
        )


if __name__ == "__main__":
    main()
