"""A database that says how many connections to it were opened, and are open still."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from walkthrough.packages import configure_django

AT_ONCE = 4
"""How many queries run at the same time, if there are threads for them."""

PATIENCE = 2
"""Seconds to wait for threads to start. Where there is one thread, no others come."""

aliases = (f"museum-{number}" for number in count())


class CountedDatabase:
    """A SQLite file, and the connections that were made to it."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.made: list[Any] = []
        self.everyone = threading.Barrier(AT_ONCE)

    def query(self) -> None:
        """Run a query, and stay in its thread until the others run theirs."""
        from django.db import connections

        with connections[self.alias].cursor() as cursor:
            cursor.execute("SELECT 1")
        with suppress(threading.BrokenBarrierError):
            self.everyone.wait(timeout=PATIENCE)

    @property
    def still_open(self) -> int:
        """How many of its connections nobody has closed."""
        return sum(each.connection is not None for each in self.made)

    def note(self, connection: Any, **signal: Any) -> None:
        if connection.alias == self.alias:
            connection.inc_thread_sharing()
            self.made.append(connection)


@contextmanager
def counted_database() -> Iterator[CountedDatabase]:
    """Give Django one more database, and close what is left open to it afterwards."""
    configure_django()
    from django.db import connections
    from django.db.backends.signals import connection_created

    with TemporaryDirectory() as folder:
        database = CountedDatabase(next(aliases))
        file = str(Path(folder, "db.sqlite3"))
        settings = {**connections.databases["default"], "NAME": file}
        connections.databases[database.alias] = settings
        connection_created.connect(database.note)
        yield database
        connection_created.disconnect(database.note)
        for connection in database.made:
            if connection.connection:
                connection.connection.close()
        del connections.databases[database.alias]
