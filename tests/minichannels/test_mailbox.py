import asyncio

import pytest
from minichannels.mailbox import Letter, Mailbox

LETTER = Letter(expires=0, message={"n": 1})


async def waiting(box, count):
    """Let so many tasks wait for a letter."""
    tasks = [asyncio.ensure_future(box.get()) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_a_letter_wakes_one_who_waits():
    box = Mailbox(0)
    first, *others = await waiting(box, 3)
    assert box.put(LETTER) is True
    assert len(box.waiters) == 2
    assert await first == LETTER
    for task in others:
        assert not task.done()
        task.cancel()


async def test_who_gives_up_changes_nothing_for_those_behind():
    box = Mailbox(0)
    first, second, third = await waiting(box, 3)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    box.put(LETTER)
    assert await asyncio.wait_for(second, 1) == LETTER
    assert not third.done()
    third.cancel()


@pytest.mark.parametrize("capacity", [1, 2])
def test_a_full_mailbox_says_so(capacity):
    box = Mailbox(capacity)
    assert [box.put(LETTER) for _ in range(capacity + 1)] == [True] * capacity + [False]
    assert len(box.letters) == capacity


def test_a_mailbox_is_light():
    assert not hasattr(Mailbox(0), "__dict__")


def test_only_the_front_is_looked_at_for_what_is_too_old():
    box = Mailbox(0)
    for expires in (1, 3, 2):
        box.put(Letter(expires, {}))
    assert box.drop_expired(now=1) is False
    assert box.drop_expired(now=2.5) is True
    assert [letter.expires for letter in box.letters] == [3, 2]
