"""The built site in a real browser."""

import gzip
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect
from walkthrough.fences import DOCS, read_page
from walkthrough.page.pack import node_modules
from walkthrough.serve import Host

pytestmark = pytest.mark.asyncio(loop_scope="session")

SWITCH = "[data-md-component=palette] label:visible"
KILOBYTES_OF_A_PAGE = 127
"""One and a half times a bare page of the theme, its search index included."""
SHOW_MODULES_WHOLE = {"chapters/layers/": 137, "chapters/server/": 133}
"""Pages of which the reference implementation is a third, and what they may weigh."""


async def test_a_page_asks_no_other_host(opened: Any, host: Host) -> None:
    others = [asked for asked in opened.requests if not asked.startswith(host.address)]
    assert len(opened.requests) > 3
    assert others == []


async def test_a_page_breaks_no_policy_and_says_nothing(opened: Any) -> None:
    assert await opened.violations() == []
    assert opened.complaints == []


async def test_a_page_is_light_and_stands_still(
    opened: Any, site: Path, url: str
) -> None:
    total = 0
    for asked in set(opened.requests):
        file = site / urlsplit(asked).path.lstrip("/")
        data = (file / "index.html" if file.is_dir() else file).read_bytes()
        total += min(len(data), len(gzip.compress(data, 9)))
    print(f"{total / 1000:.1f} kB in {len(opened.requests)} requests")
    assert total <= SHOW_MODULES_WHOLE.get(url, KILOBYTES_OF_A_PAGE) * 1000
    assert await opened.page.evaluate("shift") <= 0.01


async def axe(page: Page) -> list[str]:
    """Run axe-core with all its rules, best practices included."""
    await page.evaluate((node_modules() / "axe-core" / "axe.min.js").read_text())
    found = await page.evaluate("axe.run({resultTypes: ['violations']})")
    assert len(found["passes"]) > 20
    return [
        f"{fault['id']}: {node['html']} {node['failureSummary']}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


async def test_axe_finds_no_fault_in_light(opened: Any) -> None:
    assert await axe(opened.page) == []


async def test_axe_finds_no_fault_in_dark(opened: Any) -> None:
    body = opened.page.locator("body")
    await opened.page.locator(SWITCH).click()
    await expect(body).to_have_attribute("data-md-color-scheme", "slate")
    found = await axe(opened.page)
    await opened.page.locator(SWITCH).click()
    await expect(body).to_have_attribute("data-md-color-scheme", "default")
    assert found == []


@pytest.mark.parametrize("width", [320, 360])
async def test_a_page_does_not_scroll_sideways(opened: Any, width: int) -> None:
    await opened.page.set_viewport_size({"width": width, "height": 700})
    reached = await opened.page.evaluate("document.documentElement.scrollWidth")
    await opened.page.set_viewport_size({"width": 1280, "height": 900})
    assert reached == width


async def test_a_page_is_complete_without_javascript(
    url: str, opened: Any, visit: Any
) -> None:
    plain = (await visit(url, java_script_enabled=False)).page
    text = await plain.locator("article").text_content()
    with_script = await opened.page.locator("article").text_content()
    assert len(text.split()) >= 0.98 * len(with_script.split())
    for snippet in read_page(DOCS / f"{url.rstrip('/') or 'index'}.md").snippets:
        assert snippet.code.strip() in text
        assert snippet.expected.strip() in text


async def test_the_search_finds_a_word_and_breaks_no_policy(visit: Any) -> None:
    visited = await visit("glossary/")
    page = visited.page
    assert not any("search_index" in asked for asked in visited.requests)
    assert not any("/workers/" in asked for asked in visited.requests)
    await page.keyboard.press("/")
    await page.keyboard.type("mailbox")
    await page.locator('.md-search-result__link[href*="h=mailbox"]').first.click()
    await expect(page.locator("mark[data-md-highlight]").first).to_be_visible()
    assert await visited.violations() == []
    assert visited.complaints == []


async def test_the_palette_follows_the_system_until_it_is_switched(visit: Any) -> None:
    visited = await visit("", color_scheme="dark")
    page, body = visited.page, visited.page.locator("body")
    await expect(body).to_have_attribute("data-md-color-scheme", "slate")
    await page.locator(SWITCH).click()
    await expect(body).to_have_attribute("data-md-color-scheme", "default")
    await page.reload()
    await expect(body).to_have_attribute("data-md-color-scheme", "default")
    assert await visited.violations() == []


async def test_an_answer_waits_for_the_guess_and_not_on_paper(visit: Any) -> None:
    page = (await visit("chapters/consumer/")).page
    answer = page.locator("run-block#unknown + p.answer")
    await expect(answer).to_be_hidden()
    await page.emulate_media(media="print")
    await expect(answer).to_be_visible()
    await page.emulate_media(media="screen")
    await page.locator("run-block#unknown details.run-output > summary").click()
    await expect(answer).to_be_visible()


async def test_a_definition_opens_when_the_keyboard_reaches_the_word(
    visit: Any,
) -> None:
    page = (await visit("chapters/groups/")).page
    word = page.locator("a.term").first
    definition = await word.get_attribute("title")
    await page.locator(".md-skip").press("Enter")
    for _ in range(10):
        await page.keyboard.press("Tab")
        if await word.evaluate("word => word === document.activeElement"):
            break
    await expect(
        page.get_by_role("tooltip").filter(has_text=definition)
    ).to_be_visible()


async def test_the_colour_of_a_question_does_not_answer_it(visit: Any) -> None:
    visited = await visit("chapters/consumer/")
    question = visited.page.locator("#unknown details.run-output")
    colour = "node => getComputedStyle(node).backgroundColor"
    closed = await question.evaluate(colour)
    plain = await visited.page.locator("#shared .run-output").evaluate(colour)
    assert closed == plain
    await question.locator("summary").click()
    assert await question.evaluate(colour) != plain


async def test_without_javascript_the_system_decides_on_light_and_dark(
    visit: Any,
) -> None:
    options = {"java_script_enabled": False, "color_scheme": "dark"}
    body = (await visit("", **options)).page.locator("body")
    await expect(body).to_have_css("background-color", "rgb(16, 24, 31)")
