"""Groups: made, renamed, joined and left. Each change is one entry, and all of it or nothing."""

from dataclasses import replace
from typing import Any

from imapp.domain import spans
from imapp.domain.channel import Channel, Member
from imapp.domain.decisions import Accepted, Decision, Facts, Rejected
from imapp.domain.permissions import Action, outranks
from imapp.domain.rules import changed, refusal, system_entry, too_many, unknown
from schemas.common import DEFAULT_MAX_MEMBERS, MAX_NAME_CHARS, ChannelStatus, ChannelType, Role
from schemas.errors import ErrorCode
from schemas.tasks import AddMembers, CreateGroup, Leave, RemoveMember, UpdateChannel


def create(channel: Channel | None, command: CreateGroup, facts: Facts) -> Decision:
    """A new group of the actor, who owns it, and others."""
    if channel is not None:  # its id derives from this client id, and a repeat was looked for before
        return Rejected(ErrorCode.CONFLICT)
    names = list(dict.fromkeys([command.actor, *command.user_ids]))
    refused = unknown(names, facts) or too_many(len(names), DEFAULT_MAX_MEMBERS)
    if refused:
        return refused
    group = _new_group(command, facts)
    joining = [
        Member(name, Role.OWNER if name == command.actor else Role.MEMBER, ((1, None),)) for name in names
    ]
    told = {"event": "group_created", "name": command.name, "user_ids": names}
    return changed(group, system_entry(group, command, facts, told), joining=joining, created=True)


def update(channel: Channel | None, command: UpdateChannel, facts: Facts) -> Decision:
    """A new name or avatar."""
    refused = refusal(channel, command.actor, Action.UPDATE)
    if refused or channel is None:
        return refused or Rejected(ErrorCode.NOT_FOUND)
    told: dict[str, Any] = {"event": "channel_updated"}
    after = channel
    if command.name is not None:
        told["name"] = command.name
        after = replace(after, name=command.name)
    if command.avatar is not None:
        told["avatar"] = command.avatar
        after = replace(after, avatar=command.avatar)
    return changed(after, system_entry(channel, command, facts, told))


def add(channel: Channel | None, command: AddMembers, facts: Facts) -> Decision:
    """More members, all of them or none; those already in are ignored. A direct chat becomes a group."""
    refused = refusal(channel, command.actor, Action.ADD)
    if refused or channel is None:
        return refused or Rejected(ErrorCode.NOT_FOUND)
    present = {member.user_id for member in channel.present()}
    names = [name for name in dict.fromkeys(command.user_ids) if name not in present]
    if not names:
        return Accepted(channel.channel_id, None)
    refused = unknown(names, facts) or too_many(len(present) + len(names), channel.max_members)
    if refused:
        return refused
    joining = [_joining(channel, name) for name in names]
    if channel.type is ChannelType.DIRECT:
        return _upgrade(channel, command, facts, joining)
    told = {"event": "members_added", "user_ids": names}
    return changed(channel, system_entry(channel, command, facts, told), joining=joining)


def remove(channel: Channel | None, command: RemoveMember | Leave, facts: Facts) -> Decision:
    """The end of somebody's stay; removing oneself is leaving."""
    user_id = command.user_id if isinstance(command, RemoveMember) else command.actor
    leaving = user_id == command.actor
    refused = refusal(channel, command.actor, Action.LEAVE if leaving else Action.REMOVE)
    if refused or channel is None:
        return refused or Rejected(ErrorCode.NOT_FOUND)
    target = channel.members.get(user_id)
    if target is None:
        return Rejected(ErrorCode.NOT_FOUND, {"user_ids": [user_id]})
    if not target.present:
        return Accepted(channel.channel_id, None)
    if not leaving and not outranks(channel.members[command.actor].role, target.role):
        return Rejected(ErrorCode.FORBIDDEN)
    told: dict[str, Any] = {"event": "member_left" if leaving else "member_removed", "user_ids": [user_id]}
    after, heirs = _succession(channel, target)
    if heirs:
        told["owner"] = heirs[0].user_id
    gone = replace(target, role=Role.MEMBER, spans=spans.closed(target.spans, channel.last_seq + 1))
    return changed(after, system_entry(channel, command, facts, told), leaving=[gone], others=heirs)


def _new_group(command: CreateGroup, facts: Facts) -> Channel:
    return Channel(
        channel_id=command.channel_id,
        type=ChannelType.GROUP,
        name=command.name,
        avatar=command.avatar,
        creator=command.actor,
        owner=command.actor,
        max_members=DEFAULT_MAX_MEMBERS,
        status=ChannelStatus.ENABLED,
        created_ms=facts.now_ms,
        members={},
    )


def _joining(channel: Channel, name: str) -> Member:
    known = channel.members.get(name)
    return Member(name, Role.MEMBER, spans.opened(known.spans if known else (), channel.last_seq + 1))


def _upgrade(channel: Channel, command: AddMembers, facts: Facts, joining: list[Member]) -> Decision:
    """Adding people to a direct chat makes it a group in place (seed: 点对点聊天通过加人可以升级为群聊)."""
    people = [member.user_id for member in (*channel.present(), *joining)]
    name = ", ".join(facts.users[user_id].name for user_id in people if user_id in facts.users)
    group = replace(channel, type=ChannelType.GROUP, owner=command.actor, name=name[:MAX_NAME_CHARS])
    owner = replace(channel.members[command.actor], role=Role.OWNER)
    told = {
        "event": "members_added",
        "user_ids": [member.user_id for member in joining],
        "upgraded": True,
        "name": group.name,
    }
    return changed(group, system_entry(channel, command, facts, told), joining=joining, others=[owner])


def _succession(channel: Channel, gone: Member) -> tuple[Channel, list[Member]]:
    """When the owner goes: the longest-standing admin follows, else the longest-standing member."""
    if gone.role is not Role.OWNER:
        return channel, []
    staying = [member for member in channel.present() if member.user_id != gone.user_id]
    candidates = [member for member in staying if member.role is Role.ADMIN] or staying
    heirs = [replace(member, role=Role.OWNER) for member in candidates[:1]]
    return replace(channel, owner=heirs[0].user_id if heirs else None), heirs
