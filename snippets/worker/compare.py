"""Six jobs for each kind of worker, on one broker: how many are done in the end.

`python -m worker.compare` prints the table of the chapter on workers.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import redis
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
PATIENCE = 1.0
"""Seconds without a change after which no more is expected."""
DEADLINE = 60.0
"""Seconds that anything may take: a worker to start, a broker to give a job back."""


class Trial:
    """A broker, files of the jobs begun and done, and workers of one kind."""

    def __init__(self, kind: str, port: int, folder: Path) -> None:
        self.kind = kind
        self.broker = redis.Redis(port=port)
        self.begun, self.done = folder / "begun", folder / "done"
        self.environment = os.environ | {
            "JOBS_REDIS": str(port),
            "JOBS_BEGUN": str(self.begun),
            "JOBS_DONE": str(self.done),
        }

    def count(self) -> int:
        return len(numbers_in(self.done) & set(JOBS))

    def waiting(self) -> int:
        """Count what the broker holds, apart from what Celery notes of its queues."""
        keys: list[bytes] = self.broker.keys()  # type: ignore[assignment]
        return len([key for key in keys if not key.startswith(b"_kombu")])

    def send(self, *numbers: int) -> None:
        module = f"worker.with_{self.kind.lower()}"
        code = f"from {module} import send; send(*{numbers})"
        subprocess.run([sys.executable, "-c", code], env=self.environment, check=True)

    @contextmanager
    def worker(self, *, fails: int = NONE, hangs: int = NONE) -> Iterator[None]:
        """Run a worker, and kill it in the end: it gets no chance to tidy up.

        Args:
            fails: The job that raises.
            hangs: The job that never ends.
        """
        process = subprocess.Popen(
            [sys.executable, *KINDS[self.kind]],
            env=self.environment | {"JOBS_FAIL": str(fails), "JOBS_HANG": str(hangs)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield
        finally:
            process.kill()
            process.wait()

    def settle(self) -> int:
        """Wait until nothing changes any more; count the jobs done."""
        seen, since = (self.count(), self.waiting()), time.monotonic()
        while time.monotonic() - since < PATIENCE:
            time.sleep(0.01)
            if (now := (self.count(), self.waiting())) != seen:
                seen, since = now, time.monotonic()
        return seen[0]


def numbers_in(file: Path) -> set[int]:
    return {int(line) for line in file.read_text().split()} if file.exists() else set()


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for something, but not for ever."""
    deadline = time.monotonic() + DEADLINE
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)


@contextmanager
def trial(kind: str) -> Iterator[Trial]:
    with TemporaryDirectory() as folder, server() as (_, port):
        made = Trial(kind, port, Path(folder))
        made.send(*JOBS)
        yield made
        made.broker.close()


def one_job_raises(kind: str) -> int:
    """The third job of six raises: how many are done."""
    with trial(kind) as run, run.worker(fails=3):
        wait_until(lambda: 3 in numbers_in(run.begun))
        run.settle()
        run.send(LAST)
        wait_until(lambda: LAST in numbers_in(run.done))
        return run.count()


def killed_and_restarted(kind: str) -> int:
    """The worker is killed while it does the second job, and started again."""
    with trial(kind) as run:
        with run.worker(hangs=2):
            wait_until(lambda: 2 in numbers_in(run.begun))
            run.settle()
        run.send(LAST)
        with run.worker():
            wait_until(lambda: LAST in numbers_in(run.done) and not run.waiting())
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
