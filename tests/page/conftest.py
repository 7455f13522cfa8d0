"""Pages with snippets, as the site builds them, in a real Chromium."""

import contextlib
import re
import shutil
import subprocess
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import material
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page
from walkthrough.builds import run_of
from walkthrough.fences import DOCS, read_page
from walkthrough.markdown import run_block
from walkthrough.page.pack import pack
from walkthrough.postbuild import policy_for
from walkthrough.serve import Host, StaticHandler

MATERIAL = Path(material.__file__).parent / "templates/assets/stylesheets"
STYLES = [
    *(f"/material/{file.name}" for file in sorted(MATERIAL.glob("*.min.css"))),
    *(
        f"/stylesheets/{name}.css"
        for name in ("site", "run", "run-block", "trace", "live")
    ),
]
LINKS = "\n".join(f'<link rel="stylesheet" href="{style}">' for style in STYLES)
HTML = """<!doctype html>
<html lang="en" class="js"><head><meta charset="utf-8"><title>{name}</title>
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<link rel="icon" href="/assets/favicon.svg">
{links}
<script type="module" src="/javascripts/widgets.mjs"></script></head>
<body data-md-color-scheme="default" data-md-color-primary="custom">
<main class="md-content"><article class="md-content__inner md-typeset"><h1>{name}</h1>
{blocks}
</article></main></body></html>
"""


@dataclass
class Site:
    """A folder that is served, and a log of what was asked of it."""

    root: Path
    url: str = ""
    asked: list[str] = field(default_factory=list)
    cut: dict[str, int] = field(default_factory=dict)
    """Ends of paths, and how many bytes of such a file are sent."""

    def publish(self, name: str, text: str) -> str:
        """Put up a page with the snippets of a Markdown text; give its address."""
        file = self.root / f"{name}.md"
        file.write_text(text)
        page = read_page(file)
        assert page.problems == []
        results = run_of(page)[1] if any(s.traced for s in page.snippets) else {}
        blocks = "\n".join(run_block(snippet, results) for snippet in page.snippets)
        policy = policy_for([])
        whole = HTML.format(name=name, policy=policy, blocks=blocks, links=LINKS)
        (self.root / f"{name}.html").write_text(whole)
        return f"{self.url}{name}.html"


class Handler(StaticHandler):
    site: Site

    def send_head(self) -> Any:
        if self.path.endswith(".html"):  # a test may publish one twice in a second
            del self.headers["If-Modified-Since"]
        return super().send_head()

    def copyfile(self, source: Any, outputfile: Any) -> None:
        for ending, sent in self.site.cut.items():
            if self.path.endswith(ending):
                outputfile.write(source.read(sent))
                self.close_connection = True
                return
        with contextlib.suppress(ConnectionError):
            super().copyfile(source, outputfile)

    def log_message(self, format: str, *values: Any) -> None:
        self.site.asked.append(self.path)


@contextlib.contextmanager
def served(root: Path) -> Iterator[Site]:
    """Serve a folder, with a log."""
    site = Site(root)
    with Host(root) as host:
        host.RequestHandlerClass = type("Logged", (Handler,), {"site": site})
        site.url = host.address
        thread = threading.Thread(target=host.serve_forever)
        thread.start()
        yield site
        host.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The scripts and styles of the site, the runtime, and room for pages."""
    root = tmp_path_factory.mktemp("site")
    for name in ("javascripts", "stylesheets", "assets"):
        shutil.copytree(DOCS / name, root / name)
    shutil.copytree(MATERIAL, root / "material")
    pack(root / "runtime")
    with served(root) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    made = await chromium.new_context(viewport={"width": 1280, "height": 900})
    await made.grant_permissions(["clipboard-read", "clipboard-write"])
    yield made
    await made.close()


@dataclass
class Reader:
    """Somebody with a page before him, who can press the buttons of its snippets."""

    page: Page

    async def ready(self) -> "Reader":
        """Wait for the script that gives the snippets their buttons and texts."""
        found = self.page.locator("run-block[data-state]")
        await found.first.wait_for(state="attached")
        return self

    def block(self, slug: str, inside: str = "") -> Any:
        return self.page.locator(f"run-block#{slug} {inside}")

    async def press(self, slug: str, label: str) -> None:
        await self.block(slug).get_by_role("button", name=label, exact=True).click()

    async def run(self, slug: str) -> str:
        """Run a snippet to its end, and give its status line."""
        await self.press(slug, "Run")
        return await self.ended(slug)

    async def ended(self, slug: str) -> str:
        ends = [f"run-block#{slug}[data-state={s}]" for s in ENDS]
        await self.page.locator(", ".join(ends)).wait_for(timeout=40_000)
        return await self.text(slug, ".run-status")

    async def text(self, slug: str, inside: str) -> str:
        found = await self.block(slug, inside).all_inner_texts()
        return "\n".join(found)

    async def output(self, slug: str) -> str:
        return "".join(await self.block(slug, ".run-live samp").all_text_contents())

    async def rewrite(self, slug: str, text: str) -> None:
        """Edit a snippet: all of its text is typed anew."""
        if not await self.block(slug, "pre textarea").count():
            await self.press(slug, "Edit")
        await self.block(slug, "pre textarea").fill(text)


ENDS = ("finished", "failed", "stopped")
Show = Callable[[str], Awaitable[Reader]]


@pytest_asyncio.fixture(loop_scope="session")
async def show(
    site: Site, context: BrowserContext, request: Any
) -> AsyncIterator[Show]:
    """Publish a text as a page and open it; nothing there may break the policy."""
    said: list[str] = []

    async def show(text: str) -> Reader:
        page = await context.new_page()
        page.on("console", lambda line: said.append(line.text))
        page.on("pageerror", lambda error: said.append(f"uncaught: {error}"))
        name = re.sub(r"\W+", "-", request.node.name)
        await page.goto(site.publish(name, text))
        return await Reader(page).ready()

    yield show
    bad = ("Content Security Policy", "uncaught:")
    assert [line for line in said if any(word in line for word in bad)] == []


@dataclass
class Desk:
    """One snippet in a page that stays open, for trying program after program."""

    reader: Reader

    async def run(self, code: str) -> str:
        """Run a program instead of the last, and give the status line."""
        await self.reader.rewrite("desk", code)
        return await self.reader.run("desk")

    async def start(self, code: str) -> None:
        await self.reader.rewrite("desk", code)
        await self.reader.press("desk", "Run")

    async def output(self) -> str:
        return await self.reader.output("desk")

    async def text(self, inside: str) -> str:
        return await self.reader.text("desk", inside)

    async def limit(self, **limits: int) -> None:
        await self.reader.page.evaluate(
            """async (limits) => {
              const {limits: real} = await import("/javascripts/run-block.mjs");
              Object.assign(real, limits);
            }""",
            limits,
        )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk(site: Site, chromium: Browser) -> AsyncIterator[Desk]:
    page = await chromium.new_page()
    text = "``` { .python .run #desk }\npass\n```\n"
    await page.goto(site.publish("desk", text))
    yield Desk(Reader(page))
    await page.close()


class NodeFile(pytest.File):
    """The tests of one .test.mjs file, which node runs together."""

    def collect(self) -> Iterator[pytest.Item]:
        for name in re.findall(r'^test\("(.+?)"', self.path.read_text(), re.MULTILINE):
            yield NodeItem.from_parent(self, name=name)

    @cached_property
    def said(self) -> str:
        command = ["node", "--test", "--test-reporter=tap", str(self.path)]
        return subprocess.run(command, capture_output=True, text=True).stdout


class NodeItem(pytest.Item):
    def runtest(self) -> None:
        said = self.parent.said  # type: ignore[union-attr]
        if not re.search(rf"^ *ok \d+ - {re.escape(self.name)}$", said, re.MULTILINE):
            pytest.fail(said, pytrace=False)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Any:
    if file_path.name.endswith(".test.mjs"):
        return NodeFile.from_parent(parent, path=file_path)
    return None
