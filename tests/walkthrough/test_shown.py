"""The chapters show the whole of minichannels."""

from pathlib import Path

from walkthrough.book import pages
from walkthrough.fences import read_page
from walkthrough.shown import unshown


def test_every_function_and_class_of_minichannels_is_shown_in_a_chapter() -> None:
    assert unshown(pages()) == []


def test_a_part_that_no_page_shows_is_named() -> None:
    text = '``` {.source source="minichannels/consumer.py" object="merge"}\n```\n'
    missing = unshown([read_page(Path("page.md"), text)])
    assert "minichannels/consumer.py get_handler_name" in missing
    assert "minichannels/consumer.py AsyncConsumer.dispatch" in missing
    assert "minichannels/consumer.py merge" not in missing
