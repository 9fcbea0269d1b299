"""One conversation: its row of the list, its timeline, and what is to be asked about it."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import takewhile
from typing import Any, Final

from msgspec.structs import replace

from imapp.cli.chat.timeline import Timeline
from imapp.cli.chat.tuning import Wishes
from imapp.domain.unread import unread_label
from schemas.common import MessageStatus, MessageType, Notify
from schemas.conversations import MAX_DRAFT_CHARS, Conversation, DraftBody, Preview, ReadState
from schemas.frames import History, Read, SetConversation
from schemas.messages import Entry, HistoryPage, Quote

PAGE: Final = 30  # entries: about one screen
PREVIEW_CHARS: Final = 100
MESSAGES: Final = frozenset({MessageType.TEXT, MessageType.IMAGE, MessageType.EMOJI, MessageType.FILE})
_AMENDING: Final = (MessageType.RECALL, MessageType.EDIT)
_NO_MESSAGES: Final = (MessageType.SYSTEM, *_AMENDING)


class Room:
    """A conversation as this person sees it.

    A followed room (opened, or written to) fills every hole. Any other one may jump to the head that sync
    reports: nobody is looking, and its history is loaded when it is opened. A room is `known` once sync has
    told of it.
    """

    def __init__(self, row: Conversation, me: str) -> None:
        self.row = row
        self.timeline = Timeline(row.last_seq)
        self.known = True
        self.followed = False
        self.older_wanted = False
        self.read_wanted = 0
        self.wishes = Wishes()
        self._me = me
        self._counted = (row.unread, row.last_seq)

    @property
    def unread(self) -> int:
        """How many messages of others are not read: counted here if all of them are held."""
        if self.timeline.low <= self.row.read_seq + 1:
            return self._count_after(self.row.read_seq)
        unread, seq = self._counted  # as the server counted up to that seq
        return unread + self._count_after(max(seq, self.row.read_seq))

    @property
    def is_addressed(self) -> bool:
        """Whether a message that is not read addresses me."""
        return (self.row.mentioned_seq or 0) > self.row.read_seq

    @property
    def may_disturb(self) -> bool:
        """Whether its news are to be told while another conversation is open."""
        if self.row.hidden or self.row.notify is Notify.NONE:
            return False
        return self.row.notify is Notify.ALL or self.is_addressed

    @property
    def unread_label(self) -> str:
        """The badge."""
        return unread_label(self.unread)

    @property
    def order(self) -> tuple[bool, bool, float, str]:
        """The seed's order of the list: pinned, unread first, last time descending (按最后聊天时间倒序)."""
        row = self.row
        waits = self.unread > 0 or row.marked_unread
        return (not row.pinned, not waits, -_seconds(row.last_time), row.channel_id)

    def apply_row(self, row: Conversation) -> list[Entry]:
        """Take what sync says; live entries may have been faster, and watermarks only grow."""
        read_seq = max(row.read_seq, self.row.read_seq)
        if row.last_seq < self.row.last_seq:
            old = self.row
            newest = {"last_seq": old.last_seq, "last_message": old.last_message, "last_time": old.last_time}
            self.row = replace(row, read_seq=read_seq, hidden=row.hidden and old.hidden, **newest)
        else:
            self.row = replace(row, read_seq=read_seq)
            self._counted = (row.unread, row.last_seq)
        self.known = True
        self.timeline.clear(row.cleared_seq)
        if not self.followed:
            return self.timeline.jump(row.last_seq)
        self.timeline.expect(row.last_seq)
        return []

    def add(self, entry: Entry) -> list[Entry]:
        """Take a live entry; returns what is next in order now."""
        return self._freshen(self.timeline.add(entry))

    def cover(self, ask: History, page: HistoryPage) -> list[Entry]:
        """Take a page of history; returns what is next in order now."""
        # What was asked for bounds the range as well: nothing lies between it and the page's near end.
        start = max(1, page.from_seq) if ask.after is None else ask.after + 1
        end = page.to_seq if ask.before is None else max(page.to_seq, ask.before - 1)
        ready = self.timeline.cover(page.entries, start, end)
        if ask.before is not None:
            self.older_wanted = False
            if not page.more_before:
                self.timeline.begin_here()
        return self._freshen(ready)

    def skip(self) -> list[Entry]:
        """Give up a hole that the server refuses to fill."""
        return self._freshen(self.timeline.skip())

    def apply_read(self, state: ReadState) -> None:
        """Take my watermark as the server has it."""
        self.row = replace(self.row, marked_unread=False)  # reading ends it, wherever that was
        if state.read_seq > self.row.read_seq:
            self.row = replace(self.row, read_seq=state.read_seq)
            self._counted = (state.unread, self.timeline.high)

    def mark_read(self, seq: int) -> bool:
        """Read up to this seq; the server is told. Returns whether that is news."""
        if seq <= self.row.read_seq and not self.row.marked_unread:
            return False
        self.row = replace(self.row, read_seq=max(seq, self.row.read_seq), marked_unread=False)
        self.read_wanted = seq
        return True

    @property
    def draft_text(self) -> str:
        """What I have begun to write here, "" for nothing; what is wished counts."""
        wished = self.wishes.get("draft")
        draft = self.row.draft if wished is None else wished
        return draft.text if draft is not None else ""

    def keep_draft(self, text: str) -> None:
        """Want this kept as the draft, if it is not; what it answers stays with a text."""
        if text == self.draft_text or len(text) > MAX_DRAFT_CHARS:
            return
        answered = self.row.draft.reply_to if text and self.row.draft is not None else None
        self.wishes.wish(draft=DraftBody(text=text, reply_to=answered))

    def needs(self) -> Iterator[History | Read | SetConversation]:
        """What should be asked about this room; the ids are the sender's to fill in."""
        channel_id = self.row.channel_id
        if self.timeline.has_hole:
            yield History(id="", channel_id=channel_id, after=self.timeline.high, limit=100)
        if self.older_wanted:
            yield History(id="", channel_id=channel_id, before=self.timeline.low, limit=PAGE)
        if self.read_wanted:
            yield Read(id="", channel_id=channel_id, seq=self.read_wanted)
        if self.wishes:
            yield self.wishes.request(channel_id)

    def _count_after(self, seq: int) -> int:
        newer = takewhile(lambda entry: entry.seq > seq, reversed(self.timeline.entries))
        return sum(map(self._counts, newer))

    def newest_of_mine(self, *, text_only: bool) -> Entry | None:
        """My newest message here that still says something."""
        for entry in reversed(self.timeline.entries):
            if (
                entry.sender == self._me
                and entry.message_type not in _NO_MESSAGES
                and entry.status is MessageStatus.NORMAL
                and (entry.message_type is MessageType.TEXT or not text_only)
            ):
                return entry
        return None

    def _counts(self, entry: Entry) -> bool:
        says_something = entry.message_type not in _NO_MESSAGES and entry.status is MessageStatus.NORMAL
        return says_something and entry.sender != self._me

    def _amend(self, entry: Entry) -> None:
        """Let what an entry changes be as it says; like the server, show it in the list and not the entry."""
        seq = entry.extra.get("target_seq", 0)
        change = _recalled if entry.message_type is MessageType.RECALL else partial(_edited, entry)
        unread = self._held_unread(seq)
        self.timeline.amend(seq, change)
        if unread and entry.message_type is MessageType.RECALL and self._counted[1] >= seq:
            self._counted = (max(0, self._counted[0] - 1), self._counted[1])
        shown = self.row.last_message
        held = next((one for one in reversed(self.timeline.entries) if one.seq == seq), None)
        if shown is not None and shown.seq == seq and held is not None:
            self.row = replace(self.row, last_message=preview(held))
        self.row = replace(self.row, last_seq=max(self.row.last_seq, entry.seq))

    def _held_unread(self, seq: int) -> bool:
        held = (one for one in self.timeline.entries if one.seq == seq)
        return seq > self.row.read_seq and any(map(self._counts, held))

    def _freshen(self, ready: list[Entry]) -> list[Entry]:
        for entry in ready:
            if entry.message_type in _AMENDING:
                self._amend(entry)
                continue
            if entry.seq > self.row.last_seq:
                self.row = replace(
                    self.row,
                    last_seq=entry.seq,
                    last_message=preview(entry),
                    last_time=entry.server_time,
                    hidden=False,
                )
            if entry.seq > self.row.read_seq and self._addresses_me(entry):
                self.row = replace(self.row, mentioned_seq=entry.seq)
            # The server does the same: who writes has read what was before.
            if entry.sender == self._me and entry.message_type is not MessageType.SYSTEM:
                self.row = replace(self.row, read_seq=max(self.row.read_seq, entry.seq), marked_unread=False)
        return ready

    def _addresses_me(self, entry: Entry) -> bool:
        return entry.sender != self._me and (entry.mention_all or self._me in entry.mentions)


def _recalled(entry: Entry) -> Entry:
    gone: dict[str, Any] = {"content": "", "extra": {}, "mentions": [], "reply_to": None, "edited_at": None}
    return replace(entry, status=MessageStatus.RECALLED, **gone)


def _edited(edit: Entry, entry: Entry) -> Entry:
    if not edit.content:  # it was recalled meanwhile, or somebody here may not read it
        return entry
    return replace(entry, content=edit.content, mentions=edit.mentions, edited_at=edit.edited_at)


def preview(entry: Entry) -> Preview:
    """What the conversation list shows of an entry."""
    return Preview(
        message_id=entry.message_id,
        seq=entry.seq,
        sender=entry.sender,
        sender_name=entry.sender_name,
        message_type=entry.message_type,
        content=entry.content[:PREVIEW_CHARS],
        extra=entry.extra if entry.message_type is MessageType.SYSTEM else {},
        status=entry.status,
        server_time=entry.server_time,
    )


def quote(entry: Entry) -> Quote:
    """What a reply to this entry shows of it."""
    return Quote(
        message_id=entry.message_id,
        sender=entry.sender,
        sender_name=entry.sender_name,
        message_type=entry.message_type,
        content=entry.content[:PREVIEW_CHARS],
        extra=entry.extra if "file_id" in entry.extra else {},
        status=entry.status,
    )


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
