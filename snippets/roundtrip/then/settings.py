"""The settings of the project, less what Channels 2.4 did not have."""

from roundtrip.settings import (
    ALLOWED_HOSTS,
    CHANNEL_LAYERS,
    DATABASES,
    DEFAULT_AUTO_FIELD,
    INSTALLED_APPS,
    MIDDLEWARE,
    SECRET_KEY,
    USE_TZ,
)

__all__ = [
    "ALLOWED_HOSTS",
    "ASGI_APPLICATION",
    "CHANNEL_LAYERS",
    "DATABASES",
    "DEFAULT_AUTO_FIELD",
    "INSTALLED_APPS",
    "MIDDLEWARE",
    "ROOT_URLCONF",
    "SECRET_KEY",
    "USE_TZ",
]

ROOT_URLCONF = "roundtrip.then.urls"
ASGI_APPLICATION = "roundtrip.then.asgi.application"
