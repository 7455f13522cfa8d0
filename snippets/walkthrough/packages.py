"""The two packages that a page runs on: minichannels, and the Channels it mirrors."""

import importlib
import sys

PACKAGES = ("minichannels", "channels")


def prepare(package: str) -> None:
    """Give the next page a fresh start: no channel layer is configured.

    Args:
        package: `minichannels` or `channels`. The latter reads Django's settings,
            which are configured here, once, if nobody has done so.
    """
    if package == "channels":
        configure_django()
    layers = importlib.import_module(f"{package}.layers")
    layers.channel_layers.backends.clear()
    mend_channels()


def mend_channels() -> None:
    """Take away what communicators of Channels leave behind if two wait at a time.

    Each replaces `channels.db.close_old_connections` while it waits, and puts back what
    it found: the second one finds, and leaves, the replacement.
    """
    if database := sys.modules.get("channels.db"):
        django_db = importlib.import_module("django.db")
        vars(database)["close_old_connections"] = django_db.close_old_connections


def configure_django() -> None:
    """Configure the smallest Django that Channels runs on."""
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            SECRET_KEY="not a secret: it protects nothing",
            ALLOWED_HOSTS=["*"],
            USE_I18N=False,
            DATABASES={
                "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
            },
            INSTALLED_APPS=[
                "django.contrib.contenttypes",
                "django.contrib.auth",
                "django.contrib.sessions",
                "channels",
            ],
        )
        django.setup()
