"""The built site, a plain static host for it, and pages of it in a real browser."""

import fcntl
import hashlib
import shutil
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page
from walkthrough.book import paths
from walkthrough.fences import DOCS, ROOT
from walkthrough.serve import Host
from walkthrough.site import build

CACHE = ROOT / ".cache" / "site"
INPUTS = ("mkdocs.yml", "pyproject.toml", "docs", "snippets")
WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
window.shift = 0;
new PerformanceObserver((list) => {
  for (const { hadRecentInput, value } of list.getEntries()) {
    if (!hadRecentInput) shift += value;
  }
}).observe({type: "layout-shift", buffered: true});
"""

AT_WORK = """
() => !document.querySelector("run-block:has(pre > code):not([data-state])")
  && [...document.querySelectorAll("live-bench")].every(
    (bench) => bench.querySelector("button"))
"""


def url_of(path: Path) -> str:
    """Where a page of docs/ stands in the site."""
    name = path.relative_to(DOCS).with_suffix("").as_posix()
    return "" if name == "index" else f"{name}/"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for a `url` runs for every page of the nav.

    The scope lets pytest run all tests of one page after each other, on one visit.
    """
    if "url" in metafunc.fixturenames:
        urls = [url_of(path) for path in paths()]
        names = [url or "front" for url in urls]
        metafunc.parametrize("url", urls, ids=names, scope="module")


def fingerprint() -> str:
    """Name the state of everything that goes into the site."""
    digest = hashlib.sha256()
    for name in INPUTS:
        for file in [ROOT / name, *sorted((ROOT / name).rglob("*"))]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def site() -> Path:
    """The site as it is hosted: built once for all processes, while nothing changes."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE.parent / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = CACHE / fingerprint()
        if not built.exists():
            for old in CACHE.iterdir():
                shutil.rmtree(old)
            build(ROOT, CACHE / "unfinished")
            (CACHE / "unfinished").rename(built)
    return built


class Document(HTMLParser):
    """A page as a file, with its own words of itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "meta":
            name = given.get("name", given.get("http-equiv", ""))
            self.meta[name] = given.get("content", "")


@pytest.fixture(scope="session")
def documents(site: Path) -> dict[str, Document]:
    """Every page of the site by its address, those outside the nav included."""
    return {
        "/" + file.relative_to(site).as_posix().removesuffix("index.html"): Document(
            file.read_text("utf-8")
        )
        for file in sorted(site.rglob("*.html"))
    }


@pytest.fixture(scope="session")
def host(site: Path) -> Iterator[Host]:
    """A static host of the site, on a port of its own."""
    with Host(site) as host:
        thread = threading.Thread(target=host.serve_forever)
        thread.start()
        yield host
        host.shutdown()
        thread.join()


@dataclass
class Visit:
    """A page that a test has opened, with all that it asked for and complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def violations(self) -> list[str]:
        """What the page did against its policy; a violation is a complaint too."""
        told: list[str] = await self.page.evaluate("violations")
        return told


Open = Callable[..., Awaitable[Visit]]


@asynccontextmanager
async def visits(chromium: Browser, host: Host) -> AsyncIterator[Open]:
    """Give a way to open pages, each in a profile of its own, and close them all."""
    contexts: list[BrowserContext] = []

    async def visit(url: str, **options: Any) -> Visit:
        options = {"viewport": {"width": 1280, "height": 900}} | options
        contexts.append(await chromium.new_context(**options))
        await contexts[-1].add_init_script(WATCH)
        made = Visit(await contexts[-1].new_page())
        made.page.on("request", lambda request: made.requests.append(request.url))
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.page.on("console", lambda line: made.complaints.append(line.text))
        await made.page.goto(host.address + url)
        await made.page.wait_for_load_state("networkidle")
        if options.get("java_script_enabled", True):
            await made.page.wait_for_function(AT_WORK)
        return made

    yield visit
    for context in contexts:
        await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(chromium: Browser, host: Host) -> AsyncIterator[Open]:
    """Open a page as one who comes for the first time; options are Playwright's."""
    async with visits(chromium, host) as open_page:
        yield open_page


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def opened(url: str, chromium: Browser, host: Host) -> AsyncIterator[Visit]:
    """Every page in turn, on a large light screen; tests leave it as it was."""
    async with visits(chromium, host) as open_page:
        yield await open_page(url, reduced_motion="reduce")
