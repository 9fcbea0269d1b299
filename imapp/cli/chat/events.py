"""What happened in a channel, as a sentence."""

from collections.abc import Callable, Iterable
from typing import Final

from imapp.cli.chat.wording import listed, local
from schemas.conversations import Preview
from schemas.messages import Entry

NameOf = Callable[[str], str]
"""The name of a person by user id, "you" for oneself."""
Told = Entry | Preview
"""What can say that something has happened."""


def system_text(entry: Told, name_of: NameOf) -> str:
    """A sentence for a system entry, worded from its `extra`; those of later versions by their name."""
    event = entry.extra.get("event", "")
    if event in _OF_OUTSIDERS:
        return _OF_OUTSIDERS[event](entry)
    who = name_of(entry.sender)
    worded = _EVENTS.get(event)
    return f"{who} {worded(entry, name_of)}" if worded else f"{who}: {event}"


def _people(user_ids: Iterable[str], name_of: NameOf) -> str:
    return ", ".join(map(name_of, user_ids))


def _created(entry: Told, name_of: NameOf) -> str:
    others = [user_id for user_id in entry.extra.get("user_ids", ()) if user_id != entry.sender]
    return f"made the group “{entry.extra.get('name')}” with {_people(others, name_of)}"


def _added(entry: Told, name_of: NameOf) -> str:
    added = f"added {_people(entry.extra.get('user_ids', ()), name_of)}"
    return f"{added}; the chat is now a group" if entry.extra.get("upgraded") else added


def _removed(entry: Told, name_of: NameOf) -> str:
    return f"removed {_people(entry.extra.get('user_ids', ()), name_of)}"


def _left(entry: Told, name_of: NameOf) -> str:
    owner = entry.extra.get("owner")
    return f"left; the owner is now {name_of(owner)}" if owner else "left"


def _updated(entry: Told, _name_of: NameOf) -> str:
    name = entry.extra.get("name")
    if name:
        return f"renamed the group to “{name}”"
    settings = {key: value for key, value in entry.extra.items() if key not in ("event", "avatar")}
    if not settings:
        return "changed the group's picture"
    return f"set {', '.join(f'{key} to {listed(value)}' for key, value in settings.items())}"


def _role(entry: Told, name_of: NameOf) -> str:
    return f"made {_whom(entry, name_of)} {'an admin' if entry.extra.get('role') == 'admin' else 'a member'}"


def _announced(entry: Told, _name_of: NameOf) -> str:
    text = entry.extra.get("announcement")
    return f"announced: {text}" if text else "took the announcement away"


def _named(entry: Told, name_of: NameOf) -> str:
    nickname = entry.extra.get("nickname")
    whom = _whom(entry, name_of)
    return f"named {whom} “{nickname}”" if nickname else f"took the nickname of {whom} away"


def _muted(entry: Told, name_of: NameOf) -> str:
    until = local(entry.extra.get("until", entry.server_time))
    return f"muted {_whom(entry, name_of)} until {until:%Y-%m-%d %H:%M}"


def _whom(entry: Told, name_of: NameOf) -> str:
    return _people(entry.extra.get("user_ids", ()), name_of)


def _count(entry: Told) -> str:
    count = entry.extra.get("count", 1)
    return "1 person" if count == 1 else f"{count} people"


def _verb(entry: Told) -> str:
    return "asks" if entry.extra.get("count", 1) == 1 else "ask"


_EVENTS: Final[dict[str, Callable[[Told, NameOf], str]]] = {
    "group_created": _created,
    "members_added": _added,
    "member_removed": _removed,
    "member_left": _left,
    "channel_updated": _updated,
    "role_changed": _role,
    "owner_changed": lambda entry, name_of: f"handed the group over to {_whom(entry, name_of)}",
    "announcement_changed": _announced,
    "nickname_changed": _named,
    "member_muted": _muted,
    "member_unmuted": lambda entry, name_of: f"lets {_whom(entry, name_of)} write again",
    "channel_disabled": lambda _, __: "disabled the channel",
    "channel_enabled": lambda _, __: "enabled the channel",
    "channel_dissolved": lambda _, __: "dissolved the group",
    "join_refused": lambda entry, _: f"refused {_count(entry)} who asked to be let in",
}

_OF_OUTSIDERS: Final[dict[str, Callable[[Told], str]]] = {
    "join_requested": lambda entry: f"{_count(entry)} {_verb(entry)} to be let in: /requests",
    "join_withdrawn": lambda _: "somebody no longer asks to be let in",
}
"""What is told without a name."""
