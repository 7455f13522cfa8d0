"""The setting CHANNEL_LAYERS does the same in both packages."""

import subprocess
import sys

import minichannels
import pytest
from django.test import override_settings
from minichannels.apps import MinichannelsConfig

MEMORY = "{}.layers.InMemoryChannelLayer"


def configured(lib, config):
    """Give the default layer under a setting of CHANNEL_LAYERS."""
    with override_settings(CHANNEL_LAYERS={"default": config}):
        if lib.name == "minichannels":
            MinichannelsConfig("minichannels", minichannels).ready()
        return lib.get_channel_layer()


def test_a_layer_is_made_as_the_setting_says(lib):
    backend = {"BACKEND": MEMORY.format(lib.name)}
    layer = configured(lib, {**backend, "CONFIG": {"capacity": 5}})
    assert (type(layer), layer.capacity) == (lib.InMemoryChannelLayer, 5)
    lib.channel_layers.backends.clear()
    assert configured(lib, backend).capacity == 100


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ({}, "No BACKEND specified for default"),
        (
            {"BACKEND": "a.b", "ROUTING": "c.d"},
            "ROUTING key found for default - this is no longer needed in Channels 2.",
        ),
        ({"BACKEND": "a.b"}, "Cannot import BACKEND 'a.b' specified for default"),
    ],
)
def test_a_setting_that_cannot_be(lib, config, error):
    with pytest.raises(lib.InvalidChannelLayerError) as caught:
        configured(lib, config)
    assert str(caught.value) == error


def test_without_the_setting_there_is_no_layer():
    MinichannelsConfig("minichannels", minichannels).ready()
    assert minichannels.layers.channel_layers.backends == {}


def test_a_project_of_django_that_lists_the_package_has_its_layers():
    script = """
import django
from django.conf import settings
layer = {"BACKEND": "minichannels.layers.InMemoryChannelLayer"}
settings.configure(INSTALLED_APPS=["minichannels"], CHANNEL_LAYERS={"other": layer})
django.setup()
from minichannels.layers import get_channel_layer
print(type(get_channel_layer("other")).__name__, get_channel_layer())
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "InMemoryChannelLayer None\n"


def test_the_application_has_the_name_of_the_package():
    assert MinichannelsConfig.name == "minichannels"
