"""Find real source by the name of an object, without importing it."""

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from walkthrough.fences import ROOT

SNIPPETS = ROOT / "snippets"

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class NoSuchSource(LookupError):
    """A page shows source that does not exist."""


@dataclass(frozen=True)
class Source:
    """A piece of a real file."""

    file: str
    object: str
    """The name inside the file, `AsyncConsumer.dispatch`; empty for all of it."""
    line: int
    text: str


def find_source(file: str, name: str = "", *, docstrings: bool = True) -> Source:
    """Give the source of one object.

    Args:
        file: The path below snippets/, `minichannels/consumer.py`.
        name: The dotted name inside it. Without one, the whole file is given.
        docstrings: Whether to keep the docstrings.

    Raises:
        NoSuchSource: The file or the object does not exist; the message names
            those that do.
    """
    path = SNIPPETS / file
    if not path.is_file():
        raise NoSuchSource(f"there is no file snippets/{file}{hint(file, files())}")
    text = path.read_text("utf-8")
    lines = text.splitlines()
    tree = ast.parse(text)
    node: ast.Module | Definition | ast.Assign | ast.AnnAssign = tree
    first, last = 1, len(lines)
    if name:
        known = dict(definitions(tree))
        if name not in known:
            raise NoSuchSource(f"{file} has no {name}{hint(name, known)}")
        node = known[name]
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(each.lineno for each in decorators)])
        last = node.end_lineno or node.lineno
    dropped = set() if docstrings else set(docstring_lines(node))
    kept = [lines[i - 1] for i in range(first, last + 1) if i not in dropped]
    return Source(file, name, first, dedent(kept))


def definitions(
    tree: ast.Module | ast.ClassDef, prefix: str = ""
) -> Iterator[tuple[str, Definition | ast.Assign | ast.AnnAssign]]:
    """Give classes, functions, methods and named values, with their dotted names."""
    for node in tree.body:
        if isinstance(node, Definition):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from definitions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield prefix + node.target.id, node
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield prefix + node.targets[0].id, node


def docstring_lines(node: ast.AST) -> Iterator[int]:
    for inner in ast.walk(node):
        body = getattr(inner, "body", [])
        if not isinstance(inner, Definition | ast.Module) or len(body) < 2:
            continue  # a body that is nothing else keeps it
        first = body[0]
        if ast.get_docstring(inner) is not None:
            end = first.end_lineno or first.lineno
            after = body[1].lineno
            yield from range(first.lineno, max(end + 1, after if after > end else end))


def dedent(lines: list[str]) -> str:
    depth = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    return "\n".join(line[depth:] for line in lines).rstrip() + "\n"


def files() -> list[str]:
    return [
        file.relative_to(SNIPPETS).as_posix()
        for file in sorted(SNIPPETS.rglob("*.py"))
        if "node_modules" not in file.parts
    ]


def hint(wanted: str, known: object) -> str:
    names = list(known)  # type: ignore[call-overload]
    close = difflib.get_close_matches(wanted, names, n=1)
    return f"; did you mean {close[0]}?" if close else f"; it has {', '.join(names)}"
