"""What holds for the layers whose messages lie outside the process."""

import asyncio
import contextlib
import datetime
import logging

import pytest
from asgiref.sync import async_to_sync
from minichannels.codec import encode
from minichannels.consumer import AsyncConsumer
from minichannels.layers import channel_layers

pytestmark = pytest.mark.kinds("stores")


async def test_each_message_goes_to_one_process_of_several(bench):
    layers = [bench(capacity=0) for _ in range(4)]
    received = []

    async def work(layer):
        while True:
            received.append((await layer.receive("jobs"))["n"])
            done.set()

    workers = [asyncio.create_task(work(layer)) for layer in layers for _ in range(2)]
    done = asyncio.Event()
    for n in range(200):
        await layers[n % 4].send("jobs", {"type": "job", "n": n})
    while len(received) < 200:
        await done.wait()
        done.clear()
    for worker in workers:
        worker.cancel()
    assert sorted(received) == list(range(200))


async def test_a_broadcast_reaches_the_consumers_of_every_process(bench):
    layers = [bench() for _ in range(3)]
    names = [await layer.new_channel() for layer in layers for _ in range(5)]
    receivers = []
    for n, name in enumerate(names):
        await layers[n // 5].group_add("room", name)
        receivers.append(asyncio.create_task(layers[n // 5].receive(name)))
    for n in range(2):
        await layers[n].group_send("room", {"type": "x", "n": n})
        assert [m["n"] for m in await asyncio.gather(*receivers)] == [n] * 15
        receivers = [
            asyncio.create_task(layers[n // 5].receive(name))
            for n, name in enumerate(names)
        ]
    for receiver in receivers:
        receiver.cancel()


async def test_messages_wait_for_a_process_that_starts_later(bench):
    await bench().send("jobs", {"type": "job"})
    assert await bench().receive("jobs") == {"type": "job"}


async def test_a_consumer_hears_its_group(bench):
    class Chat(AsyncConsumer):
        async def begin(self, message):
            await self.channel_layer.group_add("room", self.channel_name)
            await self.send({"type": "ready"})

        async def chat(self, message):
            await self.send(message)

    channel_layers.set("default", bench())
    inbox, outbox = asyncio.Queue(), asyncio.Queue()
    inbox.put_nowait({"type": "begin"})
    app = asyncio.create_task(Chat.as_asgi()({}, inbox.get, outbox.put))
    assert await outbox.get() == {"type": "ready"}
    await bench().group_send("room", {"type": "chat", "text": "é"})
    assert await outbox.get() == {"type": "chat", "text": "é"}
    app.cancel()
    channel_layers.backends.clear()


async def test_what_json_cannot_hold_is_refused_at_the_sender(bench):
    layer = bench()
    for call in (layer.send, layer.group_send):
        with pytest.raises(TypeError, match="send its id, and let the receiver look"):
            await call("room", {"type": "x", "when": datetime.date(2020, 1, 1)})


async def test_tuples_arrive_as_lists_and_keys_as_strings(bench):
    layer = bench()
    await layer.send("jobs", {"type": "x", "t": (1, 2), "d": {1: "one"}})
    assert await layer.receive("jobs") == {"type": "x", "t": [1, 2], "d": {"1": "one"}}


async def test_what_stands_for_bytes_cannot_be_forged_in_a_message(bench):
    layer = bench()
    await layer.send("jobs", {"type": "x", "data": b"\x00"})
    mark = encode({"type": "x"}).split()[0].decode()
    for forged in ({"__bytes__": "aGk="}, {mark: "aGk="}):
        await layer.send("jobs", {"type": "x", "data": forged})
    assert [(await layer.receive("jobs"))["data"] for _ in range(3)] == [
        b"\x00",
        {"__bytes__": "aGk="},
        {mark: "aGk="},
    ]


async def test_what_is_no_message_is_dropped_and_logged(bench, caplog):
    layer = bench()
    name = await layer.new_channel()
    receiver = asyncio.create_task(layer.receive(name))
    bystander = asyncio.create_task(layer.receive("other"))
    for poison in (b"m \xff not JSON", b"m []", b'm {"m": 5}', b""):
        await layer._put([name], poison)
    await layer.send(name, {"type": "x"})
    assert await receiver == {"type": "x"}
    assert caplog.text.count(f"from {name}") == 4
    await layer.send("other", {"type": "y"})
    assert await bystander == {"type": "y"}


async def test_a_receiver_waits_through_a_failure_of_the_store(
    bench, caplog, monkeypatch
):
    layer, take = bench(), type(bench())._take
    layer.retry_delay = 0.001
    failures = [OSError("the store is away")] * 3

    async def fail_thrice(self, channels):
        if failures:
            raise failures.pop()
        return await take(self, channels)

    monkeypatch.setattr(type(layer), "_take", fail_thrice)
    await layer.send("jobs", {"type": "job"})
    assert await layer.receive("jobs") == {"type": "job"}
    assert caplog.text.count("the store is away") == 3


async def test_who_waits_asks_nothing_of_the_store(bench, monkeypatch):
    layer, asked = bench(), []
    monkeypatch.setattr(layer, "_take", count(asked, layer._take))
    names = [await layer.new_channel() for _ in range(20)]
    receivers = [asyncio.create_task(layer.receive(name)) for name in names]
    before = 0
    async with asyncio.timeout(10):  # to begin with, it may ask more than once
        while not 0 < before == len(asked):
            before = len(asked)
            await asyncio.sleep(0.3)
    assert before < 5
    for receiver in receivers:
        receiver.cancel()


def count(calls, function):
    """Make a function that notes its calls."""

    async def counting(*args):
        calls.append(args)
        return await function(*args)

    return counting


async def test_a_broadcast_says_in_the_log_how_many_it_skipped(bench, caplog):
    layer = bench(capacity=1)
    for member in ("full", "empty"):
        await layer.group_add("room", member)
    await layer.send("full", {"type": "x"})
    with caplog.at_level(logging.INFO):
        await layer.group_send("room", {"type": "y"})
    assert "1 of 2 channels of room were full" in caplog.text


def test_synchronous_code_uses_a_layer_without_leaving_anything_open(bench):
    layer = bench()
    async_to_sync(layer.group_add)("room", "a")
    async_to_sync(layer.group_send)("room", {"type": "x"})
    assert async_to_sync(layer.receive)("a") == {"type": "x"}
    assert layer._mailrooms == {}
    assert getattr(layer, "_clients", {}) == {}


async def test_closing_ends_what_runs_in_the_background_even_if_that_fails(
    bench, monkeypatch
):
    layer = bench()
    layer.retry_delay = 0.001
    listening = asyncio.Event()

    async def listen(look):
        listening.set()
        try:
            await asyncio.sleep(60)
        finally:
            raise OSError("the connection is closed")

    monkeypatch.setattr(layer, "_listen", listen)
    receiver = asyncio.create_task(layer.receive("jobs"))
    await listening.wait()
    await layer.close()
    assert layer._mailrooms == {}
    with pytest.raises(RuntimeError, match="closed while 'jobs' was read"):
        await receiver


async def test_closing_ends_what_did_not_notice_that_it_was_cancelled(
    bench, monkeypatch
):
    """As `asyncio.wait_for` of Python 3.11 does when a timeout is met just then."""
    layer = bench()
    taking = asyncio.Event()

    async def take(channels):
        taking.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return []

    monkeypatch.setattr(layer, "_take", take)
    receiver = asyncio.create_task(layer.receive("jobs"))
    await taking.wait()
    await layer.close()
    assert layer._mailrooms == {}
    await asyncio.gather(receiver, return_exceptions=True)


async def test_closing_ends_every_wait_with_an_error(bench):
    layer = bench()
    waiting = [asyncio.create_task(layer.receive(name)) for name in ("a", "a", "b")]
    await asyncio.sleep(0.01)
    await layer.close()
    errors = await asyncio.gather(*waiting, return_exceptions=True)
    expected = "The layer was closed while '{}' was read."
    assert [str(error) for error in errors] == [expected.format(n) for n in "aab"]
    await layer.send("a", {"type": "x"})
    assert await layer.receive("a") == {"type": "x"}


async def taken_for_nobody(layer, *messages):
    """Have messages taken out of the store for a receiver that is then cancelled."""
    receiver = asyncio.create_task(layer.receive("jobs"))
    await asyncio.sleep(0)
    for message in messages:
        layer._mailroom().hand_over("jobs", encode(message))
    receiver.cancel()
    await asyncio.wait([receiver])


async def test_what_was_taken_for_a_cancelled_receiver_goes_to_the_next(bench):
    layer = bench()
    await taken_for_nobody(layer, *({"type": "x", "n": n} for n in range(3)))
    received = [(await layer.receive("jobs"))["n"] for _ in range(3)]
    assert received == [0, 1, 2]
    assert layer._mailroom().inboxes == {}


async def test_what_was_taken_for_a_cancelled_receiver_expires_too(bench):
    layer = bench(expiry=0.02)
    await taken_for_nobody(layer, {"type": "late"})
    while layer._mailroom().inboxes:  # noqa: ASYNC110 - it expires by the clock
        await asyncio.sleep(0.005)
    await bench().send("jobs", {"type": "x"})  # this one has time to be read
    assert await layer.receive("jobs") == {"type": "x"}


async def test_an_inbox_that_somebody_waits_for_again_is_kept(bench):
    layer = bench(expiry=0.02)
    await taken_for_nobody(layer, {"type": "x"})
    assert await layer.receive("jobs") == {"type": "x"}
    receiver = asyncio.create_task(layer.receive("jobs"))
    await asyncio.sleep(0.05)
    await bench().send("jobs", {"type": "y"})  # this one has time to be read
    assert await receiver == {"type": "y"}


async def test_what_comes_for_a_receiver_that_has_just_left_is_kept(bench):
    layer = bench()
    layer._mailroom().hand_over("jobs", encode({"type": "x"}))
    assert await layer.receive("jobs") == {"type": "x"}
