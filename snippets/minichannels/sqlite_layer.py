"""A channel layer in one file: any number of processes of one machine share it.

Nothing to install and nothing to start: it is the default where processes must talk.

- SQLite lets one connection write at a time. A write takes well under a millisecond, so
  who must wait waits about as long; and it waits on a thread of its own, never on the
  event loop. Readers and the writer do not wait for each other: that is its WAL mode.
- SQLite tells nobody that there is something new. So each process that waits has a FIFO
  beside the file, its bell, and whoever stores a message writes a byte to it: to wait
  costs next to nothing. Once a second it looks anyway, since who stored a message may
  have been killed before it rang.
"""

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from minichannels.bells import hang_bell, ring_bells
from minichannels.stored_layer import StoredChannelLayer

T = TypeVar("T")

SCHEMA = """
PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT, body BLOB, expires REAL);
CREATE INDEX IF NOT EXISTS message_channel ON message (channel);
CREATE INDEX IF NOT EXISTS message_expires ON message (expires);
CREATE TABLE IF NOT EXISTS member (
    name TEXT, channel TEXT, joined REAL, PRIMARY KEY (name, channel));
CREATE INDEX IF NOT EXISTS member_channel ON member (channel);
CREATE INDEX IF NOT EXISTS member_joined ON member (joined);
"""
FORGET_MEMBERS = """
DELETE FROM member WHERE joined < :joined
OR channel IN (SELECT channel FROM message WHERE expires < :now)"""
FORGET_MESSAGES = "DELETE FROM message WHERE expires < :now"
OLDEST = """
SELECT (SELECT id FROM message WHERE channel = name.value AND expires >= :now
ORDER BY id LIMIT 1) FROM json_each(:names) AS name"""


def on_thread(work: Callable[..., T]) -> Callable[..., Coroutine[Any, Any, T]]:
    """Make a method run on the one thread that has the connection."""

    async def run(self: "SqliteChannelLayer", *args: Any) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, work, self, *args)

    return run


class SqliteChannelLayer(StoredChannelLayer):
    """A channel layer in the file at `path`, which is made when it is first needed.

    As in memory, a channel on which a message expires is dropped from its groups: so
    the consumers of a process that was killed are forgotten.
    """

    def __init__(self, path: str | Path, **limits: Any) -> None:
        super().__init__(str(path), **limits)
        self.path = Path(path)
        self.bells = Path(f"{path}-bells")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-layer")

    @cached_property
    def _db(self) -> sqlite3.Connection:
        self.path.touch()  # where it cannot be, this says so better than SQLite
        db = sqlite3.connect(self.path, timeout=10, isolation_level=None)
        db.executescript(SCHEMA)
        return db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Do some writes as one transaction, and first forget what expired."""
        now = time.time()
        deadlines = {"now": now, "joined": now - self.group_expiry}
        with self._db as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute(FORGET_MEMBERS, deadlines)
            db.execute(FORGET_MESSAGES, deadlines)
            yield db

    @on_thread
    def _put(self, channels: list[str], body: bytes) -> int:
        with self._writing() as db:
            fits = [channel for channel in channels if self._fits(channel)]
            until = time.time() + self.expiry
            sql = "INSERT INTO message (channel, body, expires) VALUES (?, ?, ?)"
            db.executemany(sql, [(channel, body, until) for channel in fits])
        ring_bells(self.bells, fits)
        return len(channels) - len(fits)

    def _fits(self, channel: str) -> bool:
        capacity = self.get_capacity(channel)
        sql = "SELECT count(*) FROM (SELECT 1 FROM message WHERE channel = ? LIMIT ?)"
        (unread,) = self._db.execute(sql, (channel, capacity)).fetchone()
        return not 0 < capacity <= unread

    @on_thread
    def _take(self, channels: list[str]) -> list[tuple[str, bytes]]:
        # One statement: SQLite lets one process after the other do it.
        sql = f"DELETE FROM message WHERE id IN ({OLDEST}) RETURNING channel, body"
        looked_for = {"names": json.dumps(channels), "now": time.time()}
        return self._db.execute(sql, looked_for).fetchall()

    @on_thread
    def _members(self, group: str) -> list[str]:
        with self._writing() as db:
            sql = "SELECT channel FROM member WHERE name = ? ORDER BY joined"
            return [channel for (channel,) in db.execute(sql, (group,))]

    @on_thread
    def group_add(self, group: str, channel: str) -> None:
        """Make a channel a member of a group, or renew its membership."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        sql = "REPLACE INTO member (name, channel, joined) VALUES (?, ?, ?)"
        self._db.execute(sql, (group, channel, time.time()))

    @on_thread
    def group_discard(self, group: str, channel: str) -> None:
        """Make a channel no member of a group."""
        self.require_valid_channel_name(channel)
        self.require_valid_group_name(group)
        sql = "DELETE FROM member WHERE name = ? AND channel = ?"
        self._db.execute(sql, (group, channel))

    @on_thread
    def flush(self) -> None:
        """Forget every message and every group, those of other processes included."""
        with self._writing() as db:
            db.execute("DELETE FROM message")
            db.execute("DELETE FROM member")

    async def close(self) -> None:
        await super().close()
        await self._disconnect()

    @on_thread
    def _disconnect(self) -> None:
        self._db.close()
        del self._db

    async def _listen(self, look: Callable[..., None]) -> None:
        bell, rung, seen = self.bells / f"{self.process}.bell", asyncio.Event(), 0
        with hang_bell(bell, rung.set, self.path) as patience:
            while True:
                arrivals = await self._arrivals(seen)
                seen = arrivals[-1][0] if arrivals else seen
                look({channel for _, channel in arrivals})
                with suppress(TimeoutError):
                    async with asyncio.timeout(patience):
                        await rung.wait()
                rung.clear()

    @on_thread
    def _arrivals(self, seen: int) -> list[tuple[int, str]]:
        """Give (id, channel) of what came after the message with the id `seen`."""
        sql = "SELECT id, channel FROM message WHERE id > ? ORDER BY id"
        return self._db.execute(sql, (seen,)).fetchall()
