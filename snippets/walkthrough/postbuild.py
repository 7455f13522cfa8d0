"""The step after the build: a strict security policy, and what the theme leaves wrong.

`python -m walkthrough.postbuild SITE_DIR` changes the pages of a built site in place.
It is a step of its own, and no MkDocs hook, so that it serves other generators too.

The policy stands in each page as a `<meta>`, since not every host lets headers be set.
It names no host, and allows the theme's inline scripts by their hashes: those of all
pages, for they differ with a page's depth.
"""

import hashlib
import json
import re
import sys
from base64 import b64encode
from collections.abc import Iterable
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urldefrag, urljoin

POLICY = {
    "default-src": "'none'",
    "script-src": "'self' 'wasm-unsafe-eval'",  # Python in the page is WebAssembly
    "style-src": "'self'",
    "img-src": "'self' data:",  # the theme's icons are data: URLs in its stylesheet
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",  # a worker from a blob: inherits this policy
    "manifest-src": "'self'",
    "base-uri": "'self'",
    "form-action": "'none'",
    "object-src": "'none'",
}
HEAD = re.compile(r"<head>\s*<meta charset=\"?utf-8\"?>", re.IGNORECASE)
SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)
CONFIG = re.compile(r"<script id=\"?__config\"?[^>]*>(.*?)</script>", re.DOTALL)
FONTS = "assets/fonts"
SEARCH = "javascripts/search.js"
HERE = "http://site"
OTHER_HOST = re.compile(r"(?:https?:)?//", re.IGNORECASE)
ASSETS = {
    "<run-block": ("run-block.mjs", "run-block.css"),
    "<live-": ("live.css",),
    "<round-trip": ("round-trip.css",),
    '"trace|<live-': ("trace.css",),
    'class="doc ': ("_mkdocstrings.css",),
}
"""What a page needs only if this is in it. Its weight is held by a test."""

UNCOLOURED = re.compile(r'<span class="(?:n|o|p|w)">([^<]*)</span>')
"""Names, operators, punctuation and white space, which have the colour of all text."""

LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src"}


class PostBuildError(Exception):
    """The built site is not what this step knows how to finish."""


class Mend(NamedTuple):
    """A fault of the theme's pages, and what stands there afterwards."""

    fault: str
    pattern: re.Pattern[str]
    replacement: str


MENDS = (
    Mend(
        "checkboxes with `autocomplete`, which is not valid HTML",
        re.compile(r'(<input class="md-toggle"[^>]*?) autocomplete="off"'),
        r"\1",
    ),
    Mend(
        "a search dialog without a name",
        re.compile(r'(<div class="md-search" [^>]*role="dialog")>'),
        r'\1 aria-label="Search">',
    ),
    Mend(
        "a stylesheet of the theme's colours, of which the site uses none",
        re.compile(r'\s*<link rel="stylesheet" href="[^"]*/palette\.[^"]*\.css">'),
        "",
    ),
    Mend(
        "a link to the next page that Firefox fetches ahead, which the policy blocks",
        re.compile(r'\s*<link rel="next" href="[^"]*">'),
        "",
    ),
    Mend(
        "labels with an empty `tabindex`, which is not valid HTML",
        re.compile(r'(<label class="md-nav__link"[^>]*?) tabindex=""'),
        r"\1",
    ),
)


def finish(site: Path) -> int:
    """Finish every page of a built site, and give their number."""
    pages = {path: path.read_text("utf-8") for path in sorted(site.rglob("*.html"))}
    if not pages:
        raise PostBuildError(f"{site}: no page in it; build the site first: make site")
    check(site, pages)
    mended = mend(pages)
    policy = policy_for(mended.values())
    fonts = sorted(path.name for path in (site / FONTS).glob("*.woff2"))
    for path, text in mended.items():
        base = base_of(text)
        head = policy_meta(policy) + preloads(fonts, base)
        text = after_charset(lightened(text), head, path)
        if (site / SEARCH).exists():
            text = before_theme(text, f'<script src="{base}/{SEARCH}"></script>\n')
        path.write_text(text, "utf-8")
    for path in (site / "stylesheets").glob("*.css"):
        path.write_text(compact(path.read_text("utf-8")), "utf-8")
    return len(pages)


def check(site: Path, pages: dict[Path, str]) -> None:
    """Raise if a page has a fault, or is finished already."""
    read = {address(site, path): Finder(text) for path, text in pages.items()}
    for name, page in read.items():
        page.check_links(name, site, read)
    told = [
        f"{name}: line {line}: {what}"
        for name, page in read.items()
        for line, what in page.faults
    ]
    if told:
        raise PostBuildError("not fit to be hosted:\n  " + "\n  ".join(told))


def address(site: Path, path: Path) -> str:
    """Where a file of the site stands on a host."""
    return "/" + path.relative_to(site).as_posix().removesuffix("index.html")


def mend(pages: dict[Path, str]) -> dict[Path, str]:
    """Mend every page; a fault that no page has means that the theme has changed."""
    for fault, pattern, replacement in MENDS:
        if not any(map(pattern.search, pages.values())):
            raise PostBuildError(
                f"no page has {fault}. The theme has changed: see whether its pages "
                "are right by themselves now, and take this mend out of postbuild.py"
            )
        pages = {path: pattern.sub(replacement, text) for path, text in pages.items()}
    return pages


def lightened(text: str) -> str:
    """Leave out what a page loads and does not use, and markup without effect."""
    for mark, names in ASSETS.items():
        if not re.search(mark, text):
            text = loading(names).sub("", text)
    return UNCOLOURED.sub(r"\1", text)


def loading(names: tuple[str, ...]) -> re.Pattern[str]:
    """Find the elements that load files of these names."""
    either = "|".join(map(re.escape, names))
    return re.compile(
        rf'\s*<(?:script|link) [^>]*/(?:{either})"[^>]*>(?:</script>)?', re.DOTALL
    )


def compact(styles: str) -> str:
    """Leave comments and indents out of a stylesheet of ours."""
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", styles, flags=re.DOTALL))


def policy_for(pages: Iterable[str]) -> str:
    """Give the policy with the hashes of the inline scripts of all pages."""
    hashes = sorted({digest for text in pages for digest in inline_hashes(text)})
    directives = dict(POLICY)
    directives["script-src"] = " ".join([directives["script-src"], *hashes])
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def inline_hashes(text: str) -> list[str]:
    """Give the hash of each inline script that would run; data blocks need none."""
    return [
        f"'sha256-{b64encode(hashlib.sha256(found['text'].encode()).digest()).decode()}'"
        for found in SCRIPT.finditer(text)
        if "src=" not in found["attributes"] and "json" not in found["attributes"]
    ]


def policy_meta(policy: str) -> str:
    content = escape(policy, quote=False)
    return f'\n<meta http-equiv="Content-Security-Policy" content="{content}">'


def base_of(text: str) -> str:
    """Give the way from a page to the top of the site, as its theme knows it."""
    found = CONFIG.search(text)
    if not found:
        raise PostBuildError("a page without the theme's __config: has it changed?")
    return str(json.loads(found[1])["base"]).rstrip("/")


def preloads(fonts: list[str], base: str) -> str:
    """Ask for the fonts at once, so that the text is not set twice."""
    return "".join(
        f'\n<link rel="preload" href="{base}/{FONTS}/{name}" '
        'as="font" type="font/woff2" crossorigin>'
        for name in fonts
    )


def after_charset(text: str, head: str, path: Path) -> str:
    """Put lines before anything that loads or runs."""
    found = HEAD.search(text)
    if not found:
        raise PostBuildError(f"{path}: its head does not begin with the charset")
    return text[: found.end()] + head + text[found.end() :]


def before_theme(text: str, script: str) -> str:
    """Put a script where it runs before those of the theme that follow its __config."""
    found = CONFIG.search(text)
    assert found, "base_of() has found it"
    return text[: found.start()] + script + text[found.start() :]


class Finder(HTMLParser):
    """Finds what is wrong in a page: what the policy blocks, and what leads nowhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[tuple[int, str]] = []
        self.faults: list[tuple[int, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if given.get("http-equiv") == "Content-Security-Policy":
            self.fault("finished before; build the site afresh")
        if tag == "style":
            self.fault("the policy blocks <style>; put it into docs/stylesheets")
        for name in given:
            if name == "style" or name.startswith("on"):
                self.fault(f"the policy blocks {name}={given[name]!r} in <{tag}>")
        if (anchor := given.get("id")) in self.ids:
            self.fault(f"the id {anchor!r} again; rename the snippet or the heading")
        elif anchor:
            self.ids.add(anchor)
        self.handle_address(tag, given)

    def handle_address(self, tag: str, given: dict[str, str]) -> None:
        loaded = given.get("href" if tag == "link" else LOADS.get(tag, ""), "")
        if OTHER_HOST.match(loaded) and given.get("rel") != "canonical":
            self.fault(f"<{tag}> loads from another host: {loaded}")
        for link in {given.get("href", ""), given.get("src", "")} - {""}:
            if link.startswith("javascript:"):
                self.fault(f"the policy blocks a javascript: link in <{tag}>")
            self.links.append((self.getpos()[0], link))

    def check_links(self, name: str, site: Path, pages: dict[str, "Finder"]) -> None:
        """Follow every link within the site; the generator sees not all anchors."""
        for line, link in self.links:
            path, anchor = urldefrag(urljoin(HERE + name, link))
            if not path.startswith(HERE + "/"):
                continue
            path = unquote(path.removeprefix(HERE))
            page = pages.get(path)
            if not page and not (site / path.lstrip("/")).is_file():
                self.faults.append((line, f"a dead link: {link}"))
            elif page and anchor and unquote(anchor) not in page.ids:
                self.faults.append((line, f"a link to an anchor that is not: {link}"))

    def fault(self, what: str) -> None:
        self.faults.append((self.getpos()[0], what))


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: python -m walkthrough.postbuild SITE_DIR", file=sys.stderr)
        return 2
    try:
        pages = finish(Path(sys.argv[1]))
    except PostBuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"finished {pages} pages: a strict security policy, and the theme's mends")
    return 0


if __name__ == "__main__":
    sys.exit(main())
