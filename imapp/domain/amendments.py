"""Recall and edit: an entry of the log that changes an earlier one.

The entry itself names its target and says nothing of the text, so that a recall leaves none behind (I7);
readers get the text from the target.
"""

from dataclasses import replace
from typing import Any

from msgspec import structs

from imapp.domain import spans
from imapp.domain.channel import Channel
from imapp.domain.decisions import Accepted, Amendment, Change, Decision, Facts, Rejected
from imapp.domain.entries import EDIT, MESSAGES, RECALL, RECALLED, TEXT, TYPE_NAMES, LogEntry
from imapp.domain.ids import message_id
from imapp.domain.permissions import Action, may
from imapp.domain.references import strangers
from imapp.domain.rules import amending_entry, refusal, silenced
from schemas.commands import AmendCommand, EditMessage, RecallMessage
from schemas.errors import ErrorCode


def recall(channel: Channel | None, command: RecallMessage, facts: Facts) -> Decision:
    """A message taken back; nothing to do if it was before."""
    refused = None if command.by_admin else refusal(channel, command.actor, Action.RECALL)
    if refused or channel is None:
        return refused or Rejected(ErrorCode.NOT_FOUND)
    target = _target(channel, command, facts, everywhere=command.by_admin)
    if isinstance(target, Rejected):
        return target
    freely = command.by_admin or _may_recall_any(channel, command.actor)
    if not freely and target.sender != command.actor:
        return Rejected(ErrorCode.FORBIDDEN)
    if target.status == RECALLED:
        return Accepted(channel.channel_id, None)
    if not freely and facts.now_ms - target.time_ms > facts.windows.recall_ms:
        return _too_late(ErrorCode.RECALL_WINDOW_PASSED, facts.windows.recall_ms)
    told = _told(target) | ({"by_admin": True} if command.by_admin else {})
    entry = amending_entry(channel, command, facts, (RECALL, told))
    after = replace(channel, recalled=channel.recalled.with_seq(target.seq))
    return _amended(after, entry, _without_content(target, entry.seq), facts)


def edit(channel: Channel | None, command: EditMessage, facts: Facts) -> Decision:
    """A text changed by who sent it; nothing to do if it says that already."""
    refused = refusal(channel, command.actor, Action.EDIT) or silenced(channel, command.actor, facts)
    if refused or channel is None:
        return refused or Rejected(ErrorCode.NOT_FOUND)
    target = _target(channel, command, facts, everywhere=False)
    if isinstance(target, Rejected):
        return target
    added = [name for name in command.mentions if name not in target.mentions]
    refused = _not_editable(target, command) or strangers(channel, added)
    if refused:
        return refused
    if (target.content, target.mentions) == (command.content, command.mentions):
        return Accepted(channel.channel_id, None)
    if facts.now_ms - target.time_ms > facts.windows.edit_ms:
        return _too_late(ErrorCode.EDIT_WINDOW_PASSED, facts.windows.edit_ms)
    entry = amending_entry(channel, command, facts, (EDIT, _told(target)))
    changed = structs.replace(
        target, content=command.content, mentions=command.mentions, rev=entry.seq, edited_ms=facts.now_ms
    )
    return _amended(channel, entry, changed, facts)


def hydrated(entry: LogEntry, target: LogEntry | None) -> LogEntry:
    """An edit for those who may read its target: with what that says now, which is nothing once recalled."""
    if entry.type != EDIT or target is None or target.status == RECALLED:
        return entry
    return structs.replace(
        entry, content=target.content, mentions=target.mentions, edited_ms=target.edited_ms
    )


def _target(
    channel: Channel, command: AmendCommand, facts: Facts, *, everywhere: bool
) -> LogEntry | Rejected:
    """The message a command is about; "not yours to read" and "there is none" are answered alike."""
    readable = everywhere or spans.contains(channel.members[command.actor].spans, command.seq)
    if not readable:
        return Rejected(ErrorCode.NOT_FOUND)
    if facts.target is None:
        return Rejected(ErrorCode.NOT_FOUND, absent=message_id(channel.channel_id, command.seq))
    if facts.target.type not in MESSAGES:
        return Rejected(ErrorCode.INVALID, {"message_id": "that is not a message"})
    return facts.target


def _may_recall_any(channel: Channel, actor: str) -> bool:
    return may(Action.RECALL_ANY, channel.members[actor].role, channel.type)


def _not_editable(target: LogEntry, command: EditMessage) -> Rejected | None:
    if target.sender != command.actor or target.forwarded is not None:  # nobody changes another's words
        return Rejected(ErrorCode.FORBIDDEN)
    if target.status == RECALLED:
        return Rejected(ErrorCode.MESSAGE_RECALLED)
    if target.type != TEXT:
        return Rejected(ErrorCode.UNSUPPORTED_MEDIA, {"message_type": TYPE_NAMES[target.type].value})
    return None


def _too_late(code: ErrorCode, window_ms: int) -> Rejected:
    return Rejected(code, {"window_s": window_ms // 1000})


def _told(target: LogEntry) -> dict[str, Any]:
    return {"message_id": target.message_id, "target_seq": target.seq}


def _without_content(target: LogEntry, rev: int) -> LogEntry:
    """What is left of a recalled message: that somebody said something then.

    With its hash goes the proof of what it was, so any body counts as a repeat.
    """
    return structs.replace(
        target,
        body_hash=None,
        content="",
        extra={},
        reply_to=None,
        mentions=[],
        status=RECALLED,
        rev=rev,
        mention_all=False,
        forwarded=None,
        edited_ms=None,
    )


def _amended(channel: Channel, entry: LogEntry, after: LogEntry, facts: Facts) -> Accepted:
    assert facts.target is not None
    shown = after if facts.shown is not None and facts.shown.seq == after.seq else facts.shown
    change = Change(replace(channel), (), amendment=Amendment(facts.target, after, shown))
    return Accepted(channel.channel_id, entry, change)
