"""The HTTP half of the project's routing."""

from django.urls import path

from . import views

urlpatterns = [
    path("hello/", views.hello),
    path("hello-async/", views.hello_async),
    path("ticks/", views.ticks),
    path("upload/", views.upload),
]
