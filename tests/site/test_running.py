"""Every snippet of every chapter, run in the built site by a reader in a browser."""

import re
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect
from sybil import Document
from walkthrough import bench_page
from walkthrough.book import paths
from walkthrough.fences import DOCS, Snippet, read_page
from walkthrough.pytest_plugin import Snippets
from walkthrough.serve import Host

from .conftest import Visit, url_of
from .test_browser import SWITCH, axe

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGES = {url_of(path): path for path in paths()}
CONTROLS = (
    "run-block :is(button, textarea, summary, a[href], [tabindex='0']):not([hidden])"
)
OFFLINE = {"": "chat", "chapters/asgi/": "hello", "chapters/groups/": "mailbox"}
ENDS = ("finished", "failed", "stopped")


def in_page(url: str) -> list[Snippet]:
    """The snippets of a page that a browser can run."""
    page = read_page(PAGES[url])
    return [snippet for snippet in page.snippets if snippet.runs and not snippet.local]


async def run(page: Page, slug: str) -> str:
    """Press Run, wait for the end, and give the status line."""
    await page.locator(f"#{slug} .run-go").dispatch_event("click")
    return await ended(page, slug)


async def ended(page: Page, slug: str) -> str:
    states = ", ".join(f"run-block#{slug}[data-state={state}]" for state in ENDS)
    await page.locator(states).wait_for(state="attached", timeout=60_000)
    return str(await page.locator(f"#{slug} .run-status").text_content())


async def rewrite(page: Page, slug: str, code: str) -> None:
    block = page.locator(f"run-block#{slug}")
    details = block.locator("details.run-setup:not([open]) > summary")
    if await details.count():
        await details.click()
    edit = block.get_by_role("button", name="Edit", exact=True)
    await edit.dispatch_event("click")  # panels above may still be growing
    await block.locator("pre textarea").fill(code)


@pytest.mark.parametrize(
    "chapter", [*filter(in_page, PAGES)], ids=lambda url: url or "front"
)
async def test_every_snippet_prints_in_the_browser_what_the_page_says(
    chapter: str, visit: Any, host: Host
) -> None:
    wanted = in_page(chapter)
    visited: Visit = await visit(chapter, reduced_motion="reduce")
    page = visited.page
    told = {snippet.slug: await run(page, snippet.slug) for snippet in wanted}
    late = [slug for slug, said in told.items() if said[:1] != "✓"]  # a busy machine?
    again = {slug: await run(page, slug) for slug in late}
    assert {slug: said for slug, said in again.items() if said[:1] != "✓"} == {}
    assert await visited.violations() == [] and visited.complaints == []
    hosts = {
        urlsplit(asked).netloc for asked in visited.requests if "blob:" not in asked
    }
    assert hosts == {urlsplit(host.address).netloc}
    # One snippet that failed and one that still runs, among those that ended.
    await rewrite(page, wanted[-1].slug, "1 / 0")
    assert (await run(page, wanted[-1].slug)).startswith("ZeroDivisionError")
    await rewrite(page, wanted[0].slug, "import time\nprint('begun')\ntime.sleep(600)")
    await page.locator(f"#{wanted[0].slug} .run-go").click()
    await expect(page.locator(f"#{wanted[0].slug} .run-live samp")).to_have_text(
        "begun\n"
    )
    assert await axe(page) == []
    await page.locator(SWITCH).click()
    await expect(page.locator("body")).to_have_attribute(
        "data-md-color-scheme", "slate"
    )
    assert await axe(page) == []


async def test_no_page_with_snippets_is_left_out() -> None:
    """The front page, those of the round trip, the reference: all that docs/ has."""
    written = {path for path in DOCS.rglob("*.md") if read_page(path).snippets}
    assert written <= set(PAGES.values())
    assert sum(len(in_page(url)) for url in PAGES) > 130


async def test_the_site_and_the_doc_tests_have_the_same_snippets(
    url: str, site: Path
) -> None:
    """Same names, same text, same order: in the built page, and as sybil collects."""
    path = PAGES[url]
    built = (site / url / "index.html").read_text("utf-8")
    shown = re.findall(r'<run-block id="([^"]+)" data-kind="(?!norun)', built)
    parsed = Document.parse(str(path), Snippets("minichannels"))
    collected = [example.parsed for example in parsed.examples()]
    assert shown == [snippet.slug for snippet in collected]
    local = {snippet.slug for snippet in collected if snippet.local}
    in_browser = [(s.slug, s.code) for s in in_page(url)]
    assert in_browser == [(s.slug, s.code) for s in collected if s.slug not in local]


async def test_a_page_hands_on_the_text_of_its_snippets_unchanged(
    url: str, visit: Any
) -> None:
    visited: Visit = await visit(url)
    texts = await visited.page.evaluate(
        """() => [...document.querySelectorAll("run-block")]
          .filter((block) => block.runs)
          .map((block) => [block.id, block.text.trimEnd()])"""
    )
    assert texts == [[s.slug, s.code.rstrip()] for s in in_page(url)]


async def test_tab_reaches_every_control_of_a_chapter_and_leaves_every_editor(
    visit: Any,
) -> None:
    page = (await visit("chapters/groups/")).page
    await run(page, "mailbox")
    for slug in ("mailbox", "safe-name"):
        await rewrite(page, slug, "1 / 0" if slug == "mailbox" else ">>> 1\n1")
    await run(page, "mailbox")
    wanted = await page.locator(CONTROLS).evaluate_all(
        """(all) => all.filter((element) => element.checkVisibility())
          .map((element, at) => (element.dataset.at = at))"""
    )
    await page.locator("run-block .run-name").first.focus()
    reached = set()
    for _ in range(3 * len(wanted)):
        reached.add(await page.evaluate("document.activeElement.dataset.at"))
        await page.keyboard.press("Tab")
    assert len(wanted) > 30
    assert [at for at in wanted if str(at) not in reached] == []


async def test_what_was_read_and_run_is_marked_in_the_list_of_pages(visit: Any) -> None:
    visited: Visit = await visit("chapters/groups/")
    page = visited.page
    await run(page, "mailbox")
    await page.locator(".run-download").scroll_into_view_if_needed()
    mark = page.locator("a.md-nav__link[href='./'] .nav-read-mark")
    await expect(mark.first).to_be_attached()
    progress = page.locator("reading-progress")
    await expect(progress).to_contain_text(
        f"read 1 of {len(PAGES)} pages and run 1 snippet."
    )
    await page.reload()
    await expect(mark.first).to_be_attached()
    await progress.get_by_role("button", name="Forget this").click()
    await expect(mark).to_have_count(0)
    await expect(progress).to_be_hidden()


async def test_what_was_visited_reads_and_runs_when_the_network_is_gone(
    chromium: Browser, site: Path
) -> None:
    context = await chromium.new_context()
    page = await context.new_page()
    with Host(site) as host:
        thread = threading.Thread(target=host.serve_forever)
        thread.start()
        address = host.address
        for seen in ("", "chapters/asgi/", "chapters/groups/"):
            await page.goto(address + seen, wait_until="networkidle")
        assert await page.evaluate("navigator.serviceWorker.getRegistrations()") == []
        await run(page, "mailbox")
        await page.evaluate(
            """async () => {
              await navigator.serviceWorker.ready;
              const cache = await caches.open("walkthrough");
              const has = async (end) =>
                (await cache.keys()).some(({url}) => url.endsWith(end));
              for (const end of ["chapters/asgi/", ".wasm", "sequence.mjs", "live.mjs"])
                while (!(await has(end)))
                await new Promise((resolve) => setTimeout(resolve, 50));
            }"""
        )
        host.shutdown()
        thread.join()
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    for seen, slug in OFFLINE.items():
        await page.goto(address + seen, wait_until="networkidle")
        assert (await run(page, slug)).startswith("✓")
        await rewrite(page, slug, "print('no network')")
        await run(page, slug)
        await expect(page.locator(f"#{slug} .run-live samp")).to_have_text(
            "no network\n"
        )
    assert failed == []
    await context.close()


async def test_the_benchmark_measures_what_it_says(
    chromium: Browser, host: Host
) -> None:
    context = await chromium.new_context()
    took = await bench_page.visit_ours(context, host.address)
    assert took["requests for Python before it is asked for"] == 0
    for name in ("first run", "second run", "after a reload"):
        assert took[name] > 0
    await context.close()


async def test_without_service_workers_everything_runs_all_the_same(
    visit: Any,
) -> None:
    visited: Visit = await visit("chapters/groups/", service_workers="block")
    async with visited.page.expect_console_message():
        assert (await run(visited.page, "mailbox")).startswith("✓")
    assert visited.complaints == ["Service Worker registration blocked by Playwright"]
