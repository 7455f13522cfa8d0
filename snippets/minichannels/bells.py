"""How processes of one machine wake each other: a FIFO each, its bell, to write to.

A process that was killed needs no clearing up after: its bell is still there, but no
longer open for reading, which whoever rings next finds out, and removes it. One that
may not be rung, since it is another user's, is left alone: its process looks in time.

Channels has no such module: its layers are in memory, or let Redis do this.
"""

import asyncio
import errno
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def hang_bell(path: Path, answer: Callable[[], None], store: Path) -> Iterator[float]:
    """Have `answer` called when the bell is rung; give how long to rely on that.

    Where no bell can be had, that is not long. Windows has no FIFOs, for example. Who
    may write to the store may also ring.
    """
    try:
        fifo = make_fifo(path, store)
    except (AttributeError, OSError):
        yield 0.02
    else:
        loop = asyncio.get_running_loop()
        loop.add_reader(fifo, answer_bell, fifo, answer)
        try:
            yield 1.0
        finally:
            loop.remove_reader(fifo)
            os.close(fifo)
            path.unlink(missing_ok=True)


def answer_bell(fifo: int, answer: Callable[[], None]) -> None:
    """Read all rings until now, which are one to us."""
    os.read(fifo, 65536)
    answer()


def make_fifo(path: Path, like: Path) -> int:
    """Make a FIFO, for the users of a file. It gets its name once it is open."""
    if path.exists():
        raise FileExistsError(f"{path} belongs to another event loop")
    path.parent.mkdir(exist_ok=True)
    new = path.with_suffix(".new")
    like.touch()
    os.mkfifo(new)
    new.chmod(like.stat().st_mode & 0o666)
    fifo = os.open(new, os.O_RDWR | os.O_NONBLOCK)
    new.rename(path)
    return fifo


def ring_bells(bells: Path, channels: Iterable[str]) -> None:
    """Wake the processes that made the names of some channels, or else all."""
    hung = {bell.stem: bell for bell in bells.glob("*.bell")}
    makers = {name.partition("!")[0].rpartition(".")[2] for name in channels}
    for process in makers if makers <= hung.keys() else hung:
        try:
            fifo = os.open(hung[process], os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nobody has it open
                with suppress(OSError):
                    hung[process].unlink()
        else:
            with suppress(BlockingIOError):  # it is full of rings not yet answered
                os.write(fifo, b"!")
            os.close(fifo)
