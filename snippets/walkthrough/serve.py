"""Serves the site on this machine, as a plain static host would, and rebuilds it.

`python -m walkthrough.serve --port 8000`, run where mkdocs.yml is. The pages are the
finished ones, security policy included, so what works here works where they are hosted.
"""

import argparse
import errno
import http.server
import shutil
import signal
import sys
import threading
from functools import partial
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from walkthrough.postbuild import PostBuildError
from walkthrough.site import BuildError, build

WATCHED = ("mkdocs.yml", "docs", "snippets")
SECONDS_BETWEEN_LOOKS = 0.5


class Host(http.server.ThreadingHTTPServer):
    """A static host of one folder, which may be exchanged for another while it runs."""

    daemon_threads = True

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        super().__init__(("127.0.0.1", port), StaticHandler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that has left in the middle of an answer is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class StaticHandler(http.server.SimpleHTTPRequestHandler):
    """Files by their names, a folder by its index.html, and 404.html for the rest."""

    server: Host
    protocol_version = "HTTP/1.1"
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
        ".woff2": "font/woff2",
        ".svg": "image/svg+xml",
        ".json": "application/json",
    }

    def translate_path(self, path: str) -> str:
        self.directory = str(self.server.folder)
        return super().translate_path(path)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> None:
        page = self.server.folder / "404.html"
        if code != HTTPStatus.NOT_FOUND or not page.exists():
            return super().send_error(code, message, explain)
        body = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return None

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of what is found: what is missing is what a writer looks for."""
        if len(args) > 1 and str(args[1]) == "404":
            print(f"  404 {urlsplit(self.path).path}", flush=True)


class Builds:
    """The builds of one folder: the last one stands until the next is done."""

    def __init__(self, root: Path, cache: Path) -> None:
        self.root = root
        self.cache = cache
        self.number = 0

    def build(self) -> Path:
        """Build afresh; a failure leaves the last build in its place."""
        self.number += 1
        into = self.cache / str(self.number)
        build(self.root, into)
        return into

    def state(self) -> dict[Path, int]:
        """Give the time of change of each file that goes into the site."""
        files = [
            file
            for name in WATCHED
            for file in [self.root / name, *(self.root / name).rglob("*")]
            if file.is_file() and "__pycache__" not in file.parts
        ]
        return {file: file.stat().st_mtime_ns for file in files}


def watch(
    builds: Builds, seen: dict[Path, int], host: Host, stop: threading.Event
) -> None:
    """Rebuild on a change of what was `seen` until told to stop."""
    while not stop.wait(SECONDS_BETWEEN_LOOKS):
        if (now := builds.state()) == seen:
            continue
        changed = sorted({path for path, _ in seen.items() ^ now.items()})
        seen = now
        print(f"changed: {changed[0].relative_to(builds.root)}", flush=True)
        try:
            old, host.folder = host.folder, builds.build()
        except (BuildError, PostBuildError) as error:
            print(f"{error}\nThe last build is still served.", flush=True)
        else:
            shutil.rmtree(old)
            print(f"rebuilt: {host.address}", flush=True)


def serve(root: Path, port: int) -> None:
    """Build and serve until interrupted."""
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell may have it ignored
        signal.signal(number, signal.default_int_handler)
    stop = threading.Event()
    # The port comes first: a taken one shows itself before the build, not after.
    with TemporaryDirectory() as cache, Host(root, port) as host:
        builds = Builds(root, Path(cache))
        print("Building the site, which takes half a minute or so.", flush=True)
        seen = builds.state()  # before: what changes in the meantime is built again
        host.folder = builds.build()
        watcher = threading.Thread(target=partial(watch, builds, seen, host, stop))
        watcher.start()
        print(f"serving {host.address}", flush=True)
        print("When a file changes, so does the site. Ctrl-C ends it.", flush=True)
        try:
            host.serve_forever()
        finally:
            stop.set()
            watcher.join()


def main() -> int:
    parser = argparse.ArgumentParser(prog="walkthrough.serve", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    try:
        serve(Path.cwd(), port)
    except KeyboardInterrupt:
        print("stopped")
    except (BuildError, PostBuildError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        told = f"Port {port} is taken. Take another: make serve PORT={port + 1}"
        print(told, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
