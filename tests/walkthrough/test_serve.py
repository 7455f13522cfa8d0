"""`make serve`, as its user meets it."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

CONFIG = """
site_name: A small site
theme:
  name: material
  font: false
  features: [navigation.sections]
  palette: { primary: custom }
nav:
  - Chapters:
      - index.md
      - next.md
"""
COMMAND = [sys.executable, "-m", "walkthrough.serve", "--port"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    (root / "mkdocs.yml").write_text(CONFIG)
    (root / "docs").mkdir()
    (root / "docs" / "index.md").write_text("# The first text")
    (root / "docs" / "next.md").write_text("# The next page")
    return root


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[subprocess.Popen[str]]:
    """A server that was interrupted at the end, and took it well."""
    with subprocess.Popen(
        [*COMMAND, "0"], cwd=root, stdout=subprocess.PIPE, text=True
    ) as started:
        yield started
        started.send_signal(signal.SIGINT)
        assert line_with(started, "stopped")
    assert started.returncode == 0


@pytest.fixture(scope="module")
def address(server: subprocess.Popen[str]) -> str:
    return line_with(server, "serving").split()[-1]


def line_with(server: subprocess.Popen[str], word: str) -> str:
    """Read what the server prints until a line has a word in it."""
    assert server.stdout
    return next(line for line in server.stdout if word in line)


def read(address: str) -> str:
    with urlopen(address) as answer:
        return str(answer.read().decode())


def test_what_is_not_there_gets_the_page_that_says_so(address: str) -> None:
    with pytest.raises(HTTPError) as caught:
        urlopen(address + "nowhere/")
    with caught.value as answer:
        assert answer.code == 404
        assert "A small site" in answer.read().decode()


def test_it_serves_the_finished_pages_and_rebuilds_on_a_change(
    root: Path, server: subprocess.Popen[str], address: str
) -> None:
    assert "Content-Security-Policy" in read(address)
    (root / "docs" / "index.md").write_text("# The second text")
    assert address in line_with(server, "rebuilt")
    assert "The second text" in read(address)


def test_a_change_that_does_not_build_leaves_the_last_build_in_place(
    root: Path, server: subprocess.Popen[str], address: str
) -> None:
    before = read(address)
    (root / "docs" / "index.md").write_text("[a dead link](nowhere.md)")
    assert "a link 'nowhere.md'" in line_with(server, "nowhere.md")
    line_with(server, "The last build is still served.")
    assert read(address) == before


def test_a_taken_port_is_named_with_the_way_out(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [*COMMAND, str(port)], cwd=root, capture_output=True, text=True
        )
    told = f"Port {port} is taken. Take another: make serve PORT={port + 1}\n"
    assert (ended.returncode, ended.stderr) == (1, told)
