"""The front page's chat, and the diagrams of the chapters, in the built site."""

from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect
from walkthrough.book import chapters

from .conftest import url_of
from .test_browser import SWITCH, axe

pytestmark = pytest.mark.asyncio(loop_scope="session")

TRACED = {
    url_of(page.path): page
    for page in chapters()
    if any(snippet.traced for snippet in page.snippets)
}


async def faults(page: Page) -> list[str]:
    """What axe finds, in the light and in the dark."""
    found = await axe(page)
    await page.locator(SWITCH).click()
    await expect(page.locator("body")).to_have_attribute(
        "data-md-color-scheme", "slate"
    )
    return found + await axe(page)


async def test_the_front_page_is_a_chat_that_grows_its_diagram(visit: Any) -> None:
    visited = await visit("", reduced_motion="reduce")
    page = visited.page
    await page.get_by_role("button", name="Connect all").click()
    bob = page.get_by_role("region", name="Client bob")
    await expect(bob.locator(".live-state")).to_have_text("open", timeout=40_000)
    ann = page.get_by_role("region", name="Client ann")
    await ann.get_by_role("button", name="Send", exact=True).click()
    await expect(bob.locator(".live-in")).to_have_text("←Hello, Bob")
    rows = page.locator(".live-picture .trace-event")
    await expect(rows).to_have_count(19)
    await page.get_by_text("Channel layer", exact=True).click()
    await page.locator(".live-picture").get_by_role("slider").fill("13")
    assert await faults(page) == []
    assert await visited.violations() == [] and visited.complaints == []


LIVE = {
    f"{url_of(page.path)}#{snippet.slug}": snippet
    for page in chapters()
    for snippet in page.snippets
    if snippet.live
}


async def open_all(bench: Locator, given: dict[str, str]) -> None:
    """Do what a reader does first, and wait for the answers."""
    if "data-http" in given:
        for send in await bench.get_by_role("button", name="Send", exact=True).all():
            await send.click()
    else:
        await bench.get_by_role("button", name="Connect all").click()
        accepted = bench.locator(".live-log li").filter(has_text="accepted")
        count = len(given.get("data-clients", "ann bob").split())
        await expect(accepted).to_have_count(count, timeout=40_000)
        await bench.get_by_role("button", name="Send", exact=True).first.click()
    if "data-worker" in given:
        await bench.get_by_role("button", name="Put", exact=True).click()
        await bench.get_by_role("button", name="Start", exact=True).click()
        await bench.get_by_text("Traceback", exact=True).first.click(timeout=40_000)
    else:
        said = bench.locator(".live-in, .live-out")
        await expect(said.first).to_be_visible(timeout=40_000)


@pytest.mark.parametrize("name", LIVE)
async def test_a_reader_is_the_client_of_every_live_snippet(
    name: str, visit: Any
) -> None:
    url, _, slug = name.partition("#")
    visited = await visit(url, reduced_motion="reduce")
    page = visited.page
    bench = page.locator(f"run-block#{slug} live-bench")
    await open_all(bench, LIVE[name].fence.attributes)
    await bench.locator("details").evaluate_all("all => all.forEach((d) => d.open = 1)")
    await bench.locator(".live-picture").get_by_role("slider").fill("3")
    await expect(bench.locator(".trace-event[aria-current=step]")).to_have_count(1)
    await page.set_viewport_size({"width": 360, "height": 800})
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    await page.set_viewport_size({"width": 1280, "height": 900})
    assert await faults(page) == []
    assert await visited.violations() == [] and visited.complaints == []


@pytest.mark.parametrize("traced", TRACED, ids=lambda url: url or "front")
async def test_a_diagram_that_is_stepped_has_no_fault(traced: str, visit: Any) -> None:
    page = (await visit(traced, reduced_motion="reduce")).page
    await page.evaluate(
        "document.querySelectorAll('details.run-output').forEach((d) => d.open = true)"
    )
    slider = page.locator("event-sequence").first.get_by_role("slider")
    await slider.fill("2")
    await slider.press("ArrowRight")
    await expect(page.locator(".trace-event[aria-current=step]")).to_have_count(1)
    assert await faults(page) == []


UNREADABLE = """() => [...document.querySelectorAll("figure.trace")]
  .filter((figure) => figure.checkVisibility())
  .flatMap((figure) => {
    const edge = figure.getBoundingClientRect();
    const heads = [...figure.querySelectorAll(".trace-heads > *")]
      .filter((head) => head.scrollWidth > head.clientWidth + 1);
    const texts = [...figure.querySelectorAll("text, p, b, code, span")]
      .filter((each) => each.textContent.trim() && each.getClientRects().length)
      .filter((each) => {
        const {left, right} = each.getBoundingClientRect();
        const small = parseFloat(getComputedStyle(each).fontSize) < 11;
        return small || left < edge.left - 1 || right > edge.right + 1;
      });
    return [...heads, ...texts].map((each) => each.outerHTML);
  })"""


@pytest.mark.parametrize("traced", TRACED, ids=lambda url: url or "front")
async def test_a_diagram_can_be_read_on_a_phone_a_screen_and_in_print(
    traced: str, visit: Any
) -> None:
    page = (await visit(traced)).page
    await page.evaluate(
        "document.querySelectorAll('details.run-output').forEach((d) => d.open = true)"
    )
    for width in (1280, 360):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await page.evaluate(UNREADABLE) == []
    await page.emulate_media(media="print")
    assert await page.evaluate(UNREADABLE) == []
    figures = page.locator("event-sequence")
    assert await figures.first.locator(".trace-strip").first.is_visible()
    assert not await figures.first.locator(".trace-bar").is_visible()


async def test_without_javascript_the_diagram_and_its_words_are_there(
    visit: Any,
) -> None:
    page = (await visit("", java_script_enabled=False)).page
    await page.locator("#two-people summary").click()
    rows = page.locator("#two-people .trace-event")
    assert await rows.count() == 21
    assert "ann opens websocket /chat/ to ann's Chat" in await rows.first.inner_text()
    box = await rows.first.locator(".trace-strip").bounding_box()
    assert box and box["width"] > 200 and box["height"] > 20
    assert not await page.locator(".live-panels").is_visible()
    assert await page.locator("live-bench noscript p").first.is_visible()
