"""Commands of a Django project of our own, in processes of their own."""

import asyncio
import os
import sqlite3
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from tempfile import TemporaryDirectory

from walkthrough.daphne import SECONDS, NotServing, stop
from walkthrough.sources import SNIPPETS

from troubleshooting.redis import free_port


async def manage(*command: str, output: int = DEVNULL, **settings: str) -> Process:
    """Start `manage.py` with some arguments.

    Args:
        command: The arguments.
        output: Where its output goes.
        settings: What `troubleshooting.settings` is to find in the environment.
    """
    environment = {
        **os.environ,
        **settings,
        "DJANGO_SETTINGS_MODULE": "troubleshooting.settings",
        "PYTHONPATH": str(SNIPPETS),
        "PYTHONUNBUFFERED": "1",
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "django", *command),
        stdout=output,
        stderr=STDOUT,
        env=environment,
    )


@asynccontextmanager
async def runserver(*installed: str) -> AsyncIterator[str]:
    """Run `manage.py runserver` with some `INSTALLED_APPS`; give its `ws:` address."""
    address = f"127.0.0.1:{free_port()}"
    command = ("runserver", address, "--noreload", "--skip-checks")
    process = await manage(*command, output=PIPE, APPS=",".join(installed))
    try:
        async with asyncio.timeout(SECONDS):
            await answers(address, process)
        yield f"ws://{address}"
    finally:
        await stop(process)


async def answers(address: str, process: Process) -> None:
    """Wait until somebody listens at the address, or the process has ended."""
    host, port = address.split(":")
    while process.returncode is None:
        try:
            _, writer = await asyncio.open_connection(host, int(port))
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    assert process.stdout
    raise NotServing((await process.stdout.read()).decode())


async def rows_after_a_test_run(test_name: str) -> int | str:
    """Run `manage.py test --noinput` beside a database with three rows.

    Args:
        test_name: What `DATABASES["default"]["TEST"]["NAME"]` is.

    Returns:
        How many rows the database has afterwards, or that there is no such file.
    """
    with TemporaryDirectory() as folder:
        database = Path(folder, "db.sqlite3")
        write_rows(database)
        process = await manage(
            *("test", "--noinput", "troubleshooting.wiped"),
            DATABASE=str(database),
            TEST_DATABASE=str(Path(folder, test_name)),
        )
        assert await process.wait() == 0
        return count_rows(database)


def write_rows(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE letters (text)")
        connection.executemany("INSERT INTO letters VALUES (?)", ["a", "b", "c"])


def count_rows(database: Path) -> int | str:
    if not database.exists():
        return "the file is gone"
    with closing(sqlite3.connect(database)) as connection:
        rows: int = connection.execute("SELECT count(*) FROM letters").fetchone()[0]
    return rows
