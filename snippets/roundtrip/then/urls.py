"""The HTTP half of the routing: sync views only, as in Django 2.2."""

from django.urls import path

from roundtrip import views

urlpatterns = [path("hello/", views.hello)]
