import asyncio
import threading

import pytest


def communicator(lib, consumer):
    return lib.ApplicationCommunicator(consumer.as_asgi(), {"type": "test"})


async def test_a_frame_and_a_message_of_the_layer_reach_the_same_consumer(lib):
    class Chat(lib.AsyncWebsocketConsumer):
        groups = ["room"]

        async def receive(self, text_data=None, bytes_data=None):
            message = {"type": "chat.message", "text": text_data}
            await self.channel_layer.group_send("room", message)

        async def chat_message(self, event):
            await self.send(text_data=event["text"])

    lib.use(lib.InMemoryChannelLayer())
    ada = lib.WebsocketCommunicator(Chat.as_asgi(), "/")
    bob = lib.WebsocketCommunicator(Chat.as_asgi(), "/")
    assert await ada.connect() == (True, None)
    assert await bob.connect() == (True, None)
    await ada.send_to(text_data="hi")
    assert await ada.receive_from() == "hi"
    assert await bob.receive_from() == "hi"
    await ada.disconnect()
    await bob.disconnect()
    assert lib.get_channel_layer().groups == {}


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ({"type": "chat.message"}, "chat_message"),
        ({"type": "a.b.c"}, "a_b_c"),
        ({"type": "Case"}, "Case"),
        ({"type": ""}, ""),
        ({"type": "x_"}, "x_"),
    ],
)
def test_the_type_of_a_message_names_its_handler(lib, message, name):
    assert lib.get_handler_name(message) == name


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({}, ValueError("Incoming message has no 'type' attribute")),
        ({"type": "_x"}, ValueError("Malformed type in message (leading underscore)")),
        ({"type": ".x"}, ValueError("Malformed type in message (leading underscore)")),
        (
            {"type": None},
            AttributeError("'NoneType' object has no attribute 'replace'"),
        ),
        ({"type": 5}, AttributeError("'int' object has no attribute 'replace'")),
    ],
)
def test_a_type_that_names_no_handler_is_an_error(lib, message, error):
    with pytest.raises(type(error)) as caught:
        lib.get_handler_name(message)
    assert str(caught.value) == str(error)


async def test_a_message_without_a_handler_ends_the_consumer(lib):
    app = communicator(lib, lib.AsyncConsumer)
    await app.send_input({"type": "no.such"})
    with pytest.raises(ValueError, match=r"^No handler for message type no\.such$"):
        await app.wait()


async def test_a_synchronous_consumer_without_a_handler_ends_alike(lib):
    app = communicator(lib, lib.SyncConsumer)
    await app.send_input({"type": "no.such"})
    with pytest.raises(ValueError, match=r"^No handler for message type no\.such$"):
        await app.wait()


async def test_a_slow_handler_holds_up_the_other_source(lib):
    order = []

    class Slow(lib.AsyncConsumer):
        async def first(self, message):
            await self.channel_layer.send(self.channel_name, {"type": "second"})
            await asyncio.sleep(0.005)
            order.append("first")

        async def second(self, message):
            order.append("second")
            raise lib.StopConsumer

    lib.use(lib.InMemoryChannelLayer())
    app = communicator(lib, Slow)
    await app.send_input({"type": "first"})
    await app.wait()
    assert order == ["first", "second"]


async def test_every_connection_has_a_consumer_of_its_own(lib):
    class Counter(lib.AsyncConsumer):
        def __init__(self, start):
            self.count = start

        async def count_up(self, message):
            self.count += 1
            await self.send({"count": self.count, "scope": self.scope})

    app = Counter.as_asgi(start=5)
    for name in ("ada", "bob"):
        one = lib.ApplicationCommunicator(app, {"user": name})
        await one.send_input({"type": "count.up"})
        assert await one.receive_output() == {"count": 6, "scope": {"user": name}}


def test_an_application_tells_which_consumer_it_makes(lib):
    class Chat(lib.AsyncConsumer):
        """Talk."""

    app = Chat.as_asgi(room="lobby")
    assert app.consumer_class is Chat
    assert app.consumer_initkwargs == {"room": "lobby"}
    assert (app.__name__, app.__doc__, app.__wrapped__) == ("Chat", "Talk.", Chat)
    assert app.__qualname__ == Chat.__qualname__


async def test_a_class_in_place_of_an_application_fails_when_it_is_called(lib):
    with pytest.raises(TypeError, match=r"can't be used in 'await' expression$"):
        await lib.URLRouter([lib.path("", lib.AsyncWebsocketConsumer)])(
            {"path": "/"}, None, None
        )


async def test_without_a_layer_there_is_no_channel(lib):
    seen = []

    class Lonely(lib.AsyncConsumer):
        async def look(self, message):
            seen.append((self.channel_layer, hasattr(self, "channel_name")))
            raise lib.StopConsumer

    app = communicator(lib, Lonely)
    await app.send_input({"type": "look"})
    await app.wait()
    assert seen == [(None, False)]


async def test_a_consumer_uses_the_layer_of_its_alias(lib):
    class Other(lib.AsyncConsumer):
        channel_layer_alias = "other"

        async def look(self, message):
            await self.send({"name": self.channel_name, "layer": self.channel_layer})

    layer = lib.InMemoryChannelLayer()
    lib.use(lib.InMemoryChannelLayer())
    lib.channel_layers.set("other", layer)
    app = communicator(lib, Other)
    await app.send_input({"type": "look"})
    found = await app.receive_output()
    assert found["layer"] is layer
    assert found["name"].startswith("specific..inmemory!")


async def test_handlers_of_synchronous_consumers_share_one_thread(lib):
    threads = []

    class Worker(lib.SyncConsumer):
        def work(self, message):
            threads.append(threading.current_thread())
            self.send({"type": "done", "n": message["n"]})

    apps = [communicator(lib, Worker) for _ in range(3)]
    for n, app in enumerate(apps):
        await app.send_input({"type": "work", "n": n})
    for n, app in enumerate(apps):
        assert await app.receive_output() == {"type": "done", "n": n}
    assert len(set(threads)) == 1
    assert threads[0] is not threading.current_thread()


async def test_a_synchronous_consumer_may_stop(lib):
    class Stopper(lib.SyncConsumer):
        def stop(self, message):
            raise lib.StopConsumer

    app = communicator(lib, Stopper)
    await app.send_input({"type": "stop"})
    await asyncio.wait([app.future], timeout=1)
    assert app.future.done()
    assert app.future.exception() is None


async def test_a_client_can_call_any_public_method_by_its_name(lib):
    app = communicator(lib, lib.AsyncConsumer)
    await app.send_input({"type": "send", "text": "I am an event"})
    assert await app.receive_output() == {"type": "send", "text": "I am an event"}


async def test_what_a_call_of_ones_own_gives_the_application_gives(lib):
    class Own(lib.AsyncConsumer):
        async def __call__(self, scope, receive, send):
            return scope["type"]

    assert await Own.as_asgi()({"type": "test"}, None, None) == "test"
