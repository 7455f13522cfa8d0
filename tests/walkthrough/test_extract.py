"""A chapter as one script: it runs by itself, and prints what the page prints."""

import subprocess
import sys
from pathlib import Path

import pytest
from walkthrough.book import chapters
from walkthrough.extract import script_of
from walkthrough.fences import Page, read_page
from walkthrough.session import difference

ATTEMPTS = 3
"""A script waits by the machine's clock, and a busy machine can be late for it."""


def printed_by(page: Page, folder: Path) -> str:
    script = folder / f"{page.name}_chapter.py"
    script.write_text(script_of(page), "utf-8")
    ended = subprocess.run(
        [sys.executable, "-u", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


@pytest.mark.parametrize("page", chapters(), ids=lambda page: page.name)
def test_the_script_of_a_chapter_prints_what_its_page_shows(
    page: Page, tmp_path: Path
) -> None:
    shown = "".join(
        snippet.code if snippet.kind == "pycon" else snippet.expected
        for snippet in page.snippets
        if snippet.runs
    )
    for _ in range(ATTEMPTS):
        if not (told := difference(shown, printed_by(page, tmp_path))):
            break
    assert not told


def test_strings_over_several_lines_keep_their_margin(tmp_path: Path) -> None:
    text = (
        "``` { .python .run #a }\n"
        "import asyncio\n"
        "text = '''one\n  two'''\n"
        "more = f'''{text}\nthree'''\n"
        "await asyncio.sleep(0)\n"
        "print(more)\n```\n"
    )
    page = read_page(tmp_path / "page.md", text)
    assert printed_by(page, tmp_path) == "one\n  two\nthree\n"


def test_names_set_in_one_block_are_there_in_the_next(tmp_path: Path) -> None:
    text = (
        "``` { .python .run #a }\n"
        "import asyncio\n"
        "for n in range(3):\n    await asyncio.sleep(0)\n"
        "async def get(): return n\n```\n"
        "``` { .python .run #b }\nasyncio.run(get())\n```\n"
        "``` { .pycon #c }\n>>> [n for n in range(2)]\n[0, 1]\n>>> n\n2\n```\n"
    )
    page = read_page(tmp_path / "page.md", text)
    assert printed_by(page, tmp_path).endswith("[0, 1]\n>>> n\n2\n")
