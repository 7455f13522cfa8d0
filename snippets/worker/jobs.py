"""The job that every worker does: it takes a moment, may fail, and leaves a line.

The environment says where things are: JOBS_DONE is the file of lines, JOBS_REDIS the
port of the server, JOBS_FAIL the number of the job that fails.
"""

import os
import time
from pathlib import Path

SECONDS = 0.05


def work(number: int) -> None:
    """Do one job."""
    time.sleep(SECONDS)
    if number == int(os.environ["JOBS_FAIL"]):
        raise ValueError(f"job {number} fails")
    with Path(os.environ["JOBS_DONE"]).open("a") as done:
        done.write(f"{number}\n")
