"""Write a chapter as one plain script, which prints what the page prints.

The blocks stand in it as they stand in the page. Those with `await` become coroutine
functions, all run on one event loop, as in the page.
"""

import ast
import doctest
import inspect
import io
import textwrap
import tokenize
from pathlib import Path

from walkthrough.fences import Page, Snippet, read_page

FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST

HEAD = '''\
"""{title}: every snippet of the chapter, in order.

Made from {file}. Run it with: .venv/bin/python {name}_chapter.py
"""

import asyncio
{warnings}

def show(value):
    """Print a value as the interpreter does."""
    if value is not None:
        print(repr(value))


def tell(error):
    """Print the last line of a traceback."""
    print(f"{{type(error).__name__}}: {{error}}".removesuffix(": "))


runner = asyncio.Runner()
'''

WARNINGS = """\
import warnings

warnings.simplefilter("always")
warnings.showwarning = lambda warning, category, *place, **rest: print(
    f"{category.__name__}: {warning}"
)
"""

TAIL = "\nrunner.close()\n"


def has_script(page: Page) -> bool:
    """Whether a page has anything to run."""
    return any(snippet.runs for snippet in page.snippets)


def script_name(page: Page) -> str:
    """Name it so that it hides no module of the same name: `http`, say."""
    return f"{page.name}_chapter.py"


def write_scripts(docs: Path, site: Path) -> None:
    """Put the script of each page beside the page in the built site."""
    for file in sorted(docs.rglob("*.md")):
        page = read_page(file)
        if has_script(page):
            home = file.relative_to(docs).with_suffix("")
            folder = site / (home.parent if home.name == "index" else home)
            (folder / script_name(page)).write_text(script_of(page), "utf-8")


def script_of(page: Page) -> str:
    """Give the script of a chapter.

    Args:
        page: A page without problems.
    """
    parts = [block(snippet) for snippet in page.snippets if snippet.runs]
    warned = any("Warning: " in snippet.expected for snippet in page.snippets)
    head = HEAD.format(
        title=page.title,
        file=page.file,
        name=page.name,
        warnings=WARNINGS if warned else "",
    )
    return head + "".join(parts) + TAIL


def block(snippet: Snippet) -> str:
    """Give one snippet, under a comment with its name."""
    code = statements(snippet)
    tree = parse(code)
    if awaits(code):
        code = as_coroutine(code, tree, snippet)
    if snippet.raises:
        code = (
            f"try:\n{indented(code)}"
            "except (Exception, asyncio.CancelledError) as error:\n"
            "    tell(error)\n"
        )
    return f"\n# --- {snippet.slug}\n{code}"


def statements(snippet: Snippet) -> str:
    """Give the code of a snippet, with what it shows shown by `show`."""
    if snippet.kind != "pycon":
        return shown(snippet.code)
    examples = doctest.DocTestParser().get_examples(snippet.code)
    return "".join(attempt(example) for example in examples)


def attempt(example: doctest.Example) -> str:
    """Give one `>>>`: echoed, then run."""
    prompt, *more = example.source.splitlines()
    echo = "\n".join([f">>> {prompt}", *(f"... {line}" for line in more)])
    code = shown(example.source)
    if example.exc_msg:
        code = (
            f"try:\n{indented(code)}except Exception as error:\n"
            "    print('Traceback (most recent call last):\\n  ...')\n"
            "    tell(error)\n"
        )
    return f"print({echo!r})\n{code}"


def shown(code: str) -> str:
    """Wrap the last statement in `show(…)`, if it is a bare expression."""
    tree = parse(code)
    if not tree.body or not isinstance(tree.body[-1], ast.Expr):
        return code
    last = tree.body[-1]
    if prints(last.value):
        return code
    lines = code.splitlines(keepends=True)
    kept = lines[: last.lineno - 1]
    wrapped = ast.get_source_segment(code, last.value) or ""
    if "\n" in wrapped:
        return "".join(kept) + f"show(\n{indented(wrapped)})\n"
    return "".join(kept) + f"show({wrapped})\n"


def prints(value: ast.expr) -> bool:
    """Whether an expression is a plain call of print, which gives nothing to show."""
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id == "print"
    )


def parse(code: str) -> ast.Module:
    tree = compile(code, "snippet", "exec", FLAGS)
    assert isinstance(tree, ast.Module)
    return tree


def awaits(code: str) -> bool:
    compiled = compile(code, "snippet", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return bool(compiled.co_flags & inspect.CO_COROUTINE)


def as_coroutine(code: str, tree: ast.Module, snippet: Snippet) -> str:
    """Put a block into a coroutine function that sets the names of the page."""
    name = "".join(c if c.isalnum() else "_" for c in snippet.slug)
    names = sorted(bound_names(tree))
    told = f"    global {', '.join(names)}\n" if names else ""
    body = f"async def block_{name}():\n{told}{indented(code)}"
    return f"{body}\n\nrunner.run(block_{name}())\n"


def bound_names(tree: ast.Module) -> set[str]:
    """Give the names that a block sets at its top level."""
    names: set[str] = set()
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
            continue
        if isinstance(node, ast.Lambda | ast.GeneratorExp | ast.ListComp):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            aliases = node.names
            names |= {(a.asname or a.name).partition(".")[0] for a in aliases}
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        waiting += ast.iter_child_nodes(node)
    return names


def indented(code: str) -> str:
    """Indent a block, except inside its strings, which must stay as they are."""
    if not code.endswith("\n"):
        code += "\n"
    inside = inner_lines(code)
    lines = code.splitlines(keepends=True)
    return "".join(
        line if number in inside or not line.strip() else textwrap.indent(line, "    ")
        for number, line in enumerate(lines, start=1)
    )


def inner_lines(code: str) -> set[int]:
    """Give the lines that start inside a string."""
    inside: set[int] = set()
    opened: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        name = tokenize.tok_name[token.type]
        if name == "STRING":
            inside |= set(range(token.start[0] + 1, token.end[0] + 1))
        elif name == "FSTRING_START":
            opened.append(token.start[0])
        elif name == "FSTRING_END":
            inside |= set(range(opened.pop() + 1, token.end[0] + 1))
    return inside
