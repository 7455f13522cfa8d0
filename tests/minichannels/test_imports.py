import subprocess
import sys

import pytest

CORE = [
    "consumer",
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


@pytest.mark.parametrize("foreign", ["django", "redis", "h11", "wsproto", "websockets"])
def test_the_core_needs_nothing_but_asgiref(foreign):
    modules = ", ".join(f"minichannels.{name}" for name in CORE)
    script = f"import sys; sys.modules[{foreign!r}] = None; import {modules}"
    subprocess.run([sys.executable, "-c", script], check=True)
