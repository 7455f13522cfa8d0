"""The pages of the project: one. Its socket is a route of `troubleshooting.asgi`."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def front(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a page")


urlpatterns = [path("", front)]
