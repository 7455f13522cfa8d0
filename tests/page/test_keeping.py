"""What a reader writes stays his: edits, links to them, and a page that changes."""

import re

import pytest
from playwright.async_api import BrowserContext

from .conftest import Reader, Show, Site

pytestmark = pytest.mark.asyncio(loop_scope="session")

ONE = "``` { .python .run #one }\nprint(1)\n```\n\n``` { .text .output }\n1\n```\n"
TWO = ONE + "\n``` { .python .run #two }\nprint(2)\n```\n"


async def code(reader: Reader, slug: str) -> str:
    await reader.ready()
    return str(await reader.block(slug, "pre > code").text_content())


async def link(reader: Reader, slug: str) -> str:
    await reader.press(slug, "Share")
    status = reader.block(
        slug,
        ".run-status",
    )
    await status.get_by_text("Link copied.").wait_for()
    return str(await reader.page.evaluate("() => navigator.clipboard.readText()"))


async def test_an_edit_survives_a_reload_and_a_way_through_other_pages(
    show: Show, site: Site
) -> None:
    reader = await show(ONE)
    await reader.rewrite("one", "print('mine')")
    await reader.page.goto(site.publish("elsewhere", TWO))
    assert await code(reader, "one") == "print(1)\n"
    await reader.page.go_back()
    assert await code(reader, "one") == "print('mine')\n"
    await reader.page.reload()
    await reader.run("one")
    assert await reader.output("one") == "mine\n"


async def test_reset_forgets_the_edit_for_good(show: Show) -> None:
    reader = await show(ONE)
    await reader.rewrite("one", "print('mine')")
    await reader.press("one", "Reset")
    await reader.page.reload()
    assert await code(reader, "one") == "print(1)\n"
    assert not await reader.block("one").get_by_role("button", name="Reset").count()


async def test_a_page_that_changed_offers_the_old_edit(show: Show) -> None:
    reader = await show(ONE)
    await reader.rewrite("one", "print('mine')")
    again = await show(ONE.replace("print(1)", "print(1)  # new"))
    assert await code(again, "one") == "print(1)  # new\n"
    assert "earlier version" in await again.text("one", ".run-notice")
    await again.press("one", "Show my text")
    assert await code(again, "one") == "print('mine')\n"
    await again.page.reload()
    assert await code(again, "one") == "print('mine')\n"


async def test_an_old_edit_can_be_discarded(show: Show) -> None:
    reader = await show(ONE)
    await reader.rewrite("one", "print('mine')")
    again = await show(ONE.replace("print(1)", "print(1)  # new"))
    await again.press("one", "Discard it")
    await again.page.reload()
    await again.ready()
    assert await again.text("one", ".run-notice") == ""
    assert await code(again, "one") == "print(1)  # new\n"


async def test_a_link_carries_the_texts_and_runs_nothing(
    show: Show, site: Site, context: BrowserContext
) -> None:
    reader = await show(TWO)
    await reader.rewrite("one", "print('shared é')")
    await reader.rewrite("two", "print('also')")
    address = await link(reader, "two")
    assert re.search(r"#two=[\w-]+$", address)
    await reader.page.evaluate("() => localStorage.clear()")
    site.asked.clear()
    other = Reader(await context.new_page())
    await other.page.goto(address)
    await other.block("two", ".run-notice").get_by_text("came with the link").wait_for()
    assert await code(other, "one") == "print('shared é')\n"
    assert await other.block("two").get_attribute("data-state") == "idle"
    assert not [path for path in site.asked if "runtime" in path or "shared" in path]
    assert await other.page.evaluate("() => localStorage.length") == 0
    await other.run("two")
    assert await other.output("two") == "also\n"


async def test_a_link_leaves_the_readers_own_edit_alone(show: Show) -> None:
    reader = await show(ONE)
    await reader.rewrite("one", "print('shared')")
    address = await link(reader, "one")
    await reader.rewrite("one", "print('mine')")
    await reader.page.goto("about:blank")
    await reader.page.goto(address)
    await reader.block("one", ".run-notice").get_by_text("with the link").wait_for()
    assert await code(reader, "one") == "print('shared')\n"
    await reader.press("one", "Go back")
    assert await code(reader, "one") == "print('mine')\n"


async def test_a_text_too_long_for_a_link_is_said_to_be(show: Show) -> None:
    reader = await show(ONE)
    await reader.rewrite("one", "# " + "x" * 100_000)
    await reader.press("one", "Share")
    status = reader.block("one").get_by_role("status")
    await status.get_by_text("Too long for a link. Copy takes all of it.").wait_for()


async def test_what_does_not_load_can_be_tried_again(show: Show) -> None:
    reader = await show(ONE)
    await reader.page.context.set_offline(True)
    await reader.press("one", "Edit")
    status = reader.block("one").get_by_role("status")
    await status.get_by_text("The editor did not load. Try again.").wait_for()
    await reader.page.context.set_offline(False)
    await reader.rewrite("one", "print('mine')")
    assert (await reader.run("one")).startswith("≠")


async def test_a_broken_link_changes_nothing(show: Show) -> None:
    reader = await show(ONE)
    await reader.page.evaluate("() => { location.hash = '#one=abcdefgh'; }")
    await reader.page.reload()
    assert await code(reader, "one") == "print(1)\n"


MEMORY = """async (damage) => {
  const cache = await caches.open("walkthrough");
  for (;;) {
    const kept = (await cache.keys()).filter(({url}) => url.endsWith("/memory"));
    for (const {url} of damage ? kept : []) await cache.put(url, new Response("x"));
    if (kept.length) return kept.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}"""
SEED = "``` { .python .run #one }\nprint(hash('text'))\n```\n"
"""What each start of Python answers anew, unless it has the memory of another one."""


async def test_after_a_reload_python_has_the_memory_of_its_first_start(
    show: Show,
) -> None:
    reader = await show(SEED)
    await reader.run("one")
    first = await reader.output("one")
    assert await reader.page.evaluate(MEMORY, False) == 1
    await reader.page.reload()
    await reader.run("one")
    assert await reader.output("one") == first


async def test_a_memory_that_does_not_fit_costs_only_time(show: Show) -> None:
    reader = await show(SEED)
    await reader.run("one")
    first = await reader.output("one")
    await reader.page.evaluate(MEMORY, True)
    await reader.page.reload()
    await reader.run("one")
    assert await reader.output("one") not in ("", first)


async def test_without_storage_everything_else_works(
    show: Show, context: BrowserContext
) -> None:
    await context.add_init_script(
        "Object.defineProperty(window, 'localStorage', "
        "{get() { throw new DOMException('no', 'SecurityError'); }})"
    )
    reader = await show(ONE)
    await reader.rewrite("one", "print('mine')")
    await reader.run("one")
    assert await reader.output("one") == "mine\n"


async def test_without_a_clipboard_the_link_is_shown(
    show: Show, context: BrowserContext
) -> None:
    await context.add_init_script(
        "navigator.clipboard.writeText = async () => { throw new Error('no'); }"
    )
    reader = await show(ONE)
    await reader.rewrite("one", "print('mine')")
    await reader.press("one", "Share")
    field = reader.block("one", ".run-link")
    assert "#one=" in await field.input_value()
