import asyncio

import pytest


def answer(lib, method="GET", body=b"", **methods):
    consumer = type("Page", (lib.AsyncHttpConsumer,), methods)
    return lib.HttpCommunicator(consumer.as_asgi(), method, "/", body=body)


async def has_ended(page):
    """Wait until an application ends by itself: `wait()` would hide a cancellation."""
    await asyncio.wait([page.future], timeout=1)
    assert page.future.done()
    assert page.future.exception() is None


async def test_the_body_is_handed_over_whole(lib):
    async def handle(self, body):
        await self.send_response(200, body, headers=[(b"x", b"y")])

    page = answer(lib, handle=handle)
    for part in ("ab", "", "c"):
        event = {
            "type": "http.request",
            "body": part.encode(),
            "more_body": part != "c",
        }
        await page.send_input(event)
    page.sent_request = True
    assert await page.get_response() == {
        "status": 200,
        "headers": [(b"x", b"y")],
        "body": b"abc",
    }


async def test_a_request_without_a_body_has_an_empty_one(lib):
    async def handle(self, body):
        await self.send_response(200, repr(body).encode())

    page = answer(lib, handle=handle)
    page.sent_request = True
    await page.send_input({"type": "http.request"})
    assert (await page.get_response())["body"] == b"b''"


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ({}, []),
        ({"headers": None}, []),
        ({"headers": {b"a": b"b"}}, [(b"a", b"b")]),
        ({"headers": ((b"a", b"b"),)}, ((b"a", b"b"),)),
    ],
)
async def test_headers_may_be_pairs_or_a_dict(lib, headers, sent):
    async def handle(self, body):
        await self.send_headers(status=404, **headers)

    page = answer(lib, handle=handle)
    await page.send_input({"type": "http.request"})
    start = {"type": "http.response.start", "status": 404, "headers": sent}
    assert await page.receive_output() == start


async def test_a_response_may_have_many_parts(lib):
    async def handle(self, body):
        await self.send_headers()
        await self.send_body(b"a", more_body=True)
        await self.send_body(b"b")

    page = answer(lib, handle=handle)
    await page.send_input({"type": "http.request"})
    events = [await page.receive_output() for _ in range(3)]
    assert events == [
        {"type": "http.response.start", "status": 200, "headers": []},
        {"type": "http.response.body", "body": b"a", "more_body": True},
        {"type": "http.response.body", "body": b"b", "more_body": False},
    ]
    await has_ended(page)


async def test_a_body_of_text_is_an_error(lib):
    async def handle(self, body):
        await self.send_body("text")

    page = answer(lib, handle=handle)
    await page.send_input({"type": "http.request"})
    with pytest.raises(AssertionError, match=r"^Body is not bytes$"):
        await page.wait()


async def test_a_consumer_has_to_say_how_it_answers(lib):
    page = answer(lib)
    await page.send_input({"type": "http.request"})
    wanted = r"^Subclasses of AsyncHttpConsumer must provide a handle\(\) method\.$"
    with pytest.raises(NotImplementedError, match=wanted):
        await page.wait()


@pytest.mark.parametrize("fails", [False, True])
async def test_it_disconnects_after_every_answer_and_ends(lib, fails):
    calls = []

    async def handle(self, body):
        calls.append("handle")
        if fails:
            raise OSError

    async def disconnect(self):
        calls.append("disconnect")

    page = answer(lib, handle=handle, disconnect=disconnect)
    await page.send_input({"type": "http.request"})
    await asyncio.wait([page.future])
    assert isinstance(page.future.exception(), OSError) is fails
    assert calls == ["handle", "disconnect"]


async def test_a_client_that_goes_away_early_ends_it_without_an_answer(lib):
    calls = []

    async def disconnect(self):
        calls.append("disconnect")

    page = answer(lib, disconnect=disconnect)
    await page.send_input({"type": "http.request", "body": b"a", "more_body": True})
    await page.send_input({"type": "http.disconnect"})
    await has_ended(page)
    assert calls == ["disconnect"]


async def test_what_a_client_sees_of_a_plain_disconnect_is_nothing(lib):
    page = answer(lib)
    await page.send_input({"type": "http.disconnect"})
    await has_ended(page)
    assert page.output_queue.empty()
