"""What happens to every request: it gets an id, its caller proves who he is, its answer is kept by nobody."""

import re
import secrets
from typing import Final

from flask import Flask, Response, g, request
from structlog.contextvars import clear_contextvars

from imapp.logs import bind
from imapp.rest.context import caller_id, services
from imapp.services.identity.identities import credentials_of

PUBLIC: Final = frozenset(
    {
        "health.live",
        "health.ready",
        "files.download_signed",  # its address is signed for one person, and asks for itself
        "documentation.page",
        "documentation.asset",
        "documentation.openapi",
        "documentation.socket",
        "documentation.asyncapi",
        "serve",  # the WebSocket, which asks by itself: at the handshake, or by its first frame
    }
)
"""The endpoints that answer anybody. Every other one is closed, also if it was forgotten here."""

_COUNTED: Final = {
    "messages.list_messages": "history",
    "messages.get_message": "history",
    "messages.list_pushes": "history",
    "files.download_file": "history",
    "files.download_thumbnail": "history",
    "messages.get_receipts": "history",
    "messages.list_receipts": "history",
    "conversations.explain_unread": "history",
    "conversations.sync": "sync",
    "conversations.mark_read": "marks",
    "conversations.set_conversation": "marks",
    "people.set_settings": "marks",
    "people.change_me": "marks",
    "messages.nudge": "nudges",
    "people.list_users": "searches",
    "search.search_messages": "searches",
    "search.search_contacts": "searches",
    "administration.find_users": "searches",
    "administration.find_channels": "searches",
    "administration.list_any_messages": "history",
    "administration.get_any_message": "history",
}
"""Which limit an endpoint counts for; `lists` is for every other one that reads."""

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def install_guard(app: Flask) -> None:
    """Guard all routes of an application, also those that are added later."""
    app.before_request(_name)
    app.before_request(_identify)
    app.before_request(_count)
    app.after_request(_seal)


def _name() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    # A connection's greenlet serves one request after the other, so the last one's fields are still there.
    clear_contextvars()
    bind(request_id=g.request_id)


def _identify() -> None:
    """Runs before any argument is read: a stranger does not learn what would be wrong with his request."""
    if request.url_rule is None or request.endpoint in PUBLIC:
        return
    door = services().door
    with door.limits.attempt(door.address(request.remote_addr, request.headers.get("X-Forwarded-For"))):
        g.identity = services().identity.authenticate(credentials_of(request.environ))
    bind(user=g.identity.user.user_id)


def _count() -> None:
    """Whatever he asks is counted, and once more if it is read; writes are counted where they are sent on."""
    if request.url_rule is None or request.endpoint in PUBLIC:
        return
    limits, user_id = services().door.limits, caller_id()
    limits.requests.check(user_id)
    kind = _COUNTED.get(request.endpoint or "", "lists" if request.method == "GET" else None)
    if kind is not None:
        getattr(limits, kind).check(user_id)


def _seal(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
