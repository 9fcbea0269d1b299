"""Reminding those who have not read a message: who may, and how often. The wire calls it a nudge."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from imapp.domain import spans
from imapp.domain.channel import Channel
from imapp.domain.decisions import Facts, Rejected
from imapp.domain.entries import MESSAGES, RECALLED
from imapp.domain.permissions import Action
from imapp.domain.rules import refusal, silenced
from schemas.errors import ErrorCode

MOST: Final = 20
"""Reminders of one message, ever."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """One that was made: under which id of its sender, when, and of how many people he was told."""

    client_message_id: str
    at_ms: int
    people: int


def may_not_remind(channel: Channel | None, actor: str, seq: int, facts: Facts) -> Rejected | None:
    """Why somebody may not remind others of the message at `seq`, None if he may.

    It is his own, he can still write there, and it says something.
    """
    refused = refusal(channel, actor, Action.NUDGE) or silenced(channel, actor, facts)
    if refused or channel is None:
        return refused or Rejected(ErrorCode.NOT_FOUND)
    target = facts.target
    if target is None or not spans.contains(channel.members[actor].spans, seq):
        return Rejected(ErrorCode.NOT_FOUND)
    if target.type not in MESSAGES:
        return Rejected(ErrorCode.INVALID, {"message_id": "that is not a message"})
    if target.sender != actor:
        return Rejected(ErrorCode.FORBIDDEN)
    if target.status == RECALLED:
        return Rejected(ErrorCode.MESSAGE_RECALLED)
    return None


def repeated(made: Sequence[Reminder], client_message_id: str) -> Reminder | None:
    """The reminder that was made under this id, None if there was none."""
    return next((one for one in made if one.client_message_id == client_message_id), None)


def wait_ms(made: Sequence[Reminder], at_ms: int, *, every_ms: int) -> int:
    """How long it must wait; 0 if it may be made now."""
    latest = max((one.at_ms for one in made), default=None)
    return 0 if latest is None else max(0, latest + every_ms - at_ms)
