"""`nudge`: a message's sender reminds those who have not read it.

They are told on the socket and by a push, whether or not they are connected or have muted the conversation.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import msgspec

from imapp.domain.channel import Channel
from imapp.domain.decisions import Facts
from imapp.domain.entries import NORMAL, LogEntry, wire_time
from imapp.domain.ids import split_message_id
from imapp.domain.pushes import News
from imapp.domain.references import is_addressed
from imapp.domain.reminding import MOST, Reminder, may_not_remind, repeated, wait_ms
from imapp.errors import RequestError
from imapp.failpoints import point
from imapp.services.conflicts import tried
from imapp.services.outgoing.frames import websocket_frame
from imapp.services.personal.runner import Outcome
from imapp.services.pushes.previews import Signs
from imapp.services.pushes.recipients import PushService
from imapp.services.pushes.records import push_record
from imapp.services.reading.watermarks import Watermarks
from imapp.stores.channel_rows import Head
from imapp.stores.channels import ChannelStore
from imapp.stores.dispatches import DispatchStore
from imapp.stores.emojis import EmojiStore
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.outbox import NUDGES, Parcel
from imapp.stores.reminders import Made, ReminderStore
from imapp.stores.users import UserStore
from schemas.errors import ErrorCode
from schemas.frames import NudgeEvent
from schemas.receipts import Nudged, PushStatus
from schemas.tasks import Notice, Remind

_ENCODER: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class ReminderStores:
    """What a reminder is worked out from, and where it is noted."""

    channels: ChannelStore
    members: MemberStore
    log: MessageLog
    users: UserStore
    dispatches: DispatchStore
    reminders: ReminderStore
    emojis: EmojiStore


class Reminding:
    """Makes reminders. Several workers may race; each is made once.

    With `tells` false nobody is told outside, as where no webhook is set.
    """

    def __init__(self, stores: ReminderStores, *, pushes: PushService, every_ms: int, tells: bool) -> None:
        self._stores = stores
        self._pushes = pushes
        self._signs = Signs(stores.emojis)
        self._watermarks = Watermarks(stores.members, stores.channels)
        self._every_ms = every_ms
        self._tells = tells

    def remind(self, write: Remind) -> Outcome:
        """How many are reminded, and an event for each of them.

        A repeat has the same answer, and the same event, which may have been lost the first time.

        Raises:
            RequestError: he may not, or not so soon again.
        """
        # One may be made, or something recalled, meanwhile.
        return tried(lambda: self._remind(write))

    def _remind(self, write: Remind) -> Outcome:
        channel_id, seq = split_message_id(write.message_id)
        made = self._stores.reminders.made(write.message_id)
        if made.sender == write.actor:
            known = repeated(made.reminders, write.client_message_id)
            if known is not None:
                return self._repeated(write, known)
        # Before the message is read: if it is recalled after that, this shows when it is noted.
        recalls = self._stores.dispatches.dispatched([channel_id])[channel_id].recalls
        entry, head = self._allowed(write, channel_id, seq)
        unread = self._unread(write.actor, entry)
        reminder = Reminder(write.client_message_id, write.at_ms, len(unread))
        if not unread:
            return Outcome(_nudged(write, reminder), [])
        self._check_pace(made, write.at_ms)
        people = self._to_disturb(entry, unread)
        point("reminders.computed")
        self._stores.reminders.add(
            write.message_id,
            Made(write.actor, made.reminders),
            reminder,
            parcel=self._parcel(write, entry, head, people) if self._tells and people else None,
            recalls=recalls,
        )
        point("reminders.stored")
        return Outcome(_nudged(write, reminder), _notices(people, entry, reminder))

    def _repeated(self, write: Remind, known: Reminder) -> Outcome:
        channel_id, seq = split_message_id(write.message_id)
        entry = self._stores.log.at([(channel_id, seq)]).get(write.message_id)
        if entry is None or entry.status != NORMAL:
            return Outcome(_nudged(write, known), [])
        people = self._to_disturb(entry, self._unread(write.actor, entry))
        return Outcome(_nudged(write, known), _notices(people, entry, known))

    def _allowed(self, write: Remind, channel_id: str, seq: int) -> tuple[LogEntry, Head]:
        """The message, if he may remind others of it."""
        row = self._stores.members.find(channel_id, write.actor)
        head = self._stores.channels.heads([channel_id]).get(channel_id) if row else None
        channel: Channel | None = head.channel.with_members([row.member]) if row and head else None
        entry = self._stores.log.at([(channel_id, seq)]).get(write.message_id) if channel else None
        facts = Facts(now_ms=write.at_ms, users={}, body_hash=b"", target=entry)
        refused = may_not_remind(channel, write.actor, seq, facts)
        if refused is not None:
            raise RequestError(refused.code, **refused.data)
        assert entry is not None, "what is not there was refused"
        assert head is not None, "as above"
        return entry, head

    def _check_pace(self, made: Made, at_ms: int) -> None:
        wait = wait_ms(made.reminders, at_ms, every_ms=self._every_ms)
        if wait:
            raise RequestError(ErrorCode.RATE_LIMITED, retry_after=wait / 1000)
        if len(made.reminders) >= MOST:
            raise RequestError(ErrorCode.QUOTA_EXCEEDED, nudges=MOST)

    def _unread(self, user_id: str, entry: LogEntry) -> list[str]:
        """Who has not read it, as far as its sender may know, and can still do so."""
        states = self._pushes.states(user_id, entry)
        unread = [name for name, state in states.items() if state.status is not PushStatus.READ]
        present = self._stores.members.present_of(entry.channel_id, unread)
        return sorted(self._stores.users.active(present))

    def _to_disturb(self, entry: LogEntry, unread: Collection[str]) -> list[str]:
        """Without those who have read it and do not show it: the sender does not learn which they are."""
        marks = self._watermarks.of({(entry.channel_id, name) for name in unread})
        return [name for name in unread if marks[entry.channel_id, name] < entry.seq]

    def _parcel(self, write: Remind, entry: LogEntry, head: Head, people: Collection[str]) -> Parcel:
        key = hashlib.sha256(write.client_message_id.encode()).hexdigest()[:16]
        signs = self._signs.of([entry])
        records = [
            push_record(
                name,
                News(entry, 1, is_addressed(name, entry)),
                head,
                signs=signs,
                nudge=True,
            )
            for name in people
        ]
        return Parcel(f"{entry.channel_id}.{NUDGES}{entry.seq}-{key}", records)


def _nudged(write: Remind, reminder: Reminder) -> Nudged:
    return Nudged(message_id=write.message_id, nudged=reminder.people, at=wire_time(reminder.at_ms))


def _notices(people: Collection[str], entry: LogEntry, reminder: Reminder) -> list[Notice]:
    event = NudgeEvent(
        channel_id=entry.channel_id,
        message_id=entry.message_id,
        seq=entry.seq,
        user_id=entry.sender,
        user_name=entry.sender_name or entry.sender,
        at=wire_time(reminder.at_ms),
    )
    frame = websocket_frame(_ENCODER.encode(event))
    return [Notice(user_id=name, frame=frame) for name in people]
