"""Routes for administrators alone: who may call them, and that each call is written down."""

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, Final

import msgspec
from flask import g, request

from imapp.errors import RequestError
from imapp.logs import get_log
from imapp.rest.context import caller_id, identity, services
from imapp.stores.audit import Intent
from schemas.errors import ErrorCode

View = Callable[..., Any]

_ACTION: Final = "admin_action"
_REASON: Final = "reason"
_MOST_CHARS: Final = 200
_MOST_LISTED: Final = 50
_ABOUT: Final = frozenset(
    {"user_id", "channel_id", "message_id", "connection_id", "sender", "member", "target", "shortcode"}
)
"""Fields that name what an action is about."""

log = get_log("administration")


def admin_only(action: str) -> Callable[[View], View]:
    """Let only administrators of the system call a view, and write each call down, as `action`.

    Stands directly above the view, below all decorators of the blueprint, so that it sees the arguments; the
    blueprint in turn sees the mark and refuses others before it reads any. What is written down are the ids
    of the path, the fields of body or query, and of these the field `reason` by itself.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def written_down(*args: Any, **path: Any) -> Any:
            check_admin()
            with services().admin.audit.writing(_intent(action, args, path)):
                return view(*args, **path)

        setattr(written_down, _ACTION, action)
        return written_down

    return declare


def action_of(view: View) -> str | None:
    """As what the calls of a view are written down; None if it is not for administrators."""
    action: str | None = getattr(view, _ACTION, None)
    return action


def admins_first(view: View) -> View:
    """The view, for administrators; others are refused before a single argument is read."""

    @wraps(view)
    def guarded(*args: Any, **path: Any) -> Any:
        check_admin()
        return view(*args, **path)

    return guarded


def check_admin() -> None:
    """Nothing, if the caller administrates the system.

    Raises:
        RequestError: `forbidden`, whatever he asks for: so he can't tell what there is.
    """
    if not identity().is_admin:
        log.warning("admin_refused", user=caller_id(), endpoint=request.endpoint)
        raise RequestError(ErrorCode.FORBIDDEN)


def _intent(action: str, arguments: Iterable[Any], path: Mapping[str, str]) -> Intent:
    given = {**_fields(arguments), **path}
    reason = given.pop(_REASON, None)
    return Intent(
        actor=caller_id(),
        action=action,
        targets=_targets(given),
        details={name: _cut(value) for name, value in given.items()},
        reason=reason,
        request_id=g.request_id,
        address=services().door.address(request.remote_addr, request.headers.get("X-Forwarded-For")),
        at_ms=services().admin.audit.now_ms(),
    )


def _fields(arguments: Iterable[Any]) -> dict[str, Any]:
    """What the request holds beside its path."""
    structs = [each for each in arguments if isinstance(each, msgspec.Struct)]
    fields = {name: value for each in structs for name, value in msgspec.to_builtins(each).items()}
    return {name: value for name, value in fields.items() if value is not None}


def _cut(value: Any) -> Any:
    """Enough of a field to know what it was; it may be anything, and names of its own are made a text."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, list):
        return [_cut(each) for each in value[:_MOST_LISTED]]
    return str(value)[:_MOST_CHARS]


def _targets(given: Mapping[str, Any]) -> list[str]:
    named = [str(value) for name, value in given.items() if name in _ABOUT]
    # A message's id begins with that of its channel, under which one looks for it as well.
    channels = [value.partition(".")[0] for name, value in given.items() if name == "message_id"]
    ids = given.get("ids")
    listed = ids.split(",") if isinstance(ids, str) else []
    return list(dict.fromkeys([*named, *channels, *listed]))
