"""Messages, and the direct channel that a first message makes."""

from msgspec.structs import replace

from imapp.domain.channel import Channel, Member
from imapp.domain.decisions import Accepted, Change, Decision, Facts, Rejected
from imapp.domain.entries import CARRIERS, MESSAGES
from imapp.domain.files import attachable, extra_of
from imapp.domain.kinds import FILE_KEY, file_of
from imapp.domain.permissions import Action
from imapp.domain.references import referring, refers
from imapp.domain.rules import message_entry, refusal, silenced, unknown
from schemas.commands import OpenDirect, SendMessage
from schemas.common import DEFAULT_MAX_MEMBERS, ChannelStatus, ChannelType, Role
from schemas.errors import ErrorCode


def send(channel: Channel | None, channel_id: str, command: SendMessage, facts: Facts) -> Decision:
    """A message for a channel; one for a person also makes their direct channel if there is none."""
    if command.message_type not in MESSAGES:
        return Rejected(ErrorCode.UNSUPPORTED_MEDIA)
    if channel is None and command.to is not None:
        opened = _opened(channel_id, command.actor, command.to, facts)
        return opened if isinstance(opened, Rejected) else _said(opened.after, command, facts, opened)
    refused = refusal(channel, command.actor, Action.SEND) or silenced(channel, command.actor, facts)
    if refused or channel is None:
        return refused or Rejected(ErrorCode.NOT_FOUND)
    return _said(channel, command, facts)


def open_direct(channel: Channel | None, channel_id: str, command: OpenDirect, facts: Facts) -> Decision:
    """The direct channel of two people, made without an entry if there is none."""
    if channel is not None:
        return Accepted(channel_id, None)
    opened = _opened(channel_id, command.actor, command.to, facts)
    return opened if isinstance(opened, Rejected) else Accepted(channel_id, None, opened)


def _said(channel: Channel, command: SendMessage, facts: Facts, opened: Change | None = None) -> Decision:
    if command.message_type in CARRIERS and command.forward_of is None:
        file = attachable(command, facts.files)
        if file is None:
            return Rejected(ErrorCode.NOT_FOUND, {FILE_KEY: "no such file of yours"})
        # What readers are told of it is not the sender's to say.
        command = replace(command, extra=extra_of(file))
    entry = message_entry(channel, command, facts)
    if refers(command):
        entry_or_not = referring(entry, channel, command, facts)
        if isinstance(entry_or_not, Rejected):
            return entry_or_not
        entry = entry_or_not
    # Of a forward too: it refers to the same file once more.
    file_id = file_of(entry.extra) if entry.type in CARRIERS else None
    return Accepted(channel.channel_id, entry, opened, file_id)


def _opened(channel_id: str, actor: str, peer: str, facts: Facts) -> Change | Rejected:
    if actor == peer:
        return Rejected(ErrorCode.INVALID, {"to": "that is yourself"})
    refused = unknown([peer], facts)
    if refused:
        return refused
    members = tuple(Member(name, Role.MEMBER, ((1, None),)) for name in (actor, peer))
    channel = Channel(
        channel_id=channel_id,
        type=ChannelType.DIRECT,
        name="",
        avatar="",
        creator=actor,
        owner=None,
        max_members=DEFAULT_MAX_MEMBERS,
        status=ChannelStatus.ENABLED,
        created_ms=facts.now_ms,
        members={member.user_id: member for member in members},
    )
    return Change(channel, members, joins=(actor, peer), created=True)
