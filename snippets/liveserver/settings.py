"""The settings of a project whose tests start a Daphne: its databases are files."""

import os
from pathlib import Path
from tempfile import gettempdir

FOLDER = Path(gettempdir())

SECRET_KEY = "not a secret: it protects nothing"
ASGI_APPLICATION = "liveserver.asgi.application"
STATIC_URL = "static/"
INSTALLED_APPS = [
    "daphne",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.staticfiles",
    "channels",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": FOLDER / f"site-{os.getpid()}.sqlite3",
        "TEST": {"NAME": FOLDER / f"test-{os.getpid()}.sqlite3"},
    }
}
