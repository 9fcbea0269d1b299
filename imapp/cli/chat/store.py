"""What this client holds: conversations with their timelines, names, the sync cursor."""

from collections.abc import Iterable

from msgspec.structs import replace

from imapp.cli.chat.changes import Arrived, Change, Changed, Older, Tuned
from imapp.cli.chat.company import Company
from imapp.cli.chat.emojis import EmojiTable
from imapp.cli.chat.receipts import Receipts
from imapp.cli.chat.room import PREVIEW_CHARS, Room, quote
from imapp.cli.chat.tuning import differences
from imapp.cli.chat.unlisted import empty_direct, stranger
from schemas.common import ChannelType, Membership, MessageStatus, MessageType
from schemas.conversations import Conversation, ReadState, SyncPage
from schemas.frames import ConversationEvent, History, SetConversation
from schemas.messages import Entry, HistoryPage, Quote
from schemas.receipts import PushStatus


class Store:
    """Every conversation of one person. What a method changed it returns, in order."""

    def __init__(self) -> None:
        self.me = ""
        self.epoch = ""
        self.cursor: str | None = None
        self.rooms: dict[str, Room] = {}
        self.names: dict[str, str] = {}
        self.company = Company()
        self.receipts = Receipts()
        self.emojis = EmojiTable()
        self._quotes: dict[str, Quote] = {}

    @property
    def conversations(self) -> list[Room]:
        """The rooms in the order of the list, without the hidden ones; those that were left come last."""
        return self._listed(hidden=False)

    @property
    def hidden(self) -> list[Room]:
        """The rooms that I have hidden, in the order of the list."""
        return self._listed(hidden=True)

    def _listed(self, *, hidden: bool) -> list[Room]:
        rooms = [room for room in self.rooms.values() if room.row.hidden is hidden]
        return sorted(rooms, key=lambda room: (_is_left(room), room.order))

    def name(self, user_id: str) -> str:
        """The name somebody was last seen with."""
        return self.names.get(user_id, user_id)

    def status_of(self, entry: Entry) -> PushStatus | None:
        """How far an own message of a direct chat got with the other one; None for any other entry."""
        room = self.rooms.get(entry.channel_id)
        own = entry.sender == self.me and entry.message_type is not MessageType.SYSTEM
        if room is None or not own or room.row.channel_type is not ChannelType.DIRECT:
            return None
        return self.receipts.reached(entry.channel_id, entry.seq)

    def quote_of(self, message_id: str) -> Quote | None:
        """A message that is answered, as it is now; None if it is not known."""
        channel_id = message_id.rpartition(".")[0]
        room = self.rooms.get(channel_id)
        held = room.timeline.find(message_id) if room is not None else None
        return quote(held) if held is not None else self._quotes.get(message_id)

    def reset(self) -> None:
        """Drop all that is held: it belongs to another store."""
        self.cursor = None
        self.rooms.clear()
        self._quotes.clear()
        self.receipts = Receipts()

    def apply_sync(self, page: SyncPage) -> list[Change]:
        """Take a page of changed conversations."""
        changes: list[Change] = []
        for row in page.conversations:
            changes += self._apply_row(row)
        self.cursor = page.cursor
        return changes

    def apply_entry(self, entry: Entry) -> list[Change]:
        """Take one live entry."""
        self._learn([entry])
        self.company.said(entry.channel_id, entry.sender)
        room = self.rooms.get(entry.channel_id)
        if room is None:
            room = self.rooms[entry.channel_id] = stranger(entry, self.me)
        return self._arrived(room, room.add(entry))

    def begin_direct(self, channel_id: str, peer: str, time: str) -> None:
        """Hold the direct chat with somebody that is made but not listed yet."""
        name = self.name(peer)
        self.company.meet(peer)
        self.rooms[channel_id] = empty_direct(channel_id, peer=peer, name=name, time=time, me=self.me)

    def apply_history(self, ask: History, page: HistoryPage) -> list[Change]:
        """Take a page of history; ignored if its room is gone."""
        self._learn(page.entries)
        for each in page.quotes:
            self.names.setdefault(each.sender, each.sender_name)
        self._quotes |= {each.message_id: each for each in page.quotes}
        room = self.rooms.get(page.channel_id)
        if room is None:
            return []
        changes = self._arrived(room, room.cover(ask, page))
        return [*changes, Older(page.channel_id)] if ask.before is not None else changes

    def learn_quotes(self, entries: Iterable[Entry]) -> None:
        """Take messages that are answered."""
        self._learn(entries)
        self._quotes |= {entry.message_id: quote(entry) for entry in entries}

    def refuse_history(self, ask: History) -> list[Change]:
        """Take a refusal of history for "that is not yours"."""
        room = self.rooms[ask.channel_id]
        if ask.before is None:
            return self._arrived(room, room.skip())
        room.older_wanted = False
        return [Older(ask.channel_id)]

    def apply_read(self, state: ReadState) -> list[Change]:
        """Take my watermark as it is on the server."""
        room = self.rooms.get(state.channel_id)
        if room is None:
            return []
        room.apply_read(state)
        return [Changed(state.channel_id)]

    def apply_event(self, event: ConversationEvent) -> list[Change]:
        """Take what I did about a conversation on whichever device."""
        if event.conversation is None:
            return self.apply_read(event)
        return self._apply_row(event.conversation)

    def apply_set(self, ask: SetConversation, row: Conversation) -> list[Change]:
        """Take the answer to a wish."""
        changes = self._apply_row(row)
        self.refuse_set(ask)
        return changes

    def refuse_set(self, ask: SetConversation) -> None:
        """A wish has its answer: it is not asked again."""
        room = self.rooms.get(ask.channel_id)
        if room is not None:
            room.wishes.settled(ask)

    def _apply_row(self, row: Conversation) -> list[Change]:
        if row.peer:
            self.names[row.peer] = row.name
            self.company.meet(row.peer)
        room = self.rooms.get(row.channel_id)
        if room is None:
            self.rooms[row.channel_id] = Room(row, self.me)
            return [Changed(row.channel_id)]
        before, known = room.row, room.known
        changes = [Changed(row.channel_id), *self._arrived(room, room.apply_row(row))]
        new = differences(before, room.row) if known else []
        return [*changes, *(Tuned(row.channel_id, what, here=room.wishes.is_wished(what)) for what in new)]

    def _arrived(self, room: Room, entries: list[Entry]) -> list[Change]:
        channel_id = room.row.channel_id
        for entry in entries:
            self._amend_quote(entry)
        arrived: list[Change] = [Arrived(channel_id, entry) for entry in entries]
        return [*arrived, Changed(channel_id)] if arrived else []

    def _amend_quote(self, entry: Entry) -> None:
        """What is quoted from beyond the timeline follows edit and recall as well."""
        known = self._quotes.get(str(entry.extra.get("message_id")))
        if known is not None and entry.message_type is MessageType.RECALL:
            gone = replace(known, content="", extra={}, status=MessageStatus.RECALLED)
            self._quotes[known.message_id] = gone
        if known is not None and entry.message_type is MessageType.EDIT and entry.content:
            self._quotes[known.message_id] = replace(known, content=entry.content[:PREVIEW_CHARS])

    def _learn(self, entries: Iterable[Entry]) -> None:
        self.names |= {entry.sender: entry.sender_name for entry in entries if entry.sender_name}


def _is_left(room: Room) -> bool:
    return room.row.membership is Membership.LEFT
