"""Errors as a person wants them."""

import pytest

from .conftest import Desk, Show

pytestmark = pytest.mark.asyncio(loop_scope="session")

DEEP = """\
import json

def read(text):
    return json.loads(text)

def main():
    return read("{")

main()
"""
OURS = ("session.py", "kernel.py", "loop.py", "pyodide", "_pyodide", "asyncio/")


async def test_the_last_line_of_the_snippet_comes_first(desk: Desk) -> None:
    await desk.run(DEEP)
    summary = await desk.text(".run-summary")
    assert summary.startswith("JSONDecodeError: Expecting property name")
    places = await desk.reader.block("desk", ".run-frames li").all_inner_texts()
    assert places == [
        "in desk, line 4: return json.loads(text)",
        'in desk, line 7: return read("{")',
        "in desk, line 9: main()",
    ]


async def test_the_line_is_marked_until_the_text_changes(desk: Desk) -> None:
    await desk.run(DEEP)
    mark = desk.reader.block("desk", ".run-mark")
    line = await mark.evaluate("(mark) => mark.style.getPropertyValue('--line')")
    assert line == "3"
    await desk.reader.rewrite("desk", "pass")
    assert await mark.count() == 0


async def test_libraries_are_folded_and_nothing_of_ours_is_there(desk: Desk) -> None:
    await desk.run(DEEP)
    fold = desk.reader.block("desk", "details")
    assert await fold.get_attribute("open") is None
    assert await fold.locator("summary").inner_text() == (
        "Traceback, with 3 frames of libraries"
    )
    await fold.locator("summary").click()
    told = await fold.locator("pre").inner_text()
    assert "json/decoder.py" in told and "return json.loads(text)" in told
    assert [name for name in OURS if name in told] == []


async def test_a_syntax_error_is_placed(desk: Desk) -> None:
    await desk.run("x = 1\ndef f(:\n    pass")
    assert await desk.text(".run-frames li") == "in desk, line 2: def f(:"


async def test_a_cause_and_the_parts_of_a_group_are_in_the_traceback(
    desk: Desk,
) -> None:
    await desk.run(
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n"
        "    raise ExceptionGroup('both', [KeyError('k')]) from e"
    )
    await desk.reader.block("desk", "details summary").click()
    told = await desk.text("details pre")
    assert "ZeroDivisionError: division by zero" in told and "KeyError: 'k'" in told


async def test_an_error_in_an_earlier_snippet_is_said_to_be_there(show: Show) -> None:
    reader = await show(
        "``` { .python .run #define }\ndef fail():\n    return 1 / n\n```\n\n"
        "``` { .python .run #call }\nn = 0\nfail()\n```\n"
    )
    assert (await reader.run("call")).startswith("ZeroDivisionError")
    places = await reader.block("call", ".run-frames li").all_inner_texts()
    assert places == [
        "in define, line 2: return 1 / n",
        "in call, line 2: fail()",
    ]
    assert await reader.block("define", ".run-mark").count() == 1
    await reader.rewrite("define", "raise ValueError(3)")
    await reader.run("call")
    told = await reader.text("call", ".run-failure")
    assert told.startswith("define, which runs before this snippet, failed.")


async def test_lines_are_right_when_an_earlier_snippet_has_grown(show: Show) -> None:
    reader = await show(
        "``` { .python .run #one }\nx = 1\n```\n\n"
        "``` { .python .run #two }\nx\nx / 0\n```\n"
    )
    await reader.rewrite("one", "x = 1\n" * 40)
    await reader.run("two")
    assert await reader.text("two", ".run-frames li") == "in two, line 2: x / 0"


async def test_an_error_that_the_page_promises_is_as_shown(show: Show) -> None:
    reader = await show(
        "``` { .python .run .raises #wrong }\nprint('a')\n{}['room']\n```\n\n"
        "``` { .text .output }\na\nKeyError: 'room'\n```\n\n"
        "``` { .python .run #next }\nprint('goes on')\n```\n"
    )
    assert (await reader.run("wrong")).startswith("✓ as the page shows")
    assert await reader.text("wrong", ".run-summary") == "KeyError: 'room'"
    await reader.run("next")
    assert await reader.output("next") == "goes on\n"
