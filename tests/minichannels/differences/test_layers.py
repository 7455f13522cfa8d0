"""Channel layers."""

import asyncio

import pytest


async def test_a_channel_may_have_a_capacity_of_its_own(lib):
    """`InMemoryChannelLayer(channel_capacity={"jobs.*": 1})` works.

    Channels: the first `send` or `receive` raises `ValueError: too many values to
    unpack`, since the patterns are never compiled.
    Why: what the argument is for can only be shown if it works.
    """
    layer = lib.InMemoryChannelLayer(capacity=2, channel_capacity={"jobs.*": 1})
    if lib.name == "channels":
        with pytest.raises(ValueError, match="too many values to unpack"):
            await layer.send("jobs.a", {})
    else:
        await layer.send("jobs.a", {})
        with pytest.raises(lib.ChannelFull):
            await layer.send("jobs.a", {})
        await layer.send("a", {})
        await layer.send("a", {})
        with pytest.raises(lib.ChannelFull):
            await layer.send("a", {})


async def test_a_broadcast_is_copied_once_and_then_for_each_reader(lib):
    """`group_send` copies a message once; each member's copy is made when it reads.

    Channels: `group_send` makes all the copies.
    Why: a broadcast to ten thousand costs a tenth; nobody pays for what is never read.
    """
    copies = []

    class Content:
        def __deepcopy__(self, memo):
            copies.append(self)
            return self

    layer = lib.InMemoryChannelLayer()
    for name in ("a", "b", "c"):
        await layer.group_add("g", name)
    await layer.group_send("g", {"content": Content()})
    assert len(copies) == {"minichannels": 1, "channels": 3}[lib.name]
    await layer.receive("a")
    assert len(copies) == {"minichannels": 2, "channels": 3}[lib.name]


async def test_a_broadcast_does_not_go_through_send(lib):
    """`group_send` puts a message into the members' mailboxes itself.

    Channels: it starts a task for each member, which calls `send`.
    Why: speed. A subclass that overrides `send` has to override `group_send` too.
    """
    sent = []

    class Loud(lib.InMemoryChannelLayer):
        async def send(self, channel, message):
            sent.append(channel)

    layer = Loud()
    await layer.group_add("g", "a")
    await layer.group_send("g", {})
    assert sent == ([] if lib.name == "minichannels" else ["a"])


async def test_a_waiting_message_is_kept_in_a_mailbox(lib):
    """`layer.channels` has a `Mailbox` for each channel.

    Channels: it has an `asyncio.Queue` of pairs (time of expiry, message).
    Why: a mailbox is made in a third of the time, and a broadcast may make thousands.
    """
    layer = lib.InMemoryChannelLayer()
    await layer.send("a", {})
    wanted = lib.Mailbox if lib.name == "minichannels" else asyncio.Queue
    assert type(layer.channels["a"]) is wanted


def test_layers_come_from_code(lib):
    """A layer is there once `channel_layers.set(alias, layer)` was called.

    Channels: layers are made from the setting `CHANNEL_LAYERS` when they are first
    asked for, and `alias in channel_layers` looks at the setting only.
    Why: the core knows nothing of Django. With `"minichannels"` in `INSTALLED_APPS`
    the setting is read when Django starts.
    """
    layer = lib.InMemoryChannelLayer()
    lib.channel_layers.set("default", layer)
    assert lib.get_channel_layer() is layer
    assert ("default" in lib.channel_layers) is (lib.name == "minichannels")
