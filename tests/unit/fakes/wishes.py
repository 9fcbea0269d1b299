"""What somebody wants, as numbers that hypothesis draws, and the command that becomes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from schemas.commands import (
    AddMembers,
    AnyCommand,
    CreateGroup,
    EditMessage,
    MuteMember,
    RecallMessage,
    RemoveMember,
    SendMessage,
    SetNickname,
    SetRole,
    TransferOwner,
    UpdateChannel,
)
from tests.unit.fakes import commands
from tests.unit.fakes.commands import add, create, edit, leave, open_direct, recall, remove, say, tell, update
from tests.unit.fakes.faults import code_fails, process_dies
from tests.unit.fakes.store import Curse
from tests.unit.fakes.writers import START_MS

HARM: Final = {
    "poison": Curse(code_fails, after=False),
    "late poison": Curse(code_fails, after=True),
    "killer": Curse(process_dies, after=False),
}
"""Kinds of messages that bring down whoever stores them, and how."""


@dataclass(frozen=True)
class Wish:
    """What somebody wants before it is known what there is; the numbers choose among what there is."""

    kind: str
    actor: str
    other: str
    place: int
    earlier: int


def command_of(wish: Wish, place: str, client_id: str) -> AnyCommand:
    """The command for a wish; one that makes no sense becomes a message."""
    personal = wish.kind in {"tell", "open"}
    if personal and wish.actor == wish.other:
        return say(wish.actor, "hello", place, client_id=client_id)
    return _MAKERS.get(wish.kind, _say)(wish, place, client_id)


def changed(command: AnyCommand) -> AnyCommand:
    """The same client id with another body, where a command has one."""
    match command:
        case SendMessage() | EditMessage():
            return msgspec.structs.replace(command, content="something else")
        case CreateGroup() | UpdateChannel():
            return msgspec.structs.replace(command, name="another name")
        case AddMembers():
            return msgspec.structs.replace(command, user_ids=[*command.user_ids, "dao"])
        case RemoveMember() | SetRole() | TransferOwner() | MuteMember() | SetNickname():
            return msgspec.structs.replace(command, user_id="dao")
        case RecallMessage():
            return msgspec.structs.replace(command, seq=command.seq + 1)
        case _:
            return command


def _say(wish: Wish, place: str, client_id: str) -> AnyCommand:
    return say(wish.actor, "hello", place, client_id=client_id)


SETTINGS: Final = (
    {"join": "approval"},
    {"join": "invite"},
    {"join": "admins"},
    {"mute_all": True},
    {"mute_all": False},
    {"edit": "members"},
)
MUTED_MS: Final = 5  # of a clock that goes on by one with each attempt: some mutes end in time, some do not


def _role(wish: Wish, place: str, client_id: str) -> AnyCommand:
    role = "member" if wish.earlier % 2 else "admin"
    return commands.set_role(wish.actor, place, wish.other, role, client_id=client_id)


def _mute(wish: Wish, place: str, client_id: str) -> AnyCommand:
    until = 0 if wish.earlier % 2 else START_MS + wish.earlier * 40 + MUTED_MS
    return commands.mute(wish.actor, place, wish.other, until, client_id=client_id)


def _set(wish: Wish, place: str, client_id: str) -> AnyCommand:
    settings: Mapping[str, Any] = SETTINGS[wish.earlier % len(SETTINGS)]
    return update(wish.actor, place, client_id=client_id, **settings)


def _status(wish: Wish, place: str, client_id: str) -> AnyCommand:
    status = "enabled" if wish.earlier % 3 else "disabled"
    return commands.set_status(wish.actor, place, status, client_id=client_id)


_ORDER: Final[dict[str, Callable[[Wish, str, str], AnyCommand]]] = {
    "role": _role,
    "owner": lambda wish, place, client_id: commands.transfer(
        wish.actor, place, wish.other, client_id=client_id
    ),
    "mute": _mute,
    "set": _set,
    "status": _status,
    "nickname": lambda wish, place, client_id: commands.nickname(
        wish.actor, place, wish.other, f"n{wish.earlier}", client_id=client_id
    ),
    "ask in": lambda wish, place, client_id: commands.request_join(wish.actor, place, client_id=client_id),
    "withdraw": lambda wish, place, client_id: commands.withdraw(wish.actor, place, client_id=client_id),
    "answer": lambda wish, place, client_id: commands.answer(
        wish.actor, place, wish.other, accept=wish.earlier % 3 > 0, client_id=client_id
    ),
}
ORDER: Final = tuple(_ORDER)
"""The wishes about who may do what in a group, and who comes in."""

_MAKERS: Final[dict[str, Callable[[Wish, str, str], AnyCommand]]] = {
    "create": lambda wish, _, client_id: create(wish.actor, wish.other, client_id=client_id),
    "tell": lambda wish, _, client_id: tell(wish.actor, wish.other, "hello", client_id=client_id),
    "open": lambda wish, _, client_id: open_direct(wish.actor, wish.other, client_id=client_id),
    "add": lambda wish, place, client_id: add(wish.actor, place, wish.other, client_id=client_id),
    "remove": lambda wish, place, client_id: remove(wish.actor, place, wish.other, client_id=client_id),
    "leave": lambda wish, place, client_id: leave(wish.actor, place, client_id=client_id),
    "recall": lambda wish, place, client_id: recall(wish.actor, place, 1 + wish.earlier, client_id=client_id),
    "edit": lambda wish, place, client_id: edit(
        wish.actor, place, 1 + wish.earlier, f"edited {client_id}", client_id=client_id
    ),
    "update": lambda wish, place, client_id: update(
        wish.actor, place, name=f"{wish.actor}'s", client_id=client_id
    ),
    **_ORDER,
}
