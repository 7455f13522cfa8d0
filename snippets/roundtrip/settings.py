"""The settings of the project: two middlewares, one database, three channel layers."""

import os
import tempfile

SECRET_KEY = "only-for-the-recording"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "roundtrip.urls"
ASGI_APPLICATION = "roundtrip.asgi.application"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
INSTALLED_APPS = [
    "channels",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.path.join(
            os.environ.get("ROUNDTRIP_DIR", tempfile.gettempdir()), "roundtrip.sqlite3"
        ),
    }
}

# redis-py 8 gives up reading after 5 s unless told otherwise, and the layer waits 5 s.
REDIS = {
    "host": "127.0.0.1",
    "port": int(os.environ.get("ROUNDTRIP_REDIS_PORT", "6379")),
    "socket_timeout": None,
}
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels.layers.InMemoryChannelLayer"},
    "redis": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [REDIS]},
    },
    "pubsub": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS]},
    },
}
