"""A project whose `INSTALLED_APPS` and database are given by who starts it."""

import os

SECRET_KEY = "only for exhibits"
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = os.environ.get("APPS", "django.contrib.contenttypes").split(",")
ROOT_URLCONF = "troubleshooting.urls"
STATIC_URL = "static/"
ASGI_APPLICATION = "troubleshooting.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DATABASE", ":memory:"),
        "TEST": {"NAME": os.environ.get("TEST_DATABASE")},
    }
}
