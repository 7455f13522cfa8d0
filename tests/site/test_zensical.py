"""Zensical, by the authors of Material, builds the same site from the same mkdocs.yml.

MkDocs 1 takes no new features. What the pages need is in Markdown extensions, so that
its successor reads them too; this holds that door open.
"""

import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from walkthrough.fences import ROOT

PARTS = {"h1", "h2", "h3", "pre", "run-block", "svg"}
SOURCES = ("mkdocs.yml", "docs", "snippets")
NO_BYTECODE = shutil.ignore_patterns("__pycache__")


class Parts(HTMLParser):
    """What a page is made of, in order: headings, snippets, outputs, diagrams."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self.inside = 0
        text = page.read_text("utf-8")
        self.feed(text[text.find("<article") : text.find("</article>")])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside += tag == "pre"
        if tag in PARTS:
            self.found.append((tag, dict(attrs).get("id") or "", ""))

    def handle_endtag(self, tag: str) -> None:
        self.inside -= tag == "pre"

    def handle_data(self, data: str) -> None:
        if self.inside:
            tag, name, text = self.found[-1]
            self.found[-1] = tag, name, text + data


@pytest.fixture(scope="module")
def other_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("zensical")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        kept = {"ignore": NO_BYTECODE} if copy is shutil.copytree else {}
        copy(ROOT / name, root / name, **kept)
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    return root / "site"


def test_zensical_builds_the_same_pages(site: Path, other_site: Path) -> None:
    pages = {file.relative_to(site) for file in site.rglob("*.html")}
    assert pages == {
        file.relative_to(other_site) for file in other_site.rglob("*.html")
    }
    differing = {
        str(page)
        for page in pages
        if Parts(site / page).found != Parts(other_site / page).found
    }
    assert differing == set()


def test_the_pages_have_parts_to_compare(site: Path) -> None:
    tags = {tag for tag, _, _ in Parts(site / "chapters/groups/index.html").found}
    assert tags == PARTS - {"h3"}
