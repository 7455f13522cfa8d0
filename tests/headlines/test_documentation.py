"""Where the book corrects what upstream says, Channels does what the book says."""

import importlib
import re
from pathlib import Path
from typing import Any

import channels
import channels_redis
import daphne
import pytest
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import InMemoryChannelLayer
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.urls import path


def sources() -> str:
    """All the code of Channels, its layers on Redis and Daphne."""
    folders = [Path(each.__path__[0]) for each in (channels, channels_redis, daphne)]
    files = [file for folder in folders for file in sorted(folder.rglob("*.py"))]
    return "\n".join(file.read_text("utf-8") for file in files)


async def test_a_connect_with_an_argument_is_a_type_error() -> None:
    class Documented(AsyncWebsocketConsumer):
        async def connect(self, event: Any) -> None:
            await self.accept()

    client = WebsocketCommunicator(Documented.as_asgi(), "/")
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        await client.connect()


async def test_a_name_has_99_characters_at_most_and_may_have_underscores() -> None:
    layer = InMemoryChannelLayer()
    await layer.group_add("_" * 99, "a-channel")
    with pytest.raises(TypeError, match="length < 100"):
        await layer.group_add("_" * 100, "a-channel")


async def test_names_with_a_question_mark_and_lists_of_channels_are_refused() -> None:
    layer = InMemoryChannelLayer()
    with pytest.raises(TypeError):
        await layer.send("http.response?abc", {"type": "note"})
    with pytest.raises(TypeError):
        await layer.receive(["one", "two"])


async def test_the_positional_arguments_of_a_route_are_a_tuple() -> None:
    scopes = []

    async def look(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    await URLRouter([path("", look)])({"type": "websocket", "path": "/"}, None, None)
    assert scopes[0]["url_route"]["args"] == ()


async def test_disconnect_of_a_communicator_raises_what_the_consumer_raised() -> None:
    class Broken(AsyncWebsocketConsumer):
        async def disconnect(self, code: int) -> None:
            raise LookupError("late")

    client = WebsocketCommunicator(Broken.as_asgi(), "/")
    await client.connect()
    with pytest.raises(LookupError, match="late"):
        await client.disconnect()


def test_the_module_of_sessions_has_an_s() -> None:
    importlib.import_module("channels.sessions")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("channels.session")


def test_nothing_raises_message_too_large() -> None:
    assert len(re.findall("MessageTooLarge", sources())) == 1  # its own class


@pytest.mark.parametrize("callback", ["on_disconnect", "on_reconnect"])
def test_the_callbacks_of_pubsub_are_kept_and_never_called(callback: str) -> None:
    uses = re.findall(rf".*\b{callback}\b.*", sources())
    assert [use.strip() for use in uses] == [
        f"{callback}=None,",
        f"self.{callback} = {callback}",
    ]
