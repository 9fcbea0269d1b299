"""Channels as they may stand, for the rules to decide about."""

from collections.abc import Mapping
from typing import Any, Final

from imapp.domain.channel import Channel, Member
from imapp.domain.decide import apply, decide
from imapp.domain.decisions import Accepted, Facts, Profile, Rejected
from imapp.domain.ids import direct_channel_id, direct_key
from schemas.commands import AnyCommand
from schemas.common import ChannelStatus, ChannelType, Role

TEAM: Final = "team" + "0" * 20
NOW_MS: Final = 1_790_000_000_000
LATER: Final = NOW_MS + 60_000


def member(user_id: str, role: Role = Role.MEMBER, *stays: tuple[int, int | None]) -> Member:
    """Somebody who is in since the beginning, or had these stays."""
    return Member(user_id, role, stays or ((1, None),))


def group(*members: Member, last_seq: int = 10, **fields: Any) -> Channel:
    """A group of these, with ten entries of which seven count."""
    owner = next((one.user_id for one in members if one.role is Role.OWNER), None)
    settings: dict[str, Any] = {
        "channel_id": TEAM,
        "type": ChannelType.GROUP,
        "name": "Team",
        "avatar": "",
        "creator": members[0].user_id,
        "owner": owner,
        "max_members": 500,
        "status": ChannelStatus.ENABLED,
        "created_ms": 0,
        "members": {one.user_id: one for one in members},
        "last_seq": last_seq,
        "last_countable": 7,
    }
    return Channel(**settings | fields)


def team() -> Channel:
    """An owns it; Bo is an admin; Chen and Dao are members; Eve was in from 2 to 5."""
    return group(
        member("an", Role.OWNER),
        member("bo", Role.ADMIN, (3, None)),
        member("chen", Role.MEMBER, (2, None)),
        member("dao", Role.MEMBER, (4, None)),
        member("eve", Role.MEMBER, (2, 5)),
    )


def crowd() -> Channel:
    """Two of each role that there may be two of."""
    return group(
        member("an", Role.OWNER),
        *(member(name, Role.ADMIN) for name in ("bo", "eve")),
        *(member(name) for name in ("chen", "dao")),
    )


def direct(one: str = "an", other: str = "bo", **fields: Any) -> Channel:
    """The direct chat of two people."""
    settings: dict[str, Any] = {
        "channel_id": direct_channel_id(direct_key(one, other), 0),
        "type": ChannelType.DIRECT,
        "name": "",
    }
    return group(member(one), member(other), **settings | fields)


def facts(*, disabled: tuple[str, ...] = ()) -> Facts:
    """Everybody from An to Fay exists; a name is the id with a capital letter."""
    names = ("an", "bo", "chen", "dao", "eve", "fay")
    users = {name: Profile(name, name.capitalize(), f"{name}.png", name not in disabled) for name in names}
    return Facts(now_ms=NOW_MS, users=users, body_hash=b"hash")


def accept(channel: Channel | None, command: AnyCommand, known: Facts | None = None) -> Accepted:
    """The decision, which must be a yes."""
    decision = _decide(channel, command, known)
    assert isinstance(decision, Accepted), decision
    return decision


def refuse(channel: Channel | None, command: AnyCommand, known: Facts | None = None) -> Rejected:
    """The decision, which must be a no."""
    decision = _decide(channel, command, known)
    assert isinstance(decision, Rejected), decision
    return decision


def after(channel: Channel, *happened: AnyCommand, known: Facts | None = None) -> Channel:
    """The channel once all of this is done."""
    for command in happened:
        channel = apply(channel, accept(channel, command, known))
    return channel


def told(channel: Channel, command: AnyCommand) -> Mapping[str, Any]:
    """What the entry says happened."""
    entry = accept(channel, command).entry
    assert entry is not None
    return entry.extra


def _decide(channel: Channel | None, command: AnyCommand, known: Facts | None) -> Accepted | Rejected:
    channel_id = channel.channel_id if channel else getattr(command, "channel_id", None) or "new" + "0" * 21
    return decide(channel, channel_id, command, known or facts())
