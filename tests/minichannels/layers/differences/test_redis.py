"""The layer on Redis, beside `channels_redis`."""

import asyncio

import channels_redis.core
import pytest
import redis
from minichannels.redis_layer import RedisChannelLayer


@pytest.fixture
async def make(lib, run_server):
    """Make a layer of either package on the same server."""
    url, layers = run_server("valkey").url, []

    def make(socket_timeout="None", **limits):
        if lib.name == "channels":
            timeout = None if socket_timeout == "None" else float(socket_timeout)
            host = {"address": url, "socket_timeout": timeout}
            layer = channels_redis.core.RedisChannelLayer(hosts=[host], **limits)
        elif socket_timeout == "None":
            layer = RedisChannelLayer(hosts=[url], **limits)
        else:
            layer = RedisChannelLayer([f"{url}?socket_timeout={socket_timeout}"])
        layers.append(layer)
        return layer

    yield make
    for layer in layers:
        await layer.flush()
        await (layer.close_pools() if lib.name == "channels" else layer.close())


async def test_each_consumer_has_a_capacity_of_its_own(lib, make):
    """`capacity` is that of one channel: a slow consumer fills up its own only.

    Channels: all consumers of a process share one list, and so the capacity: `send` to
    any of them raises `ChannelFull` once it is full.
    Why: so it is in memory, and nobody pays for the neighbour.
    """
    layer = make(capacity=2)
    names = [await layer.new_channel() for _ in range(3)]
    for name in names[:2]:
        await layer.send(name, {"type": "x"})
    if lib.name == "channels":
        with pytest.raises(lib.ChannelFull):
            await layer.send(names[2], {"type": "x"})
    else:
        await layer.send(names[2], {"type": "x"})
        assert await layer.receive(names[2]) == {"type": "x"}


async def test_a_full_channel_is_named(lib, make):
    """`ChannelFull` names the channel, as in memory.

    Channels: it says nothing.
    Why: an error says which value it is about.
    """
    layer = make(capacity=1)
    await layer.send("jobs", {"type": "x"})
    with pytest.raises(lib.ChannelFull) as caught:
        await layer.send("jobs", {"type": "x"})
    assert str(caught.value) == ("" if lib.name == "channels" else "jobs")


async def test_a_key_that_is_not_a_string_becomes_one(lib, make):
    """Keys arrive as strings.

    Channels: with its default serializer, a number as a key is an error of the
    receiver, or of whichever consumer of its process reads for all at that moment.
    Why: a message must not end the consumers that it was not sent to.
    """
    layer = make()
    await layer.send("jobs", {"type": "x", "names": {1: "one"}})
    if lib.name == "channels":
        with pytest.raises(ValueError, match="int is not allowed for map key"):
            await layer.receive("jobs")
    else:
        received = await layer.receive("jobs")
        assert received["names"] == {"1": "one"}


async def test_a_receiver_may_wait_longer_than_the_timeout_of_the_socket(lib, make):
    """A receiver waits as long as it takes, with any `socket_timeout`.

    Channels: with the default of `redis-py` 8, an idle consumer ends with an error
    after 5 seconds, unless its host is given with `"socket_timeout": None`.
    Why: a consumer that nobody talks to is no error.
    """
    layer = make(socket_timeout="1")
    receiver = asyncio.create_task(layer.receive("jobs"))
    await asyncio.wait([receiver], timeout=2 if lib.name == "minichannels" else 20)
    if lib.name == "channels":
        with pytest.raises(redis.TimeoutError):
            await receiver
    else:
        await layer.send("jobs", {"type": "x"})
        assert await receiver == {"type": "x"}


async def test_any_name_may_be_received(lib, make):
    """`receive` takes any name with a `!`, as in memory.

    Channels: the part before the `!` has to be that of this process, or it is an
    `AssertionError`.
    Why: nothing depends on it: the name only says whom to wake.
    """
    layer = make()
    await layer.send("mine!x", {"type": "x"})
    if lib.name == "channels":
        with pytest.raises(AssertionError, match="Wrong client prefix"):
            await layer.receive("mine!x")
    else:
        assert await layer.receive("mine!x") == {"type": "x"}


def test_there_is_one_server(lib):
    """`hosts` has one item: a URL, or a host and a port.

    Channels: it may have several, among which channels are divided; they may be dicts,
    and there are `symmetric_encryption_keys` and a choice of serializers.
    Why: one server carries far; TLS (`rediss://`) hides messages on the way.
    """
    layer, hosts = RedisChannelLayer, ["redis://a", "redis://b"]
    if lib.name == "channels":
        layer = channels_redis.core.RedisChannelLayer
        assert layer(hosts=hosts, symmetric_encryption_keys=["x"]).ring_size == 2
    else:
        with pytest.raises(ValueError, match="hosts must be a list of one server"):
            layer(hosts=hosts)
        with pytest.raises(TypeError, match="symmetric_encryption_keys"):
            layer(hosts=hosts[:1], symmetric_encryption_keys=["x"])
