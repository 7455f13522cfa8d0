"""One Django project behind our handler and behind Django's own: the same answers."""

import asyncio
import gc
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_finished, request_started
from django.http import (
    FileResponse,
    Http404,
    HttpResponse,
    JsonResponse,
    StreamingHttpResponse,
)
from django.test import override_settings
from django.urls import get_script_prefix, path
from minichannels.handler import AsgiHandler

if not settings.configured:
    settings.configure()

THIS = Path(__file__)
TEXT = THIS.read_bytes()

noted: list[str] = []
"""What views have to say of themselves, in the test that runs."""


def hello(request: Any) -> Any:
    response = HttpResponse(f"{request.method} {request.path} {request.GET.dict()}")
    response.set_cookie("a", "1", httponly=True)
    response.set_cookie("b", "2")
    response["X-Name"] = "é"
    return response


async def posted(request: Any) -> Any:
    files = {name: len(file.read()) for name, file in request.FILES.items()}
    return JsonResponse({"post": request.POST.dict(), "files": files})


def body(request: Any) -> Any:
    return HttpResponse(request.body, content_type=request.content_type)


def boom(request: Any) -> Any:
    raise LookupError("in the view")


def missing(request: Any) -> Any:
    raise Http404("no such thing")


async def parts() -> Any:
    for part in (b"one", b"", "two", b"x" * 200_000):
        yield part


async def stream(request: Any) -> Any:
    return StreamingHttpResponse(parts())


def download(request: Any) -> Any:
    return FileResponse(THIS.open("rb"))


async def breaks(request: Any) -> Any:
    async def half() -> Any:
        yield b"half"
        raise LookupError("in the stream")

    return StreamingHttpResponse(half())


async def waits(request: Any) -> Any:
    noted.append("view entered")
    try:
        await asyncio.Event().wait()
    finally:
        noted.append("view left")


async def endless(request: Any) -> Any:
    async def ticks() -> Any:
        try:
            while True:
                yield b"tick"
                await asyncio.sleep(0.001)
        finally:
            noted.append("stream left")

    return StreamingHttpResponse(ticks())


def mounted(request: Any) -> Any:
    return HttpResponse(f"{get_script_prefix()} {request.path_info}")


urlpatterns = [
    path(f"{view.__name__}/", view)
    for view in (
        hello,
        posted,
        body,
        boom,
        missing,
        stream,
        download,
        breaks,
        waits,
        endless,
        mounted,
    )
]


class Shout:
    """A sync middleware, which Django has to put into a thread."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        response = self.get_response(request)
        response["X-Shout"] = "!"
        return response


@pytest.fixture(autouse=True)
def project() -> Iterator[None]:
    names = ["django.middleware.common.CommonMiddleware", f"{__name__}.Shout"]
    noted.clear()
    with override_settings(
        ROOT_URLCONF=__name__, MIDDLEWARE=names, ALLOWED_HOSTS=["*"]
    ):
        yield


def scope(target: str = "/hello/", method: str = "GET", **more: Any) -> Any:
    target, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": target,
        "query_string": query.encode(),
        "headers": [(b"host", b"test"), *more.pop("headers", [])],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        **more,
    }


async def events(handler: Any, scope: Any, *chunks: bytes) -> list[Any]:
    """All that a handler sends for a request."""
    one = ApplicationCommunicator(handler(), scope)
    for chunk in chunks:
        await one.send_input({"type": "http.request", "body": chunk, "more_body": True})
    await one.send_input({"type": "http.request"})
    sent = []
    while not sent or sent[-1]["type"] != "http.response.body" or more(sent[-1]):
        sent.append(await one.receive_output(5))
    await one.wait()
    return sent


async def until(note: str) -> None:
    for _ in range(5000):
        if note in noted:
            return
        await asyncio.sleep(0.001)
    pytest.fail(f"{note!r} is not among {noted}")


def more(event: Any) -> bool:
    return bool(event.get("more_body", False))


FORM = [(b"content-type", b"application/x-www-form-urlencoded")]
MULTIPART = [(b"content-type", b"multipart/form-data; boundary=xx")]
UPLOAD = (
    b'--xx\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--xx\r\n'
    b'Content-Disposition: form-data; name="f"; filename="f"\r\n\r\n%s\r\n--xx--\r\n'
)


@pytest.mark.parametrize(
    ("request_", "chunks"),
    [
        (scope("/hello/?a=1&b=%20"), []),
        (scope("/hello/", "HEAD"), []),
        (scope("/hello"), []),
        (scope("/nowhere/"), []),
        (scope("/missing/"), []),
        (scope("/hello/?q=\udcff".encode("utf8", "replace").decode()), []),
        (scope(query_string=b"\xff"), []),
        (scope("/posted/", "POST", headers=FORM), [b"a=1&", b"b=2"]),
        (scope("/posted/", "POST", headers=MULTIPART), [UPLOAD % (b"y" * 10)]),
        (scope("/posted/", "POST", headers=MULTIPART), [UPLOAD % (b"y" * 4_000_000)]),
        (scope("/body/", "PUT"), []),
        (scope("/body/", "PUT"), [b"x" * 65_536]),
        (scope("/body/", "PUT"), [b"x" * 65_537, b"", b"y" * 100_000]),
        (scope("/stream/"), []),
        (scope("/app/mounted/", root_path="/app"), []),
    ],
    ids=lambda value: value["path"] if isinstance(value, dict) else str(len(value)),
)
async def test_both_handlers_send_the_same_events(
    request_: Any, chunks: list[bytes]
) -> None:
    ours = await events(AsgiHandler, request_, *chunks)
    assert ours == await events(ASGIHandler, request_, *chunks)


async def test_a_view_that_raises_is_a_500_on_both() -> None:
    with override_settings(DEBUG_PROPAGATE_EXCEPTIONS=False):
        ours = await events(AsgiHandler, scope("/boom/"))
        assert ours == await events(ASGIHandler, scope("/boom/"))
    assert ours[0]["status"] == 500


@pytest.fixture(params=[AsgiHandler, ASGIHandler])
def handler(request: Any) -> Any:
    return request.param


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
async def test_a_file_arrives_whole(handler: Any) -> None:
    sent = await events(handler, scope("/download/"))
    assert b"".join(event.get("body", b"") for event in sent) == TEXT


@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_an_error_in_a_stream_reaches_the_server(handler: Any) -> None:
    one = ApplicationCommunicator(handler(), scope("/breaks/"))
    await one.send_input({"type": "http.request"})
    with pytest.raises(LookupError, match="in the stream"):
        await one.wait()
    gc.collect()  # Django's own handler leaves the body open


async def test_django_refuses_what_is_not_http(handler: Any) -> None:
    one = ApplicationCommunicator(handler(), {"type": "websocket"})
    with pytest.raises(ValueError, match=r"HTTP connections, not websocket\."):
        await one.wait()


async def test_a_client_that_leaves_in_its_body_reaches_no_view(handler: Any) -> None:
    one = ApplicationCommunicator(handler(), scope("/waits/"))
    await one.send_input({"type": "http.request", "body": b"a", "more_body": True})
    await one.send_input({"type": "http.disconnect"})
    await one.wait()
    assert await one.receive_nothing()


@pytest.fixture
def signals() -> Iterator[list[str]]:
    """The names of the signals of a request, as they are sent."""
    names: list[str] = []

    def started(**kwargs: Any) -> None:
        names.append("started")

    def finished(**kwargs: Any) -> None:
        names.append("finished")

    request_started.connect(started)
    request_finished.connect(finished)
    yield names
    request_started.disconnect(started)
    request_finished.disconnect(finished)


@pytest.mark.parametrize("target", ["/hello/", "/stream/"])
async def test_a_request_has_its_signals(
    handler: Any, signals: list[str], target: str
) -> None:
    await events(handler, scope(target))
    assert signals == ["started", "finished"]


async def test_a_server_that_says_disconnect_after_the_response_changes_nothing(
    handler: Any, signals: list[str]
) -> None:
    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body"):
            inbox.put_nowait({"type": "http.disconnect"})

    application = handler()
    for _ in range(50):  # what is cancelled, and when, is a race with a thread
        inbox.put_nowait({"type": "http.request"})
        await application(scope("/hello/"), inbox.get, send)
    assert signals == ["started", "finished"] * 50


async def test_a_client_that_leaves_cancels_the_view(
    handler: Any, signals: list[str]
) -> None:
    one = ApplicationCommunicator(handler(), scope("/waits/"))
    await one.send_input({"type": "http.request"})
    await until("view entered")
    await one.send_input({"type": "http.disconnect"})
    await one.wait()
    assert noted == ["view entered", "view left"]
    assert signals == ["started", "finished"]


async def test_a_client_that_leaves_cancels_the_stream(
    handler: Any, signals: list[str]
) -> None:
    one = ApplicationCommunicator(handler(), scope("/endless/"))
    await one.send_input({"type": "http.request"})
    while (await one.receive_output())["type"] != "http.response.body":
        pass
    await one.send_input({"type": "http.disconnect"})
    await one.wait()
    assert noted == ["stream left"]
    assert signals == ["started", "finished"]


async def test_a_server_that_stops_cancels_the_view() -> None:
    one = ApplicationCommunicator(AsgiHandler(), scope("/waits/"))
    await one.send_input({"type": "http.request"})
    await until("view entered")
    one.stop(exceptions=False)
    await until("view left")


async def test_sync_views_of_different_requests_run_at_the_same_time() -> None:
    barrier = threading.Barrier(2)

    def meet(request: Any) -> Any:
        barrier.wait(5)
        return HttpResponse("met")

    urlconf = type("urls", (), {"urlpatterns": [path("meet/", meet)]})
    with override_settings(ROOT_URLCONF=urlconf, MIDDLEWARE=[]):
        both = [events(AsgiHandler, scope("/meet/")) for _ in range(2)]
        for sent in await asyncio.gather(*both):
            assert sent[-1]["body"] == b"met"
