"""The accounts of the chapters are those of a real Django."""

import asyncio
from typing import Any

from accounts.memory import sign_in, sign_out, start, user_now


def test_a_user_is_known_until_signed_out() -> None:
    async def scenario() -> list[str]:
        await start()
        browser = await sign_in("ann")
        before = str(await user_now(browser))
        await sign_out(browser)
        return [before, str(await user_now(browser))]

    assert asyncio.run(scenario()) == ["ann", "AnonymousUser"]


def test_who_signs_out_is_told_to_the_receivers_of_the_signal() -> None:
    from django.contrib.auth.signals import user_logged_out

    told = []

    def receiver(sender: Any, user: Any, **kwargs: Any) -> None:
        told.append(str(user))

    async def scenario() -> None:
        await start()
        browser = await sign_in("ann")
        user_logged_out.connect(receiver)
        await sign_out(browser)

    asyncio.run(scenario())
    user_logged_out.disconnect(receiver)
    assert told == ["ann"]
