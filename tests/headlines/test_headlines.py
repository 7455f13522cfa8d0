"""Each headline of the facts about Channels is shown on the real packages.

Most by snippets, which the pages' own tests run on Channels; the rest is below.
"""

import asyncio
import importlib
import json
import threading
from typing import Any

import channels.db
import pytest
from asgiref.sync import ThreadSensitiveContext
from channels.consumer import AsyncConsumer
from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer
from channels.layers import InMemoryChannelLayer, channel_layers
from channels.testing import ApplicationCommunicator, WebsocketCommunicator
from channels_redis.core import RedisChannelLayer
from django.db import close_old_connections
from redis.asyncio import Connection
from troubleshooting.redis import server
from walkthrough.packages import mend_channels
from walkthrough.roundtrip.record import committed

SHOWN_BY = {
    "all sync code of all sockets shares one thread": [
        *("chapters/sync#barrier", "chapters/sync#cure", "chapters/sync#stall"),
        "test_two_sync_consumers_run_on_one_thread",
        "test_a_context_gives_each_connection_a_thread_of_its_own",
    ],
    "an idle consumer on Redis dies after five seconds": [
        "troubleshooting#redis-timeout-fails",
        "troubleshooting#redis-timeout-cured",
        "test_an_idle_receiver_dies_with_the_settings_of_the_tutorial",
    ],
    "a consumer handles one event at a time": [
        *("chapters/mailbox#concurrency", "chapters/mailbox#deadlock"),
        "chapters/mailbox#in-turn",
    ],
    "an exception skips disconnect() and leaks the groups": [
        *("chapters/consumer#exception", "chapters/groups#leak"),
        *("chapters/websocket#ends", "troubleshooting#not-called"),
    ],
    "type is getattr": [
        "troubleshooting#reserved",
        "test_a_message_of_type_dispatch_recurses",
        "test_a_message_of_type_close_closes",
    ],
    "connect() without an answer rejects nobody": [
        *("troubleshooting#undecided", "chapters/websocket#unoffered"),
    ],
    "the long poll of the documentation never answers": [
        *("chapters/http#stuck", "chapters/http#deadlock"),
        *("chapters/http#own-mailbox", "chapters/http#live-on"),
    ],
    "TEST NAME of the tutorial deletes the database": [
        *("troubleshooting#database-deleted", "troubleshooting#database-kept"),
    ],
    "channel_capacity in memory raises ValueError": [
        "test_a_capacity_of_channels_in_memory_fails_at_the_first_send",
    ],
    "two Redis hosts lose what is sent to one consumer": ["chapters/layers#two-hosts"],
    "AsgiHandler is history": [
        "test_there_is_no_asgi_handler_in_channels_any_more",
        "test_the_way_through_asgi_handler_was_recorded_on_channels_2",
    ],
}


@pytest.mark.parametrize("headline", SHOWN_BY)
def test_a_headline_is_shown_on_channels(headline: str, book: Any) -> None:
    for place in SHOWN_BY[headline]:
        if "#" in place:
            snippet = book.snippet(place)
            assert snippet.runs and snippet.output, place
            assert not snippet.only_minichannels, place
        else:
            assert place in globals(), place


def test_all_eleven_are_here() -> None:
    assert len(SHOWN_BY) == 11


class Thread(WebsocketConsumer):
    def receive(self, text_data: str = "", bytes_data: bytes = b"") -> None:
        self.send(text_data=str(threading.get_ident()))


async def threads_of_two_clients(application: Any) -> set[str]:
    clients = [WebsocketCommunicator(application, "/") for _ in range(2)]
    idents = set()
    for client in clients:
        await client.connect()
    for client in clients:
        await client.send_to(text_data="which?")
        idents.add(await client.receive_from())
    for client in clients:
        await client.disconnect()
    return idents


async def test_two_sync_consumers_run_on_one_thread() -> None:
    assert len(await threads_of_two_clients(Thread.as_asgi())) == 1


async def test_a_context_gives_each_connection_a_thread_of_its_own() -> None:
    application = Thread.as_asgi()

    async def own_thread(scope: Any, receive: Any, send: Any) -> None:
        async with ThreadSensitiveContext():
            await application(scope, receive, send)

    assert len(await threads_of_two_clients(own_thread)) == 2


async def test_an_idle_receiver_dies_with_the_settings_of_the_tutorial() -> None:
    with server() as address:
        layer = RedisChannelLayer(hosts=[address])
        assert layer.brpop_timeout >= Connection().socket_timeout
        with pytest.raises(Exception, match="Timeout reading from"):
            await layer.receive(await layer.new_channel())
        await layer.close_pools()


class Room(AsyncWebsocketConsumer):
    groups = ["room"]


async def client_of_room() -> WebsocketCommunicator:
    channel_layers.set("default", InMemoryChannelLayer())
    client = WebsocketCommunicator(Room.as_asgi(), "/")
    await client.connect()
    return client


async def test_a_message_of_type_dispatch_recurses() -> None:
    client = await client_of_room()
    await channel_layers["default"].group_send("room", {"type": "dispatch"})
    with pytest.raises(RecursionError):
        await client.receive_output(timeout=10)


async def test_a_message_of_type_close_closes() -> None:
    client = await client_of_room()
    message = {"type": "close"}
    await channel_layers["default"].group_send("room", message)
    assert await client.receive_output() == {"type": "websocket.close", "code": message}
    await client.disconnect()


async def test_communicators_that_overlap_keep_connections_from_being_closed() -> None:
    turns = [asyncio.Event(), asyncio.Event()]

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await turns[scope["turn"]].wait()
        await send({"type": "answer"})

    clients = [ApplicationCommunicator(application, {"turn": n}) for n in range(2)]
    waiting = [asyncio.create_task(client.receive_output()) for client in clients]
    await asyncio.sleep(0.01)
    for turn, task in zip(turns, waiting, strict=True):
        turn.set()
        await task
    try:
        assert channels.db.close_old_connections is not close_old_connections
    finally:
        mend_channels()
    assert channels.db.close_old_connections is close_old_connections


async def test_a_capacity_of_channels_in_memory_fails_at_the_first_send() -> None:
    layer = InMemoryChannelLayer(channel_capacity={"jobs.*": 5})
    with pytest.raises(ValueError, match="too many values to unpack"):
        await layer.send("jobs.mail", {"type": "job"})


def test_there_is_no_asgi_handler_in_channels_any_more() -> None:
    assert AsyncConsumer.__module__ == "channels.consumer"
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("channels.http")


def test_the_way_through_asgi_handler_was_recorded_on_channels_2() -> None:
    then, now = (json.dumps(committed(name)) for name in ("channels-2.4", "channels"))
    assert "AsgiHandler" in then and "channels/http.py" in then
    assert "channels/http.py" not in now and "ASGIHandler" in now
