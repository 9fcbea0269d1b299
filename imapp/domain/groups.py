"""Groups: made, renamed, set up and left. Each change is one entry, and all of it or nothing."""

from dataclasses import replace
from typing import Any, Final

from imapp.domain import spans
from imapp.domain.channel import Channel, Member, Settings
from imapp.domain.decisions import Accepted, Decision, Facts, Rejected
from imapp.domain.files import picture_named, showable
from imapp.domain.leading import crowned
from imapp.domain.permissions import Action, outranks
from imapp.domain.rules import changed, refusal, silenced, system_entry, too_many, unknown
from schemas.commands import CreateGroup, Leave, RemoveMember, UpdateChannel
from schemas.common import (
    DEFAULT_MAX_MEMBERS,
    ChannelStatus,
    ChannelType,
    EditPolicy,
    JoinPolicy,
    Role,
)
from schemas.errors import ErrorCode

_OF_CHANNEL: Final = ("name", "avatar", "max_members")
_CONFIGURED: Final = ("max_members", "join", "mute_all", "edit")
_SETTABLE: Final = ("name", "avatar", *_CONFIGURED)


def create(channel: Channel | None, command: CreateGroup, facts: Facts) -> Decision:
    """A new group of the actor, who owns it, and others."""
    if channel is not None:  # its id derives from this client id, and a repeat was looked for before
        return Rejected(ErrorCode.CONFLICT)
    names = list(dict.fromkeys([command.actor, *command.user_ids]))
    refused = (
        unknown(names, facts)
        or too_many(len(names), DEFAULT_MAX_MEMBERS)
        or _not_his_picture(command.avatar, command, facts)
    )
    if refused:
        return refused
    group = _new_group(command, facts)
    joining = [
        Member(name, Role.OWNER if name == command.actor else Role.MEMBER, ((1, None),)) for name in names
    ]
    told = {"event": "group_created", "name": command.name, "user_ids": names}
    made = changed(group, system_entry(group, command, facts, told), joining=joining, created=True)
    return _shown_by(made, command.avatar) if command.avatar else made


def update(channel: Channel | None, command: UpdateChannel, facts: Facts) -> Decision:
    """A new name or picture, or other settings; all that is given, or nothing."""
    refused = _update_refusal(channel, command, facts)
    if refused or channel is None:
        return refused or Rejected(ErrorCode.NOT_FOUND)
    given = {name: value for name in _SETTABLE if (value := getattr(command, name)) is not None}
    present = len(channel.present())
    if given.get("max_members", present) < present:
        return Rejected(ErrorCode.CHANNEL_FULL, {"member_count": present})
    refused = (
        None
        if command.avatar in (None, channel.avatar)
        else _not_his_picture(given["avatar"], command, facts)
    )
    if refused:
        return refused
    own = {name: value for name, value in given.items() if name in _OF_CHANNEL}
    after = replace(channel, **own, settings=_settings(channel.settings, command))
    told = {"event": "channel_updated", **given}
    accepted = changed(after, system_entry(channel, command, facts, told))
    return accepted if after.avatar == channel.avatar else _shown_by(accepted, after.avatar)


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
    after, heirs = _succession(channel, target, facts)
    if heirs:
        told["owner"] = heirs[0].user_id
    gone = replace(target, role=Role.MEMBER, spans=spans.closed(target.spans, channel.last_seq + 1))
    return changed(after, system_entry(channel, command, facts, told), leaving=[gone], others=heirs)


def _update_refusal(channel: Channel | None, command: UpdateChannel, facts: Facts) -> Rejected | None:
    """Whoever changes several things must have the right to each."""
    refused = None
    if command.name is not None or command.avatar is not None:
        refused = refusal(channel, command.actor, Action.UPDATE) or silenced(channel, command.actor, facts)
    if any(getattr(command, name) is not None for name in _CONFIGURED):
        refused = refused or refusal(channel, command.actor, Action.CONFIGURE)
    return refused


def _not_his_picture(avatar: str, command: CreateGroup | UpdateChannel, facts: Facts) -> Rejected | None:
    if showable(avatar, command.actor, facts.files):
        return None
    return Rejected(ErrorCode.NOT_FOUND, {"avatar": "no such picture of yours"})


def _shown_by(accepted: Accepted, avatar: str) -> Accepted:
    assert accepted.change is not None, "another picture is a change"
    change = replace(accepted.change, picture=picture_named(avatar) or "")
    return Accepted(accepted.channel_id, accepted.entry, change)


def _settings(before: Settings, command: UpdateChannel) -> Settings:
    return Settings(
        join=before.join if command.join is None else JoinPolicy(command.join),
        mute_all=before.mute_all if command.mute_all is None else command.mute_all,
        edit=before.edit if command.edit is None else EditPolicy(command.edit),
    )


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


def _succession(channel: Channel, gone: Member, facts: Facts) -> tuple[Channel, list[Member]]:
    """When the owner goes: the longest-standing admin follows, else the longest-standing member.

    Who is disabled is passed over, unless all are: then whoever has it can use it once he is enabled.
    """
    if gone.role is not Role.OWNER:
        return channel, []
    present = [member for member in channel.present() if member.user_id != gone.user_id]
    staying = [member for member in present if not _is_disabled(member, facts)] or present
    candidates = [member for member in staying if member.role is Role.ADMIN] or staying
    heirs = [crowned(member) for member in candidates[:1]]
    return replace(channel, owner=heirs[0].user_id if heirs else None), heirs


def _is_disabled(member: Member, facts: Facts) -> bool:
    profile = facts.users.get(member.user_id)
    return profile is not None and not profile.active
