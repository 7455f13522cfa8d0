"""Six jobs for each kind of worker, on one broker: how many are done in the end.

`python -m worker.compare` prints the table of the chapter on workers.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from troubleshooting.redis import server

KINDS = {
    "minichannels": ["-m", "worker.with_minichannels"],
    "Channels": ["-m", "worker.with_channels"],
    "Celery": [
        *("-m", "celery", "-A", "worker.with_celery", "worker", "--pool", "solo"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ],
}
JOBS = (1, 2, 3, 4, 5, 6)
LAST = 7
"""A job that is sent later: once it is done, the worker is known to be at work."""
NONE = 0
PATIENCE = 5.0
"""Seconds without a new job done after which no more is expected."""
STARTING = 60.0
"""Seconds that a worker may need to start."""


class Trial:
    """A broker, a file of the jobs done, and workers of one kind."""

    def __init__(self, kind: str, port: int, folder: Path, fails: int) -> None:
        self.kind = kind
        self.done = folder / "done"
        self.done.touch()
        self.environment = os.environ | {
            "JOBS_REDIS": str(port),
            "JOBS_DONE": str(self.done),
            "JOBS_FAIL": str(fails),
        }

    def finished(self) -> set[int]:
        return {int(line) for line in self.done.read_text().split()}

    def count(self) -> int:
        return len(self.finished() & set(JOBS))

    def send(self, *numbers: int) -> None:
        module = f"worker.with_{self.kind.lower()}"
        code = f"from {module} import send; send(*{numbers})"
        subprocess.run([sys.executable, "-c", code], env=self.environment, check=True)

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Run a worker, and kill it in the end: it gets no chance to tidy up."""
        process = subprocess.Popen(
            [sys.executable, *KINDS[self.kind]],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield
        finally:
            process.kill()
            process.wait()

    def wait_for(self, number: int) -> None:
        """Wait until a job is done."""
        deadline = time.monotonic() + STARTING
        while number not in self.finished() and time.monotonic() < deadline:
            time.sleep(0.01)

    def settle(self, patience: float = PATIENCE) -> int:
        """Wait until nothing has been done for a while; count the jobs done."""
        seen, since = self.count(), time.monotonic()
        while seen < len(JOBS) and time.monotonic() - since < patience:
            time.sleep(0.01)
            if (now := self.count()) > seen:
                seen, since = now, time.monotonic()
        return seen


@contextmanager
def trial(kind: str, fails: int = NONE) -> Iterator[Trial]:
    with TemporaryDirectory() as folder, server() as (_, port):
        made = Trial(kind, port, Path(folder), fails)
        made.send(*JOBS)
        yield made


def one_job_raises(kind: str) -> int:
    """The third job of six raises: how many are done."""
    with trial(kind, fails=3) as run, run.worker():
        run.wait_for(2)
        run.settle(1.0)
        run.send(LAST)
        run.wait_for(LAST)
        return run.count()


def killed_and_restarted(kind: str) -> int:
    """The worker is killed after the first job, and started again: how many."""
    with trial(kind) as run:
        with run.worker():
            run.wait_for(1)
        run.send(LAST)
        with run.worker():
            run.wait_for(LAST)
            return run.settle()


def table() -> str:
    """Give the table: a row for each kind of worker, narrow enough for a phone."""
    rows = [f"{'of six done:':12}{'one raises':>13}{'killed':>9}"]
    for kind in KINDS:
        raised, killed = one_job_raises(kind), killed_and_restarted(kind)
        rows.append(f"{kind:12}{raised:>13}{killed:>9}")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
