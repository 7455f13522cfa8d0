"""Where a recorded line stands in upstream's source, as tagged with its version."""

from collections.abc import Mapping

_TREES = {
    "daphne": ("django/daphne", "{}", ""),
    "channels": ("django/channels", "{}", ""),
    "channels_redis": ("django/channels_redis", "{}", ""),
    "django": ("django/django", "{}", ""),
    "asgiref": ("django/asgiref", "{}", ""),
    "redis": ("redis/redis-py", "v{}", ""),
    "twisted": ("twisted/twisted", "twisted-{}", "src/"),
    "autobahn": ("crossbario/autobahn-python", "v{}", "src/"),
    "h11": ("python-hyper/h11", "v{}", ""),
    "websockets": ("python-websockets/websockets", "{}", "src/"),
    "asyncio": ("python/cpython", "v{}", "Lib/"),
    "concurrent": ("python/cpython", "v{}", "Lib/"),
}
"""By package: its repository, how it names a version, and what is above the package."""

_DISTRIBUTIONS = {
    "channels_redis": "channels-redis",
    "asyncio": "python",
    "concurrent": "python",
}


def upstream(place: str, versions: Mapping[str, str]) -> str | None:
    """Give the address of `package/file.py:line`; None for what is not upstream's."""
    package = place.partition("/")[0]
    version = versions.get(_DISTRIBUTIONS.get(package, package))
    if package not in _TREES or version is None:
        return None
    repository, tag, above = _TREES[package]
    file, _, line = place.partition(":")
    tree = f"https://github.com/{repository}/blob/{tag.format(version)}"
    return f"{tree}/{above}{file}#L{line}"
