"""The people a writer quotes: names and avatars, kept for half a minute."""

import time
from collections.abc import Callable, Iterable
from typing import Final

from imapp.domain.channel import Channel
from imapp.domain.decisions import Profile
from imapp.stores.users import UserStore
from schemas.commands import (
    AddMembers,
    AnswerJoinRequests,
    AnyCommand,
    CreateGroup,
    Leave,
    OpenDirect,
    RemoveMember,
    SendMessage,
    TransferOwner,
)
from schemas.common import ChannelType

_KEPT_S: Final = 30.0
_MAX_KEPT: Final = 50_000


class ProfileCache:
    """Profiles by user id, at most half a minute old."""

    def __init__(self, users: UserStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._users = users
        self._clock = clock
        self._kept: dict[str, tuple[Profile, float]] = {}

    def load(self, user_ids: Iterable[str], anew: Iterable[str] = ()) -> dict[str, Profile]:
        """Those of these people who exist; `anew` are more of them, who are looked up in any case."""
        anew = set(anew)
        wanted, now = {*user_ids, *anew}, self._clock()
        fresh = {
            user_id: kept[0]
            for user_id in wanted - anew
            if (kept := self._kept.get(user_id)) is not None and now - kept[1] < _KEPT_S
        }
        missing = wanted - fresh.keys()
        if not missing:
            return fresh
        found = self._users.profiles(missing)
        if len(self._kept) + len(found) > _MAX_KEPT:
            self._kept.clear()
        self._kept.update({user_id: (profile, now) for user_id, profile in found.items()})
        return fresh | found


def people_named(command: AnyCommand, channel: Channel | None) -> list[str]:
    """Everybody whose profile deciding on a command may need."""
    match command:
        case SendMessage(to=str(peer)) | OpenDirect(to=peer):
            return [command.actor, peer]
        case CreateGroup() | AnswerJoinRequests():
            return [command.actor, *command.user_ids]
        case AddMembers():
            known = channel.members if channel and channel.type is ChannelType.DIRECT else ()
            return [command.actor, *known, *command.user_ids]
        case _:
            return [command.actor]


def people_to_own(command: AnyCommand, channel: Channel | None) -> list[str]:
    """Everybody whom a command may make the owner of a group. Nothing takes that back."""
    match command:
        case TransferOwner(user_id=heir):
            return [heir]
        case Leave(actor=gone) | RemoveMember(user_id=gone) if channel and channel.owner == gone:
            return [member.user_id for member in channel.present()]
        case _:
            return []
