"""Which parts of minichannels the chapters show, and which they leave out."""

import ast
from collections.abc import Iterable, Iterator

from walkthrough.fences import Page
from walkthrough.sources import SNIPPETS, Definition, definitions, files


def unshown(pages: Iterable[Page], package: str = "minichannels") -> list[str]:
    """Name every function and class of a package that no page shows.

    One is shown by a `.source` block of its own, of the class around it, or of the
    whole file; a class also by blocks of all its methods.
    """
    shown = {
        (fence.attributes.get("source", ""), fence.attributes.get("object", ""))
        for page in pages
        for fence in page.sources
    }
    return [
        f"{file} {name}"
        for file in files()
        if file.startswith(f"{package}/") and (file, "") not in shown
        for name in unshown_in(file, {name for where, name in shown if where == file})
    ]


def unshown_in(file: str, shown: set[str]) -> Iterator[str]:
    tree = ast.parse((SNIPPETS / file).read_text("utf-8"))
    known = [name for name, node in definitions(tree) if isinstance(node, Definition)]
    for name in known:
        parts = name.split(".")
        above = {".".join(parts[: count + 1]) for count in range(len(parts))}
        has_methods = any(other.startswith(f"{name}.") for other in known)
        if not above & shown and not has_methods:
            yield name
