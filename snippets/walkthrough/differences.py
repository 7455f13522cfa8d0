"""The page of differences, made from the tests that hold them.

A test in a folder `differences` is one row: its docstring has a sentence on
minichannels, then `Channels:` and `Why:`. A dictionary `ABSENT` there lists names that
are not here.

    python -m walkthrough.differences    # writes docs/differences.md
"""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "differences.md"
HEAD = """\
---
description: >-
  Where minichannels differs from Channels 4.3 on purpose: every row of this page is
  made from a test that shows both sides.
---

# What Channels does differently

minichannels behaves as Channels 4.3 does: same outcomes, same events, same errors, in
the same order. Where it does not, it is on purpose, and it is on this page. Each row is
made from a test that shows both sides, in the folders `differences` of `tests`.
"""


class NotARow(Exception):
    """A test of a difference whose docstring cannot be a row of the table."""


def page() -> str:
    """Write the page, from all tests of differences in the order of their paths."""
    files = sorted((ROOT / "tests").glob("**/differences/test_*.py"))
    return HEAD + "".join(section(path) for path in files)


def section(path: Path) -> str:
    """Write the heading and the tables of one file of tests."""
    tree = ast.parse(path.read_text())
    title, _, text = (ast.get_docstring(tree) or "").partition("\n\n")
    parts = [f"\n## {title.rstrip('.')}\n"]
    if text:
        parts.append(f"\n{text}\n")
    rows = [row(node, path) for node in tests(tree)]
    if rows:
        parts.append("\n| minichannels | Channels 4.3 | Why |\n| --- | --- | --- |\n")
        parts.extend(rows)
    names = absent(tree)
    if names:
        parts.append("\n| Name in Channels | Instead |\n| --- | --- |\n")
        parts.extend(f"| `{name}` | {reason} |\n" for name, reason in names.items())
    return "".join(parts)


def tests(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Give the tests of a module that have a docstring: the others are checks of it."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.startswith("test_") and ast.get_docstring(node):
            yield node


def row(test: ast.FunctionDef | ast.AsyncFunctionDef, path: Path) -> str:
    """Write a row: what the docstring says of us, of Channels, and the reason."""
    words = " ".join((ast.get_docstring(test) or "").split())
    here, channels, rest = words.partition(" Channels: ")
    there, why, reason = rest.partition(" Why: ")
    if not (channels and why and reason):
        raise NotARow(
            f"{path.name}, {test.name}: a docstring here has a sentence on "
            f"minichannels, then 'Channels: …', then 'Why: …', but this is {words!r}"
        )
    cells = (cell[0].upper() + cell[1:] for cell in (here, there, reason))
    return f"| {' | '.join(cells)} |\n"


def absent(tree: ast.Module) -> dict[str, str]:
    """Give the dictionary `ABSENT` of a module, or an empty one."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ABSENT":
            return dict(ast.literal_eval(inspect.cleandoc(ast.unparse(node.value))))
    return {}


if __name__ == "__main__":
    PAGE.write_text(page())
