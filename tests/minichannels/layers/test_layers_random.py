"""Random lives of a layer: each layer does what the in-memory layer of Channels does.

They differ where the docstrings of the layers say so, which is not generated here: what
JSON cannot hold, and on a server, expiry by a clock that is not ours.
"""

import asyncio
import random
from unittest import mock

import channels.layers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import SERVERS, Bench

VALUES = st.recursive(
    st.none() | st.integers() | st.text() | st.binary() | st.floats(allow_nan=False),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text("ab"), part),
    max_leaves=5,
)
CHANNELS = ["a", "b", "mine!x"]
# Names that are right and wrong: `٣` and a newline at the end are quirks of the rules.
NAMES = ["a", "room", "", "a b", "é", "٣", "a\n", "a!b", "!", "x" * 99, "x" * 100]


def random_call(dice):
    """Make up a call: often one that gets on, now and then a strange one."""
    channel, group = dice.choice(CHANNELS), dice.choice(["room", "room", "hall"])
    message = {"type": "x", "n": dice.randrange(1000)}
    likely = [
        (6, ("send", channel, message)),
        (5, ("receive", channel)),
        (4, ("group_send", group, message)),
        (4, ("group_add", group, channel)),
        (2, ("advance", dice.choice([1, 4, 5, 30]))),
        (1, ("group_discard", group, channel)),
        (0.2, ("flush",)),
        (1, (dice.choice(["group_add", "group_discard"]), *dice.choices(NAMES, k=2))),
        (1, (dice.choice(["send", "group_send"]), dice.choice(NAMES), message)),
        (0.5, ("send", channel, dice.choice(["text", None, {}]))),
    ]
    weights, calls = zip(*likely, strict=True)
    return dice.choices(calls, weights)[0]


LIMITS = st.fixed_dictionaries(
    {
        "expiry": st.sampled_from([4, 29, 60]),
        "group_expiry": st.sampled_from([4, 29, 86400]),
        "capacity": st.sampled_from([-1, 0, 1, 2, 5, 100]),
    }
)


class Lives:
    """A layer of Channels, and one of ours in two processes, with the same life."""

    def __init__(self, bench, limits):
        if bench.kind in SERVERS:
            limits = limits | {"expiry": 1_000_000}
        self.model = channels.layers.InMemoryChannelLayer(**limits)
        self.ours = [bench(**limits)]
        # In memory, another layer is not another process: there it is the same one.
        self.ours.append(self.ours[0] if bench.kind == "memory" else bench(**limits))
        self.bench = bench

    async def live(self, calls):
        """Make each call on both, and compare what it gives or raises."""
        for process, (name, *args) in calls:
            if name == "advance":
                self.bench.late += args[0]
                # In memory, nothing expires until one of two calls looks for it.
                name, args = "group_send", ("nobody", {"type": "clear up"})
            both = self.model, self.ours[process]
            if name == "receive" and not self.unread(args[0]):
                for layer in both:
                    await layer.send(args[0], {"type": "nothing was there"})
            expected, given = [await self.outcome(layer, name, args) for layer in both]
            assert given == expected, (name, args)
        for channel in ("a", "b", "mine!x"):
            for _ in range(self.unread(channel)):
                expected = await self.model.receive(channel)
                assert (
                    await self.outcome(self.ours[0], "receive", [channel]) == expected
                )

    def unread(self, channel):
        """Tell how many messages there are to receive."""
        queue = self.model.channels.get(channel)
        return queue.qsize() if queue else 0

    async def outcome(self, layer, name, args):
        """Give what a call gives, or the type and the text of its error."""
        try:
            async with asyncio.timeout(20):
                return await getattr(layer, name)(*args)
        except AssertionError:
            return "no message"
        except Exception as error:
            return type(error).__name__, str(error)


@pytest.mark.kinds("ours")
@settings(max_examples=60, deadline=None)
@given(limits=LIMITS, seed=st.integers(0, 2**64), length=st.integers(1, 60))
def test_a_layer_does_what_the_one_of_channels_does(
    kind, run_server, tmp_path_factory, limits, seed, length
):
    dice = random.Random(seed)
    life = [(dice.randrange(2), random_call(dice)) for _ in range(length)]
    bench = Bench(kind, tmp_path_factory.mktemp("life"), run_server)

    async def main():
        await Lives(bench, limits).live(life)
        await bench.close()

    with mock.patch("time.time", lambda: 1000.25 + bench.late):
        asyncio.run(main())


@pytest.mark.kinds("stores")
@settings(max_examples=50, deadline=None)
@given(values=st.lists(VALUES, max_size=5))
def test_what_json_and_bytes_can_say_arrives_as_it_was_sent(
    kind, run_server, tmp_path_factory, values
):
    bench = Bench(kind, tmp_path_factory.mktemp("values"), run_server)

    async def main():
        layer = bench()
        for value in values:
            await layer.send("a", {"type": "x", "value": value})
        assert [(await layer.receive("a"))["value"] for _ in values] == values
        await bench.close()

    asyncio.run(main())
