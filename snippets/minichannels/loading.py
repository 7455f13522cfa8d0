"""Find an application by the name that it has on a command line.

Mirrors what `daphne/cli.py` does with its argument. Upstream's `runworker` has none: it
reads the setting `ASGI_APPLICATION`.
"""

from argparse import ArgumentParser
from importlib import import_module

from minichannels.asgi import Application


def load(name: str, parser: ArgumentParser) -> Application:
    """Import the application that `module:variable` names, or end with the usage.

    Errors of the module itself are raised as they are.
    """
    module, _, variable = name.partition(":")
    application: Application | None = None
    try:
        if module and not module.startswith("."):
            application = getattr(import_module(module), variable, None)
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):
            raise  # the module is there, and imports what is not
    if application is None:
        parser.error(f"no {name!r}; write module:variable, as in chat.asgi:application")
    if not callable(application):
        parser.error(f"{name} cannot be called: {application!r} is no application")
    return application
