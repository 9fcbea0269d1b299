"""What all commands share: who is refused and why, and the entry an accepted command makes."""

from collections.abc import Iterable
from typing import Any

from imapp.domain.channel import Channel, Member
from imapp.domain.decisions import Accepted, Change, Facts, Rejected
from imapp.domain.entries import SYSTEM, LogEntry
from imapp.domain.permissions import Action, may
from schemas.common import ChannelStatus
from schemas.errors import ErrorCode
from schemas.tasks import AnyCommand, SendMessage


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
    if not may(action, member.role, channel.type):
        return Rejected(ErrorCode.FORBIDDEN)
    if channel.status is not ChannelStatus.ENABLED and action is not Action.LEAVE:
        return Rejected(ErrorCode.CHANNEL_DISABLED)
    return None


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


def _next_entry(channel: Channel, command: AnyCommand, facts: Facts, **fields: Any) -> LogEntry:
    seq = channel.last_seq + 1
    sender = facts.users.get(command.actor)
    return LogEntry(
        channel_id=channel.channel_id,
        seq=seq,
        sender=command.actor,
        sender_name=sender.name if sender else "",
        sender_avatar=sender.avatar if sender else "",
        client_message_id=command.client_message_id,
        body_hash=facts.body_hash,
        status=0,
        rev=seq,
        time_ms=facts.now_ms,
        **fields,
    )
