"""The built site as files on a host."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from walkthrough.fences import DOCS, ROOT
from walkthrough.page.pack import node_modules
from walkthrough.serve import Host

Documents = dict[str, Any]
CONFIG = Path(__file__).with_name("html-validate.json")


def test_a_page_of_the_nav_answers(url: str, host: Host) -> None:
    with urlopen(host.address + url) as answer:
        assert answer.status == 200


def test_a_page_says_what_it_is_about(url: str, documents: Documents) -> None:
    assert 60 <= len(documents[f"/{url}"].meta["description"]) <= 200


def test_no_two_pages_say_the_same_of_themselves(documents: Documents) -> None:
    said = [
        page.meta["description"] for name, page in documents.items() if "4" not in name
    ]
    assert len(said) == len(set(said))


def test_the_policy_of_every_page_is_the_same_and_allows_nothing_unsafe(
    documents: Documents,
) -> None:
    policies = {page.meta["Content-Security-Policy"] for page in documents.values()}
    assert len(policies) == 1
    policy = policies.pop()
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe-inline" not in policy
    assert "'unsafe-eval'" not in policy
    assert "http" not in policy and "*" not in policy


def test_the_reference_has_every_module() -> None:
    package = ROOT / "snippets" / "minichannels"
    names = {
        ".".join(path.relative_to(package.parent).with_suffix("").parts)
        for path in package.rglob("*.py")
        if path.stem != "__main__"
        and re.search(r"^(class|def|async def) ", path.read_text("utf-8"), re.MULTILINE)
    }
    text = (DOCS / "reference.md").read_text("utf-8")
    shown = set(re.findall(r"^::: ([\w.]+)$", text, re.MULTILINE))
    wanted = {name.removesuffix(".__init__") for name in names}
    assert wanted <= shown


def test_the_html_is_valid(site: Path) -> None:
    node = Path(sys.executable).with_name("node")  # html-validate wants Node 22
    judge = node_modules() / "html-validate" / "bin" / "html-validate.mjs"
    command = [node, judge, "--config", CONFIG]
    ended = subprocess.run(
        [*command, *site.rglob("*.html")], capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
