"""The command line: `walkthrough list`, `run`, `extract`, `update`, `roundtrip`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from walkthrough.book import NoSuchChapter, chapter, chapters
from walkthrough.check import PageRun
from walkthrough.extract import script_of
from walkthrough.fences import CHANNELS, Snippet, read_page, replace_body
from walkthrough.packages import PACKAGES
from walkthrough.roundtrip import cli as roundtrip
from walkthrough.sources import SNIPPETS

OUTPUT = "``` { .text .output }\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exit with 1 where a page is not as it says."""
    given = sys.argv[1:] if arguments is None else arguments
    options = parser().parse_args(given or ["--help"])
    try:
        sys.exit(options.command(options))
    except NoSuchChapter as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="walkthrough", description="Run the snippets of the book on your machine."
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    listing = commands.add_parser("list", help="list the chapters")
    listing.set_defaults(command=list_chapters)

    run = commands.add_parser("run", help="run a chapter, and compare with its page")
    run.add_argument("chapter", metavar="CHAPTER")
    run.add_argument(
        "--on",
        choices=PACKAGES,
        default="minichannels",
        help="the package that the snippets import (default: minichannels)",
    )
    run.set_defaults(command=run_chapter)

    extract = commands.add_parser("extract", help="print a chapter as one script")
    extract.add_argument("chapter", metavar="CHAPTER")
    extract.add_argument("-o", "--output", metavar="FILE", help="write it there")
    extract.set_defaults(command=extract_chapter)

    update = commands.add_parser(
        "update", help="write what the snippets print into their page"
    )
    update.add_argument("chapter", metavar="CHAPTER", help="a chapter, or a file")
    update.set_defaults(command=update_chapter)

    roundtrip.register(commands)
    return whole


def list_chapters(options: argparse.Namespace) -> int:
    known = chapters()
    width = max(len(page.name) for page in known)
    for page in known:
        count = sum(snippet.runs for snippet in page.snippets)
        noun = "snippet" if count == 1 else "snippets"
        print(f"{page.name:{width}}  {count:3} {noun:8}  {page.title}")
    return 0


def run_chapter(options: argparse.Namespace) -> int:
    """Run each snippet, show what it prints, and where the page says otherwise."""
    page = chapter(options.chapter)
    run = PageRun(page, options.on, write=sys.stdout.write)
    found = [str(problem) for problem in page.problems]
    for snippet in run.snippets():
        mark = " (not in the browser)" if snippet.local else ""
        print(f"--- {snippet.slug}{mark}")
        result = run.result(snippet)
        if result.failure and snippet.raises:
            print(result.failure.summary)
        for problem in run.problems(snippet):
            print(f"\n!!! {problem}\n")
            found.append(str(problem))
    left = run.close()
    if left:
        print(f"(still running at the end, and cancelled: {', '.join(left)})")
    count = len(run.snippets())
    if found:
        print(f"\n{len(found)} of {count} snippets are not as {page.file} shows.")
        return 1
    print(f"\n{count} snippets, all as {page.file} shows, on {options.on}.")
    only = [snippet.slug for snippet in page.snippets if snippet.only_minichannels]
    if only and options.on == CHANNELS:
        print(f"On minichannels only: {', '.join(only)}.")
    return 0


def extract_chapter(options: argparse.Namespace) -> int:
    script = script_of(chapter(options.chapter))
    if options.output:
        if (SNIPPETS / Path(options.output).stem).is_dir():
            name = Path(options.output).stem
            print(
                f"{options.output} would hide the package snippets/{name}, which the "
                f"chapter may import. Choose another name: {name}_chapter.py",
                file=sys.stderr,
            )
            return 2
        Path(options.output).write_text(script, "utf-8")
        print(f"Written. Run it with: .venv/bin/python {options.output}")
    else:
        sys.stdout.write(script)
    return 0


def update_chapter(options: argparse.Namespace) -> int:
    """Run a page, and write what each snippet prints below it."""
    given = Path(options.chapter)
    page = read_page(given) if given.is_file() else chapter(options.chapter)
    run = PageRun(page)
    failed = 0
    text = page.text
    printed = [(snippet, run.result(snippet)) for snippet in run.snippets()]
    run.close()
    for snippet, result in reversed(printed):
        if snippet.kind == "pycon":
            text = replace_body(text, snippet.fence, result.output)
            continue
        if result.failure and not snippet.raises:
            print(f"{page.file}: #{snippet.slug}\n{result.failure.traceback}")
            failed += 1
            continue
        text = with_output(text, snippet, result.shown)
    page.path.write_text(text, "utf-8")
    print(f"{page.file}: {len(printed)} snippets run, {failed} failed")
    return 1 if failed else 0


def with_output(text: str, snippet: Snippet, output: str) -> str:
    """Give the text of a page with another output below one of its snippets."""
    if snippet.output:
        if not output.strip():
            return text[: snippet.output.start] + text[snippet.output.end :]
        return replace_body(text, snippet.output, output)
    if not output.strip():
        return text
    fence = snippet.fence
    lines = [OUTPUT, *(f"{line}\n" for line in output.rstrip().splitlines()), "```\n"]
    block = "".join(f"{fence.indent}{line}" for line in lines)
    return f"{text[: fence.end]}\n{block}{text[fence.end :]}"
