"""minichannels is read whole, so it has a budget: lines of code, docstrings aside.

A reader meets it in parts, and each part has the number that it was brought down to: it
may shrink, and grows only by what Channels was found to do. What a message passes
through, in the page as anywhere, is under 500. All of it was to be under 900, which it
is without what talks to other processes:
a server that withstands hostile bytes, layers that survive a crash, and the command
lines are as long again. There, each number is what was left when nothing more could be
taken away without losing a behaviour that a test names.
"""

import ast
import io
import tokenize
from pathlib import Path

import minichannels
import pytest

PACKAGE = Path(minichannels.__file__).parent
PARTS = {
    "core": (
        491,
        "__init__ asgi base consumer exceptions generic/__init__ generic/events "
        "generic/websocket layers mailbox middleware routing",
    ),
    "sync and http": (107, "generic/blocking generic/http"),
    "paths": (66, "urls"),
    "cookies and origins": (84, "sessions security/__init__ security/websocket"),
    "testing": (106, "testing"),
    "worker": (86, "worker loading"),
    "layers across processes": (158, "stored_layer mailroom codec"),
    "in a file": (169, "sqlite_layer bells"),
    "on a server": (120, "redis_layer"),
    "server": (619, "server/*"),
    "bridge": (113, "handler apps"),
}
MODULE_LINES, FUNCTION_LINES = 120, 20
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
NOT_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def code_lines(source):
    """Give the numbers of the lines that hold code: no comment, no docstring."""
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NOT_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines.difference_update(range(node.lineno, node.end_lineno + 1))
    return lines


def size(module):
    return len(code_lines((PACKAGE / module).read_text()))


def test_lines_are_counted_without_docstrings_comments_and_blanks():
    source = "'''Doc\n\nstring.'''\n\n# why\nx = (  # why\n    1,\n)\n"
    assert code_lines(source) == {6, 7, 8}


def modules_of(part):
    patterns = PARTS[part][1].split()
    return {path for name in patterns for path in PACKAGE.glob(f"{name}.py")}


def test_every_module_is_in_one_part():
    of_parts = [path for part in PARTS for path in modules_of(part)]
    assert sorted(path.relative_to(PACKAGE) for path in of_parts) == MODULES


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_no_longer_than_it_was(part):
    assert sum(map(size, modules_of(part))) <= PARTS[part][0]


def test_the_core_is_read_in_one_sitting():
    assert sum(map(size, modules_of("core"))) <= 500


def test_what_runs_in_one_process_is_read_in_two():
    parts = "core", "sync and http", "paths", "cookies and origins", "testing"
    assert sum(size(path) for part in parts for path in modules_of(part)) <= 900


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_is_one_idea(module):
    assert size(module) <= MODULE_LINES


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_function_fits_the_eye(module):
    source = (PACKAGE / module).read_text()
    code = code_lines(source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = code.intersection(range(node.lineno, node.end_lineno + 1))
            assert len(lines) <= FUNCTION_LINES, f"{node.name} has {len(lines)} lines"
