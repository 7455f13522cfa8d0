"""The countable rules of STYLE.md hold for every chapter."""

from pathlib import Path

import pytest
from walkthrough.book import pages
from walkthrough.fences import Page, read_page
from walkthrough.prose import complaints, ending_complaints, in_paragraphs, words

CHAPTERS = [page for page in pages() if page.path.parent.name == "chapters"]


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.name)
def test_a_chapter_keeps_the_countable_rules(page: Page) -> None:
    assert complaints(page) + ending_complaints(page) == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_no_page_belittles_or_shouts(page: Page) -> None:
    assert [f"{page.file}:{text}" for text in in_paragraphs(page)] == []


def test_the_rules_find_what_they_are_for() -> None:
    text = "# T\n\nSimply wait!\n\n``` { .python .run #a }\nx = 'just'\n```\n"
    page = read_page(Path("page.md"), text)
    assert words(page) == 2
    told = "\n".join(complaints(page) + ending_complaints(page))
    assert "page.md:3: 'Simply' belittles" in told
    assert "page.md:3: an exclamation mark" in told
    assert "no section 'Challenges'" in told and "just" not in told
