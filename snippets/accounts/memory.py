"""A Django with users and sessions, in memory, behind a few coroutines.

All of them go through the one thread that `database_sync_to_async` uses, as the
Channels does, so they see the same database in memory.
"""

from typing import Any

from channels.db import database_sync_to_async
from walkthrough.packages import configure_django


async def start() -> None:
    """Configure Django, and create the tables of users and sessions, empty."""
    configure_django()
    await database_sync_to_async(create_tables)()


def create_tables() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)


@database_sync_to_async
def sign_in(name: str) -> list[tuple[bytes, bytes]]:
    """Sign a user in, as a login view does; give the headers of the browser."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore

    user, _ = User.objects.get_or_create(username=name)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return [(b"cookie", f"sessionid={session.session_key}".encode())]


@database_sync_to_async
def sign_out(headers: list[tuple[bytes, bytes]]) -> None:
    """Sign the browser with these headers out, as a logout view does."""
    from django.contrib.auth import get_user, logout
    from django.contrib.sessions.backends.db import SessionStore
    from django.http import HttpRequest

    key = dict(headers)[b"cookie"].decode().partition("=")[2]
    request = HttpRequest()
    request.session = SessionStore(key)
    request.user = get_user(request)
    logout(request)


async def user_now(headers: list[tuple[bytes, bytes]]) -> Any:
    """Look a user up again, by the session as it is now."""
    from channels.auth import get_user
    from django.contrib.sessions.backends.db import SessionStore

    key = dict(headers)[b"cookie"].decode().partition("=")[2]
    return await get_user({"session": SessionStore(key)})
