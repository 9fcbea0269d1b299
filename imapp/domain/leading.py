"""Who leads a group, and what its leaders do about single members: roles, the owner, nicknames, mutes."""

from dataclasses import replace
from typing import Final

from imapp.domain.channel import Channel, Member
from imapp.domain.decisions import Accepted, Decision, Facts, Rejected
from imapp.domain.entries import wire_time
from imapp.domain.permissions import ON_LOWER_ROLES, Action, outranks
from imapp.domain.rules import changed, refusal, silenced, system_entry, unknown
from schemas.commands import MuteMember, SetNickname, SetRole, TransferOwner
from schemas.common import MAX_ADMINS, MAX_MUTE_DAYS, Role
from schemas.errors import ErrorCode

_MAX_MUTE_MS: Final = MAX_MUTE_DAYS * 24 * 3600 * 1000


def set_role(channel: Channel | None, command: SetRole, facts: Facts) -> Decision:
    """An admin made, or made a member again."""
    refused = refusal(channel, command.actor, Action.SET_ROLE)
    if refused or channel is None:
        return refused or Rejected(ErrorCode.NOT_FOUND)
    target = _target(channel, command.actor, command.user_id, Action.SET_ROLE)
    if isinstance(target, Rejected):
        return target
    role = Role(command.role)
    if role is Role.OWNER:  # an owner is made by handing over alone
        return Rejected(ErrorCode.FORBIDDEN)
    if role is target.role:
        return Accepted(channel.channel_id, None)
    if role is Role.ADMIN and _admins(channel) >= MAX_ADMINS:
        return Rejected(ErrorCode.QUOTA_EXCEEDED, {"admins": MAX_ADMINS})
    told = {"event": "role_changed", "user_ids": [target.user_id], "role": role.value}
    entry = system_entry(channel, command, facts, told)
    return changed(channel, entry, others=[replace(target, role=role)])


def transfer(channel: Channel | None, command: TransferOwner, facts: Facts) -> Decision:
    """Another owner; the one until now becomes a member."""
    refused = refusal(channel, command.actor, Action.TRANSFER)
    if refused or channel is None:
        return refused or Rejected(ErrorCode.NOT_FOUND)
    target = _target(channel, command.actor, command.user_id, Action.TRANSFER)
    if isinstance(target, Rejected):
        return target
    if target.user_id == command.actor:
        return Accepted(channel.channel_id, None)
    gone = unknown([target.user_id], facts)  # nobody could hand it on, or take it back
    if gone:
        return gone
    owners = [crowned(target), replace(channel.members[command.actor], role=Role.MEMBER)]
    told = {"event": "owner_changed", "user_ids": [target.user_id], "owner": target.user_id}
    after = replace(channel, owner=target.user_id)
    return changed(after, system_entry(channel, command, facts, told), others=owners)


def set_nickname(channel: Channel | None, command: SetNickname, facts: Facts) -> Decision:
    """A member's name in the group: his own, or one that somebody of a higher role gives him."""
    own = command.user_id == command.actor
    action = Action.NICKNAME if own else Action.NICKNAME_OTHERS
    refused = refusal(channel, command.actor, action) or silenced(channel, command.actor, facts)
    if refused or channel is None:
        return refused or Rejected(ErrorCode.NOT_FOUND)
    target = _target(channel, command.actor, command.user_id, action)
    if isinstance(target, Rejected):
        return target
    if target.nickname == command.nickname:
        return Accepted(channel.channel_id, None)
    told = {"event": "nickname_changed", "user_ids": [target.user_id], "nickname": command.nickname}
    entry = system_entry(channel, command, facts, told)
    return changed(channel, entry, others=[replace(target, nickname=command.nickname)])


def mute(channel: Channel | None, command: MuteMember, facts: Facts) -> Decision:
    """A member who may write nothing until a time (seed: 是否禁言), or may again."""
    refused = refusal(channel, command.actor, Action.MUTE)
    if refused or channel is None:
        return refused or Rejected(ErrorCode.NOT_FOUND)
    target = _target(channel, command.actor, command.user_id, Action.MUTE)
    if isinstance(target, Rejected):
        return target
    until = command.until_ms
    if until and not facts.now_ms < until <= facts.now_ms + _MAX_MUTE_MS:
        return Rejected(ErrorCode.INVALID, {"until": f"a time to come, at most {MAX_MUTE_DAYS} days ahead"})
    if until == target.muted_until_ms or (not until and target.muted_until_ms <= facts.now_ms):
        return Accepted(channel.channel_id, None)
    told = {"event": "member_muted", "user_ids": [target.user_id], "until": wire_time(until)}
    if not until:
        told = {"event": "member_unmuted", "user_ids": [target.user_id]}
    entry = system_entry(channel, command, facts, told)
    return changed(channel, entry, others=[replace(target, muted_until_ms=until)])


def crowned(member: Member) -> Member:
    """A member as the owner. He is not muted any more: nobody could end it."""
    return replace(member, role=Role.OWNER, muted_until_ms=0)


def _target(channel: Channel, actor: str, user_id: str, action: Action) -> Member | Rejected:
    """The present member whom somebody acts on, if his role lets him."""
    target = channel.members.get(user_id)
    if target is None or not target.present:
        return Rejected(ErrorCode.NOT_FOUND, {"user_ids": [user_id]})
    if action in ON_LOWER_ROLES and not outranks(channel.members[actor].role, target.role):
        return Rejected(ErrorCode.FORBIDDEN)
    return target


def _admins(channel: Channel) -> int:
    return sum(member.role is Role.ADMIN for member in channel.present())
