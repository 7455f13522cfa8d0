"""Four views: one sync, one async, one that streams, one that reads a large body."""

from collections.abc import AsyncIterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse


def hello(request: HttpRequest) -> HttpResponse:
    """Answer from a worker thread."""
    return HttpResponse("hello")


async def hello_async(request: HttpRequest) -> HttpResponse:
    """Answer from the event loop."""
    return HttpResponse("hello")


async def ticks(request: HttpRequest) -> StreamingHttpResponse:
    """Answer in three parts."""
    return StreamingHttpResponse(count_to_three())


async def count_to_three() -> AsyncIterator[bytes]:
    """Make the three parts of `ticks`."""
    for number in (b"1", b"2", b"3"):
        yield number


def upload(request: HttpRequest) -> HttpResponse:
    """Say how long the body was."""
    return HttpResponse(str(len(request.body)))
