import asyncio
import gc
import logging

import pytest


async def at_work(worker, *sends):
    """Run a worker until these messages have been taken off the layer."""
    running = asyncio.ensure_future(worker.arun())
    for channel, message in sends:
        await worker.channel_layer.send(channel, message)
    return running


async def until(condition):
    """Let the others go on until something is so."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - a worker tells nobody
            await asyncio.sleep(0.001)


def queue_app():
    """Make an application that puts scope and message into a queue, or fails."""
    heard = asyncio.Queue()

    async def app(scope, receive, send):
        while True:
            message = await receive()
            if message["type"] == "fail":
                raise OSError("broken")
            await heard.put((id(scope), scope, message))

    return app, heard


async def test_each_channel_has_one_instance_of_the_application(lib):
    app, heard = queue_app()
    layer = lib.InMemoryChannelLayer()
    worker = lib.Worker(app, ["jobs", "thumbs"], layer)
    sends = [
        ("jobs", {"type": "a"}),
        ("thumbs", {"type": "b"}),
        ("jobs", {"type": "c"}),
    ]
    running = await at_work(worker, *sends)
    found = [await heard.get() for _ in range(3)]
    running.cancel()
    by_type = {message["type"]: (who, scope) for who, scope, message in found}
    assert by_type["a"] == by_type["c"]
    assert by_type["a"][1] == {"type": "channel", "channel": "jobs"}
    assert by_type["b"][1] == {"type": "channel", "channel": "thumbs"}
    assert len(worker.application_instances) == 2


async def test_a_failed_instance_is_replaced(lib, caplog):
    app, heard = queue_app()
    worker = lib.Worker(app, ["jobs"], lib.InMemoryChannelLayer())
    worker.application_checker_interval = 0.005
    with caplog.at_level(logging.ERROR):
        running = await at_work(worker, ("jobs", {"type": "fail"}))
        await until(lambda: caplog.records)
    await worker.channel_layer.send("jobs", {"type": "a"})
    assert (await heard.get())[2] == {"type": "a"}
    running.cancel()
    assert caplog.messages[0].startswith("Exception inside application: broken")


@pytest.mark.parametrize("message", [{}, {"type": ""}, {"type": None}])
async def test_a_message_without_a_type_ends_its_listener(lib, message):
    app, heard = queue_app()
    worker = lib.Worker(app, ["bad", "good"], lib.InMemoryChannelLayer())
    # The error of the second listener is never asked for.
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    running = await at_work(worker, ("bad", message), ("good", {"type": "a"}))
    assert (await heard.get())[2] == {"type": "a"}
    assert not running.done()
    await worker.channel_layer.send("good", {})
    with pytest.raises(ValueError, match=r"^Worker received message with no type\.$"):
        await running
    del running
    gc.collect()


async def test_a_worker_ends_when_all_its_listeners_have(lib):
    class Brief(lib.Worker):
        async def listener(self, channel):
            heard.append(channel)

    heard = []
    await Brief(None, ["a", "b"], lib.InMemoryChannelLayer()).arun()
    assert heard == ["a", "b"]


def test_a_worker_needs_a_layer(lib):
    with pytest.raises(ValueError, match=r"^Channel layer is not valid$"):
        lib.Worker(None, ["jobs"], None)


def test_a_worker_keeps_a_thousand_instances_unless_told_otherwise(lib):
    layer = lib.InMemoryChannelLayer()
    assert lib.Worker(None, [], layer).max_applications == 1000
    assert lib.Worker(None, [], layer, max_applications=5).max_applications == 5


async def test_the_consumer_of_a_worker_has_nobody_to_send_to(lib):
    class Job(lib.AsyncConsumer):
        async def run(self, message):
            await self.send({"type": "done"})

    worker = lib.Worker(Job.as_asgi(), ["jobs"], lib.InMemoryChannelLayer())
    running = await at_work(worker, ("jobs", {"type": "run"}))
    await until(lambda: worker.application_instances)
    future = worker.application_instances["jobs"]["future"]
    await asyncio.wait([future])
    running.cancel()
    assert isinstance(future.exception(), NotImplementedError)
    assert str(future.exception()) == "You must implement application_send()"
