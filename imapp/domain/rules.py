"""What all commands share: who is refused and why, and the entry an accepted command makes."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from imapp.domain.channel import Channel, JoinRequest, Member
from imapp.domain.decisions import Accepted, Change, Facts, Rejected
from imapp.domain.entries import SYSTEM, LogEntry, wire_time
from imapp.domain.permissions import Action, may
from schemas.commands import AnyCommand, SendMessage
from schemas.common import ChannelStatus
from schemas.errors import ErrorCode

_WHATEVER_THE_STATUS: Final = frozenset({Action.LEAVE, Action.DISABLE, Action.DISSOLVE})


def refusal(channel: Channel | None, actor: str, action: Action) -> Rejected | None:
    """Why somebody may not do this here, None if he may.

    In this order: is the channel known to him (`not_found` for "there is none" and "not yours" alike), is
    he still in, may his role do it, does the channel take it.
    """
    member = channel.members.get(actor) if channel else None
    if channel is None or member is None:
        return Rejected(ErrorCode.NOT_FOUND)
    if not member.present:
        return Rejected(ErrorCode.NOT_MEMBER)
    if not may(action, member.role, channel.type, channel.settings):
        return Rejected(ErrorCode.FORBIDDEN)
    if channel.status is not ChannelStatus.ENABLED and action not in _WHATEVER_THE_STATUS:
        return closed(channel)
    return None


def silenced(channel: Channel | None, actor: str, facts: Facts) -> Rejected | None:
    """Why a member may put no words of his own into a channel now, None if he may.

    Asked after `refusal`, by whatever shows a text of his to the others.
    """
    if channel is None or actor not in channel.members:
        return None
    member = channel.members[actor]
    if member.muted_until_ms > facts.now_ms:
        return Rejected(ErrorCode.MUTED, {"until": wire_time(member.muted_until_ms)})
    if channel.settings.mute_all and not may(Action.SEND_WHEN_MUTED, member.role, channel.type):
        return Rejected(ErrorCode.MUTED)
    return None


def closed(channel: Channel) -> Rejected:
    """The refusal for a channel that takes nothing now."""
    return Rejected(ErrorCode.CHANNEL_DISABLED, {"status": channel.status.value})


def unknown(names: Iterable[str], facts: Facts) -> Rejected | None:
    """The refusal for people who do not exist or are disabled, None if all can be added."""
    missing = [name for name in names if name not in facts.users or not facts.users[name].active]
    return Rejected(ErrorCode.NOT_FOUND, {"user_ids": missing}) if missing else None


def too_many(count: int, limit: int) -> Rejected | None:
    """The refusal for a channel that would have more members than it may."""
    return Rejected(ErrorCode.CHANNEL_FULL, {"max_members": limit}) if count > limit else None


def changed(
    after: Channel,
    entry: LogEntry,
    *,
    joining: Iterable[Member] = (),
    leaving: Iterable[Member] = (),
    others: Iterable[Member] = (),
    created: bool = False,
) -> Accepted:
    """An accepted command with effects: the channel as it will be, and the members that change."""
    joining, leaving = tuple(joining), tuple(leaving)
    members = (*joining, *leaving, *others)
    change = Change(
        after=after.with_members(members),
        members=members,
        joins=tuple(member.user_id for member in joining),
        leaves=tuple(member.user_id for member in leaving),
        created=created,
    )
    return Accepted(after.channel_id, entry, change)


def and_requests(
    accepted: Accepted, requests: Iterable[JoinRequest] = (), settled: Iterable[str] = ()
) -> Accepted:
    """The same with requests to join that are new or answered, and without those of who is settled."""
    requests, settled = tuple(requests), tuple(settled)
    before = accepted.change
    assert before is not None, "requests go with an entry that tells of them"
    after = before.after.with_requests(requests, settled)
    change = replace(before, after=after, requests=requests, settled=settled)
    return Accepted(accepted.channel_id, accepted.entry, change)


def message_entry(channel: Channel, command: SendMessage, facts: Facts) -> LogEntry:
    """The next entry of a channel for a message; it counts as unread."""
    return _next_entry(
        channel,
        command,
        facts,
        countable=channel.last_countable + 1,
        type=command.message_type,
        content=command.content,
        extra=command.extra,
        reply_to=command.reply_to,
        mentions=command.mentions,
    )


def system_entry(channel: Channel, command: AnyCommand, facts: Facts, told: dict[str, Any]) -> LogEntry:
    """The next entry of a channel for something that happened; its sender is who did it."""
    return _next_entry(
        channel,
        command,
        facts,
        countable=channel.last_countable,
        type=SYSTEM,
        content="",
        extra=told,
        reply_to=None,
        mentions=[],
    )


def amending_entry(
    channel: Channel, command: AnyCommand, facts: Facts, what: tuple[int, dict[str, Any]]
) -> LogEntry:
    """The next entry of a channel for a change of an earlier one: of this type, with this `extra`.

    It never says what that one says.
    """
    kind, told = what
    return _next_entry(
        channel,
        command,
        facts,
        countable=channel.last_countable,
        type=kind,
        content="",
        extra=told,
        reply_to=None,
        mentions=[],
    )


def _next_entry(channel: Channel, command: AnyCommand, facts: Facts, **fields: Any) -> LogEntry:
    seq = channel.last_seq + 1
    sender = facts.users.get(command.actor)
    member = channel.members.get(command.actor)
    nickname = member.nickname if member else ""
    return LogEntry(
        channel_id=channel.channel_id,
        seq=seq,
        sender=command.actor,
        sender_name=nickname or (sender.name if sender else ""),
        sender_avatar=sender.avatar if sender else "",
        client_message_id=command.client_message_id,
        body_hash=facts.body_hash,
        status=0,
        rev=seq,
        time_ms=facts.now_ms,
        **fields,
    )
