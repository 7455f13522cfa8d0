"""Run the snippets of one page, one after another, in one namespace.

The same file runs them in the page, in the doc tests and on the command line, so a
snippet cannot print one thing here and another there. Only the standard library is
imported: in the page there is nothing else.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import difflib
import doctest
import inspect
import io
import linecache
import os
import re
import sys
import traceback
import types
import warnings
from collections.abc import Callable, Collection, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from walkthrough.loop import BlockingLoop, given

if TYPE_CHECKING:
    from walkthrough.clock import Clock
    from walkthrough.recorder import Recorder
    from walkthrough.trace import Trace

FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
CHECKS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

OURS = os.path.dirname(__file__)

MOVED = {
    ("minichannels.routing", "path"): "django.urls",
    ("minichannels.routing", "re_path"): "django.urls",
}
"""Names that the real Channels has elsewhere, and where."""


@dataclass(frozen=True)
class Frame:
    """One line of a traceback."""

    file: str
    line: int
    function: str
    text: str
    own: bool
    """Whether it is a line of the page, rather than of a library."""


@dataclass(frozen=True)
class Failure:
    """An exception that left a snippet."""

    summary: str
    """The last line of the traceback, with the bare name of the exception."""
    line: int | None
    """The line of the page where it happened, if it passed through one."""
    frames: tuple[Frame, ...]
    """The way to it, outermost first, without our own frames and asyncio's."""
    traceback: str
    """The same as CPython prints it."""


@dataclass(frozen=True)
class Example:
    """One `>>>` of an interpreter session, and what became of it."""

    source: str
    want: str
    got: str
    as_shown: bool


@dataclass(frozen=True)
class Result:
    """What one snippet did."""

    output: str = ""
    failure: Failure | None = None
    examples: tuple[Example, ...] = ()
    trace: Trace | None = None
    """What the applications and layers did, if the session is traced."""

    @property
    def shown(self) -> str:
        """The output as a page shows it: the exception, if any, is its last line."""
        return self.output + (f"{self.failure.summary}\n" if self.failure else "")


@dataclass
class Session:
    """One page: its namespace, its event loop, and what it imports.

    Args:
        page: The name that tracebacks show: the path of the Markdown file.
        package: What `import minichannels` gives: itself, or the real `channels`.
        write: Called with each piece of output as it is printed.
        loop_factory: Makes the loop that `await` at the top level runs on.
        traced: Whether to record what the applications and layers do.
        clock: What the time goes by, in all blocks but those that are local.
    """

    page: str = "page"
    package: str = "minichannels"
    write: Callable[[str], object] = lambda text: None
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = BlockingLoop
    namespace: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})
    traced: bool = False
    clock: Clock | None = None

    def __post_init__(self) -> None:
        self.recorder: Recorder | None = None
        if self.traced:
            from walkthrough.recorder import Recorder

            self.recorder = Recorder(self.page, self.package, self.namespace)
        self._runners: dict[bool, asyncio.Runner] = {}
        self._lines: list[str] = []

    def run(self, code: str, line: int = 1, *, local: bool = False) -> Result:
        """Run a script. Its last line, if it is a bare expression, is shown.

        Args:
            code: The text of the snippet. `await` is allowed at the top level.
            line: The line of the page on which the text starts.
            local: Run on an ordinary event loop, with sockets and threads.
        """
        with self._captured(local) as output:
            failure = self._attempt(lambda: self._script(code, line, local), output)
        return Result(output.getvalue(), failure, trace=self._taken(local))

    def replay(self, code: str, line: int = 1, *, local: bool = False) -> Result:
        """Replay an interpreter session, and compare each answer with the one shown."""
        examples = []
        with self._captured(local) as output:
            for example in doctest.DocTestParser().get_examples(code):
                print(prompted(example.source), end="")
                before = output.tell()
                at = line + example.lineno
                failure = self._attempt(
                    lambda source=example.source, at=at: self._single(  # type: ignore[misc]
                        source, at, local
                    ),
                    output,
                )
                if failure:
                    print(
                        f"Traceback (most recent call last):\n  ...\n{failure.summary}"
                    )
                got = output.getvalue()[before:]
                examples.append(judged(example, got, failure))
        return Result(output.getvalue(), None, tuple(examples), self._taken(local))

    def loop(self) -> asyncio.AbstractEventLoop:
        """Give the event loop that `await` at the top level runs on."""
        return self._runner(False).get_loop()

    def around(self, work: Callable[[], object]) -> str:
        """Call `work` as if a block did, and give what was printed."""
        with self._captured() as output:
            work()
        return output.getvalue()

    def tasks(self) -> set[asyncio.Task[Any]]:
        """Give the tasks that still run."""
        loops = [runner.get_loop() for runner in self._runners.values()]
        return {task for loop in loops for task in asyncio.all_tasks(loop)}

    def close(self, known: Collection[asyncio.Task[Any]] = ()) -> list[str]:
        """Cancel the tasks that still run, and say which they were.

        Args:
            known: Those of which nothing is to be said.
        """
        names = [task_name(task) for task in self.tasks() - set(known)]
        left = [name for name in names if name != MAIN]
        for local, runner in self._runners.items():
            with self._captured(local):
                runner.close()
        self._runners.clear()
        return sorted(left)

    def _script(self, code: str, line: int, local: bool) -> None:
        tree = self._parse(code, line)
        parts: list[ast.Module | ast.Expression] = [tree]
        if tree.body and isinstance(last := tree.body[-1], ast.Expr):
            tree.body.pop()
            parts.append(ast.Expression(last.value))
        self._execute(parts, local)

    def _single(self, code: str, line: int, local: bool) -> None:
        for node in self._parse(code, line).body:
            part: ast.Module | ast.Expression = ast.Module([node], [])
            if isinstance(node, ast.Expr):
                part = ast.Expression(node.value)
            self._execute([part], local)

    def _parse(self, code: str, line: int) -> ast.Module:
        self._remember(code, line)
        padded = "\n" * (line - 1) + code
        compiled = compile(padded, self.page, "exec", FLAGS | ast.PyCF_ONLY_AST)
        assert isinstance(compiled, ast.Module)
        tree = resolve(compiled, self.package)
        return self.recorder.decorate(tree) if self.recorder else tree

    def _remember(self, code: str, line: int) -> None:
        """Let tracebacks quote the text that ran, even where the page is no file."""
        new = code.splitlines(keepends=True)
        self._lines += ["\n"] * (line - 1 + len(new) - len(self._lines))
        self._lines[line - 1 : line - 1 + len(new)] = new
        linecache.cache[self.page] = (0, None, self._lines, self.page)

    def _execute(self, parts: list[ast.Module | ast.Expression], local: bool) -> None:
        """Run the parts of a block, on the event loop if any of them awaits."""
        codes = [self._compiled(part) for part in parts]
        if any(code.co_flags & inspect.CO_COROUTINE for code in codes):
            show(self._runner(local).run(self._awaited(codes)))
        else:
            show([eval(code, self.namespace) for code in codes][-1])

    async def _awaited(self, codes: list[types.CodeType]) -> Any:
        value = None
        for code in codes:
            value = eval(code, self.namespace)
            if code.co_flags & inspect.CO_COROUTINE:
                value = await value
        return value

    def _compiled(self, part: ast.Module | ast.Expression) -> types.CodeType:
        mode = "exec" if isinstance(part, ast.Module) else "eval"
        code = compile(part, self.page, mode, FLAGS)
        assert isinstance(code, types.CodeType)
        return code

    def _runner(self, local: bool) -> asyncio.Runner:
        if local not in self._runners:
            factory = None if local else self.loop_factory
            self._runners[local] = asyncio.Runner(loop_factory=factory)
            loop = self._runners[local].get_loop()
            loop.set_exception_handler(report_forgotten)
        return self._runners[local]

    def _taken(self, local: bool) -> Trace | None:
        runner = self._runners.get(local)
        loop = runner.get_loop() if runner else None
        return self.recorder.take(loop) if self.recorder else None

    def _attempt(self, work: Callable[[], None], output: io.StringIO) -> Failure | None:
        try:
            work()
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            return describe(error, self.page)
        return None

    @contextlib.contextmanager
    def _captured(self, local: bool = False) -> Iterator[io.StringIO]:
        """Collect what is printed, and pass it on at once."""
        output = Tee(self.write)
        clock, recorder = self.clock, self.recorder
        with (
            on_clock(clock) if clock and not local else contextlib.nullcontext(),
            recorder.installed() if recorder else contextlib.nullcontext(),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("always")
            # Python's own default; and it may be of what another page left open.
            warnings.simplefilter("ignore", ResourceWarning)
            warnings.showwarning = show_warning
            yield output


@contextlib.contextmanager
def on_clock(clock: Clock) -> Iterator[None]:
    """Let the time, and the loops that a program makes, be of `clock`."""
    with clock.installed(), given():
        yield


MAIN = Session._awaited.__qualname__
"""The task of a block itself, which a deadlock leaves behind."""


class Tee(io.StringIO):
    """Keeps what is written, and hands it on."""

    def __init__(self, write: Callable[[str], object]) -> None:
        super().__init__()
        self.hand_on = write

    def write(self, text: str) -> int:
        self.hand_on(text)
        return super().write(text)


def difference(expected: str, actual: str) -> str:
    """Say where an output differs from the one that the page shows, or nothing."""
    want, got = expected.rstrip().splitlines(), actual.rstrip().splitlines()
    if list(map(plain_wording, want)) == list(map(plain_wording, got)):
        return ""
    lines = difflib.unified_diff(want, got, "the page", "this run", lineterm="", n=2)
    return "\n".join(lines)


REWORDED = (
    (
        r"object (\w+) can't be used in 'await' expression",
        r"'\1' object can't be awaited",
    ),
)
"""What CPython says otherwise since 3.14, the version that runs in the page."""


def plain_wording(line: str) -> str:
    """Give a line as every version of CPython would word it."""
    for old, new in REWORDED:
        line = re.sub(old, new, line)
    return line


def prompted(source: str) -> str:
    """Put `>>>` and `...` before the lines of one example."""
    first, *rest = source.splitlines()
    return "".join([f">>> {first}\n", *(f"... {line}\n" for line in rest)])


def judged(example: doctest.Example, got: str, failure: Failure | None) -> Example:
    """Compare what one `>>>` printed with what stands below it."""
    if failure and example.exc_msg:
        name = f"{example.exc_msg.split(':')[0].rpartition('.')[2]}:"
        want = name + example.exc_msg.partition(":")[2]
        as_shown = not difference(want, failure.summary)
    else:
        checker = doctest.OutputChecker()
        as_shown = checker.check_output(example.want, got, CHECKS)
        as_shown = as_shown and not failure and not example.exc_msg
    return Example(example.source, example.want, got, as_shown)


def resolve(tree: ast.Module, package: str) -> ast.Module:
    """Let the imports of minichannels give the same names of `package`."""
    if package == "minichannels":
        return tree
    _Imports(package).visit(tree)
    return ast.fix_missing_locations(tree)


class _Imports(ast.NodeTransformer):
    def __init__(self, package: str) -> None:
        self.package = package

    def _other(self, module: str) -> str:
        head, dot, rest = module.partition(".")
        return self.package + dot + rest if head == "minichannels" else module

    def visit_Import(self, node: ast.Import) -> ast.Import:
        for alias in node.names:
            if alias.name.partition(".")[0] == "minichannels" and not alias.asname:
                raise SyntaxError(
                    f"write 'from {alias.name} import ...' or 'import {alias.name} "
                    f"as ...', so that it can also mean {self.package}"
                )
            alias.name = self._other(alias.name)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.ImportFrom]:
        homes: dict[str, list[ast.alias]] = {}
        module = node.module or ""
        for alias in node.names:
            home = MOVED.get((module, alias.name)) or self._other(module)
            homes.setdefault(home, []).append(alias)
        return [
            ast.copy_location(ast.ImportFrom(home, names, node.level), node)
            for home, names in homes.items()
        ]


def show(value: object) -> None:
    """Print a value as the interpreter does."""
    if value is not None:
        print(repr(value))


def describe(error: BaseException, page: str) -> Failure:
    """Tell an exception from the reader's side: frames of the page, then libraries."""
    told = traceback.TracebackException.from_exception(error, compact=True)
    for part in chained(told):
        part.stack[:] = [f for f in part.stack if not is_ours(f, page)]
    frames = tuple(
        Frame(f.filename, f.lineno or 0, f.name, f.line or "", f.filename == page)
        for f in told.stack
    )
    own = [frame.line for frame in frames if frame.own]
    if isinstance(error, SyntaxError) and error.filename == page:
        own.append(error.lineno or 0)
    return Failure(
        summary(error), own[-1] if own else None, frames, "".join(told.format())
    )


def summary(error: BaseException) -> str:
    """Give the last line of a traceback, with the bare name of the exception."""
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    name = type(error).__name__
    return f"{name}: {message}" if message else name


def chained(
    told: traceback.TracebackException | None,
) -> Iterator[traceback.TracebackException]:
    """Give an exception and those that led to it."""
    if told is not None:
        yield told
        yield from chained(told.__cause__)
        yield from chained(told.__context__)
        for part in getattr(told, "exceptions", None) or ():
            yield from chained(part)


def is_ours(frame: traceback.FrameSummary, page: str) -> bool:
    """Whether a frame belongs to the machinery rather than to the reader's program."""
    file = frame.filename
    places = (OURS, os.path.dirname(asyncio.__file__), ast.__file__)
    return file != page and file.startswith(places)


def task_name(task: asyncio.Task[Any]) -> str:
    """Name a task by the coroutine that it runs."""
    work: Coroutine[Any, Any, Any] | None = task.get_coro()  # type: ignore[assignment]
    return getattr(work, "__qualname__", task.get_name())


def report_forgotten(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Print, in one line, what asyncio would log in many."""
    error = context.get("exception")
    reason = f": {summary(error)}" if error else ""
    print(f"{context['message']}{reason}", file=sys.stderr)


def show_warning(
    message: Warning | str, category: type[Warning], *place: object, **rest: object
) -> None:
    """Print a warning without the place, which differs from machine to machine."""
    print(f"{category.__name__}: {message}", file=sys.stderr)
