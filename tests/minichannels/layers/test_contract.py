"""What holds for every channel layer, whatever it keeps its messages in."""

import asyncio
import re

import pytest
from asgiref.sync import async_to_sync
from minichannels.exceptions import ChannelFull


async def receive_all(layer, channel):
    """Receive what is there, up to a mark that is sent now."""
    await layer.send(channel, {"type": "end"})
    received = []
    while (message := await layer.receive(channel)) != {"type": "end"}:
        received.append(message)
    return received


async def test_messages_of_a_channel_come_in_the_order_of_sending(bench):
    layer = bench()
    for n in range(20):
        await layer.send("jobs", {"type": "job", "n": n})
    received = [(await layer.receive("jobs"))["n"] for _ in range(20)]
    assert received == list(range(20))


async def test_a_receiver_waits_for_the_next_message(bench):
    layer = bench()
    for n in range(3):
        receiver = asyncio.create_task(layer.receive("jobs"))
        await asyncio.sleep(0.005)
        assert not receiver.done()
        await layer.send("jobs", {"type": "job", "n": n})
        assert await receiver == {"type": "job", "n": n}


async def test_a_message_arrives_as_it_was_when_it_was_sent(bench):
    layer = bench()
    message = {"type": "x", "deep": [{"text": "é", "bytes": b"\0\xff", "none": None}]}
    await layer.send("jobs", message)
    message["deep"].append("later")
    received = await layer.receive("jobs")
    assert received == {"type": "x", "deep": message["deep"][:1]}
    assert received["deep"][0] is not message["deep"][0]


async def test_every_member_of_a_group_gets_a_copy_of_its_own(bench):
    layer = bench()
    a, b = await layer.new_channel(), await layer.new_channel()
    for member in (a, b, "plain"):
        await layer.group_add("room", member)
    await layer.group_send("room", {"type": "x", "list": []})
    (await layer.receive(a))["list"].append("mine")
    assert await layer.receive(b) == {"type": "x", "list": []}
    assert await layer.receive("plain") == {"type": "x", "list": []}


async def test_a_full_channel_refuses_a_message_and_misses_a_broadcast(bench):
    layer = bench(capacity=2)
    for n in range(2):
        await layer.send("jobs", {"type": "x", "n": n})
    with pytest.raises(Exception, match=r"^jobs$") as caught:
        await layer.send("jobs", {"type": "x"})
    assert type(caught.value).__name__ == ChannelFull.__name__
    for member in ("jobs", "other"):
        await layer.group_add("room", member)
    await layer.group_send("room", {"type": "y"})
    assert await layer.receive("other") == {"type": "y"}
    assert [(await layer.receive("jobs"))["n"] for _ in range(2)] == [0, 1]
    assert await receive_all(layer, "jobs") == []


async def test_each_consumer_has_a_capacity_of_its_own(bench):
    layer = bench(capacity=1)
    names = [await layer.new_channel() for _ in range(3)]
    for name in names:
        await layer.send(name, {"type": "x"})
    for name in names:
        assert await layer.receive(name) == {"type": "x"}


@pytest.mark.kinds("ours")
async def test_a_pattern_sets_the_capacity_of_some_channels(bench):
    layer = bench(capacity=2, channel_capacity={"jobs*": 1, re.compile(r"free$"): 0})
    await layer.send("jobs.small", {"type": "x"})
    with pytest.raises(ChannelFull):
        await layer.send("jobs.small", {"type": "x"})
    for _ in range(5):
        await layer.send("free", {"type": "x"})
    assert len(await receive_all(layer, "free")) == 5


async def test_a_message_that_nobody_read_in_time_is_dropped(bench):
    layer = bench(capacity=2)
    for _ in range(2):
        await bench.hasty(layer).send("jobs", {"type": "late"})
    await bench.expire()
    await layer.group_send("nobody", {"type": "x"})  # in memory, it clears up
    await layer.send("jobs", {"type": "fresh"})
    assert await layer.receive("jobs") == {"type": "fresh"}
    assert await receive_all(layer, "jobs") == []


async def test_an_expired_message_takes_its_channel_out_of_its_groups(bench):
    """On a server, a membership ends with `group_discard` or `group_expiry` only."""
    layer = bench()
    for member in ("slow", "quick"):
        await layer.group_add("room", member)
    await bench.hasty(layer).send("slow", {"type": "late"})
    await bench.expire()
    await layer.group_send("room", {"type": "x"})
    assert await layer.receive("quick") == {"type": "x"}
    kept = [{"type": "x"}] if bench.server else []
    assert await receive_all(layer, "slow") == kept


async def test_a_membership_is_one_however_often_it_is_added(bench):
    layer = bench()
    for _ in range(2):
        await layer.group_add("room", "a")
    await layer.group_send("room", {"type": "x"})
    assert await receive_all(layer, "a") == [{"type": "x"}]


async def test_who_was_discarded_gets_nothing(bench):
    layer = bench()
    await layer.group_add("room", "a")
    await layer.group_discard("room", "a")
    await layer.group_discard("room", "a")
    await layer.group_discard("no.such.room", "a")
    await layer.group_send("room", {"type": "x"})
    assert await receive_all(layer, "a") == []


async def test_a_membership_ends_unless_it_is_renewed(bench):
    layer = bench(group_expiry=100)
    for member in ("renewed", "old"):
        await layer.group_add("room", member)
    bench.late += 60
    await layer.group_add("room", "renewed")
    bench.late += 60
    await layer.group_send("room", {"type": "x"})
    assert await layer.receive("renewed") == {"type": "x"}
    assert await receive_all(layer, "old") == []


BAD_NAMES = ["", "a b", "é", "a/b", "a:b", "a!b!c", "x" * 100, 5, None]


@pytest.mark.parametrize("name", BAD_NAMES)
async def test_a_name_that_breaks_the_rules_is_a_type_error(bench, name):
    layer, message = bench(), {"type": "x"}
    for call in (
        lambda: layer.send(name, message),
        lambda: layer.receive(name),
        lambda: layer.group_add("room", name),
        lambda: layer.group_add(name, "a"),
        lambda: layer.group_discard("room", name),
        lambda: layer.group_discard(name, "a"),
        lambda: layer.group_send(name, message),
    ):
        with pytest.raises(TypeError, match="name must be a valid unicode string"):
            await call()


async def test_a_group_has_no_exclamation_mark_in_its_name(bench):
    with pytest.raises(TypeError, match="Group name"):
        await bench().group_add("room!", "a")


@pytest.mark.parametrize("message", ["text", None, {"__asgi_channel__": "x"}])
async def test_what_is_not_a_message_cannot_be_sent(bench, message):
    layer = bench()
    await layer.group_add("room", "a")
    for call in (layer.send, layer.group_send):
        with pytest.raises(AssertionError):
            await call("room", message)


async def test_new_channels_are_valid_names_that_differ(bench):
    layer = bench()
    names = {await layer.new_channel() for _ in range(10)}
    assert len(names) == 10
    for name in names:
        assert name.startswith("specific.") and name.count("!") == 1
        assert layer.require_valid_channel_name(name)
    assert (await layer.new_channel("mine")).startswith("mine.")


async def test_any_name_with_an_exclamation_mark_is_a_channel(bench):
    layer = bench()
    receiver = asyncio.create_task(layer.receive("mine!abc"))
    await asyncio.sleep(0.005)
    await layer.send("mine!abc", {"type": "x"})
    assert await receiver == {"type": "x"}


async def test_flush_forgets_messages_and_groups(bench):
    layer = bench()
    await layer.group_add("room", "a")
    await layer.send("a", {"type": "x"})
    await layer.flush()
    await layer.group_send("room", {"type": "y"})
    assert await receive_all(layer, "a") == []


@pytest.mark.parametrize("delay", [0, 0, 0.001, 0.002, 0.004, 0.008])
async def test_a_receiver_that_is_cancelled_loses_no_message(bench, delay):
    layer = bench()
    receiver = asyncio.create_task(layer.receive("jobs"))
    await asyncio.sleep(delay)
    sender = asyncio.create_task(layer.send("jobs", {"type": "x"}))
    await asyncio.sleep(delay)
    receiver.cancel()
    [result] = await asyncio.gather(receiver, return_exceptions=True)
    await sender
    if isinstance(result, asyncio.CancelledError):
        result = await layer.receive("jobs")
    assert result == {"type": "x"}


def test_a_layer_serves_one_event_loop_after_another(bench):
    layer = bench()

    @async_to_sync
    async def converse():
        receiver = asyncio.create_task(layer.receive("jobs"))
        await layer.send("jobs", {"type": "x"})
        return await receiver

    for _ in range(3):
        assert converse() == {"type": "x"}
