"""Mutation testing: change one thing in the core, and see if a test notices.

    python -m walkthrough.mutants              # all of the core
    python -m walkthrough.mutants mailbox      # one module

Each mutant runs in a fork of this process, which has everything imported but
minichannels: so a mutant costs as much as its tests, and those of its own module go
first. What no test notices is printed, and so is the share of what is noticed. The exit
code is 1 if that is under 95 %.
"""

import ast
import contextlib
import copy
import functools
import importlib.abc
import importlib.util
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis
import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests" / "minichannels"
GOAL = 0.95
WHOLE_SECONDS = 300
# Each module of the core, with the tests to run first. Then come those of all the core.
FOLDERS = ["generic", "security", "differences", "properties"]
CORE = {
    "apps": "test_apps.py",
    "base": "test_base.py",
    "consumer": "test_consumer.py test_merge.py",
    "generic.blocking": "generic/test_websocket.py",
    "generic.events": "generic/test_websocket.py",
    "generic.http": "generic/test_http.py",
    "generic.websocket": "generic/test_websocket.py",
    "layers": "test_layers.py differences/test_layers.py",
    "mailbox": "test_mailbox.py test_layers.py",
    "middleware": "test_middleware.py",
    "routing": "test_routing.py differences/test_routing.py",
    "security.websocket": "security/test_origins.py",
    "sessions": "test_sessions.py",
    "testing": "test_testing.py",
    "urls": "test_urls.py test_routing.py",
    "worker": "test_worker.py layers/test_worker_program.py",
}
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Break: ast.Pass,
    ast.Continue: ast.Break,
}


@dataclass(frozen=True)
class Mutant:
    """A module with one change."""

    module: str
    line: int
    change: str
    source: str

    def __str__(self) -> str:
        path = f"minichannels/{self.module.replace('.', '/')}.py"
        return f"{path}:{self.line}: {self.change}"


def main(modules: Sequence[str] = ()) -> int:
    """Run every mutant of some modules, or of all; print who survived."""
    preload()
    mutants = [mutant for name in modules or CORE for mutant in mutants_of_module(name)]
    survived = []
    with multiprocessing.get_context("fork").Pool() as pool:
        for mutant, noticed in zip(
            mutants, pool.imap(is_noticed, mutants), strict=True
        ):
            if not noticed:
                survived.append(mutant)
                print(mutant, flush=True)
    share = 1 - len(survived) / len(mutants)
    print(f"{len(mutants)} mutants, {len(survived)} survived, {share:.1%} noticed")
    return 0 if share >= GOAL else 1


def preload() -> None:
    """Import what the tests need, except minichannels itself."""
    for name in ("channels.testing", "channels.worker", "pytest_asyncio"):
        importlib.import_module(name)
    assert "minichannels" not in sys.modules
    # A failure is all that is asked for, not the smallest one.
    hypothesis.settings.register_profile("any", phases=[hypothesis.Phase.generate])
    hypothesis.settings.load_profile("any")


def mutants_of_module(name: str) -> Iterator[Mutant]:
    """Make all mutants of a module of minichannels."""
    yield from mutants_of(name, source_of(name))


def source_of(name: str) -> str:
    """Read a module of minichannels."""
    return path_of(name).read_text()


def path_of(name: str) -> Path:
    return ROOT / "snippets" / "minichannels" / f"{name.replace('.', '/')}.py"


def mutants_of(name: str, source: str) -> Iterator[Mutant]:
    """Make every mutant of a text: each has one change, at one place."""
    tree = ast.parse(source)
    for place, node in enumerate(code_of(tree)):
        for change, mutate in changes(node):
            mutated = copy.deepcopy(tree)
            target = list(code_of(mutated))[place]
            mutate(target)
            before, after = ast.unparse(node), ast.unparse(target)
            if before == after:
                continue
            text = ast.unparse(ast.fix_missing_locations(mutated))
            line = getattr(node, "lineno", 0)
            yield Mutant(
                name, line, f"{change}: {short(before)} -> {short(after)}", text
            )


def short(code: str) -> str:
    """Give the first line of a piece of code."""
    return code.partition("\n")[0]


def code_of(node: ast.AST) -> Iterator[ast.AST]:
    """Walk over everything that runs: neither annotations nor docstrings."""
    yield node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "type_comment"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not is_docstring(child):
                yield from code_of(child)


def is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


Change = tuple[str, Callable[[Any], None]]


def changes(node: ast.AST) -> Iterator[Change]:
    """Give the changes that may be made to a node."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in SWAPS:
            yield "compare", lambda n: n.ops.__setitem__(0, SWAPS[type(n.ops[0])]())
        case ast.BoolOp() | ast.BinOp() if type(node.op) in SWAPS:
            yield "operator", lambda n: setattr(n, "op", SWAPS[type(n.op)]())
        case ast.UnaryOp(op=ast.Not()):
            yield "not", lambda n: replace(n, n.operand)
        case ast.Constant(value=bool() as value):
            yield "constant", lambda n: setattr(n, "value", not value)
        case ast.Constant(value=int() | float() as number):
            yield "constant", lambda n: setattr(n, "value", number + 1)
        case ast.Constant(value=str() as text):
            yield "constant", lambda n: setattr(n, "value", f"XX{text}")
        case ast.Constant(value=bytes() as data):
            yield "constant", lambda n: setattr(n, "value", b"XX" + data)
        case ast.If() | ast.While() | ast.IfExp():
            yield "test", lambda n: setattr(n, "test", ast.Constant(True))
            yield "test", lambda n: setattr(n, "test", ast.Constant(False))
        case ast.Return(value=ast.expr()):
            yield "return", lambda n: setattr(n, "value", ast.Constant(None))
        case ast.Expr() | ast.Raise() | ast.Assign() | ast.AugAssign() | ast.Delete():
            yield "drop", lambda n: replace(n, ast.Pass())
        case ast.Break() | ast.Continue():
            yield "jump", lambda n: replace(n, SWAPS[type(n)]())


def replace(node: Any, other: ast.AST) -> None:
    """Turn a node into another one, where it stands."""
    node.__class__ = other.__class__
    node.__dict__ = {**vars(node), **vars(other)}


def is_noticed(mutant: Mutant) -> bool:
    """Tell if a test fails with a mutant: its own tests first, then all of the core."""
    folders = [TESTS / name for name in FOLDERS]
    rest = [str(path) for path in (*sorted(TESTS.glob("test_*.py")), *folders)]
    own, seconds = own_tests(mutant.module), patience(mutant.module)
    return fails(mutant, own, seconds) or fails(mutant, rest, WHOLE_SECONDS)


def own_tests(module: str) -> list[str]:
    return [str(TESTS / name) for name in CORE[module].split()]


@functools.cache
def patience(module: str) -> int:
    """Give the seconds after which the tests of a module must hang, on this machine."""
    started = time.monotonic()
    if fails(Mutant(module, 0, "none", source_of(module)), own_tests(module), 300):
        raise RuntimeError(f"the tests of {module} fail without a mutant")
    return int(10 + 4 * (time.monotonic() - started))


def fails(mutant: Mutant, tests: Sequence[str], seconds: int) -> bool:
    """Run tests on a mutant in a fork; to take too long is to fail, too."""
    child = os.fork()
    if child == 0:
        run_child(mutant, tests, seconds)
    _, status = os.waitpid(child, 0)
    return status != 0


def run_child(mutant: Mutant, tests: Sequence[str], seconds: int) -> None:
    """Run tests, and leave with their exit code. This is the end of a fork."""
    signal.alarm(seconds)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    code = 1
    with contextlib.suppress(BaseException):
        sys.meta_path.insert(0, Finder(mutant))
        options = ["-x", "-q", "-p", "no:cacheprovider", "--no-header", "-W", "ignore"]
        code = int(pytest.main([*options, *tests], plugins=[OnlyOurs()]))
    os._exit(code)


class OnlyOurs:
    """A plugin: leave out the runs on Channels, which has no mutants."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if "[channels" not in item.name]


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """What imports a mutant in place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname != f"minichannels.{self.mutant.module}":
            return None
        path = path_of(self.mutant.module)  # some tests look for it in `__file__`
        return importlib.util.spec_from_file_location(fullname, path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.mutant.source, str(self.mutant), "exec"), vars(module))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
