"""The list of a phase in a real browser: folds, links to steps, print, no script."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page
from walkthrough.fences import DOCS
from walkthrough.roundtrip.render import Page as Shown
from walkthrough.roundtrip.render import Phase

pytestmark = pytest.mark.asyncio(loop_scope="session")

STYLE = (DOCS / "stylesheets/round-trip.css").read_text("utf-8")
SCRIPT = (DOCS / "javascripts/round-trip.mjs").read_text("utf-8")
PHASE = Phase("channels", "ws-frame")
ADDRESS = "http://roundtrip.test/"
HTML = (
    f'<!doctype html><html class="js"><title>t</title><style>{STYLE}</style>'
    f'<main class="md-typeset">{Shown().phases([PHASE])}</main>'
)


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Browser) -> AsyncIterator[Page]:
    page = await chromium.new_page(viewport={"width": 360, "height": 700})
    await page.route(
        "**/*", lambda route: route.fulfill(body=HTML, content_type="text/html")
    )
    yield page
    await page.close()


async def scripted(page: Page, anchor: str = "") -> None:
    await page.goto(ADDRESS + anchor)
    await page.add_script_tag(content=SCRIPT, type="module")
    await page.wait_for_function("!!customElements.get('round-trip')")


async def open_folds(page: Page) -> int:
    return await page.locator(".rt-turns details[open] > summary:visible").count()


async def unfold(page: Page) -> None:
    await page.get_by_text("Every step").press("Enter")


async def test_the_folds_open_and_shut_by_keyboard(page: Page) -> None:
    await scripted(page)
    turns = PHASE.counts()["turn"]
    await unfold(page)
    await page.get_by_role("button", name="All steps").press("Enter")
    assert await page.locator("details:not([open])").count() == 0
    await page.get_by_role("button", name="Turns only").press("Enter")
    assert await open_folds(page) == 0
    shut = page.locator(".rt-turns summary:visible")
    assert await shut.count() == turns
    await shut.first.press("Enter")
    assert await open_folds(page) > 0


async def test_a_link_to_a_step_opens_the_way_to_it(page: Page) -> None:
    number, _, _ = PHASE.find("roundtrip.consumers:Chat.receive")
    await scripted(page, f"#{PHASE.id(number)}")
    assert await page.locator(f"#{PHASE.id(number)}").is_visible()
    await page.evaluate("location.hash = '#ws-frame-1'")
    await page.locator("#ws-frame-1").wait_for(state="visible")


async def test_a_hand_over_leads_to_its_step_and_unfolds_the_list(page: Page) -> None:
    number = next(each.number for each in PHASE.handovers() if each.layer == "yours")
    await scripted(page)
    await page.get_by_role("link", name="Chat.receive").press("Enter")
    await page.locator(f"#{PHASE.id(number)}").wait_for(state="visible")


async def test_names_only_hides_the_sentences_and_says_that_it_does(page: Page) -> None:
    await scripted(page)
    await unfold(page)
    await page.get_by_role("button", name="All steps").click()
    button = page.get_by_role("button", name="Names only")
    await button.click()
    assert await button.get_attribute("aria-pressed") == "true"
    assert not await page.locator(".rt-why").first.is_visible()


async def test_print_shows_the_short_path_and_every_step_of_an_open_list(
    page: Page,
) -> None:
    await page.goto(ADDRESS)
    await page.emulate_media(media="print")
    steps = page.locator(".rt-steps li")
    assert await page.locator(".rt-path li:visible").count() == len(PHASE.handovers())
    assert await steps.locator("visible=true").count() == 0
    await page.locator(".rt-whole").evaluate("whole => whole.open = true")
    assert await steps.count() == PHASE.counts()["step"]
    heights = await steps.evaluate_all("all => all.map(e => e.offsetHeight)")
    assert min(heights) > 0
    assert await page.locator(".rt-why:visible").count() == 0


async def test_print_leaves_out_what_the_theme_opens_for_it(page: Page) -> None:
    await scripted(page)
    await page.evaluate(
        """addEventListener("beforeprint", () =>
        document.querySelectorAll("details").forEach(fold => fold.open = true))"""
    )
    await page.evaluate("dispatchEvent(new Event('beforeprint'))")
    await page.emulate_media(media="print")
    assert await page.locator(".rt-path li:visible").count() == len(PHASE.handovers())
    assert await page.locator(".rt-steps li:visible").count() == 0


async def test_without_a_script_a_turn_opens_and_nothing_is_wider_than_a_phone(
    page: Page,
) -> None:
    await page.goto(ADDRESS)
    await unfold(page)
    for turn in await page.locator(".rt-turn > details > summary").all():
        await turn.click()
    assert await page.locator(".rt-why").last.is_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
