"""By keyboard, by ear, on a phone, on paper, and without JavaScript."""

import pytest
from playwright.async_api import Browser, BrowserContext

from .conftest import Reader, Show, Site

pytestmark = pytest.mark.asyncio(loop_scope="session")

TWO = (
    "``` { .python .run #one }\nprint(1)\n```\n\n``` { .text .output }\n1\n```\n\n"
    "``` { .python .run #two }\nprint(2)\n```\n"
)
FOCUS = "() => document.activeElement.textContent || document.activeElement.tagName"


async def tabbed(reader: Reader, key: str = "Tab") -> str:
    await reader.page.keyboard.press(key)
    return str(await reader.page.evaluate(FOCUS))


async def test_tab_reaches_every_control_and_leaves_the_editor(show: Show) -> None:
    reader = await show(TWO)
    reached = [await tabbed(reader) for _ in range(8)]
    assert reached == ["one", "Run", "Edit", "Copy", "two", "Run", "Edit", "Copy"]
    await reader.press("one", "Edit")
    area = reader.block("one", "textarea")
    await area.wait_for()
    await reader.page.keyboard.type("# typed\n")
    assert await tabbed(reader) == "Run"
    assert await tabbed(reader, "Shift+Tab") == "TEXTAREA"
    assert await tabbed(reader, "Shift+Tab") == "one"
    assert await area.input_value() == "# typed\nprint(1)"


async def test_focus_stays_with_the_reader_through_run_and_stop(show: Show) -> None:
    reader = await show(TWO)
    await reader.rewrite("one", "print('begun')\nwhile True: pass")
    run = reader.block("one").get_by_role("button", name="Run", exact=True)
    await run.focus()
    await reader.page.keyboard.press("Enter")
    await reader.block("one", ".run-live samp").wait_for(timeout=40_000)
    assert await reader.page.evaluate(FOCUS) == "Stop"
    await reader.page.keyboard.press("Enter")
    assert await reader.page.evaluate(FOCUS) == "Run"


async def test_enter_keeps_the_indent_and_undo_takes_it_back(show: Show) -> None:
    reader = await show(TWO)
    await reader.rewrite("one", "")
    keyboard = reader.page.keyboard
    await keyboard.type("if True:\nprint(2)\nprint(3)")
    area = reader.block("one", "textarea")
    assert await area.input_value() == "if True:\n    print(2)\n    print(3)"
    await keyboard.press("Control+[")
    assert await area.input_value() == "if True:\n    print(2)\nprint(3)"
    await keyboard.press("Control+z")
    assert await area.input_value() == "if True:\n    print(2)\n    print(3)"


async def test_the_text_under_the_editor_lies_exactly_below_it(show: Show) -> None:
    reader = await show(TWO)
    await reader.rewrite("one", "x = '" + "long " * 60 + "'\n" * 5)
    sizes = await reader.block("one").evaluate(
        """(block) => ["pre > code", "textarea"].map((name) => {
          const element = block.querySelector(name), style = getComputedStyle(element);
          const {x, y, width, height} = element.getBoundingClientRect();
          return [x, y, width, height, style.fontFamily, style.fontSize,
                  style.lineHeight, style.paddingLeft, style.paddingTop,
                  style.whiteSpace, style.tabSize];
        })"""
    )
    assert sizes[0] == sizes[1]


async def test_output_and_status_are_announced_politely(show: Show) -> None:
    reader = await show(TWO)
    await reader.run("one")
    log = reader.block("one").get_by_role("log", name="Output of one")
    assert await log.inner_text() == "1\n"
    status = reader.block("one").get_by_role("status")
    assert (await status.inner_text()).startswith("✓ as the page shows")
    await reader.press("one", "Edit")
    area = reader.block("one").get_by_role("textbox", name="Code of one")
    hint = await area.get_attribute("aria-describedby")
    assert "Tab leaves the editor" in await reader.page.locator(f"#{hint}").inner_text()


async def test_a_phone_shows_everything_without_scrolling_sideways(
    show: Show, context: BrowserContext
) -> None:
    reader = await show(TWO)
    await reader.page.set_viewport_size({"width": 320, "height": 640})
    await reader.rewrite("one", "raise ValueError('x' * 400)")
    await reader.run("one")
    width = await reader.page.evaluate("document.documentElement.scrollWidth")
    assert width == 320


async def test_a_finger_finds_every_control(chromium: Browser, site: Site) -> None:
    finger = {"is_mobile": True, "has_touch": True}
    context = await chromium.new_context(
        viewport={"width": 360, "height": 700}, **finger
    )
    reader = Reader(await context.new_page())
    await reader.page.goto(site.publish("finger", TWO))
    await reader.rewrite("one", "import json\njson.loads('{')")
    await reader.run("one")
    sizes = await reader.page.locator(
        "run-block :is(button:not([hidden]), summary)"
    ).evaluate_all(
        """(all) => all.map((element) => {
          const {width, height} = element.getBoundingClientRect();
          return [element.textContent, width, height];
        })"""
    )
    assert len(sizes) == 9
    assert [size for size in sizes if min(size[1:]) < 44] == []
    hint = reader.block("one", ".run-hint")
    assert not await hint.is_visible(), "there is no keyboard that it could be about"
    await context.close()


async def test_the_mark_of_a_line_is_as_wide_as_the_text(show: Show) -> None:
    reader = await show(TWO)
    await reader.rewrite("one", "raise ValueError  # " + "long " * 60)
    await reader.run("one")
    widths = await reader.block("one", "pre:has(> textarea)").evaluate(
        """(pre) => [pre.querySelector(".run-mark").getBoundingClientRect().width,
                     pre.scrollWidth, pre.clientWidth]"""
    )
    assert round(widths[0]) == widths[1] > widths[2]


async def test_the_editor_opens_at_the_beginning(show: Show) -> None:
    reader = await show(TWO.replace("print(1)", "print(1)\n# " + "long " * 60))
    await reader.press("one", "Edit")
    area = reader.block("one", "textarea")
    await area.wait_for()
    assert await area.evaluate("(area) => area.selectionEnd") == 0
    assert await area.evaluate("(area) => area.parentElement.scrollLeft") == 0


async def test_focus_stays_in_the_bar_when_its_button_goes(show: Show) -> None:
    reader = await show(TWO)
    await reader.rewrite("one", "print('mine')")
    reset = reader.block("one").get_by_role("button", name="Reset", exact=True)
    await reset.focus()
    await reader.page.keyboard.press("Enter")
    assert await reader.page.evaluate(FOCUS) == "Run"


async def test_without_javascript_the_page_is_as_it_was(
    chromium: Browser, site: Site
) -> None:
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(site.publish("no-script", TWO))
    assert await page.locator("button").count() == 0
    assert await page.locator("#one pre > code").inner_text() == "print(1)\n"
    assert await page.locator("#one .run-output").inner_text() == "1\n"
    await context.close()


async def test_on_paper_there_are_no_controls(show: Show) -> None:
    reader = await show(TWO)
    await reader.page.emulate_media(media="print")
    assert not await reader.block("one", ".run-bar").is_visible()
    assert await reader.block("one", "pre > code").is_visible()
