"""What is particular to the layer in one file."""

import asyncio
import errno
import os
import sqlite3
import subprocess
import sys

import minichannels.bells
import minichannels.sqlite_layer
import pytest
from minichannels.sqlite_layer import SqliteChannelLayer

pytestmark = pytest.mark.kinds("sqlite")


async def test_a_place_where_the_file_cannot_be_is_named(tmp_path):
    layer = SqliteChannelLayer(tmp_path / "nowhere" / "layer.db")
    with pytest.raises(FileNotFoundError, match=r"nowhere/layer\.db"):
        await layer.send("jobs", {"type": "x"})


async def test_a_receiver_that_waits_for_the_file_says_for_which_and_why(
    tmp_path, caplog
):
    layer = SqliteChannelLayer(tmp_path / "nowhere" / "layer.db")
    receiver = asyncio.create_task(layer.receive("jobs"))
    async with asyncio.timeout(20):
        while "tries again" not in caplog.text:  # noqa: ASYNC110 - a log
            await asyncio.sleep(0.01)
    receiver.cancel()
    assert f"<SqliteChannelLayer at {layer.path}> tries again: [Errno 2]" in caplog.text


WRITER = """
import asyncio, sys, time
from minichannels.sqlite_layer import SqliteChannelLayer

async def main(path, name):
    layer, longest = SqliteChannelLayer(path, capacity=0), 0
    for n in range(150):
        start = time.perf_counter()
        await layer.send("jobs", {"type": "x", "writer": name, "n": n})
        longest = max(longest, time.perf_counter() - start)
    await layer.send("longest", {"type": "x", "seconds": longest})
    await layer.close()

asyncio.run(main(*sys.argv[1:]))
"""


def write_at_once(file):
    """Start three processes that write to a file."""
    command = [sys.executable, "-c", WRITER, file]
    return [subprocess.Popen([*command, str(n)]) for n in range(3)]


async def test_processes_that_write_at_once_lose_nothing_and_hardly_wait(bench):
    writers, layer = write_at_once(bench.file), bench()
    received = [await layer.receive("jobs") for _ in range(450)]
    for writer in writers:
        assert writer.wait() == 0
    for name in "012":
        ours = [message["n"] for message in received if message["writer"] == name]
        assert ours == list(range(150))
    seconds = [(await layer.receive("longest"))["seconds"] for _ in range(3)]
    assert max(seconds) < 2, "seconds that one of them waited for the others"


async def test_the_event_loop_goes_on_while_another_process_writes(bench):
    layer = bench()
    await layer.send("jobs", {"type": "first"})
    other = sqlite3.connect(bench.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    sender = asyncio.create_task(layer.send("jobs", {"type": "second"}))
    for _ in range(20):
        await asyncio.sleep(0.001)
    assert not sender.done()
    other.execute("COMMIT")
    await sender
    other.close()
    assert (await layer.receive("jobs"))["type"] == "first"


async def test_a_message_is_found_though_its_sender_was_killed_before_it_rang(
    bench, monkeypatch
):
    receiver, sender = bench(), bench()
    waiting = asyncio.create_task(receiver.receive("jobs"))
    await asyncio.sleep(0.05)
    monkeypatch.setattr(minichannels.sqlite_layer, "ring_bells", lambda *_: None)
    await sender.send("jobs", {"type": "x"})
    assert await waiting == {"type": "x"}


async def hung(layer):
    """Wait until a layer has hung up its bell, and give it."""
    bell = layer.bells / f"{layer.process}.bell"
    while not bell.exists():  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.001)
    return bell


async def test_the_bell_of_a_killed_process_is_removed_when_it_is_rung(bench):
    layer = bench()
    receiver = asyncio.create_task(layer.receive("jobs"))
    bell = await hung(layer)
    dead = bell.with_name("dead.bell")
    os.mkfifo(dead)
    await layer.send("jobs", {"type": "x"})
    assert await receiver == {"type": "x"}
    assert not dead.exists()
    await layer.close()
    assert not bell.exists()


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENOENT, errno.EMFILE])
async def test_a_bell_that_cannot_be_rung_is_left_alone(bench, monkeypatch, code):
    layer, opened = bench(), os.open
    receiver = asyncio.create_task(layer.receive("jobs"))
    bell = await hung(layer)

    def refuse(path, *args):
        if path == bell:
            raise OSError(code, "on purpose")
        return opened(path, *args)

    with monkeypatch.context() as patches:
        patches.setattr(os, "open", refuse)
        await layer.send("jobs", {"type": "x"})
    assert bell.exists()
    assert await receiver == {"type": "x"}  # which looked in time


async def test_a_dead_bell_that_cannot_be_removed_is_no_error_of_the_sender(
    bench, monkeypatch
):
    layer = bench()
    layer.bells.mkdir()
    os.mkfifo(layer.bells / "dead.bell")

    def refuse(self, missing_ok=False):
        raise PermissionError(errno.EACCES, "on purpose")

    with monkeypatch.context() as patches:
        patches.setattr(type(layer.bells), "unlink", refuse)
        await layer.send("jobs", {"type": "x"})
    assert await layer.receive("jobs") == {"type": "x"}


@pytest.mark.parametrize("mode", [0o600, 0o666])
async def test_who_may_write_to_the_file_may_ring_the_bell(bench, mode):
    bench.file.touch(mode)
    bench.file.chmod(mode)
    layer = bench()
    receiver = asyncio.create_task(layer.receive("jobs"))
    assert (await hung(layer)).stat().st_mode & 0o777 == mode
    receiver.cancel()


async def test_who_does_not_answer_the_bell_holds_up_nobody(bench, tmp_path):
    layer = bench()
    (tmp_path / "layer.db-bells").mkdir()
    bell = tmp_path / "layer.db-bells" / "deaf.bell"
    os.mkfifo(bell)
    fifo = os.open(bell, os.O_RDWR | os.O_NONBLOCK)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(fifo, b"!" * 4096)
    await layer.send("jobs", {"type": "x"})
    assert await layer.receive("jobs") == {"type": "x"}
    os.close(fifo)


async def test_only_the_process_that_made_a_name_is_rung_for_it(bench, monkeypatch):
    layers = [bench() for _ in range(2)]
    names = [await layer.new_channel() for layer in layers]
    receivers = [
        asyncio.create_task(layer.receive(name))
        for layer, name in zip(layers, names, strict=True)
    ]
    for layer in layers:
        await hung(layer)
    rung = []
    monkeypatch.setattr(os, "write", lambda *args: rung.append(args))
    await layers[0].send(names[1], {"type": "x"})
    assert len(rung) == 1
    await layers[0].send("plain", {"type": "x"})
    assert len(rung) == 3
    for receiver in receivers:
        receiver.cancel()


async def test_without_fifos_a_receiver_looks_often(bench, monkeypatch):
    monkeypatch.delattr(os, "mkfifo")
    layer, other = bench(), bench()
    receiver = asyncio.create_task(layer.receive("jobs"))
    await asyncio.sleep(0.03)
    await other.send("jobs", {"type": "x"})
    assert await asyncio.wait_for(receiver, 0.9) == {"type": "x"}
    assert list(layer.bells.iterdir()) == []


async def test_two_event_loops_of_a_process_share_a_layer(bench):
    layer = bench()
    receiver = asyncio.create_task(layer.receive("ours"))
    await hung(layer)

    async def converse():
        await layer.send("ours", {"type": "question"})
        return await layer.receive("theirs")

    thread = asyncio.create_task(asyncio.to_thread(asyncio.run, converse()))
    assert await receiver == {"type": "question"}
    await layer.send("theirs", {"type": "answer"})
    assert await thread == {"type": "answer"}


async def test_the_consumers_of_a_killed_process_are_forgotten(bench):
    layer = bench()
    dead = await bench().new_channel()
    await layer.group_add("room", dead)
    await layer.group_send("room", {"type": "x"})
    await bench.expire()
    await layer.group_send("room", {"type": "y"})
    await layer.close()
    with sqlite3.connect(bench.file) as db:
        assert db.execute("SELECT count(*) FROM member").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM message").fetchone() == (0,)
    db.close()
