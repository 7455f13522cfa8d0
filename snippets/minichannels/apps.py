"""With `"minichannels"` in INSTALLED_APPS, Django's setting CHANNEL_LAYERS counts.

Mirrors `channels/apps.py`, and `make_backend` of `channels/layers.py`.
"""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import import_string

from minichannels.exceptions import InvalidChannelLayerError
from minichannels.layers import channel_layers


class MinichannelsConfig(AppConfig):  # type: ignore[misc]
    """The application `minichannels` of a Django project."""

    name = "minichannels"

    def ready(self) -> None:
        """Make every layer of the setting, when Django starts."""
        for alias, config in getattr(settings, "CHANNEL_LAYERS", {}).items():
            channel_layers.set(alias, make_layer(alias, config))


def make_layer(alias: str, config: dict[str, Any]) -> Any:
    """Make a layer: `BACKEND` is the path of its class, `CONFIG` are its arguments."""
    if "ROUTING" in config:
        raise InvalidChannelLayerError(
            f"ROUTING key found for {alias} - this is no longer needed in Channels 2."
        )
    if "BACKEND" not in config:
        raise InvalidChannelLayerError(f"No BACKEND specified for {alias}")
    try:
        backend = import_string(config["BACKEND"])
    except ImportError as error:
        raise InvalidChannelLayerError(
            f"Cannot import BACKEND {config['BACKEND']!r} specified for {alias}"
        ) from error
    return backend(**config.get("CONFIG", {}))
