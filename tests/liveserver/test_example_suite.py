"""The tests of the chapter on testing do what it says, as Django runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from walkthrough.sources import SNIPPETS


def run(folder: Path, *labels: str) -> subprocess.CompletedProcess[str]:
    """Run some tests of the example project, with its databases in a folder."""
    command = ["-m", "django", "test", "--settings=liveserver.settings", *labels]
    return subprocess.run(
        [sys.executable, *command],
        env=os.environ | {"PYTHONPATH": str(SNIPPETS), "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("label", ["liveserver.tests", "liveserver.rows"])
def test_the_example_tests_pass_and_leave_no_file(tmp_path: Path, label: str) -> None:
    ended = run(tmp_path, label)
    assert ended.returncode == 0, ended.stdout
    assert "Ran 2 tests" in ended.stdout
    assert list(tmp_path.glob("*.sqlite3")) == []


def test_a_server_forked_after_the_one_thread_ran_hangs(tmp_path: Path) -> None:
    ended = run(tmp_path, "liveserver.rows", "liveserver.tests")
    assert ended.returncode == 1
    assert "did not receive a valid HTTP response" in ended.stdout
    assert "FAILED (errors=1)" in ended.stdout
