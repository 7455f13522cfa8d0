"""Names that are not here.

Every other public name of these modules, and every public method and argument, is."""

import functools
import importlib
import inspect
from pathlib import Path

import channels
import minichannels
import pytest

MODULES = [
    "apps",
    "consumer",
    "exceptions",
    "generic.http",
    "generic.websocket",
    "layers",
    "middleware",
    "routing",
    "security.websocket",
    "sessions",
    "testing",
    "worker",
]
ABSENT = {
    "auth": "Users are Django's: write a middleware that puts yours into the scope.",
    "db": "Nothing here opens a connection: `asgiref.sync.sync_to_async`.",
    "management.commands.runworker": "`python -m minichannels.worker`.",
    "testing.application": "`testing` is one module.",
    "testing.http": "`testing` is one module.",
    "testing.live": "A test case of Django; it needs Daphne.",
    "testing.websocket": "`testing` is one module.",
    "utils": "`consumer.merge` is what `await_many_dispatch` is there.",
    "apps.ChannelsConfig": "`apps.MinichannelsConfig`.",
    "layers.ChannelLayerManager.configs": "Make the layer yourself, and `set` it.",
    "layers.ChannelLayerManager.make_backend": "Make the layer yourself, and `set` it.",
    "layers.ChannelLayerManager.make_test_backend": "`set` another layer in a test.",
    "layers.BaseChannelLayer.valid_channel_name": (
        "`require_valid_channel_name`. Channels deprecates the old name too."
    ),
    "layers.BaseChannelLayer.valid_group_name": (
        "`require_valid_group_name`. Channels deprecates the old name too."
    ),
    "routing.get_default_application": "Name the application: there are no settings.",
    "security.websocket.AllowedHostsOriginValidator": (
        "`OriginValidator` with a list of your own: there are no settings."
    ),
    "sessions.CookieMiddleware.set_cookie": "It is for sessions: write the header.",
    "sessions.CookieMiddleware.delete_cookie": "It is for sessions: write the header.",
    "sessions.InstanceSessionWrapper": "Sessions are Django's.",
    "sessions.SessionMiddleware": "Sessions are Django's.",
    "sessions.SessionMiddlewareStack": "Sessions are Django's.",
    "testing.ChannelsLiveServerTestCase": "A test case of Django; it needs Daphne.",
}


def names(package):
    """Give the public names of Channels' modules, as they are in a package."""
    for module in MODULES:
        theirs = importlib.import_module(f"channels.{module}")
        here = importlib.import_module(f"{package}.{module}")
        for name, value in vars(theirs).items():
            home = getattr(value, "__module__", None) or ""
            if not name.startswith("_") and home.startswith(theirs.__name__):
                yield f"{module}.{name}", getattr(here, name, None)
                for method in vars(value) if inspect.isclass(value) else ():
                    if not method.startswith("_"):
                        found = getattr(getattr(here, name, None), method, None)
                        yield f"{module}.{name}.{method}", found


THEIRS = dict(names("channels"))
OURS = {name: value for name, value in names("minichannels") if value is not None}
NONE_THERE_TOO = {name for name, value in THEIRS.items() if value is None}


def modules(package):
    """Give the names of the modules of a package, and of the packages in it."""
    root = Path(package.__path__[0])
    paths = (path.relative_to(root).with_suffix("") for path in root.rglob("*.py"))
    return {
        ".".join(part for part in path.parts if part != "__init__") for path in paths
    }


def test_every_module_and_name_is_here_or_in_the_table():
    missing = set(THEIRS) - set(OURS) - NONE_THERE_TOO
    missing |= modules(channels) - modules(minichannels)
    of_missing = {n for n in missing if n.rpartition(".")[0] in missing}
    packages = {"management", "management.commands"}
    assert missing - of_missing - packages == set(ABSENT) - of_missing
    assert set(ABSENT) <= missing
    assert len(THEIRS) > 80


def signature(value):
    """Give name, kind and default of each argument of a function or class."""
    parameters = inspect.signature(value).parameters.values()
    return [(each.name, each.kind, each.default) for each in parameters]


@pytest.mark.parametrize("name", sorted(set(THEIRS) & set(OURS)))
def test_every_argument_is_here(name):
    ours, theirs = OURS[name], THEIRS[name]
    if inspect.isclass(theirs) and issubclass(theirs, Exception):
        bases = [
            [base.__name__ for base in each.__mro__[1:]] for each in (ours, theirs)
        ]
        assert bases[0] == bases[1]
    elif callable(theirs) and not isinstance(theirs, functools.partial):
        assert signature(ours) == signature(theirs)
        awaited = map(inspect.iscoroutinefunction, (ours, theirs))
        assert len(set(awaited)) == 1
    else:
        assert ours == theirs or type(ours).__name__ == type(theirs).__name__
