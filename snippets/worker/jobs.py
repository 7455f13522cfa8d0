"""The job that every worker does: it takes a moment, may fail, and leaves two lines.

The environment says where things are: JOBS_BEGUN and JOBS_DONE are files of lines,
JOBS_REDIS the port of the server, JOBS_FAIL the job that fails, JOBS_HANG the one that
never ends.
"""

import os
import time
from pathlib import Path

SECONDS = 0.05


def work(number: int) -> None:
    """Do one job."""
    note("JOBS_BEGUN", number)
    time.sleep(SECONDS)
    while number == int(os.environ["JOBS_HANG"]):
        time.sleep(SECONDS)
    if number == int(os.environ["JOBS_FAIL"]):
        raise ValueError(f"job {number} fails")
    note("JOBS_DONE", number)


def note(file: str, number: int) -> None:
    with Path(os.environ[file]).open("a") as lines:
        lines.write(f"{number}\n")
