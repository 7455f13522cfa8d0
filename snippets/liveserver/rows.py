"""Whose rows a consumer sees, in a test that is inside of a transaction."""

import asyncio

from channels.testing import WebsocketCommunicator
from django.contrib.auth import get_user_model
from django.test import TestCase

from liveserver.asgi import application


class Rows(TestCase):
    def setUp(self) -> None:
        get_user_model().objects.create(username="ann")

    async def test_a_consumer_on_the_loop_of_django_sees_ann(self) -> None:
        self.assertEqual(await answer(), "1 users")

    def test_a_consumer_on_another_loop_does_not(self) -> None:
        self.assertEqual(asyncio.run(answer()), "0 users")


async def answer() -> str:
    client = WebsocketCommunicator(application, "/users/")
    await client.connect()
    await client.send_to(text_data="how many?")
    text: str = await client.receive_from(timeout=10)
    await client.disconnect()
    return text
