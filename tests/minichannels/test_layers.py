import asyncio
import random
import re

import minichannels.layers
import pytest

TOO_OLD = 86401


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


async def texts(layer, channel, count):
    """Take this many messages off a channel."""
    return [(await layer.receive(channel))["n"] for _ in range(count)]


async def test_a_full_channel_refuses_a_message_and_misses_a_broadcast(lib):
    layer = lib.InMemoryChannelLayer(capacity=2)
    await layer.group_add("g", "a")
    await layer.group_add("g", "b")
    for n in range(2):
        await layer.send("a", {"type": "x", "n": n})
    with pytest.raises(lib.ChannelFull, match=r"^a$"):
        await layer.send("a", {"type": "x"})
    await layer.group_send("g", {"type": "y", "n": "all"})
    assert await texts(layer, "a", 2) == [0, 1]
    assert await texts(layer, "b", 1) == ["all"]
    assert layer.channels == {}


async def test_a_capacity_of_zero_is_no_limit(lib):
    layer = lib.InMemoryChannelLayer(capacity=0)
    for n in range(150):
        await layer.send("a", {"n": n})
    assert await texts(layer, "a", 150) == list(range(150))


async def test_room_for_a_hundred_messages_is_the_default(lib):
    layer = lib.InMemoryChannelLayer()
    for n in range(100):
        await layer.send("a", {"n": n})
    with pytest.raises(lib.ChannelFull):
        await layer.send("a", {})


@pytest.mark.parametrize("how", ["send", "group_send"])
async def test_every_receiver_gets_a_copy_of_its_own(lib, how):
    layer = lib.InMemoryChannelLayer()
    message = {"type": "x", "list": []}
    for name in ("a", "b"):
        await layer.group_add("g", name)
        if how == "send":
            await layer.send(name, message)
    if how == "group_send":
        await layer.group_send("g", message)
    message["list"].append("later")
    (await layer.receive("a"))["list"].append("mine")
    assert await layer.receive("b") == {"type": "x", "list": []}


async def test_who_waits_is_served_before_a_broadcast_returns(lib):
    layer = lib.InMemoryChannelLayer(capacity=1)
    await layer.group_add("g", "a")
    waiting = asyncio.ensure_future(texts(layer, "a", 3))
    await settle()
    for n in range(3):
        await layer.group_send("g", {"n": n})
    assert await waiting == [0, 1, 2]


async def test_several_who_wait_are_served_in_turn(lib):
    layer = lib.InMemoryChannelLayer()
    waiting = [asyncio.ensure_future(layer.receive("a")) for _ in range(3)]
    await settle()
    for n in range(3):
        await layer.send("a", {"n": n})
    assert [message["n"] for message in await asyncio.gather(*waiting)] == [0, 1, 2]


async def test_who_is_cancelled_when_a_message_is_there_leaves_it_to_the_next(lib):
    layer = lib.InMemoryChannelLayer()
    first, second = (asyncio.ensure_future(layer.receive("a")) for _ in range(2))
    await settle()
    await layer.send("a", {"n": 1})
    first.cancel()
    assert await second == {"n": 1}
    assert first.cancelled()


async def test_who_was_cancelled_before_is_not_woken(lib):
    layer = lib.InMemoryChannelLayer()
    keep = asyncio.ensure_future(layer.receive("a"))
    first, second = (asyncio.ensure_future(layer.receive("a")) for _ in range(2))
    await settle()
    keep.cancel()
    first.cancel()
    await layer.send("a", {"n": 1})
    await settle()
    assert await second == {"n": 1}


async def test_an_empty_channel_is_forgotten_with_those_who_still_wait(lib):
    layer = lib.InMemoryChannelLayer()
    first, second = (asyncio.ensure_future(layer.receive("a")) for _ in range(2))
    await settle()
    await layer.send("a", {"n": 1})
    assert await first == {"n": 1}
    await layer.send("a", {"n": 2})
    await settle()
    assert not second.done()
    assert await texts(layer, "a", 1) == [2]
    second.cancel()


async def test_a_message_that_nobody_reads_in_time_is_dropped(lib, clock):
    layer = lib.InMemoryChannelLayer(expiry=60)
    await layer.send("a", {"n": 1})
    clock.advance(30)
    await layer.send("a", {"n": 2})
    clock.advance(30.5)
    assert await texts(layer, "a", 1) == [2]
    assert layer.channels == {}


async def test_a_message_is_still_there_at_the_very_end_of_its_time(lib, clock):
    layer = lib.InMemoryChannelLayer(expiry=60)
    await layer.send("a", {"n": 1})
    clock.advance(60)
    assert await texts(layer, "a", 1) == [1]


async def test_a_message_that_expires_takes_its_channel_out_of_all_groups(lib, clock):
    layer = lib.InMemoryChannelLayer(expiry=60)
    for group, name in [("g", "a"), ("g", "b"), ("h", "a")]:
        await layer.group_add(group, name)
    await layer.send("a", {"n": 1})
    clock.advance(61)
    await layer.group_send("elsewhere", {})
    assert {name: list(group) for name, group in layer.groups.items()} == {
        "g": ["b"],
        "h": [],
    }


async def test_messages_expire_when_expiry_is_shortened_between_them(lib, clock):
    layer = lib.InMemoryChannelLayer(expiry=60)
    await layer.send("a", {"n": 1})
    layer.expiry = 5
    await layer.send("b", {"n": 2})
    clock.advance(6)
    await layer.group_send("g", {})
    assert list(layer.channels) == ["a"]
    clock.advance(60)
    await layer.group_send("g", {})
    assert layer.channels == {}


async def test_a_membership_ends_a_day_after_it_was_last_renewed(lib, clock):
    layer = lib.InMemoryChannelLayer()
    await layer.group_add("g", "old")
    await layer.group_add("g", "new")
    clock.advance(TOO_OLD - 2)
    await layer.group_add("g", "new")
    clock.advance(1)
    await layer.group_send("g", {"n": 1})
    clock.advance(2)
    await layer.group_send("g", {"n": 2})
    assert len(await texts(layer, "old", 1)) == 1
    assert await texts(layer, "new", 2) == [1, 2]
    assert list(layer.groups["g"]) == ["new"]


async def test_a_shorter_group_expiry_holds_at_once(lib, clock):
    layer = lib.InMemoryChannelLayer()
    await layer.group_add("g", "a")
    clock.advance(10)
    layer.group_expiry = 5
    await layer.group_send("g", {})
    assert layer.groups == {"g": {}}


async def test_a_group_is_forgotten_when_its_last_member_leaves(lib):
    layer = lib.InMemoryChannelLayer()
    await layer.group_add("g", "a")
    await layer.group_add("g", "b")
    await layer.group_discard("g", "nobody")
    await layer.group_discard("g", "a")
    assert list(layer.groups["g"]) == ["b"]
    await layer.group_discard("g", "b")
    await layer.group_discard("g", "b")
    assert layer.groups == {}


async def test_a_flush_forgets_everything(lib):
    layer = lib.InMemoryChannelLayer()
    await layer.group_add("g", "a")
    await layer.send("a", {"n": 1})
    await layer.flush()
    await layer.close()
    assert (layer.channels, layer.groups) == ({}, {})


async def test_a_new_channel_has_a_name_that_is_hard_to_guess(lib):
    layer = lib.InMemoryChannelLayer()
    random.seed(1)
    name = await layer.new_channel()
    assert re.fullmatch(r"specific\.\.inmemory![a-zA-Z]{12}", name)
    assert name == "specific..inmemory!iKZWeqhFWCEP"
    assert (await layer.new_channel("x")).startswith("x.inmemory!")


@pytest.mark.parametrize(
    ("call", "args", "error"),
    [
        ("send", ("a", "text"), AssertionError("message is not a dict")),
        ("send", ("no good", {}), TypeError("Channel")),
        ("send", ("a", {"__asgi_channel__": 1}), AssertionError("")),
        ("receive", ("no good",), TypeError("Channel")),
        ("group_add", ("no good", "a"), TypeError("Group")),
        ("group_add", ("g", "no good"), TypeError("Channel")),
        ("group_add", ("no good", "no good"), TypeError("Group")),
        ("group_discard", ("no good", "a"), TypeError("Group")),
        ("group_discard", ("no good", "no good"), TypeError("Channel")),
        ("group_send", ("g", "text"), AssertionError("Message is not a dict")),
        ("group_send", ("no good", {}), TypeError("Group")),
        ("group_send", ("g", {"__asgi_channel__": 1}), AssertionError("")),
    ],
)
async def test_what_a_layer_does_not_take(lib, call, args, error):
    layer = lib.InMemoryChannelLayer()
    await layer.group_add("g", "a")
    with pytest.raises(type(error)) as caught:
        await getattr(layer, call)(*args)
    assert str(caught.value).startswith(str(error))
    assert layer.channels == {}


async def test_a_reserved_key_is_no_error_in_a_group_without_members(lib):
    await lib.InMemoryChannelLayer().group_send("g", {"__asgi_channel__": 1})


def test_the_defaults_of_a_layer(lib):
    layer = lib.InMemoryChannelLayer()
    assert (layer.expiry, layer.group_expiry, layer.capacity) == (60, 86400, 100)
    assert layer.extensions == ["groups", "flush"]
    layer = lib.InMemoryChannelLayer(1, 2, 3)
    assert (layer.expiry, layer.group_expiry, layer.capacity) == (1, 2, 3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        lib.InMemoryChannelLayer(colour="red")


def test_an_alias_names_a_layer_of_this_process(lib):
    first, second = lib.InMemoryChannelLayer(), lib.InMemoryChannelLayer()
    assert lib.get_channel_layer() is None
    assert lib.channel_layers.set("default", first) is None
    assert lib.channel_layers.set("default", second) is first
    assert lib.get_channel_layer() is lib.channel_layers["default"] is second
    assert lib.get_channel_layer("other") is None
    assert lib.channel_layers.backends == {"default": second}
    with pytest.raises(KeyError, match=r"^'other'$"):
        lib.channel_layers["other"]


async def test_a_message_to_one_channel_is_copied_once(lib):
    copies = []

    class Content:
        def __deepcopy__(self, memo):
            copies.append(self)
            return self

    layer = lib.InMemoryChannelLayer()
    await layer.send("a", {"content": Content()})
    await layer.receive("a")
    assert len(copies) == 1


async def test_all_is_looked_through_only_when_something_is_too_old(clock):
    class Watched(dict):
        looks = 0

        def items(self):
            self.looks += 1
            return super().items()

    layer = minichannels.layers.InMemoryChannelLayer(expiry=60, group_expiry=600)
    layer.channels = Watched()
    await layer.group_add("g", "a")
    await layer.send("b", {})
    looks = []
    for seconds in (60, 1, 0, 538, 3, 0):
        clock.advance(seconds)
        await layer.group_send("elsewhere", {})
        looks.append(layer.channels.looks)
    assert looks == [0, 1, 1, 1, 2, 2]
    assert layer.groups == {"g": {}}


async def test_a_membership_is_still_there_at_the_very_end_of_its_time(lib, clock):
    clock.now = 1000
    layer = lib.InMemoryChannelLayer(group_expiry=100)
    await layer.group_add("g", "a")
    await layer.send("b", {})
    clock.advance(100)
    await layer.group_send("elsewhere", {})
    assert list(layer.groups["g"]) == ["a"]
    assert layer.channels == {}


async def test_of_two_messages_only_the_one_that_is_too_old_is_dropped(lib, clock):
    layer = lib.InMemoryChannelLayer(expiry=60)
    await layer.send("a", {"n": 1})
    clock.advance(1)
    await layer.send("b", {"n": 2})
    clock.advance(60)
    await layer.group_send("g", {})
    assert list(layer.channels) == ["b"]


async def test_a_broadcast_comes_after_those_who_were_woken_have_taken_theirs(lib):
    layer = lib.InMemoryChannelLayer(capacity=2)
    got = []

    async def read():
        while True:
            got.append((await layer.receive("a"))["n"])

    reader = asyncio.create_task(read())
    await asyncio.sleep(0)
    await layer.group_add("g", "a")
    await layer.send("a", {"n": 1})
    await layer.send("a", {"n": 2})
    await layer.group_send("g", {"n": 3})
    await asyncio.sleep(0)
    reader.cancel()
    assert got == [1, 2, 3]


async def test_a_broadcast_has_one_receiver_a_channel(lib):
    layer = lib.InMemoryChannelLayer()
    readers = [asyncio.create_task(layer.receive("a")) for _ in range(2)]
    await asyncio.sleep(0)
    await layer.group_add("g", "a")
    await layer.send("a", {"n": 1})
    await layer.group_send("g", {"n": 2})
    await asyncio.sleep(0)
    assert [reader.done() for reader in readers] == [True, False]
    assert list(layer.channels) == ["a"]
    readers[1].cancel()
