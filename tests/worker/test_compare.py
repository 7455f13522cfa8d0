"""The table of the chapter on workers is what the three workers do."""

from walkthrough.fences import DOCS
from worker.compare import table


def test_the_chapter_shows_what_the_comparison_measures() -> None:
    page = (DOCS / "chapters" / "worker.md").read_text()
    assert table() in page
