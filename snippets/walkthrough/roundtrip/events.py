"""What crosses a border with a call: an ASGI event, or a message of a channel layer."""

from collections.abc import Mapping
from typing import Any

from walkthrough.roundtrip.rules import EVENTS, NOTES, Site

Crossing = dict[str, Any]
"""The event's `type`, and its other keys with values short enough to read."""


def crossing(site: Site, local: Mapping[str, Any]) -> Crossing | None:
    """Give the event that a call carries, if calls of this function carry one."""
    if site.key not in EVENTS:
        return None
    value = local.get(EVENTS[site.key])
    if isinstance(value, tuple) and len(value) > 1:  # in memory: (expiry, message)
        value = value[1]
    if not isinstance(value, dict) or "type" not in value:
        return None
    return {key: _short(item) for key, item in value.items()}


def note(site: Site, local: Mapping[str, Any]) -> str:
    """Give the argument that tells calls of this function apart, if one does."""
    if site.key not in NOTES:
        return ""
    value = local.get(NOTES[site.key])
    if isinstance(value, tuple):
        value = value[0]
    if isinstance(value, dict):
        value = value.get("type")
    return value if isinstance(value, str) else repr(value)


def _short(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, list | tuple):
        return f"{len(value)} pairs"
    if isinstance(value, str) and len(value) > 40:
        return f"{len(value)} characters"
    return value
