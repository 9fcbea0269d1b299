"""What a message refers to: the one it answers, the people it addresses, the one it passes on.

All of it is looked at only where a message has any of it; most have none.
"""

from collections.abc import Iterable

from msgspec import structs

from imapp.domain import spans
from imapp.domain.channel import Channel
from imapp.domain.decisions import Facts, References, Rejected
from imapp.domain.entries import MESSAGES, NORMAL, LogEntry, Origin
from imapp.domain.ids import split_message_id
from imapp.domain.permissions import Action, may
from schemas.commands import SendMessage
from schemas.common import MENTION_ALL_MEMBERS
from schemas.errors import ErrorCode


def refers(command: SendMessage) -> bool:
    """Whether a message refers to anything."""
    return bool(command.reply_to or command.mentions or command.mention_all or command.forward_of)


def is_addressed(user_id: str, entry: LogEntry) -> bool:
    """Whether a message is for this member in particular; nobody addresses himself."""
    return (entry.mention_all or user_id in entry.mentions) and entry.sender != user_id


def referring(entry: LogEntry, channel: Channel, command: SendMessage, facts: Facts) -> LogEntry | Rejected:
    """The entry of a message that refers to something, or why it may not."""
    refused = (
        _wrong_reply(channel, command, facts.references)
        or strangers(channel, command.mentions)
        or _not_for_all(channel, command)
    )
    if refused:
        return refused
    entry = structs.replace(entry, mention_all=command.mention_all)
    return entry if command.forward_of is None else _passed_on(entry, command, facts.references)


def _wrong_reply(channel: Channel, command: SendMessage, references: References) -> Rejected | None:
    if command.reply_to is None:
        return None
    channel_id, seq = split_message_id(command.reply_to)
    if channel_id != channel.channel_id:
        return Rejected(ErrorCode.INVALID, {"reply_to": "that is not a message of this channel"})
    target = references.entries.get(command.reply_to)
    readable = spans.contains(channel.members[command.actor].spans, seq)
    if target is None or not readable:
        return _not_found("reply_to", command.reply_to, readable=readable)
    if target.type not in MESSAGES:
        return Rejected(ErrorCode.INVALID, {"reply_to": "that is not a message"})
    return None


def _not_found(field: str, name: str, *, readable: bool) -> Rejected:
    return Rejected(ErrorCode.NOT_FOUND, {field: name}, absent=name if readable else None)


def strangers(channel: Channel, mentions: Iterable[str]) -> Rejected | None:
    """The refusal for a message that addresses people who are not in the channel, None if all are."""
    members = channel.members
    strange = [name for name in mentions if name not in members or not members[name].present]
    if not strange:
        return None
    return Rejected(ErrorCode.INVALID, {"mentions": "not members of this channel", "user_ids": strange})


def _not_for_all(channel: Channel, command: SendMessage) -> Rejected | None:
    if not command.mention_all or len(channel.present()) <= MENTION_ALL_MEMBERS:
        return None
    if may(Action.MENTION_ALL, channel.members[command.actor].role, channel.type):
        return None
    return Rejected(ErrorCode.FORBIDDEN, {"mention_all": f"of more than {MENTION_ALL_MEMBERS}: for admins"})


def _passed_on(entry: LogEntry, command: SendMessage, references: References) -> LogEntry | Rejected:
    """The entry with the words of another; who forwards a forward passes on whose words they were first."""
    assert command.forward_of is not None
    channel_id, seq = split_message_id(command.forward_of)
    source = references.entries.get(command.forward_of)
    readable = spans.contains(references.stays.get((channel_id, command.actor), ()), seq)
    if source is None or not readable:
        return _not_found("forward_of", command.forward_of, readable=readable)
    if source.type not in MESSAGES:
        return Rejected(ErrorCode.INVALID, {"forward_of": "that is not a message"})
    if source.status != NORMAL:
        return Rejected(ErrorCode.MESSAGE_RECALLED, {"forward_of": command.forward_of})
    origin = source.forwarded or Origin(source.sender, source.sender_name, source.time_ms)
    return structs.replace(
        entry, type=source.type, content=source.content, extra=source.extra, forwarded=origin
    )
