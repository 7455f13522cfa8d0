"""Run a page in a fresh interpreter, and remember the run until its inputs change."""

import functools
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from walkthrough.fences import ROOT, Page, Problem

CACHE = ROOT / ".cache" / "runs"
SECONDS = 300
"""How long a page may run: on a busy machine, one that starts servers takes minutes."""

INPUTS = (
    *("check", "clock", "fences", "loop"),
    *("packages", "recorder", "session", "trace"),
)
"""The modules of walkthrough that can change what a run gives."""


def run_of(page: Page) -> tuple[list[Problem], dict[str, Any]]:
    """Give what is wrong with a page, and the result of each snippet by its name."""
    kept = CACHE / f"{page.name}-{fingerprint(page)}.json"
    if kept.exists():
        told = json.loads(kept.read_text("utf-8"))
    else:
        told = run_apart(page)
        if not told["problems"]:  # a busy machine may be the only one
            keep(told, kept, page)
    return [Problem(**problem) for problem in told["problems"]], told["results"]


def run_all(pages: Iterable[Page]) -> None:
    """Run pages side by side, so that `run_of` has them at hand.

    Most of what a page does is waiting, for a process to start or for a timeout, so
    there are more of them at a time than the machine has cores.
    """
    with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        list(pool.map(run_of, (page for page in pages if page.snippets)))


def keep(told: dict[str, Any], file: Path, page: Page) -> None:
    """Remember a run that went as the page says, instead of the last one."""
    CACHE.mkdir(parents=True, exist_ok=True)
    for old in CACHE.glob(f"{page.name}-*.json"):
        old.unlink(missing_ok=True)
    file.write_text(json.dumps(told), "utf-8")


def run_apart(page: Page) -> dict[str, Any]:
    """Run a page in an interpreter of its own."""
    command = [sys.executable, "-m", "walkthrough.check", str(page.path)]
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return broken(page, f"the page did not end within {SECONDS} seconds")
    if ended.returncode:
        return broken(page, f"the page could not be run\n{ended.stderr.rstrip()}")
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def broken(page: Page, message: str) -> dict[str, Any]:
    problem = {"page": page.file, "line": 1, "message": message}
    return {"problems": [problem], "results": {}}


def fingerprint(page: Page) -> str:
    """Name the inputs of a run: the page, and the code that it can reach."""
    parts = [page.text, code(), sys.version]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def code() -> str:
    files = [*sorted((ROOT / "snippets").rglob("*.py")), ROOT / "pyproject.toml"]
    wanted = [file for file in files if matters(file)]
    return digest(tuple((file, file.stat().st_mtime_ns) for file in wanted))


def matters(file: Path) -> bool:
    return "walkthrough" not in file.parts or file.stem in INPUTS


@functools.lru_cache(maxsize=4)
def digest(files: tuple[tuple[Path, int], ...]) -> str:
    total = hashlib.sha256()
    for file, _ in files:
        total.update(file.read_bytes())
    return total.hexdigest()
