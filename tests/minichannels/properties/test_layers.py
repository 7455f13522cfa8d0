"""Any sequence of calls does the same to the in-memory layers of both packages."""

import asyncio
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

CHANNELS = st.sampled_from(["a", "b", "c.d", "specific.x!1", "specific.x!2", "no good"])
GROUPS = st.sampled_from(["g", "h", "i", "no!good"])
MESSAGES = st.sampled_from(
    [{"type": "x"}, {"type": "y", "n": [1]}, {}, {"__asgi_channel__": "a"}, "text"]
)
OPERATIONS = st.one_of(
    st.tuples(st.just("send"), CHANNELS, MESSAGES),
    st.tuples(st.just("receive"), CHANNELS),
    st.tuples(st.just("listen"), CHANNELS),
    st.tuples(st.just("unlisten"), st.integers(0, 3)),
    st.tuples(st.just("group_add"), GROUPS, CHANNELS),
    st.tuples(st.just("group_discard"), GROUPS, CHANNELS),
    st.tuples(st.just("group_send"), GROUPS, MESSAGES),
    st.tuples(st.just("advance"), st.sampled_from([0, 0.5, 1, 5, 30])),
    st.tuples(st.sampled_from(["flush", "close"])),
)
CONFIGS = st.fixed_dictionaries(
    {
        "expiry": st.sampled_from([0, 1, 5, 60]),
        "group_expiry": st.sampled_from([0, 1, 7, 86400]),
        "capacity": st.sampled_from([-1, 0, 1, 2, 100]),
    }
)


async def settle():
    """Let every task go as far as it can: nothing here waits for a timer."""
    for _ in range(12):
        await asyncio.sleep(0)


class Trial:
    """A layer, a clock, tasks that listen, and a record of all that was seen."""

    def __init__(self, package, config):
        self.now = 1000.25
        self.layer = package.InMemoryChannelLayer(**config)
        self.listeners = []

    async def run(self, operations):
        with patch("time.time", lambda: self.now):
            seen = [await self.step(*operation) for operation in operations]
            for task in self.listeners:
                task.cancel()
            await settle()
        return seen

    async def step(self, name, *args):
        action = getattr(self, name, None) or getattr(self.layer, name)
        try:
            result = await action(*args)
        except Exception as error:
            result = type(error).__name__, str(error)
        await settle()
        heard = [task.result() for task in self.listeners if self.ended(task)]
        groups = {name: list(members) for name, members in self.layer.groups.items()}
        return result, heard, sorted(self.layer.channels), groups

    @staticmethod
    def ended(task):
        return task.done() and not task.cancelled() and task.exception() is None

    async def advance(self, seconds):
        self.now += seconds

    async def listen(self, channel):
        self.listeners.append(asyncio.ensure_future(self.layer.receive(channel)))

    async def unlisten(self, number):
        if number < len(self.listeners):
            self.listeners[number].cancel()

    async def receive(self, channel):
        task = asyncio.ensure_future(self.layer.receive(channel))
        await settle()
        return await task if task.done() else task.cancel()


@settings(max_examples=200, deadline=None)
@given(CONFIGS, st.lists(OPERATIONS, max_size=30))
def test_any_calls_of_a_layer(both, config, operations):
    ours, theirs = (
        package.run(lambda p=package: Trial(p, config).run(operations))
        for package in both
    )
    assert ours == theirs


NAMES = st.one_of(
    st.text(max_size=110),
    st.from_regex(r"[a-zA-Z0-9._!-]{0,104}\n?", fullmatch=True),
    st.integers(),
    st.binary(max_size=3),
)


@settings(max_examples=150, deadline=None)
@given(NAMES, st.booleans())
def test_any_name_of_a_channel_or_group(both, name, receive):
    def trial(package):
        layer = package.BaseChannelLayer()
        for call in (
            lambda: layer.require_valid_channel_name(name, receive=receive),
            lambda: layer.require_valid_group_name(name),
            lambda: layer.valid_channel_names([name], receive=receive),
            lambda: layer.valid_channel_names(name, receive=receive),
            lambda: layer.match_type_and_length(name),
            lambda: layer.non_local_name(name),
        ):
            try:
                yield call()
            except Exception as error:
                yield type(error).__name__, str(error)

    ours, theirs = (list(trial(package)) for package in both)
    assert ours == theirs
