"""The pages of the site in the order of mkdocs.yml's nav, which alone decides it."""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from walkthrough.fences import DOCS, ROOT, Page, read_page


class NoSuchChapter(LookupError):
    """A chapter was asked for that the book does not have."""


class _Loader(yaml.SafeLoader):
    """Reads mkdocs.yml, whose tags name Python objects that are not wanted here."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: None)
_Loader.add_multi_constructor("tag:", lambda loader, suffix, node: None)


def config() -> dict[str, Any]:
    """Give mkdocs.yml as it stands."""
    loaded = yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), _Loader)
    assert isinstance(loaded, dict)
    return loaded


def paths() -> list[Path]:
    """Give the files of the pages, in the order of the nav."""
    return [DOCS / name for name in leaves(config()["nav"])]


def leaves(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        if nav.endswith(".md"):
            yield nav
    else:
        for entry in nav.values() if isinstance(nav, dict) else nav:
            yield from leaves(entry)


def pages() -> list[Page]:
    """Read all pages, in the order of the nav."""
    return [read_page(path) for path in paths()]


def chapters() -> list[Page]:
    """Give the pages that have something to run."""
    return [page for page in pages() if any(snippet.runs for snippet in page.snippets)]


def chapter(name: str) -> Page:
    """Find a chapter by its name or its file.

    Raises:
        NoSuchChapter: There is none of that name; the message lists those there are.
    """
    wanted = Path(name).stem.lower()
    known = {page.name: page for page in chapters()}
    if wanted in known:
        return known[wanted]
    close = difflib.get_close_matches(wanted, known, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    listed = "\n".join(f"  {name}" for name in known)
    raise NoSuchChapter(
        f"There is no chapter {name}.{hint}\nThe chapters are:\n{listed}"
    )
