"""The jobs as tasks of Celery, with late acknowledgement: `celery -A ... worker`."""

import os

from celery import Celery

from worker.jobs import work

PORT = os.environ["JOBS_REDIS"]

app = Celery("jobs", broker=f"redis://127.0.0.1:{PORT}/0")
app.conf.task_acks_late = True
app.conf.worker_prefetch_multiplier = 1
app.conf.broker_transport_options = {"visibility_timeout": 1}
app.conf.broker_connection_retry_on_startup = True


@app.task(name="job")  # type: ignore[untyped-decorator]
def job(number: int) -> None:
    work(number)


def send(*numbers: int) -> None:
    """Put some jobs on the queue."""
    for number in numbers:
        job.delay(number)
